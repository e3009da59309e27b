//! Which dimensions of an array are rows, columns and colours, and which run through its frames.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{Axis, Color, Error, FrameFormat, SampleType};

use super::document::malformed;

/// The attribute that names what the samples of a pixel are; its dimension may stand anywhere then.
pub(super) const COLOR_DIMENSION: &str = "color_dimension";

/// The dimensions of an array by what they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Those that run through the frames, slowest first.
    pub(super) outer: Vec<usize>,
    /// Rows.
    pub(super) y: usize,
    /// Columns.
    pub(super) x: usize,
    /// Samples of a pixel.
    pub(super) color: Option<usize>,
}

/// What a dimension is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    Rows,
    Columns,
    /// Samples of a pixel when they are few and last.
    Channel,
    Outer,
}

fn role_of(name: &str) -> Role {
    match name {
        "y" | "h" | "height" | "row" | "rows" => Role::Rows,
        "x" | "w" | "width" | "col" | "column" | "columns" => Role::Columns,
        "c" | "ch" | "channel" | "channels" | "color" | "colour" | "rgb" | "rgba" | "band"
        | "sample" | "samples" | "s" => Role::Channel,
        _ => Role::Outer,
    }
}

/// The name of an axis of frames, from that of a dimension.
fn axis_name(name: &str) -> String {
    match name {
        "t" | "time" | "frame" | "frames" => Axis::TIME.to_owned(),
        "z" | "depth" | "plane" => Axis::DEPTH.to_owned(),
        "c" | "ch" | "channel" | "channels" => Axis::CHANNEL.to_owned(),
        other => other.to_owned(),
    }
}

/// Whether a dimension of this length can be the samples of a pixel.
fn is_color(length: u64) -> bool {
    (1..=4).contains(&length)
}

impl Layout {
    /// Finds out by names, or by position where names say nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when an array has fewer than two dimensions, or more than can be told apart.
    pub(super) fn find(
        path: &Path,
        shape: &[u64],
        names: &[Option<String>],
        color_name: Option<&str>,
    ) -> Result<Self, Error> {
        let names: Vec<String> = names
            .iter()
            .map(|name| name.as_deref().unwrap_or_default().to_lowercase())
            .collect();
        let place = |role: Role| {
            let mut found = names
                .iter()
                .enumerate()
                .filter(|(_, name)| role_of(name) == role);
            found.next().map(|(place, _)| place)
        };
        let (y, x) = match (place(Role::Rows), place(Role::Columns)) {
            (Some(y), Some(x)) => (y, x),
            _ => return Self::by_position(path, shape, !names.is_empty()),
        };
        let last = shape.len().saturating_sub(1);
        let is_few = |at: usize| shape.get(at).is_some_and(|length| is_color(*length));
        let named = color_name.and_then(|wanted| names.iter().position(|name| name == wanted));
        let is_channel = names
            .get(last)
            .is_some_and(|name| role_of(name) == Role::Channel);
        let color = match named {
            Some(at) => Some(at),
            None => (last > y && last > x && is_channel).then_some(last),
        };
        let color = color.filter(|at| is_few(*at));
        Ok(Self::of(shape.len(), y, x, color))
    }

    fn of(dimensions: usize, y: usize, x: usize, color: Option<usize>) -> Self {
        let outer = (0..dimensions).filter(|at| *at != y && *at != x && Some(*at) != color);
        Self {
            outer: outer.collect(),
            y,
            x,
            color,
        }
    }

    /// (height, width), (time, height, width), (time, height, width, 1 to 4 channels); names that say nothing of rows and columns leave them last.
    fn by_position(path: &Path, shape: &[u64], is_named: bool) -> Result<Self, Error> {
        let last = shape.last().copied().unwrap_or(0);
        match shape.len() {
            0 | 1 => Err(Self::unsupported(path, shape)),
            4 if is_color(last) && !is_named => Ok(Self::of(4, 1, 2, Some(3))),
            count @ (2 | 3) => Ok(Self::of(count, count - 2, count - 1, None)),
            count if is_named => Ok(Self::of(count, count - 2, count - 1, None)),
            _ => Err(Self::unsupported(path, shape)),
        }
    }

    fn unsupported(path: &Path, shape: &[u64]) -> Error {
        let lengths: Vec<_> = shape.iter().map(u64::to_string).collect();
        let reason = format!(
            "its shape is ({}) and its dimensions have no names; `--axes` says what they are, such as tzyx",
            lengths.join(", ")
        );
        Error::unsupported(path, reason)
    }

