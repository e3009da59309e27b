//! Text with fields that each frame fills: `frame {index:05}, {time} s`.

use std::fmt::Write as _;
use std::str::FromStr;

use pimage_core::{Clock, Error, Stamp, Timebase, Timestamp};

use super::moment::{TimeFormat, refused};

/// Text and fields in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Index(Width),
    Number(Width),
    Time(TimeFormat),
    /// The time since that of the first frame.
    Elapsed(TimeFormat),
    Name,
}

/// At least so many characters, filled with zeros or blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Width {
    characters: usize,
    zeros: bool,
}

impl Width {
    fn parse(text: &str) -> Result<Self, String> {
        let characters = match text {
            "" => Some(0),
            text => text.parse().ok().filter(|characters| *characters <= 64),
        };
        characters
            .map(|characters| Self {
                characters,
                zeros: text.starts_with('0'),
            })
            .ok_or_else(|| "a width such as 5, or 05 for zeros".to_owned())
    }

    fn write(self, number: i128, output: &mut String) {
        let characters = self.characters;
        let _ = match self.zeros {
            true => write!(output, "{number:0characters$}"),
            false => write!(output, "{number:characters$}"),
        };
    }
}

impl Template {
    /// An error when the times of `clock` do not say what a field asks for.
    pub(super) fn check(&self, clock: Clock) -> Result<(), Error> {
        for piece in &self.pieces {
            let (format, clock) = match piece {
                Piece::Time(format) => (format, clock),
                Piece::Elapsed(format) => (format, Clock::Start),
                _ => continue,
            };
            format
                .check(clock)
                .map_err(|expected| refused("annotate", format, expected))?;
        }
        Ok(())
    }

    /// Whether it says how long a frame is behind the first.
    pub(super) fn needs_first(&self) -> bool {
        let mut pieces = self.pieces.iter();
        pieces.any(|piece| matches!(piece, Piece::Elapsed(_)))
    }

    /// Writes the text of a frame into `output`; `-` stands for what the frame does not have. `first` is the time of the first frame.
    pub(super) fn write(
        &self,
        stamp: &Stamp,
        clock: Clock,
        first: Option<Timestamp>,
        output: &mut String,
    ) {
        output.clear();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => output.push_str(text),
                Piece::Index(width) => width.write(stamp.index.into(), output),
                Piece::Number(width) => match stamp.number {
                    Some(number) => width.write(number.into(), output),
                    None => output.push('-'),
                },
                Piece::Time(format) => match stamp.time {
                    Some(time) => format.write(time, clock, output),
                    None => output.push('-'),
                },
                Piece::Elapsed(format) => match stamp.time.zip(first) {
                    Some((time, first)) => {
                        format.write(since(time, first), Clock::Start, output);
                    }
                    None => output.push('-'),
                },
                Piece::Name => output.push_str(stamp.name.as_deref().unwrap_or("-")),
            }
        }
    }
}

impl FromStr for Template {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |expected: &str| Error::bad_option("the text", format!("`{text}`"), expected);
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let after = rest.as_str();
            match character {
                '{' | '}' if after.starts_with(character) => {
                    plain.push(character);
                    rest.next();
                }
                '\\' if after.starts_with(['n', '\\']) => {
                    plain.push(if after.starts_with('n') { '\n' } else { '\\' });
                    rest.next();
                }
                '{' => {
                    let Some((field, behind)) = after.split_once('}') else {
                        return Err(bad("a closing brace, or {{ for a brace"));
                    };
                    rest = behind.chars();
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(field_of(field)?);
                }
                '}' => return Err(bad("}} for a brace")),
                character => plain.push(character),
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self { pieces })
    }
}

/// How long a time is after another, to the nanosecond.
fn since(time: Timestamp, first: Timestamp) -> Timestamp {
    let ticks = |time: Timestamp| time.ticks_in(Timebase::NANOSECONDS);
    Timestamp::new(
        ticks(time).saturating_sub(ticks(first)),
        Timebase::NANOSECONDS,
    )
}

fn field_of(text: &str) -> Result<Piece, Error> {
    let (name, format) = text.split_once(':').unwrap_or((text, ""));
    let piece = match name.trim() {
        "index" => Width::parse(format).map(Piece::Index),
        "number" => Width::parse(format).map(Piece::Number),
        "time" => TimeFormat::parse(format).map(Piece::Time),
        "elapsed" => TimeFormat::parse(format).map(Piece::Elapsed),
        "name" if format.is_empty() => Ok(Piece::Name),
        "name" => Err("{name}".to_owned()),
        _ => Err("{index}, {number}, {time}, {elapsed} or {name}; {{ for a brace".to_owned()),
    };
    piece.map_err(|expected| Error::bad_option("a field", format!("`{{{text}}}`"), expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, stamp: &Stamp, expected: &str) {
        let template: Template = text.parse().expect(text);
        let mut written = "before".to_owned();
        let first = Some(Timestamp::new(1, Timebase::MILLISECONDS));
        template.write(stamp, Clock::Epoch, first, &mut written);
        assert_eq!(written, expected);
    }

    #[test]
    fn fields_are_filled() {
        let stamp = Stamp {
            index: 7,
            number: Some(-12),
            time: Some(Timestamp::new(1500, Timebase::MILLISECONDS)),
            name: Some("a{b}.tif".into()),
        };
        check("", &stamp, "");
        check("{index} {index:04} {index:4}", &stamp, "7 0007    7");
        check(
            "{number}/{number:06}/{number:6}",
            &stamp,
            "-12/-00012/   -12",
        );
        check("{time} s, {time:%M:%S.%2f}", &stamp, "1.500 s, 00:01.50");
        check("{elapsed} s, {elapsed:%S.%4f}", &stamp, "1.499 s, 01.4990");
        check("{name}", &stamp, "a{b}.tif");
        check("{{x}} 100 %", &stamp, "{x} 100 %");
        check(r"a\nb\\n\c", &stamp, "a\nb\\n\\c");
        check("{number} {time} {name} {elapsed}", &Stamp::at(3), "- - - -");
    }

    #[test]
    fn other_fields_are_refused() {
        for (text, expected) in [
            (
                "{frame}",
                "a field is `{frame}`: expected {index}, {number}, {time}, {elapsed} or {name}; {{ for a brace",
            ),
            (
                "{index:x}",
                "a field is `{index:x}`: expected a width such as 5, or 05 for zeros",
            ),
            ("{name:3}", "a field is `{name:3}`: expected {name}"),
            (
                "{index",
                "the text is `{index`: expected a closing brace, or {{ for a brace",
            ),
            ("a}b", "the text is `a}b`: expected }} for a brace"),
        ] {
            let error = text.parse::<Template>().expect_err(text);
            assert_eq!(error.to_string(), expected);
        }
    }
}
