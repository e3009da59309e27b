//! One channel of colour frames.

use std::str::FromStr;

use pimage_core::{Color, Error, Frame, FrameFormat, Transform, with_sample_type};

use super::rebuild;
use crate::{Operation, Operator, Parameter, Presence};

/// One channel of each frame as gray, exactly.
///
/// ```
/// use ndarray::array;
/// use pimage_core::{Color, Frame, Transform};
/// use pimage_transform::Channel;
///
/// let mut frame = Frame::from_array(array![[[1u16, 2, 3], [4, 5, 6]]], Color::Rgb)?;
/// Channel::Green.apply(&mut frame, &mut Frame::empty())?;
/// assert_eq!(frame.samples::<u16>().expect("is u16"), [2, 5]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Red of a colour frame.
    Red,
    /// Green of a colour frame.
    Green,
    /// Blue of a colour frame.
    Blue,
    /// The opacity of a frame that has one, gray or colour.
    Alpha,
    /// The channel of this number, from 0, whatever it means.
    Number(u32),
}

impl Channel {
    /// Where the channel stands in a pixel of this colour.
    fn place(self, color: Color) -> Option<usize> {
        let place = match (self, color) {
            (Self::Red, Color::Rgb | Color::Rgba) => 0,
            (Self::Green, Color::Rgb | Color::Rgba) => 1,
            (Self::Blue, Color::Rgb | Color::Rgba) => 2,
            (Self::Alpha, Color::GrayAlpha | Color::Rgba) => color.channels() - 1,
            (Self::Number(number), _) => number as usize,
            _ => return None,
        };
        (place < color.channels()).then_some(place)
    }

    /// The place, or an error that says what there is.
    fn place_in(self, input: &FrameFormat) -> Result<usize, Error> {
        self.place(input.color).ok_or_else(|| {
            let names = match input.color {
                Color::Gray => "0",
                Color::GrayAlpha => "0, alpha",
                Color::Rgb => "red, green, blue",
                Color::Rgba => "red, green, blue, alpha",
            };
            let expected = format!("one of {names}, for the frames are {input}");
            Error::bad_option("channel", self.to_string(), expected)
        })
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Red => f.pad("red"),
            Self::Green => f.pad("green"),
            Self::Blue => f.pad("blue"),
            Self::Alpha => f.pad("alpha"),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl FromStr for Channel {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "red" => Ok(Self::Red),
            "green" => Ok(Self::Green),
            "blue" => Ok(Self::Blue),
            "alpha" => Ok(Self::Alpha),
            _ => {
                let number = text.parse().ok().map(Self::Number);
                number.ok_or_else(|| Error::bad_option("a channel", format!("`{text}`"), CHANNELS))
            }
        }
    }
}

/// What a channel is written as.
const CHANNELS: &str = "red, green, blue, alpha or a number from 0";

impl Transform for Channel {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        self.place_in(input)?;
        Ok(FrameFormat {
            color: Color::Gray,
            ..*input
        })
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let input = *frame.format();
        let place = self.place_in(&input)?;
        if input.color == Color::Gray {
            return Ok(());
        }
        let output = self.output_format(&input)?;
        rebuild(frame, spare, &output, |frame, spare| {
            with_sample_type!(input.sample, T => {
                let samples = frame.samples::<T>().unwrap_or_default();
                let target = spare.samples_mut::<T>().unwrap_or_default();
                match input.color.channels() {
                    2 => pick::<T, 2>(samples, place, target),
                    3 => pick::<T, 3>(samples, place, target),
                    _ => pick::<T, 4>(samples, place, target),
                }
            });
        })
    }
}

/// Copies every `CHANNELS`-th sample from `place` on.
fn pick<T: Copy, const CHANNELS: usize>(samples: &[T], place: usize, target: &mut [T]) {
    let (pixels, _) = samples.as_chunks::<CHANNELS>();
    pulp::Arch::new().dispatch(|| {
        // The place is constant in each of the loops, which are compiled without bounds checks so.
        match place {
            0 => pixels
                .iter()
                .zip(target)
                .for_each(|(pixel, to)| *to = pixel[0]),
            1 => pixels
                .iter()
                .zip(target)
                .for_each(|(pixel, to)| *to = pixel[1 % CHANNELS]),
            2 => pixels
                .iter()
                .zip(target)
                .for_each(|(pixel, to)| *to = pixel[2 % CHANNELS]),
            _ => pixels
                .iter()
                .zip(target)
                .for_each(|(pixel, to)| *to = pixel[3 % CHANNELS]),
        }
    });
}

/// `channel`.
pub(super) const OPERATOR: Operator = Operator {
    name: "channel",
    title: "one channel of each frame as gray",
    parameters: &[Parameter::new(
        "channel",
        "which; numbers count from 0 and need no colour",
        "red|green|blue|alpha or a number",
        Presence::Required,
    )],
    examples: &["channel=green", "channel=alpha", "channel=0"],
    notes: "The samples are copied as they are.",
    build: |arguments| arguments.value::<Channel>("channel").map(Operation::frame),
};

#[cfg(test)]
mod tests {
    use pimage_core::SampleType;

    use super::*;

    #[test]
    fn names_and_numbers_find_their_place() {
        let check = |text: &str, color: Color, expected: &str| {
            let format = FrameFormat::new(2, 1, color, SampleType::U8);
            let place = text
                .parse::<Channel>()
                .and_then(|channel| channel.place_in(&format));
            let told = place.map(|place| place.to_string());
            assert_eq!(told.unwrap_or_else(|error| error.to_string()), expected);
        };
        check("red", Color::Rgb, "0");
        check("alpha", Color::Rgba, "3");
        check("alpha", Color::GrayAlpha, "1");
        check("2", Color::Rgba, "2");
        check("0", Color::Gray, "0");
        check(
            "red",
            Color::Gray,
            "channel is red: expected one of 0, for the frames are 2x1 gray uint8",
        );
        check(
            "3",
            Color::Rgb,
            "channel is 3: expected one of red, green, blue, for the frames are 2x1 rgb uint8",
        );
        check(
            "grün",
            Color::Rgb,
            "a channel is `grün`: expected red, green, blue, alpha or a number from 0",
        );
    }
}
