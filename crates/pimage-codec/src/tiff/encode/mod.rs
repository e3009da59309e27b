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
use crate::EncodeOptions;
use crate::held::check_held;
use crate::samples::little_endian;

/// What the tag `Software` says.
pub const SOFTWARE: &str = concat!("pimage ", env!("CARGO_PKG_VERSION"));

/// A file of one page.
///
/// # Errors
///
/// [`Error::BadOption`] for a quality, which nothing here has, and for unknown compressions.
pub fn encode(frame: &Frame, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<(), Error> {
    if let Some(quality) = &options.quality {
        let expected = "no value, because TIFF is written without loss";
        return Err(Error::bad_option(
            "--quality",
            format!("`{quality}`"),
            expected,
        ));
    }
    let compression = Compression::parse(options.compression.as_deref())?;
    let format = *check_held("TIFF", frame)?;
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
