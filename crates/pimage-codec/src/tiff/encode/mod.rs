//! Pages to bytes: strips, compression, predictors and directories, for stacks and for single frames.

mod compression;
mod deflate;
mod directory;
mod packbits;
mod predictor;
mod strips;

use pimage_core::{Error, Frame};

pub use self::compression::Compression;
pub use self::directory::{Directory, Layout, PageTags, Placed, Resolution};
pub use self::strips::{StripEncoder, Strips};
use crate::samples::little_endian;
use crate::settings::{Asked, COMPRESSION};

/// What the tag `Software` says.
pub const SOFTWARE: &str = concat!("pimage ", env!("CARGO_PKG_VERSION"));

/// Appends a file of one page.
pub(crate) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let compression = Compression::parse(asked.text(COMPRESSION))?;
    let format = *frame.format();
    // A page of less than 2 GiB and its directory fit the classic layout, whatever packing adds.
    let layout = match format.frame_bytes() {
        Some(bytes) if bytes < 1 << 31 => Layout::Classic,
        _ => Layout::Big,
    };
    let start = out.len();
    let header = layout.header();
    out.extend(header);
    let lengths = if compression == Compression::None {
        let bytes = little_endian(frame);
        out.extend(bytes.iter());
        vec![bytes.len() as u64]
    } else {
        let mut strips = Strips::default();
        StripEncoder::new(compression)?.encode(frame, &mut strips)?;
        out.extend(&strips.bytes);
        strips.lengths
    };
    if (out.len() - start) % 2 == 1 {
        out.push(0);
    }
    let at = (out.len() - start) as u64;
    let tags = PageTags {
        software: Some(SOFTWARE.to_owned()),
        ..PageTags::default()
    };
    let directory = Directory::of_page(&format, compression, header.len() as u64, &lengths, &tags);
    out.extend(directory.place(layout, at).bytes);
    let link = start + layout.first_link() as usize;
    for (target, byte) in out.iter_mut().skip(link).zip(layout.link(at)) {
        *target = byte;
    }
    Ok(())
}
