//! What the dimensions of an array are, and where its frames lie.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_codec::npy::header::{Header, shape_text};
use pimage_codec::samples::Stored;
use pimage_core::{Axis, Color, Error, FrameFormat, Limits, frames_of};

use crate::gather::{FrameDim, Gather, PixelDim};

/// The option that names the dimensions.
const OPTION: &str = "--axes";

/// What the letters may be, for errors.
const LETTERS: &str = "a letter for each dimension, such as `hwt`: `h` or `y` rows, `w` or `x` columns, \
    `c` last or `C` anywhere 1 to 4 channels of colour, any other letter frames";

/// What a dimension of the array is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    Rows,
    Columns,
    Channels,
    Frames(char),
}

/// The frames of an array.
#[derive(Debug)]
pub(crate) struct Layout {
    /// What each frame is.
    pub(crate) format: FrameFormat,
    /// The dimensions that the frames run through, none or several; see [`StreamInfo::axes`](pimage_core::StreamInfo::axes).
    pub(crate) axes: Vec<Axis>,
    /// Number of frames.
    pub(crate) count: u64,
    /// For frames that do not lie one behind the other in row order.
    pub(crate) gather: Option<Gather>,
}

impl Layout {
    /// The layout by the letters of `axes`, without them by convention: H×W, T×H×W or T×H×W×C.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for letters that do not go with the shape; [`Error::Unsupported`] for shapes of which nothing says what they are;
    /// [`Error::TooLarge`].
    pub(crate) fn of(
        path: &Path,
        header: &Header,
        stored: Stored,
        axes: Option<&str>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let roles = match axes {
            Some(letters) => named_roles(letters, &header.shape)?,
            None => usual_roles(path, &header.shape)?,
        };
        let strides = strides_of(header).ok_or_else(|| {
            let shape = shape_text(&header.shape);
            let reason = format!("its shape is {shape}, which is more than any file has");
            Error::malformed("npy", path, reason)
        })?;
        let dims = || roles.iter().zip(header.shape.iter().zip(&strides));
        let find = |wanted: Role| {
            let mut found = dims().filter(|(role, _)| **role == wanted);
            found.next().map(|(_, (length, stride))| (*length, *stride))
        };
        let (height, row_stride) = find(Role::Rows).unwrap_or((1, 1));
        let (width, column_stride) = find(Role::Columns).unwrap_or((1, 1));
        let (channels, channel_stride) = find(Role::Channels).unwrap_or((1, 1));
        let format = format_of(path, &header.shape, stored, [height, width, channels])?;
        limits.check_format(&format)?;
        let frames = dims().filter_map(|(role, (length, stride))| match role {
            Role::Frames(letter) => Some((*letter, *length, *stride)),
            _ => None,
        });
        let frames: Vec<_> = frames.collect();
        let named: Vec<_> = frames
            .iter()
            .map(|(letter, length, _)| Axis::new(letter.to_string(), *length))
            .collect();
        let count = frames_of(&named).unwrap_or(u64::MAX);
        limits.check_frames(count)?;
        let [rows, columns, color] = format.shape();
        let pixel = |length, stride, step| PixelDim {
            length,
            stride,
            step,
        };
        let pixels = vec![
            pixel(rows, row_stride, columns.saturating_mul(color)),
            pixel(columns, column_stride, color),
            pixel(color, channel_stride, 1),
        ];
        let frame_dims: Vec<_> = frames
            .iter()
            .map(|(_, length, stride)| FrameDim {
                length: *length,
                stride: *stride,
            })
            .collect();
        let is_plain = count == 0 || is_plain(&pixels, &frame_dims);
        // Every stored number of an array has whole bytes.
        let sample_bytes = stored.sample_bytes().unwrap_or(1);
        Ok(Self {
            format,
            axes: if matches!(named.as_slice(), [only] if only.name == Axis::TIME) {
                Vec::new()
            } else {
                named
            },
            count,
            gather: (!is_plain).then(|| Gather::new(sample_bytes, pixels, frame_dims)),
        })
    }
}

/// Whether frames follow each other in row order, without anything between.
fn is_plain(pixels: &[PixelDim], frames: &[FrameDim]) -> bool {
    let in_order = |dim: &PixelDim| dim.length == 1 || dim.stride == dim.step as u64;
    let mut expected: u64 = pixels.iter().map(|dim| dim.length as u64).product();
    let mut follow = true;
    for dim in frames.iter().rev() {
        follow &= dim.length <= 1 || dim.stride == expected;
        expected = expected.saturating_mul(dim.length);
    }
    pixels.iter().all(in_order) && follow
}

