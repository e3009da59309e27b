//! Frames decoded ahead of their reader.

use std::fmt;

use pimage_core::{Error, Frame};

use crate::OrderedPool;

/// Bytes of decoded frames that may wait, beyond one for each thread.
const WAITING_BYTES: usize = 32 << 20;

/// A frame to decode, and the memory for it.
type Job = (u64, Frame);

/// Starts the threads when the first frame is asked for.
type Start = Box<dyn FnMut() -> Result<OrderedPool<Job, Frame>, Error> + Send>;

/// Decodes frames on several threads before they are asked for, as long as they are asked for in order.
///
/// A frame out of order costs the decoding of that frame alone; the more frames follow in order, the more are decoded ahead.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, Limits, SampleType, Stamp};
/// use pimage_pool::Ahead;
///
/// let format = FrameFormat::new(2, 1, Color::Gray, SampleType::U8);
/// let mut ahead = Ahead::new("example", 2, 2, move || {
///     move |index: u64, frame: &mut Frame| {
///         frame.reset(&format, &Limits::default())?;
///         frame.bytes_mut().fill(index as u8);
///         frame.stamp = Stamp::at(index);
///         Ok(())
///     }
/// });
/// let mut frame = Frame::empty();
/// for index in [0, 1, 2, 7, 3] {
///     ahead.read(index, 10, &mut frame)?;
///     assert_eq!(frame.bytes(), [index as u8; 2]);
/// }
/// # Ok::<(), pimage_core::Error>(())
/// ```
pub struct Ahead {
    start: Start,
    pool: Option<OrderedPool<Job, Frame>>,
    /// Index of the next result, and of the next frame to hand in.
    next: u64,
    submitted: u64,
    /// Frames that may be on their way now, and at most.
    depth: usize,
    most: usize,
    /// Memory of frames that were delivered.
    spare: Vec<Frame>,
}

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ahead")
            .field("next", &self.next)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

impl Ahead {
    /// Prepares `threads` threads, each with a function of its own that fills a frame by index; none is started yet.
    ///
    /// `frame_bytes` is the size of a decoded frame, by which the number of those that wait is bounded.
    pub fn new<F>(
        name: &'static str,
        threads: usize,
        frame_bytes: usize,
        mut make: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: FnMut(u64, &mut Frame) -> Result<(), Error> + Send + 'static,
    {
        let threads = threads.max(1);
        let waiting = WAITING_BYTES / frame_bytes.max(1);
        let start: Start = Box::new(move || {
            OrderedPool::start(name, threads, || {
                let mut decode = make();
                move |(index, mut frame): Job| {
                    decode(index, &mut frame)?;
                    Ok(frame)
                }
            })
        });
        Self {
            start,
            pool: None,
            next: 0,
            submitted: 0,
            depth: 1,
            most: (threads + waiting).min(threads * 2 + 1),
            spare: Vec::new(),
        }
    }

    /// Fills `frame` with frame `index`, and goes on with those that follow, up to `end` (excluded).
    ///
    /// # Errors
    ///
    /// Whatever the function answered for this frame; a panic in it is [`Error::Internal`].
    pub fn read(&mut self, index: u64, end: u64, frame: &mut Frame) -> Result<(), Error> {
        let pool = match self.pool.take() {
            Some(pool) => self.pool.insert(pool),
            None => self.pool.insert((self.start)()?),
        };
        if index != self.next {
            pool.clear();
            self.submitted = index;
            self.next = index;
            self.depth = 1;
        }
        while self.submitted < end.max(index + 1) && pool.pending() < self.depth {
            let memory = self.spare.pop().unwrap_or_else(Frame::empty);
            pool.submit((self.submitted, memory));
            self.submitted += 1;
        }
        self.next = index + 1;
        self.depth = (self.depth * 2).min(self.most);
        let Some(result) = pool.next() else {
            return Err(Error::Internal {
                part: "reading ahead".to_owned(),
                reason: "no frame was on its way".to_owned(),
            });
        };
        let mut decoded = result?;
        std::mem::swap(frame, &mut decoded);
        if self.spare.len() < self.most {
            self.spare.push(decoded);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_core::{Color, FrameFormat, Limits, SampleType, Stamp};

    fn ahead(threads: usize) -> Ahead {
        Ahead::new("the tester", threads, 1, || {
            |index: u64, frame: &mut Frame| {
                assert!(index != 13, "thirteen");
                let format = FrameFormat::new(1, 1, Color::Gray, SampleType::U16);
                frame.reset(&format, &Limits::default())?;
                frame
                    .samples_mut::<u16>()
                    .expect("is U16")
                    .fill(index as u16);
                frame.stamp = Stamp::at(index);
                Ok(())
            }
        })
    }

    #[test]
    fn any_order_gives_the_frame_asked_for() {
        let mut ahead = ahead(3);
        let mut frame = Frame::empty();
        for index in (0..12).chain([99, 5, 5, 4, 98]).chain(20..100) {
            ahead.read(index, 100, &mut frame).expect("decodes");
            assert_eq!(frame.samples::<u16>(), Some(&[index as u16][..]));
            assert_eq!(frame.stamp.index, index);
        }
    }

    #[test]
    fn an_error_belongs_to_its_frame() {
        let mut ahead = ahead(2);
        let mut frame = Frame::empty();
        for index in 8..18 {
            let result = ahead.read(index, 18, &mut frame);
            assert_eq!(result.is_err(), index == 13, "{index}");
        }
    }
}
