//! Colour of brightness and colour differences as OpenCV's `cvtColor` makes it: BT.601, limited range, whole numbers, no interpolation.

use pimage_core::{Color, FrameFormat};

/// How the parts of a picture lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Brightness, then both differences by turns, at half width and height; whether blue comes first.
    Paired(bool),
    /// Brightness, then one difference, then the other, at half width and height; whether blue comes first.
    Planar(bool),
    /// Two pixels in four bytes: where brightness, blue and red are.
    Packed([usize; 2], usize, usize),
}

impl Layout {
    /// By OpenCV's name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "nv12" => Self::Paired(true),
            "nv21" => Self::Paired(false),
            "i420" | "iyuv" => Self::Planar(true),
            "yv12" => Self::Planar(false),
            "uyvy" | "y422" | "uynv" => Self::Packed([1, 3], 0, 2),
            "yuy2" | "yuyv" | "yunv" => Self::Packed([0, 2], 1, 3),
            "yvyu" => Self::Packed([0, 2], 3, 1),
            _ => return None,
        })
    }

    /// Width and height of the picture that such a frame is of.
    pub(super) fn size(self, stored: &FrameFormat) -> Option<(u32, u32)> {
        let (width, height) = (stored.width, stored.height);
        match self {
            Self::Packed(..) => {
                (stored.color == Color::GrayAlpha && width % 2 == 0).then_some((width, height))
            }
            _ => {
                let fits = stored.color == Color::Gray && width % 2 == 0 && height % 3 == 0;
                let height = height / 3 * 2;
                (fits && height % 2 == 0).then_some((width, height))
            }
        }
    }
}

const SHIFT: i32 = 20;
const HALF: i32 = 1 << (SHIFT - 1);

/// Red, green and blue of brightness and the differences of blue and red.
fn rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    let y = (i32::from(y) - 16).max(0) * 1_220_542;
    let red = y + HALF + 1_673_527 * v;
    let green = y + HALF - 852_492 * v - 409_993 * u;
    let blue = y + HALF + 2_116_026 * u;
    [red, green, blue].map(|value| (value >> SHIFT).clamp(0, 255) as u8)
}

/// Fills the bytes of a picture of format `output`, red, green and blue.
pub(super) fn decode(raw: &[u8], layout: Layout, output: &FrameFormat, target: &mut [u8]) {
    let (width, height) = (output.width as usize, output.height as usize);
    if let Layout::Packed([first, second], blue, red) = layout {
        for (four, pair) in raw.chunks_exact(4).zip(target.chunks_exact_mut(6)) {
            let at = |place: usize| four.get(place).copied().unwrap_or_default();
            let (u, v) = (at(blue), at(red));
            let colors = [rgb(at(first), u, v), rgb(at(second), u, v)];
            pair.copy_from_slice(colors.as_flattened());
        }
        return;
    }
    let (brightness, rest) = raw.split_at_checked(width * height).unwrap_or_default();
    let quarter = rest.len() / 2;
    let rows = brightness.chunks_exact(width.max(1));
    for (y, (row, target)) in rows
        .zip(target.chunks_exact_mut((width * 3).max(1)))
        .enumerate()
    {
        let pixels = row.iter().zip(target.chunks_exact_mut(3));
        for (x, (brightness, target)) in pixels.enumerate() {
            let at = y / 2 * (width / 2) + x / 2;
            let (first, second) = match layout {
                Layout::Planar(_) => (at, quarter + at),
                _ => (at * 2, at * 2 + 1),
            };
            let value = |place: usize| rest.get(place).copied().unwrap_or(128);
            let is_blue_first = matches!(layout, Layout::Paired(true) | Layout::Planar(true));
            let (u, v) = if is_blue_first {
                (value(first), value(second))
            } else {
                (value(second), value(first))
            };
            target.copy_from_slice(&rgb(*brightness, u, v));
        }
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::SampleType;

    use super::*;

    #[test]
    fn gray_has_no_colour_in_any_layout() {
        for name in ["nv12", "nv21", "i420", "yv12"] {
            let layout = Layout::of(name).expect("is a layout");
            let stored = FrameFormat::new(4, 6, Color::Gray, SampleType::U8);
            assert_eq!(layout.size(&stored), Some((4, 4)));
            let raw = [[235; 16].as_slice(), &[128; 8]].concat();
            let output = FrameFormat::new(4, 4, Color::Rgb, SampleType::U8);
            let mut target = vec![0; 48];
            decode(&raw, layout, &output, &mut target);
            assert!(target.iter().all(|value| *value == 255), "{name}");
        }
        assert_eq!(rgb(16, 128, 128), [0; 3]);
    }
}
