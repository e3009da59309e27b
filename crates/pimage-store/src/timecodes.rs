//! The times of a store as the text that muxers take: timecode format v2.

use std::io::{self, Write};

use pimage_core::Error;

use crate::FrameIndex;

impl FrameIndex {
    /// Writes a line a frame: milliseconds since the first frame, as `mkvmerge --timestamps` takes them.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a frame without a time, before anything is written; [`Error::Io`], of `name`.
    ///
    /// ```
    /// use pimage_store::{ChunkIndex, FrameIndex};
    ///
    /// let chunk = ChunkIndex::new(vec![0, 1], vec![1.5e9, 1.5e9 + 0.04])?;
    /// let mut text = Vec::new();
    /// FrameIndex::from_chunks([(0, chunk)])?.write_timecodes(&mut text, "out.txt")?;
    /// assert_eq!(text, b"# timecode format v2\n0.000\n40.000\n");
    /// # Ok::<(), pimage_core::Error>(())
    /// ```
    pub fn write_timecodes(&self, out: &mut dyn Write, name: &str) -> Result<(), Error> {
        if let Some(frame) = self.times().iter().position(|time| !time.is_finite()) {
            let reason = format!("frame {frame} of the store has no time");
            return Err(Error::unsupported(name, reason));
        }
        let mut lines = TimecodeWriter::new(out).map_err(Error::io("write", name))?;
        for time in self.times() {
            lines.add(*time).map_err(Error::io("write", name))?;
        }
        Ok(())
    }
}

/// Writes timecodes one after the other, as when a store grows.
#[derive(Debug)]
pub struct TimecodeWriter<W: Write> {
    out: W,
    first: Option<f64>,
}

impl<W: Write> TimecodeWriter<W> {
    /// Writes the line that says what the others are.
    ///
    /// # Errors
    ///
    /// Whatever writing answers.
    pub fn new(mut out: W) -> io::Result<Self> {
        writeln!(out, "# timecode format v2")?;
        Ok(Self { out, first: None })
    }

    /// Writes the line of a frame of this time, seconds.
    ///
    /// # Errors
    ///
    /// Whatever writing answers.
    pub fn add(&mut self, time: f64) -> io::Result<()> {
        let first = *self.first.get_or_insert(time);
        writeln!(self.out, "{:.3}", (time - first) * 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChunkIndex;

    #[test]
    fn a_frame_without_time_is_said_before_anything_is_written() {
        let chunk = ChunkIndex::new(vec![0, 1], vec![0.0, f64::NAN]).expect("as many");
        let index = FrameIndex::from_chunks([(0, chunk)]).expect("is small");
        let mut out = Vec::new();
        let error = index
            .write_timecodes(&mut out, "a.txt")
            .expect_err("is refused");
        assert!(
            error.to_string().contains("frame 1 of the store"),
            "{error}"
        );
        assert!(out.is_empty());
    }
}
