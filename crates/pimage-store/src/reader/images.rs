//! Frames that are files of one image each.

use pimage_codec::Codec;
use pimage_core::{Error, Frame, FrameFormat};

use super::Opened;
use super::plan::Plan;

/// Bytes that a file may have beyond those of the largest frame.
const MORE_BYTES: u64 = 16 << 20;

/// What every thread that decodes has of its own.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
    spare: Option<Frame>,
}

/// The format of a frame and the name of its codec, by the header of its file.
pub(super) fn format(opened: &Opened, index: u64) -> Result<(FrameFormat, String), Error> {
    let mut bytes = Vec::new();
    let codec = read(opened, index, &mut bytes)?;
    let format = codec.format(&bytes, &opened.limits)?;
    Ok((format, codec.name.to_owned()))
}

/// Decodes frame `index`; its stamp is left as it is.
pub(super) fn fill(
    opened: &Opened,
    plan: &Plan,
    index: u64,
    scratch: &mut Scratch,
    frame: &mut Frame,
) -> Result<(), Error> {
    let codec = read(opened, index, &mut scratch.bytes)?;
    codec.decode_into(&scratch.bytes, &opened.limits, frame)?;
    let spare = scratch.spare.get_or_insert_with(Frame::empty);
    plan.finish(index, frame, spare)
}

/// Reads the file of a frame, and finds out by its content of which codec it is.
fn read(opened: &Opened, index: u64, bytes: &mut Vec<u8>) -> Result<&'static Codec, Error> {
    let name = opened.image_name(index).unwrap_or_default();
    let most = opened.limits.max_frame_bytes.saturating_add(MORE_BYTES);
    opened.folder.read(&name, most, bytes)?;
    let head = bytes.get(..4096).unwrap_or(bytes);
    let named = opened.metadata.row().map_or("", |row| row.codec);
    pimage_codec::by_content(head)
        .or_else(|| pimage_codec::by_name(named))
        .ok_or_else(|| {
            let expected = &opened.metadata.format;
            Error::malformed(
                "imgstore",
                "",
                format!("it is no image: expected {expected}"),
            )
        })
}
