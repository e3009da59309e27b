//! Zeiss LSM: the description of a confocal recording in a private tag, little-endian throughout.

use pimage_codec::tiff::ifd::{Header, Ifd, Source};
use pimage_codec::tiff::tags;
use pimage_core::{Axis, FrameRate, Timestamp};

use super::describe::{Description, axes_of, set_pixel_size};
use crate::bytes::{f64_at, i32_at, u16_at, u32_at};

/// The two versions of the description.
const MAGIC: [u32; 2] = [0x0300_494C, 0x0400_494C];

/// Bytes of the description that are looked at.
const INFO_BYTES: usize = 256;

/// Most bytes of names and times that are read.
const MOST_BYTES: u32 = 1 << 20;

/// Metres to micrometres.
const MICRO: f64 = 1e6;

/// Reads the description; `None` when there is none or it is damaged. `page_frames` is the number of samples in a page.
pub(super) fn read(
    ifd: &Ifd,
    header: Header,
    source: &mut dyn Source,
    page_frames: usize,
) -> Option<Description> {
    let entry = ifd.get(tags::CZ_LSM_INFO)?;
    let info = source
        .slice(entry.offset(header), INFO_BYTES)
        .ok()?
        .to_vec();
    if !MAGIC.contains(&u32_at(&info, 0)?) {
        return None;
    }
    let side = |at: usize| i32_at(&info, at).and_then(|side| u64::try_from(side).ok());
    let (depths, channels, times) = (side(16)?.max(1), side(20)?.max(1), side(24)?.max(1));
    let mut description = Description {
        dialect: "LSM",
        count: depths.checked_mul(times),
        ..Description::default()
    };
    let size = |at: usize| f64_at(&info, at).filter(|size| size.is_finite() && *size > 0.0);
    if let (Some(x), Some(y)) = (size(40), size(48)) {
        set_pixel_size(&mut description.metadata, x * MICRO, y * MICRO, "µm");
    }
    let mut depth = Axis::new(Axis::DEPTH, depths);
    if let Some(spacing) = size(56) {
        depth = depth.with_spacing(spacing * MICRO, "µm");
    }
    let mut time = Axis::new(Axis::TIME, times);
    if let Some(interval) = size(112).filter(|_| times > 1) {
        description.rate = FrameRate::from_fps(1.0 / interval);
        time = time.with_spacing(interval, "s");
    }
    if let Some(kind) = u16_at(&info, 88) {
        let kind = i64::from(kind);
        description
            .metadata
            .insert("lsm_scan_type".to_owned(), kind.into());
    }
    description.axes = axes_of([time, depth]);
    if page_frames > 1 || channels == 1 {
        let names = names(u32_at(&info, 108)?, source).unwrap_or_default();
        if names.len() as u64 == channels && names.iter().any(|name| !name.is_empty()) {
            let names = names.join(", ");
            description
                .metadata
                .insert("channel_names".to_owned(), names.into());
        }
    }
    let stamps = stamps(u32_at(&info, 132)?, source).unwrap_or_default();
    let pages = depths.saturating_mul(times);
    if stamps.len() as u64 == times && pages <= u64::from(MOST_BYTES) {
        let depths = usize::try_from(depths).unwrap_or(0);
        let each = stamps
            .iter()
            .flat_map(|stamp| std::iter::repeat_n(*stamp, depths));
        description.times = each.collect();
    }
    Some(description)
}

/// The names of the channels.
fn names(at: u32, source: &mut dyn Source) -> Option<Vec<String>> {
    let head = source.slice(u64::from(at), 24).ok()?;
    let (size, count, start) = (u32_at(head, 0)?, u32_at(head, 8)?, u32_at(head, 16)?);
    if at == 0 || size > MOST_BYTES || start > size || count > 1024 {
        return None;
    }
    let block = u64::from(at).checked_add(u64::from(start))?;
    let mut bytes = source.slice(block, (size - start) as usize).ok()?;
    let mut names = Vec::new();
    for _ in 0..count {
        let length = u32_at(bytes, 0)? as usize;
        let name = bytes.get(4..)?.get(..length)?;
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        names.push(String::from_utf8_lossy(name).into_owned());
        bytes = bytes.get(4 + length..)?;
    }
    Some(names)
}

/// When each position of the time axis was taken.
fn stamps(at: u32, source: &mut dyn Source) -> Option<Vec<Timestamp>> {
    let head = source.slice(u64::from(at), 8).ok()?;
    let count = u32_at(head, 4)?;
    if at == 0 || count > MOST_BYTES / 8 {
        return None;
    }
    let bytes = source.slice(u64::from(at) + 8, count as usize * 8).ok()?;
    let secs = bytes
        .as_chunks()
        .0
        .iter()
        .map(|secs| f64::from_le_bytes(*secs));
    let stamps: Option<Vec<_>> = secs.map(Timestamp::from_secs).collect();
    stamps.filter(|stamps| stamps.len() == count as usize)
}
