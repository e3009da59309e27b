//! TIFF files of one page (`.tif`); stacks are a matter of `pimage-io`.
//!
//! # What it stores
//!
//! Samples of any type and colour; without loss, but for JPEG inside.
//!
//! # What pimage reads
//!
//! The pages that [`tiff`](crate::tiff) reads. A file of several pages is refused, smaller versions of its page aside.
//!
//! # What it writes
//!
//! Every sample type and colour, `none` by default or packed by any compression that it has.
//!
//! # What is lost
//!
//! Nothing of the pixels.
//!
//! # Specification
//!
//! TIFF 6.0 and BigTIFF.

use crate::{COMPRESSION, Choice, Codec, Values};

/// The compressions that there are.
pub(crate) const COMPRESSIONS: &str =
    "none, deflate, deflate=1..9, lzw, packbits, zstd or zstd=1..22";

/// The row of the table.
#[cfg(feature = "tiff")]
pub(crate) static CODEC: Codec = Codec {
    read_format: Some(page::format),
    encoder: Some(crate::tiff::encode::encode),
    decoder: Some(page::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "tiff"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "TIFF page",
    extensions: &["tif", "tiff"],
    options: &[Choice {
        name: COMPRESSION,
        help: "how the page is packed, all without loss",
        values: Values::Text(COMPRESSIONS, takes_compression),
        usual: "none",
    }],
    ..Codec::unbuilt("tiff", "TIFF", detect)
};

#[cfg(feature = "tiff")]
fn takes_compression(text: &str) -> bool {
    let parsed = crate::tiff::encode::Compression::parse(Some(text));
    !matches!(parsed, Err(pimage_core::Error::BadOption { .. }))
}

#[cfg(not(feature = "tiff"))]
fn takes_compression(_: &str) -> bool {
    true
}

fn detect(head: &[u8]) -> bool {
    matches!(
        head.first_chunk(),
        Some(b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+")
    )
}

#[cfg(feature = "tiff")]
mod page {
    use std::cell::RefCell;
    use std::path::Path;

    use pimage_core::{Error, Frame, FrameFormat, Limits};

    use crate::tiff::chain::{Chain, End};
    use crate::tiff::ifd::{Header, Ifd};
    use crate::tiff::page::Page;
    use crate::tiff::tags;
    use crate::tiff::{Flaw, PageDecoder};

    thread_local! {
        /// Keeps its memory from one page to the next.
        static DECODER: RefCell<PageDecoder> = RefCell::default();
    }

    /// The format of the only page.
    pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
        let (_, page) = only_page(bytes, limits)?;
        Ok(page.format())
    }

    /// Decodes the only page.
    pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
        let (header, page) = only_page(bytes, limits)?;
        let mut source = bytes;
        let decoded = DECODER.with_borrow_mut(|decoder| {
            decoder.decode(&page, 0, header, &mut source, limits, false, frame)
        });
        decoded.map(|_nothing_kept| ()).map_err(of_file)
    }

    fn of_file(flaw: Flaw) -> Error {
        match flaw {
            Flaw::Cut { expected, found } => {
                let reason = format!("it ends after {found} of {expected} bytes");
                Error::malformed("TIFF", "", reason)
            }
            other => other.into_file_error(Path::new("")),
        }
    }

    /// The page of the file, which has one of its kind.
    fn only_page(mut bytes: &[u8], limits: &Limits) -> Result<(Header, Page), Error> {
        let header = Header::parse(bytes)?;
        let source = &mut bytes;
        let chain = Chain::walk(header, source, limits).map_err(of_file)?;
        if let End::Broken(reason) = chain.end {
            return Err(Error::malformed("TIFF", "", reason));
        }
        let kind = chain.main_kind();
        let is_aside = |kind: u32| chain.kinds.get(kind as usize).is_some_and(|it| it.is_aside);
        let main = chain.pages.iter().find(|page| page.kind == kind);
        let first = main.map_or(header.first, |page| page.offset);
        let pages = chain.pages.iter().filter(|page| !is_aside(page.kind));
        let count = pages.count().max(1);
        let mut ifd = Ifd::default();
        ifd.refill(header, source, first).map_err(of_file)?;
        let page = Page::parse(&ifd, header, source).map_err(of_file)?;
        page.check(limits).map_err(of_file)?;
        let planes = planes_behind(&ifd, &page, header, source, limits).map_err(of_file)?;
        let frames = (page.frames() as u64).saturating_mul((count as u64).max(planes));
        if frames > 1 {
            let reason = format!("it holds {frames} frames: one was expected, as in an image");
            return Err(Error::unsupported("", reason));
        }
        Ok((header, page))
    }

    /// How many planes a description claims in the place of a page, when the file is long enough for more than one.
    fn planes_behind(
        ifd: &Ifd,
        page: &Page,
        header: Header,
        source: &mut &[u8],
        limits: &Limits,
    ) -> Result<u64, Flaw> {
        let claimed = if let Some(table) = ifd.get(tags::UIC2) {
            table.count
        } else {
            let text = match ifd.get(tags::IMAGE_DESCRIPTION) {
                Some(entry) => entry.text(header, source, limits.max_metadata_bytes)?,
                None => None,
            };
            let text = text.unwrap_or_default();
            let images = text.lines().find_map(|line| line.strip_prefix("images="));
            match images.filter(|_| text.starts_with("ImageJ=")) {
                Some(images) => images.trim().parse().unwrap_or(1),
                // What tifffile calls truncated has two planes or more.
                None if text.contains("\"truncated\": true") => 2,
                None => 1,
            }
        };
        if claimed < 2 {
            return Ok(1);
        }
        let Some((start, end)) = page.piece(header, source)? else {
            return Ok(1);
        };
        let second = end.saturating_add(end.saturating_sub(start));
        Ok(if second <= source.len() as u64 {
            claimed
        } else {
            1
        })
    }
}

