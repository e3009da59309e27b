//! Colour of raw frames as OpenCV's `cvtColor` makes it: the mean of the neighbours that saw a colour, and borders like the pixels beside them.

/// Where the red pixel of each two by two is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Red {
    x: usize,
    y: usize,
}

impl Red {
    /// By OpenCV's name, which begins at the second pixel of the second row, or by all four letters.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (x, y) = match name {
            "bg" | "rggb" => (0, 0),
            "gb" | "grbg" => (1, 0),
            "rg" | "bggr" => (1, 1),
            "gr" | "gbrg" => (0, 1),
            _ => return None,
        };
        Some(Self { x, y })
    }

    /// The colours of the four pixels at the upper left.
    pub(super) const fn pattern(self) -> &'static str {
        match (self.x, self.y) {
            (0, 0) => "RGGB",
            (_, 0) => "GRBG",
            (0, _) => "GBRG",
            _ => "BGGR",
        }
    }
}

/// A sample of a raw frame.
pub(super) trait RawSample: Copy + Default {
    fn mean2(a: Self, b: Self) -> Self;
    fn mean4(a: Self, b: Self, c: Self, d: Self) -> Self;
}

macro_rules! raw_sample {
    ($type:ty) => {
        impl RawSample for $type {
            fn mean2(a: Self, b: Self) -> Self {
                ((u32::from(a) + u32::from(b) + 1) >> 1) as Self
            }

            fn mean4(a: Self, b: Self, c: Self, d: Self) -> Self {
                let sum = u32::from(a) + u32::from(b) + u32::from(c) + u32::from(d);
                ((sum + 2) >> 2) as Self
            }
        }
    };
}

raw_sample!(u8);
raw_sample!(u16);

/// Fills `target`, red, green and blue of each pixel, from the raw samples of a frame.
pub(super) fn demosaic<T: RawSample>(raw: &[T], width: usize, red: Red, target: &mut [T]) {
    let rows: Vec<&[T]> = raw.chunks_exact(width.max(1)).collect();
    let stride = width * 3;
    if width < 3 || rows.len() < 3 {
        // OpenCV leaves such frames black.
        target.fill(T::default());
        return;
    }
    let inner = target.chunks_exact_mut(stride).skip(1);
    for (place, (window, target)) in rows.windows(3).zip(inner).enumerate() {
        if let [above, row, below] = window {
            // The row is number `place + 1`.
            let has_red = place % 2 != red.y;
            fill_row(above, row, below, (has_red, red.x), target);
        }
    }
    let height = rows.len();
    target.copy_within(stride..stride * 2, 0);
    target.copy_within(
        (height - 2) * stride..(height - 1) * stride,
        (height - 1) * stride,
    );
}

/// Fills a row that has one above and one below.
fn fill_row<T: RawSample>(
    above: &[T],
    row: &[T],
    below: &[T],
    (has_red, red_x): (bool, usize),
    target: &mut [T],
) {
    let near = above.windows(3).zip(row.windows(3)).zip(below.windows(3));
    let pixels = target.chunks_exact_mut(3).skip(1);
    for (place, (((above, row), below), pixel)) in near.zip(pixels).enumerate() {
        let ([a, b, c], [d, e, f], [g, h, i]) = (above, row, below) else {
            continue;
        };
        // The pixel is number `place + 1`.
        let is_green = (place % 2 != red_x) != has_red;
        let (own, green, other) = if is_green {
            (T::mean2(*d, *f), *e, T::mean2(*b, *h))
        } else {
            (*e, T::mean4(*b, *d, *f, *h), T::mean4(*a, *c, *g, *i))
        };
        if let [first, second, third] = pixel {
            let (red, blue) = if has_red { (own, other) } else { (other, own) };
            (*first, *second, *third) = (red, green, blue);
        }
    }
    let length = target.len();
    target.copy_within(3..6, 0);
    target.copy_within(length - 6..length - 3, length - 3);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_colours_come_back() {
        for name in ["bg", "gb", "rg", "gr"] {
            let red = Red::of(name).expect("is a pattern");
            let (width, height) = (6, 5);
            let raw: Vec<u16> = (0..width * height)
                .map(|place| {
                    let (x, y) = (place % width, place / width);
                    match (x % 2 == red.x, y % 2 == red.y) {
                        (true, true) => 900,
                        (false, false) => 77,
                        _ => 512,
                    }
                })
                .collect();
            let mut target = vec![0; raw.len() * 3];
            demosaic(&raw, width, red, &mut target);
            assert!(
                target.chunks(3).all(|pixel| pixel == [900, 512, 77]),
                "{name}"
            );
        }
    }
}
