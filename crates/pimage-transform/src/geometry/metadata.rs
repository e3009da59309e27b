//! Metadata that tells where pixels are: their size, and the colour filters above them.

use pimage_core::{StreamInfo, Value, keys};

/// Says that pixels are so many times as wide and as high as before.
pub(super) fn scale_pixels(info: &mut StreamInfo, across: f64, down: f64) {
    for (key, factor) in [(keys::PIXEL_SIZE_X, across), (keys::PIXEL_SIZE_Y, down)] {
        let size = match info.metadata.get(key) {
            Some(Value::Float(size)) => *size,
            Some(Value::Int(size)) => *size as f64,
            _ => continue,
        };
        info.metadata.insert(key.to_owned(), (size * factor).into());
    }
}

/// Says that rows became columns.
pub(super) fn swap_pixel_sides(info: &mut StreamInfo) {
    let across = info.metadata.remove(keys::PIXEL_SIZE_X);
    let down = info.metadata.remove(keys::PIXEL_SIZE_Y);
    for (key, size) in [(keys::PIXEL_SIZE_X, down), (keys::PIXEL_SIZE_Y, across)] {
        if let Some(size) = size {
            info.metadata.insert(key.to_owned(), size);
        }
    }
}

/// Moves the colour filters with their pixels: `source` is where the pixel at (x, y) was, up to multiples of two.
pub(super) fn move_filters(info: &mut StreamInfo, source: impl Fn(u32, u32) -> (u32, u32)) {
    let Some(pattern) = info.metadata.get(keys::BAYER_PATTERN) else {
        return;
    };
    let letters: Vec<char> = pattern.as_text().unwrap_or_default().chars().collect();
    let moved: Option<String> = [(0, 0), (1, 0), (0, 1), (1, 1)]
        .into_iter()
        .map(|(x, y)| {
            let (x, y) = source(x, y);
            letters.get((y % 2 * 2 + x % 2) as usize).copied()
        })
        .collect();
    match moved {
        Some(moved) if letters.len() == 4 => {
            info.metadata
                .insert(keys::BAYER_PATTERN.to_owned(), moved.into());
        }
        _ => {}
    }
}

/// Forgets the planes of a bundle, which are no longer one below the other in their order.
pub(super) fn mix_planes(info: &mut StreamInfo) {
    info.bundle.clear();
}

/// Forgets the colour filters of pixels that were mixed.
pub(super) fn mix_filters(info: &mut StreamInfo) {
    info.metadata.remove(keys::BAYER_PATTERN);
}

#[cfg(test)]
mod tests {
    use super::*;
    use pimage_core::{Color, FrameCount, FrameFormat, SampleType};

    #[test]
    fn filters_follow_their_pixels() {
        let format = FrameFormat::new(6, 4, Color::Gray, SampleType::U8);
        let mut info = StreamInfo::new("test", format, FrameCount::Unknown);
        info.metadata
            .insert(keys::BAYER_PATTERN.to_owned(), "RGGB".into());
        move_filters(&mut info, |x, y| (x + 3, y));
        assert_eq!(info.metadata[keys::BAYER_PATTERN].as_text(), Some("GRBG"));
        move_filters(&mut info, |x, y| (x, 3 - y));
        assert_eq!(info.metadata[keys::BAYER_PATTERN].as_text(), Some("BGGR"));
        mix_filters(&mut info);
        assert!(info.metadata.is_empty());
    }
}