/// Samples from one position of each dimension to the next; `None` when it exceeds the address space.
fn strides_of(header: &Header) -> Option<Vec<u64>> {
    let mut strides = vec![0; header.shape.len()];
    let mut dims: Vec<_> = strides.iter_mut().zip(&header.shape).collect();
    if !header.is_fortran {
        dims.reverse();
    }
    let mut stride = 1u64;
    for (place, length) in dims {
        *place = stride;
        // An array without numbers has strides too.
        stride = stride.checked_mul((*length).max(1))?;
    }
    stride.checked_mul(8).map(|_| strides)
}

fn format_of(
    path: &Path,
    shape: &[u64],
    stored: Stored,
    [height, width, channels]: [u64; 3],
) -> Result<FrameFormat, Error> {
    let side = |value: u64| u32::try_from(value).ok().filter(|value| *value > 0);
    let color = usize::try_from(channels)
        .ok()
        .and_then(Color::from_channels);
    match (side(width), side(height), color) {
        (Some(width), Some(height), Some(color)) => {
            Ok(FrameFormat::new(width, height, color, stored.sample()))
        }
        _ => Err(unknown_shape(path, shape)),
    }
}

fn unknown_shape(path: &Path, shape: &[u64]) -> Error {
    let shape = shape_text(shape);
    let reason = format!(
        "its shape is {shape}; frames are (height, width), (time, height, width) or (time, height, width, 1 to 4 channels), \
        of any other order `{OPTION}` says what the dimensions are, such as `{OPTION} hwt`"
    );
    Error::unsupported(path, reason)
}

/// The roles when nobody names them.
fn usual_roles(path: &Path, shape: &[u64]) -> Result<Vec<Role>, Error> {
    let time = Role::Frames('t');
    match shape {
        [_, _] => Ok(vec![Role::Rows, Role::Columns]),
        [_, _, _] => Ok(vec![time, Role::Rows, Role::Columns]),
        [_, _, _, 1..=4] => Ok(vec![time, Role::Rows, Role::Columns, Role::Channels]),
        _ => Err(unknown_shape(path, shape)),
    }
}

