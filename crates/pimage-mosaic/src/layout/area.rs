//! Sizes and rectangles of pixels, and how one fits into another.

use std::fmt;
use std::str::FromStr;

use pimage_core::Error;

/// A width and a height, pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// A size.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Whether there is no pixel in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Width times height.
    pub(super) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The largest size of the same shape within `room`, sides rounded to whole pixels; neither may be empty.
    ///
    /// One side is that of the room. What is within the room already as it would come out stays as it is:
    /// a size within itself, or within what this has answered, is the same.
    #[must_use]
    pub fn within(self, room: Self) -> Self {
        let height = nearest(self.height, room.width, self.width);
        let width = nearest(self.width, room.height, self.height);
        // Both may fit where rounding is generous; at least one does.
        let by_width = u32::try_from(height)
            .ok()
            .filter(|height| *height <= room.height);
        let by_height = u32::try_from(width)
            .ok()
            .filter(|width| *width <= room.width);
        let fitting = [
            by_width.map(|height| Self::new(room.width, height)),
            by_height.map(|width| Self::new(width, room.height)),
        ];
        let largest = fitting
            .into_iter()
            .flatten()
            .max_by_key(|size| size.pixels());
        largest.unwrap_or(room)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// `side * up / down` to the nearest whole pixel, at least 1; saturating.
pub(super) fn scaled(side: u32, up: u32, down: u32) -> u32 {
    u32::try_from(nearest(side, up, down)).unwrap_or(u32::MAX)
}

/// `side * up / down` to the nearest whole pixel, at least 1.
fn nearest(side: u32, up: u32, down: u32) -> u64 {
    let (product, down) = (u64::from(side) * u64::from(up), u64::from(down.max(1)));
    let (whole, rest) = (product / down, product % down);
    (whole + u64::from(rest >= down - rest)).max(1)
}

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Area {
    /// Pixels to its left.
    pub x: u32,
    /// Pixels above it.
    pub y: u32,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Area {
    /// The rectangle of this size whose upper left pixel is (x, y).
    #[must_use]
    pub const fn new(x: u32, y: u32, size: Size) -> Self {
        Self {
            x,
            y,
            width: size.width,
            height: size.height,
        }
    }

    /// Its width and height.
    #[must_use]
    pub const fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    /// The column right of it.
    #[must_use]
    pub const fn right(&self) -> u64 {
        self.x as u64 + self.width as u64
    }

    /// The row below it.
    #[must_use]
    pub const fn bottom(&self) -> u64 {
        self.y as u64 + self.height as u64
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    /// Whether a pixel is in both.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        (self.x as u64) < other.right()
            && (other.x as u64) < self.right()
            && (self.y as u64) < other.bottom()
            && (other.y as u64) < self.bottom()
    }

    /// A rectangle of `size` in the middle of this one, nearer to the upper left by half a pixel where it must be.
    pub(super) const fn centred(&self, size: Size) -> Self {
        Self::new(
            self.x + self.width.saturating_sub(size.width) / 2,
            self.y + self.height.saturating_sub(size.height) / 2,
            size,
        )
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{} at {},{}", self.width, self.height, self.x, self.y)
    }
}

/// How a picture is fitted into its room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Fit {
    /// As large as the room lets it be, its shape kept, in the middle.
    #[default]
    Contain,
    /// As [`Fit::Contain`] where it must shrink, else in its own size, in the middle.
    Shrink,
    /// The whole room, whatever becomes of its shape.
    Stretch,
}

impl Fit {
    /// Every way with its name.
    pub const ALL: [(&'static str, Self); 3] = [
        ("contain", Self::Contain),
        ("shrink", Self::Shrink),
        ("stretch", Self::Stretch),
    ];

    /// Where in `room` a picture of `size` is; neither may be empty.
    #[must_use]
    pub fn place(self, size: Size, room: Area) -> Area {
        let fits = size.width <= room.width && size.height <= room.height;
        match self {
            Self::Stretch => room,
            Self::Shrink if fits => room.centred(size),
            Self::Contain | Self::Shrink => room.centred(size.within(room.size())),
        }
    }
}

impl FromStr for Fit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        named("--fit", &Self::ALL, text)
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name_of(&Self::ALL, self))
    }
}

/// What `text` names in `table`; `option` is what the error names.
pub(crate) fn named<T: Copy>(
    option: &str,
    table: &[(&'static str, T)],
    text: &str,
) -> Result<T, Error> {
    let found = table.iter().find(|(name, _)| *name == text.trim());
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = table.iter().map(|(name, _)| *name).collect();
        Error::bad_option(option, format!("`{text}`"), names.join(", "))
    })
}

/// The name of `value` in `table`.
pub(crate) fn name_of<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    let found = table.iter().find(|(_, known)| known == value);
    found.map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_kept_within_rounding() {
        let check = |size: (u32, u32), room: (u32, u32), expected: (u32, u32)| {
            let fitted = Size::new(size.0, size.1).within(Size::new(room.0, room.1));
            assert_eq!((fitted.width, fitted.height), expected, "{size:?} {room:?}");
        };
        check((640, 512), (640, 512), (640, 512));
        check((640, 512), (333, 400), (333, 266));
        check((640, 512), (333, 266), (333, 266));
        check((320, 256), (640, 600), (640, 512));
        check((3, 1000), (1000, 100), (1, 100));
        check((100_000, 1), (100, 100), (100, 1));
        check((u32::MAX, 1), (u32::MAX, u32::MAX), (u32::MAX, 1));
        check((1, u32::MAX), (7, 7), (1, 7));
    }

    #[test]
    fn pictures_are_in_the_middle_of_their_room() {
        let room = Area::new(10, 20, Size::new(101, 100));
        let placed = |fit: Fit| fit.place(Size::new(50, 20), room).to_string();
        assert_eq!(placed(Fit::Contain), "101x40 at 10,50");
        assert_eq!(placed(Fit::Shrink), "50x20 at 35,60");
        assert_eq!(placed(Fit::Stretch), "101x100 at 10,20");
    }

    #[test]
    fn names_are_parsed_as_they_are_printed() {
        for (name, fit) in Fit::ALL {
            assert_eq!(name.parse::<Fit>().expect("is a name"), fit);
            assert_eq!(fit.to_string(), name);
        }
        let error = "cover".parse::<Fit>().expect_err("is no name");
        assert_eq!(
            error.to_string(),
            "--fit is `cover`: expected contain, shrink, stretch"
        );
    }
}
