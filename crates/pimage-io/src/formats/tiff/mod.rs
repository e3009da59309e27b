//! TIFF stacks (`.tif`).
//!
//! # What it stores
//!
//! Pages of any size, each with samples of almost any type, packed or not; what the pages are together is said in several dialects.
//!
//! # What pimage reads
//!
//! Both byte orders, classic and `BigTIFF`, strips and tiles, samples together or in planes; not packed, LZW, deflate, `PackBits`, zstd (feature `zstd`) and JPEG; predictors; bits in either order.
//! Whole numbers of 1 to 32 bits, signed or not, and floats of 16, 24, 32 and 64 bits, each in the smallest type that holds it.
//! A colour map becomes the colours that it names, luma and chroma become RGB.
//! Where 0 is white, unsigned numbers are turned round, so that higher is always brighter, and the metadata say so.
//! Samples that are neither gray nor colours become frames of an axis `c`.
//!
//! `ImageJ`, OME-TIFF (also in several files of one folder), what tifffile writes, `MetaMorph` and Zeiss LSM have axes, pixel sizes and times.
//! One directory may stand for all planes, of any length and any type of samples, if they are neither packed nor tiled.
//! Pages of another size or type than the first, thumbnails among them, are sequences of their own: `path:1` reads another one.
//!
//! Only the links between directories are followed when a file is opened. A chain that breaks is read as far as it goes; directories that overlap break it.
//! Strips and tiles that were left out have samples of 0, whatever colour these mean.
//!
//! Refused by name: fax, JPEG of TIFF 6.0, JPEG 2000, LZMA, WebP and other packings; 64-bit integers, complex numbers, L\*a\*b\*; samples of different depths; volumes in a page.
//!
//! # What it writes
//!
//! Pages of every sample type and colour, any number of them, described for `ImageJ` or in OME-XML; not packed by default.
//!
//! # What is lost
//!
//! Reading loses nothing of the pixels but the rounding of JPEG and of luma and chroma. Writing says in its notes what no dialect keeps, and that pimage writes neither orientation, colour filters nor premultiplied opacity.
//!
//! # Specification
//!
//! TIFF 6.0 with its technical notes, `BigTIFF`, <https://docs.openmicroscopy.org/ome-model/latest/ome-tiff/>.

#[cfg(feature = "tiff")]
mod describe;
#[cfg(feature = "tiff")]
mod file;
#[cfg(feature = "tiff")]
mod imagej;
#[cfg(feature = "tiff")]
mod lsm;
#[cfg(feature = "tiff")]
mod ome;
#[cfg(feature = "tiff")]
mod reader;
#[cfg(feature = "tiff")]
mod sequence;
#[cfg(feature = "tiff")]
mod shaped;
#[cfg(feature = "tiff")]
mod stk;
#[cfg(feature = "tiff")]
mod writer;

use crate::{CreateWriter, Format, OpenReader, Probe};

#[cfg(feature = "tiff")]
const OPEN: Option<OpenReader> = Some(reader::open);
#[cfg(not(feature = "tiff"))]
const OPEN: Option<OpenReader> = None;

#[cfg(feature = "tiff")]
const CREATE: Option<CreateWriter> = Some(writer::create);
#[cfg(not(feature = "tiff"))]
const CREATE: Option<CreateWriter> = None;

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "tiff",
    title: "TIFF stack",
    extensions: &["tif", "tiff", "btf", "stk", "lsm"],
    reads: "every dialect: BigTIFF, ImageJ, OME, STK, LSM; 1 to 64 bit; tiles, planes, palettes; LZW, deflate, PackBits, zstd, JPEG",
    writes: "stacks of any length, BigTIFF by itself, ImageJ's or OME's description; `--compression`",
    detect: Some(detect),
    feature: "tiff",
    open: OPEN,
    create: CREATE,
};

fn detect(probe: &Probe<'_>) -> bool {
    matches!(
        probe.head.first_chunk(),
        Some(b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+")
    )
}
