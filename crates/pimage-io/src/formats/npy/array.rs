//! The frames of one array, wherever its bytes are.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_codec::npy::header::Header;
use pimage_core::{Error, FrameCount, StreamInfo};

use super::layout::Layout;
use crate::ReadOptions;
use crate::flat::{FlatReader, Part};
use crate::source::Source;

/// The header of an array.
///
/// # Errors
///
/// [`Error::Malformed`], [`Error::Unsupported`], [`Error::TooLarge`].
pub(crate) fn read_header(
    path: &Path,
    source: &mut Source,
    options: &ReadOptions,
) -> Result<Header, Error> {
    let header_bytes = Header::length(path, source.slice(0, 12)?, &options.limits)?;
    let bytes = source.slice(0, header_bytes)?;
    if bytes.len() < header_bytes {
        let reason = format!("its header is {} of {header_bytes} bytes", bytes.len());
        return Err(Error::malformed("npy", path, reason));
    }
    Header::parse(path, bytes)
}

/// A reader of the frames of an array, which begins where `source` does.
///
/// # Errors
///
/// As [`read_header`], and [`Error::BadOption`] for axes that the array does not have.
pub(crate) fn open_array(
    path: &Path,
    mut source: Source,
    container: &str,
    options: &ReadOptions,
) -> Result<FlatReader, Error> {
    let header = read_header(path, &mut source, options)?;
    let stored = header.stored(path)?;
    let layout = Layout::of(
        path,
        &header,
        stored,
        options.axes.as_deref(),
        &options.limits,
    )?;
    let frame_bytes = stored
        .frame_bytes(&layout.format)
        .map_or(u64::MAX, |bytes| bytes as u64);
    let available = source.len().saturating_sub(header.data_start);
    let expected = layout.count.saturating_mul(frame_bytes);
    let whole = match &layout.gather {
        Some(gather) if gather.is_of_many() => gather.whole_frames(available),
        _ => available / frame_bytes.max(1),
    };
    let whole = whole.min(layout.count);
    let missing = layout.count - whole;
    let is_scattered = layout.gather.is_some();
    let part = Part {
        path: path.to_path_buf(),
        start: header.data_start,
        count: whole,
        cut_bytes: match missing {
            0 => 0,
            _ if is_scattered => 0,
            _ => available - whole.saturating_mul(frame_bytes),
        },
        missing,
        hole: 0,
        reason: (missing > 0 && is_scattered)
            .then(|| format!("the array ends after {available} of {expected} bytes")),
    };
    let mut info = StreamInfo::new(container, layout.format, FrameCount::Exact(layout.count));
    info.codec = Some("raw".to_owned());
    info.axes = layout.axes;
    info.set_frame_count(FrameCount::Exact(whole));
    let extra = available.saturating_sub(expected);
    if extra > 0 {
        let note = format!("{extra} bytes follow the array");
        info.metadata.insert("npy_extra".to_owned(), note.into());
    }
    let (limits, on_damage) = (options.limits, options.on_damage);
    let reader = FlatReader::new(path, info, stored, vec![part], limits, on_damage)?;
    Ok(reader.with_gather(layout.gather).with_source(source))
}
