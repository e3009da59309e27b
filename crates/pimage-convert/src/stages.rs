//! The three stages of a conversion: reading, transforming, writing; and what they share.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use pimage_core::{Error, Frame, FrameReader, FrameWriter};

use crate::budget::{Budget, LOOK_UP};
use crate::{Cancel, ConvertError, Progress, Transform};

/// A frame on its way, with the memory that travels with it.
pub(crate) struct Packet {
    /// Position in the order of reading, from 0.
    position: u64,
    frame: Frame,
    /// Memory for a transform's result; see [`Transform::apply`].
    spare: Frame,
    /// Bytes that the budget was charged.
    charged: u64,
}

impl Packet {
    fn empty() -> Self {
        Self {
            position: 0,
            frame: Frame::empty(),
            spare: Frame::empty(),
            charged: 0,
        }
    }
}

/// What all stages see: whether to go on, the room that is left, and the error that came first.
pub(crate) struct Shared<'a> {
    pub(crate) budget: Budget,
    cancel: &'a Cancel,
    stopped: AtomicBool,
    first_error: Mutex<Option<ConvertError>>,
}

impl<'a> Shared<'a> {
    pub(crate) fn new(budget: Budget, cancel: &'a Cancel) -> Self {
        Self {
            budget,
            cancel,
            stopped: AtomicBool::new(false),
            first_error: Mutex::new(None),
        }
    }

    /// Stops all stages; only the first error is kept, and none that comes after the token was used:
    /// a reader or a writer that the token ended too answers with an error of its own.
    pub(crate) fn fail(&self, error: ConvertError) {
        if !self.cancel.is_cancelled() {
            self.first_error
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(error);
        }
        self.stop();
    }

    /// Stops all stages without an error.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst) || self.cancel.is_cancelled()
    }

    pub(crate) fn take_error(&self) -> Option<ConvertError> {
        self.first_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// Runs `action`; a panic becomes an error that names `part`.
pub(crate) fn guarded<T>(
    part: &str,
    action: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    // What a panic leaves half-done is not used again: the conversion ends.
    catch_unwind(AssertUnwindSafe(action))
        .unwrap_or_else(|panic| Err(Error::from_panic(part, &*panic)))
}

fn frame_bytes(frame: &Frame) -> u64 {
    frame.bytes().len() as u64
}

/// Reads frames as long as there is room for them.
pub(crate) fn read_frames(
    reader: &mut dyn FrameReader,
    frames: &Sender<Packet>,
    returned: &Receiver<Packet>,
    shared: &Shared<'_>,
) {
    let source = reader.info().format;
    let source_bytes = source.frame_bytes().unwrap_or(usize::MAX) as u64;
    for position in 0.. {
        if !shared.budget.acquire(source_bytes, || shared.is_stopped()) {
            return;
        }
        let mut packet = returned.try_recv().unwrap_or_else(|_| Packet::empty());
        // A transform may have left the memory that fits in the other of the two.
        if packet.spare.format() == &source && packet.frame.format() != &source {
            std::mem::swap(&mut packet.frame, &mut packet.spare);
        }
        match guarded("the reader", || reader.read_into(&mut packet.frame)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(source) => return shared.fail(ConvertError::Read { source }),
        }
        packet.position = position;
        packet.charged = frame_bytes(&packet.frame);
        shared.budget.recharge(source_bytes, packet.charged);
        if frames.send(packet).is_err() {
            return;
        }
    }
}

/// Applies all transforms to each frame that comes.
pub(crate) fn transform_frames(
    transforms: &[Box<dyn Transform + '_>],
    frames: &Receiver<Packet>,
    done: &Sender<Packet>,
    shared: &Shared<'_>,
) {
    for mut packet in frames {
        if shared.is_stopped() {
            return;
        }
        let index = packet.frame.stamp.index;
        let applied = guarded("a transform", || {
            for transform in transforms {
                let stamp = packet.frame.stamp.clone();
                transform.apply(&mut packet.frame, &mut packet.spare)?;
                packet.frame.stamp = stamp;
            }
            Ok(())
        });
        if let Err(source) = applied {
            return shared.fail(ConvertError::Transform {
                frame: index,
                source,
            });
        }
        let bytes = frame_bytes(&packet.frame);
        shared.budget.recharge(packet.charged, bytes);
        packet.charged = bytes;
        if done.send(packet).is_err() {
            return;
        }
    }
}

/// Writes the frames in order and sends their memory back. Returns how many it wrote.
pub(crate) fn write_frames(
    writer: &mut dyn FrameWriter,
    frames: &Receiver<Packet>,
    returned: &Sender<Packet>,
    shared: &Shared<'_>,
    progress: &dyn Progress,
    total: Option<u64>,
) -> u64 {
    // As long as the budget at most, since what waits here is not released.
    let mut waiting = BTreeMap::new();
    let mut written = 0;
    loop {
        let packet = match frames.recv_timeout(LOOK_UP) {
            Ok(packet) => packet,
            Err(RecvTimeoutError::Timeout) if shared.is_stopped() => return written,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return written,
        };
        waiting.insert(packet.position, packet);
        while let Some(packet) = waiting.remove(&written) {
            if shared.is_stopped() {
                return written;
            }
            if let Err(source) = guarded("the writer", || writer.write(&packet.frame)) {
                shared.fail(ConvertError::Write { source });
                return written;
            }
            written += 1;
            let charged = packet.charged;
            // The reader may have ended; then nobody needs the memory.
            let _ = returned.try_send(packet);
            shared.budget.release(charged);
            match guarded("the progress listener", || {
                Ok(progress.frame_written(written, total))
            }) {
                Ok(flow) if flow.is_continue() => {}
                Ok(_) => {
                    shared.stop();
                    return written;
                }
                Err(source) => {
                    shared.fail(ConvertError::Write { source });
                    return written;
                }
            }
        }
    }
}