    /// Takes the meaning from `letters`, one for each dimension.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when the letters do not fit.
    pub(super) fn of_letters(letters: &str, shape: &[u64]) -> Result<(Self, Vec<String>), Error> {
        let refused =
            |expected: String| Error::bad_option("--axes", format!("`{letters}`"), expected);
        let names: Vec<String> = letters
            .chars()
            .map(|letter| letter.to_lowercase().collect())
            .collect();
        if names.len() != shape.len() {
            return Err(refused(format!(
                "{} letters, one for each dimension",
                shape.len()
            )));
        }
        let mut sorted = names.clone();
        sorted.sort();
        sorted.dedup();
        if sorted.len() != names.len() {
            return Err(refused("each letter once".to_owned()));
        }
        let find = |role: Role| names.iter().position(|name| role_of(name) == role);
        let (Some(y), Some(x)) = (find(Role::Rows), find(Role::Columns)) else {
            return Err(refused("one of h and y, and one of w and x".to_owned()));
        };
        let last = names.len().saturating_sub(1);
        let is_color_last = names.get(last).is_some_and(|name| name == "c")
            && shape.get(last).is_some_and(|length| is_color(*length));
        Ok((
            Self::of(shape.len(), y, x, is_color_last.then_some(last)),
            names,
        ))
    }

    /// The format of the frames.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] when a side is 0 or over 2^32.
    pub(super) fn format(
        &self,
        path: &Path,
        shape: &[u64],
        sample: SampleType,
    ) -> Result<FrameFormat, Error> {
        let length = |at: usize| shape.get(at).copied().unwrap_or(0);
        let side = |at: usize| u32::try_from(length(at)).ok().filter(|side| *side > 0);
        let channels = self.color.map_or(1, length);
        let color = usize::try_from(channels)
            .ok()
            .and_then(Color::from_channels);
        match (side(self.x), side(self.y), color) {
            (Some(width), Some(height), Some(color)) => {
                Ok(FrameFormat::new(width, height, color, sample))
            }
            _ => {
                let (width, height) = (length(self.x), length(self.y));
                let reason = format!("its frames are {width} wide and {height} high");
                Err(malformed(path, reason))
            }
        }
    }

    /// The axes of the frames, with different names.
    pub(super) fn axes(&self, shape: &[u64], names: &[Option<String>]) -> Vec<Axis> {
        let mut axes: Vec<Axis> = Vec::new();
        for (place, at) in self.outer.iter().enumerate() {
            let name = names.get(*at).cloned().flatten().unwrap_or_default();
            let mut name = axis_name(&name.to_lowercase());
            if name.is_empty() && self.outer.len() == 1 {
                Axis::TIME.clone_into(&mut name);
            }
            if name.is_empty() || axes.iter().any(|axis| axis.name == name) {
                name = format!("d{place}");
            }
            axes.push(Axis::new(name, shape.get(*at).copied().unwrap_or(0)));
        }
        axes
    }

    /// The dimensions in the order in which samples lie in frames: outer, rows, columns, samples of a pixel.
    pub(super) fn frame_order(&self) -> Vec<usize> {
        let mut order = self.outer.clone();
        order.extend([self.y, self.x]);
        order.extend(self.color);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<Option<String>> {
        text.split_whitespace()
            .map(|name| Some(name.to_owned()))
            .collect()
    }

    #[track_caller]
    fn check(
        shape: &[u64],
        given: &str,
        expected: Option<(&[usize], usize, usize, Option<usize>)>,
    ) {
        let found = Layout::find(Path::new("a"), shape, &names(given), None).ok();
        let expected = expected.map(|(outer, y, x, color)| Layout {
            outer: outer.to_vec(),
            y,
            x,
            color,
        });
        assert_eq!(found, expected, "{shape:?} {given}");
    }

    #[test]
    fn dimensions_mean_what_their_names_say() {
        check(&[5, 4, 3], "", Some((&[0], 1, 2, None)));
        check(&[5, 4], "", Some((&[], 0, 1, None)));
        check(&[5, 4, 3, 3], "", Some((&[0], 1, 2, Some(3))));
        check(&[5, 4, 3, 7], "", None);
        check(&[5], "", None);
        check(
            &[5, 2, 6, 4, 3],
            "t c z y x",
            Some((&[0, 1, 2], 3, 4, None)),
        );
        check(&[4, 3, 5], "height width time", Some((&[2], 0, 1, None)));
        check(
            &[5, 4, 3, 3],
            "time y x channel",
            Some((&[0], 1, 2, Some(3))),
        );
        check(&[5, 4, 3, 9], "time y x c", Some((&[0, 3], 1, 2, None)));
        check(&[5, 4, 3], "time lat lon", Some((&[0], 1, 2, None)));
    }

    #[test]
    fn letters_say_it_instead() {
        let (layout, _) = Layout::of_letters("hwt", &[4, 3, 5]).expect("fits");
        assert_eq!(layout, Layout::of(3, 0, 1, None));
        for letters in ["hw", "hhw", "tzc", "hwtz"] {
            assert!(
                Layout::of_letters(letters, &[4, 3, 5]).is_err(),
                "{letters}"
            );
        }
    }

    #[test]
    fn axes_have_different_names() {
        let layout = Layout::of(5, 3, 4, None);
        let found = layout.axes(&[2, 3, 4, 5, 6], &names("time t z y x"));
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["t 2", "d1 3", "z 4"]);
    }
}
