//! Which frames of a recording: positions on its axes, a range, a channel.

use std::iter::StepBy;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;

use clap::Args;
use pimage_core::{
    Axis, Error, FrameReader, FrameReaderExt, Limits, Positions, Selection, Slicing,
};
use pimage_transform::Surroundings;

use crate::args::{parse_index, parse_step};
use crate::transform::TransformArgs;

/// The part of a recording that a verb works on.
///
/// Positions on axes are chosen first; --start, --stop and --step count the frames that are left.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Frames")]
pub(crate) struct PartArgs {
    /// The first frame.
    #[arg(long, value_name = "INDEX", default_value_t = 0, allow_negative_numbers = true, value_parser = parse_index)]
    pub(crate) start: u64,

    /// The frame before which to stop.
    #[arg(long, value_name = "INDEX", allow_negative_numbers = true, value_parser = parse_index)]
    pub(crate) stop: Option<u64>,

    /// Every N-th frame.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = parse_step)]
    pub(crate) step: u64,

    /// Positions on an axis of a stack, such as z=3, t=0..100:5 or c=0,2; `pimage info` names the axes. Can be given several times.
    #[arg(long, value_name = "AXIS=POSITIONS")]
    pub(crate) select: Vec<Selection>,

    /// The axes to run through, slowest first, such as tz; every other one is bundled or has one position.
    #[arg(long, value_name = "AXES")]
    pub(crate) iterate: Option<AxisNames>,

    /// Axes whose planes become one frame, one below another, such as zc.
    #[arg(long, value_name = "AXES")]
    pub(crate) bundle: Option<AxisNames>,

    /// One channel, from 0: of the axis c where there is one, else of the colours red, green, blue and opacity.
    #[arg(long, value_name = "N")]
    pub(crate) channel: Option<u64>,

    #[command(flatten)]
    pub(crate) transform: TransformArgs,
}

/// Names of axes: letters, or words between commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AxisNames(Vec<String>);

impl FromStr for AxisNames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<String> = if text.contains(',') {
            text.split(',')
                .map(|name| name.trim().to_lowercase())
                .collect()
        } else {
            text.trim()
                .chars()
                .map(|letter| letter.to_lowercase().collect())
                .collect()
        };
        if names.is_empty() || names.iter().any(String::is_empty) {
            return Err(format!(
                "`{text}` does not name axes: expected letters such as tz, or words between commas"
            ));
        }
        Ok(Self(names))
    }
}

impl PartArgs {
    /// Whether everything is wanted, as it is.
    pub(crate) fn is_all(&self) -> bool {
        self.start == 0
            && self.stop.is_none()
            && self.step == 1
            && self.select.is_empty()
            && self.iterate.is_none()
            && self.bundle.is_none()
            && self.channel.is_none()
            && self.transform.is_none()
    }

    /// The part of `reader`, which was opened from `path`, after all transforms.
    pub(crate) fn of(
        &self,
        path: &Path,
        reader: Box<dyn FrameReader>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader>, Error> {
        self.expect_order()?;
        let mut reader = self.sliced(path, reader, &surroundings.limits)?;
        if self.start > 0 || self.stop.is_some() {
            let part = reader.range(self.start..self.stop.unwrap_or(u64::MAX));
            reader = Box::new(part.map_err(|error| at_path(error, path))?);
        }
        if self.step != 1 {
            reader = Box::new(reader.step_by(self.step)?);
        }
        let container = reader.info().container.clone();
        let transformed = self.transform.of(reader, surroundings);
        transformed.map_err(|error| match &error {
            // Steps name files of their own.
            Error::OutOfRange { path: named, .. } | Error::Unsupported { path: named, .. }
                if *named == Path::new(&*container) =>
            {
                at_path(error, path)
            }
            _ => error,
        })
    }

    /// Which of `count` rows, where there are no frames from which more could be chosen, as `option` asks.
    pub(crate) fn rows(&self, option: &str, count: u64) -> Result<StepBy<Range<u64>>, Error> {
        self.expect_order()?;
        let rows_alone = Self {
            start: 0,
            stop: None,
            step: 1,
            ..self.clone()
        };
        if !rows_alone.is_all() {
            let expected = "no options for frames but --start, --stop and --step";
            return Err(Error::bad_option(option, "given", expected));
        }
        let stop = self.stop.unwrap_or(count).min(count);
        let step = usize::try_from(self.step).unwrap_or(usize::MAX);
        Ok((self.start.min(stop)..stop).step_by(step.max(1)))
    }

    fn expect_order(&self) -> Result<(), Error> {
        match self.stop {
            Some(stop) if stop <= self.start => Err(Error::bad_option(
                "--stop",
                stop.to_string(),
                format!("more than --start, which is {}", self.start),
            )),
            _ => Ok(()),
        }
    }

    fn sliced(
        &self,
        path: &Path,
        reader: Box<dyn FrameReader>,
        limits: &Limits,
    ) -> Result<Box<dyn FrameReader>, Error> {
        let names = |given: &Option<AxisNames>| given.as_ref().map(|names| names.0.clone());
        let mut slicing = Slicing {
            select: self.select.clone(),
            iterate: names(&self.iterate),
            bundle: names(&self.bundle).unwrap_or_default(),
            limits: *limits,
        };
        let mut color_channel = None;
        if let Some(channel) = self.channel {
            if reader.info().axis(Axis::CHANNEL).is_some() {
                slicing.select.push(Selection {
                    axis: Axis::CHANNEL.to_owned(),
                    positions: Positions::One(channel),
                });
            } else {
                color_channel = Some(usize::try_from(channel).unwrap_or(usize::MAX));
            }
        }
        let is_sliced =
            !slicing.select.is_empty() || slicing.iterate.is_some() || !slicing.bundle.is_empty();
        let mut reader = reader;
        if is_sliced {
            let sliced = reader.slice(&slicing);
            reader = Box::new(sliced.map_err(|error| at_path(error, path))?);
        }
        if let Some(channel) = color_channel {
            reader = Box::new(reader.channel(channel)?);
        }
        Ok(reader)
    }
}

/// A reader does not know its path; the user should not be told of the format instead.
fn at_path(error: Error, file: &Path) -> Error {
    match error {
        Error::OutOfRange {
            frame, frame_count, ..
        } => Error::OutOfRange {
            path: file.to_path_buf(),
            frame,
            frame_count,
        },
        Error::Unsupported { reason, .. } => Error::unsupported(file, reason),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_letters_or_words() {
        let names = |text: &str| text.parse::<AxisNames>().map(|names| names.0.join(" "));
        assert_eq!(names("tZc").as_deref(), Ok("t z c"));
        assert_eq!(names("time, z").as_deref(), Ok("time z"));
        assert!(names("").is_err() && names("t,,z").is_err());
    }
}