#[cfg(all(test, feature = "tiff"))]
mod tests {
    use pimage_core::{Error, Frame, Limits};
    use pimage_testkit::{assert_frames_eq, counter_frame, every_format};

    use super::*;
    use crate::Settings;

    fn encoded(frame: &Frame, compression: &str) -> Result<Vec<u8>, Error> {
        CODEC.encode(frame, &Settings::default().with(COMPRESSION, compression))
    }

    #[test]
    fn every_format_comes_back() {
        let limits = Limits::default();
        for format in every_format(7, 5) {
            for compression in ["none", "deflate", "lzw"] {
                let frame = counter_frame(3, format);
                let bytes = encoded(&frame, compression).expect("encodes");
                assert!(CODEC.detects(&bytes));
                let found = CODEC.format(&bytes, &limits).expect("has one");
                assert_eq!(found, format);
                let mut again = Frame::empty();
                CODEC
                    .decode_into(&bytes, &limits, &mut again)
                    .expect("decodes");
                assert_frames_eq(&again, &frame);
            }
        }
    }

    #[test]
    fn several_pages_are_refused() {
        let format = every_format(7, 5)[0];
        let mut bytes = encoded(&counter_frame(3, format), "none").expect("encodes");
        // The link behind the directory leads to a copy of that directory.
        let at = u32::from_le_bytes(bytes[4..8].try_into().expect("are four")) as usize;
        let count = usize::from(u16::from_le_bytes(
            bytes[at..at + 2].try_into().expect("are two"),
        ));
        let link = at + 2 + 12 * count;
        let end = u32::try_from(bytes.len()).expect("is short");
        let directory = bytes[at..link + 4].to_vec();
        bytes[link..link + 4].copy_from_slice(&end.to_le_bytes());
        bytes.extend(directory);
        let mut frame = Frame::empty();
        let error = CODEC.decode_into(&bytes, &Limits::default(), &mut frame);
        let error = error.expect_err("are two");
        assert!(
            matches!(&error, Error::Unsupported { reason, .. } if reason.contains("2 frames")),
            "{error}"
        );
    }

    #[test]
    fn chains_that_break_are_refused() {
        let format = every_format(7, 5)[0];
        let mut bytes = encoded(&counter_frame(3, format), "none").expect("encodes");
        let at = u32::from_le_bytes(bytes[4..8].try_into().expect("are four")) as usize;
        let count = usize::from(bytes[at]);
        bytes[at + 2 + 12 * count] = 8;
        let mut frame = Frame::empty();
        let error = CODEC.decode_into(&bytes, &Limits::default(), &mut frame);
        assert!(matches!(error, Err(Error::Malformed { .. })), "{error:?}");
    }

    #[test]
    fn samples_over_the_bit_depth_are_refused() {
        let format = every_format(7, 5)[0].with_bit_depth(3);
        let mut frame = counter_frame(3, format);
        frame.bytes_mut()[0] = 255;
        let error = encoded(&frame, "none");
        assert!(matches!(error, Err(Error::CannotHold { .. })), "{error:?}");
    }

    #[test]
    fn a_cut_file_is_an_error() {
        let format = every_format(7, 5)[0];
        let whole = counter_frame(3, format);
        let bytes = encoded(&whole, "deflate").expect("encodes");
        for length in 0..bytes.len() - 1 {
            let mut frame = Frame::empty();
            // Text behind the directory may lack its end.
            if CODEC
                .decode_into(&bytes[..length], &Limits::default(), &mut frame)
                .is_ok()
            {
                assert_frames_eq(&frame, &whole);
            }
        }
        let half = CODEC.decode_into(
            &bytes[..bytes.len() / 2],
            &Limits::default(),
            &mut Frame::empty(),
        );
        assert!(half.is_err());
    }
}