/// The roles that the letters say.
fn named_roles(letters: &str, shape: &[u64]) -> Result<Vec<Role>, Error> {
    let refused = |expected: String| Error::bad_option(OPTION, format!("`{letters}`"), expected);
    let of_shape = shape_text(shape);
    if letters.chars().count() != shape.len() {
        let dimensions = shape.len();
        let expected = format!("{dimensions} letters, for the shape is {of_shape}");
        return Err(refused(expected));
    }
    let mut roles: Vec<Role> = Vec::new();
    for (place, (letter, length)) in letters.chars().zip(shape).enumerate() {
        let is_last = place + 1 == shape.len();
        let role = match letter.to_ascii_lowercase() {
            'h' | 'y' => Role::Rows,
            'w' | 'x' => Role::Columns,
            'c' if letter == 'C' || (is_last && (1..=4).contains(length)) => Role::Channels,
            lower if lower.is_ascii_lowercase() => Role::Frames(lower),
            _ => return Err(refused(LETTERS.to_owned())),
        };
        if role == Role::Channels && !(1..=4).contains(length) {
            let expected = format!("1 to 4 positions of `C`, not {length} of the shape {of_shape}");
            return Err(refused(expected));
        }
        let is_channel = |role: &Role| matches!(role, Role::Channels | Role::Frames('c'));
        let is_twice = roles.contains(&role) || (is_channel(&role) && roles.iter().any(is_channel));
        if is_twice {
            return Err(refused("each dimension once".to_owned()));
        }
        roles.push(role);
    }
    for (needed, names) in [(Role::Rows, "`h` or `y`"), (Role::Columns, "`w` or `x`")] {
        if !roles.contains(&needed) {
            return Err(refused(format!("{names} among them; {LETTERS}")));
        }
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use pimage_codec::samples::ByteOrder;
    use pimage_core::SampleType;

    use super::*;

    fn layout(shape: &[u64], is_fortran: bool, axes: Option<&str>) -> Result<Layout, String> {
        let header = Header {
            descr: "<u2".to_owned(),
            is_fortran,
            shape: shape.to_vec(),
            data_start: 128,
        };
        let stored = Stored::As(SampleType::U16, ByteOrder::Little);
        let layout = Layout::of(
            Path::new("a.npy"),
            &header,
            stored,
            axes,
            &Limits::default(),
        );
        layout.map_err(|error| error.to_string())
    }

    fn text(layout: &Layout) -> String {
        let axes: Vec<_> = layout.axes.iter().map(ToString::to_string).collect();
        let way = if layout.gather.is_some() {
            "gathered"
        } else {
            "plain"
        };
        format!(
            "{}, {} frames ({}), {way}",
            layout.format,
            layout.count,
            axes.join(", ")
        )
    }

    #[test]
    fn letters_say_what_dimensions_are() {
        for (shape, is_fortran, axes, expected) in [
            (
                &[5, 4][..],
                false,
                None,
                "4x5 gray uint16, 1 frames (), plain",
            ),
            (
                &[6, 5, 4],
                false,
                None,
                "4x5 gray uint16, 6 frames (), plain",
            ),
            (
                &[6, 5, 4],
                true,
                None,
                "4x5 gray uint16, 6 frames (), gathered",
            ),
            (
                &[6, 5, 4, 3],
                false,
                None,
                "4x5 rgb uint16, 6 frames (), plain",
            ),
            (
                &[5, 4, 6],
                false,
                Some("hwt"),
                "4x5 gray uint16, 6 frames (), gathered",
            ),
            (
                &[4, 5, 6],
                true,
                Some("xyt"),
                "4x5 gray uint16, 6 frames (), plain",
            ),
            (
                &[6, 2, 3, 5, 4],
                false,
                Some("tzcyx"),
                "4x5 gray uint16, 36 frames (t 6, z 2, c 3), plain",
            ),
            (
                &[6, 3, 5, 4],
                false,
                Some("tchw"),
                "4x5 gray uint16, 18 frames (t 6, c 3), plain",
            ),
            (
                &[6, 3, 5, 4],
                false,
                Some("tChw"),
                "4x5 rgb uint16, 6 frames (), gathered",
            ),
            (
                &[6, 5, 4, 3],
                false,
                Some("thwc"),
                "4x5 rgb uint16, 6 frames (), plain",
            ),
            (
                &[6, 5, 4, 7],
                false,
                Some("thwc"),
                "4x5 gray uint16, 42 frames (t 6, c 7), gathered",
            ),
            (
                &[6, 5, 4],
                false,
                Some("zyx"),
                "4x5 gray uint16, 6 frames (z 6), plain",
            ),
            (
                &[0, 5, 4],
                false,
                None,
                "4x5 gray uint16, 0 frames (), plain",
            ),
        ] {
            let layout = layout(shape, is_fortran, axes).expect(expected);
            assert_eq!(text(&layout), expected, "{shape:?} {axes:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (shape, axes, expected) in [
            (&[5][..], None, "its shape is (5,); frames are"),
            (&[2, 5, 4, 7], None, "`--axes` says what the dimensions are"),
            (&[2, 2, 2, 5, 4], None, "its shape is (2, 2, 2, 5, 4)"),
            (&[2, 0, 4], None, "its shape is (2, 0, 4)"),
            (
                &[2, 5, 4],
                Some("hw"),
                "--axes is `hw`: expected 3 letters, for the shape is (2, 5, 4)",
            ),
            (&[2, 5, 4], Some("hht"), "each dimension once"),
            (&[2, 5, 4], Some("hyt"), "each dimension once"),
            (&[2, 5, 4, 3], Some("Chwc"), "each dimension once"),
            (&[2, 5, 4], Some("thz"), "expected `w` or `x` among them"),
            (
                &[2, 5, 4],
                Some("t,w"),
                "expected a letter for each dimension",
            ),
            (&[7, 5, 4], Some("Chw"), "1 to 4 positions of `C`, not 7"),
            (
                &[1 << 40, 1 << 40, 5, 4],
                Some("tzhw"),
                "more than any file has",
            ),
            (&[1 << 40, 5, 4], None, "frames is 1099511627776, the limit"),
        ] {
            let error = layout(shape, false, axes).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        }
    }
}
