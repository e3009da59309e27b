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
        self.lines(out).map_err(Error::io("write", name))
    }

    fn lines(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# timecode format v2")?;
        let first = self.times().first().copied().unwrap_or(0.0);
        for time in self.times() {
            writeln!(out, "{:.3}", (time - first) * 1000.0)?;
        }
        Ok(())
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
