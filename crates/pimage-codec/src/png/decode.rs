//! From the bytes of a file to a frame.

use std::io::Cursor;

use pimage_core::{Error, Frame, Limits};
use png::Reader;

use super::expand::Expansion;
use super::open::{Opened, open, refused};
use crate::depth::check_depth;
use crate::samples;

/// Fills `frame`; its stamp stays.
pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
    let Opened { mut reader, format } = open(bytes, limits)?;
    frame.reset(&format, limits)?;
    let expansion = Expansion::of(reader.info())?;
    if matches!(expansion, Expansion::None) {
        read(&mut reader, frame.bytes_mut())?;
        if cfg!(target_endian = "little") {
            samples::swap(frame.bytes_mut(), format.sample.bytes());
        }
    } else {
        // At most as large as the frame, which is within the limits.
        let mut raw = vec![0; reader.output_buffer_size().unwrap_or(0)];
        read(&mut reader, &mut raw)?;
        expansion.fill(&raw, frame)?;
    }
    check_depth("PNG", frame)
}

/// Reads the rows as they are stored, samples of 16 bits big-endian.
fn read(reader: &mut Reader<Cursor<&[u8]>>, target: &mut [u8]) -> Result<(), Error> {
    let size = reader.info().size();
    let found = reader.next_frame(target).map_err(|error| refused(&error))?;
    // A part of an animation may be smaller, and leaves the rest as it was.
    if (found.width, found.height) != size {
        let reason = format!(
            "its image is {}x{}, the header says {}x{}",
            found.width, found.height, size.0, size.1
        );
        return Err(Error::malformed("PNG", "", reason));
    }
    Ok(())
}
