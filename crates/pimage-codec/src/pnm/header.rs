//! The words before the samples.

use pimage_core::{Color, Error, FrameFormat, Limits, Metadata, SampleType};

/// How the samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Digits, 1 is black.
    PlainBits,
    /// Eight in a byte, 1 is black.
    Bits,
    /// Decimal numbers.
    Plain,
    /// Bytes, or two bytes each with the highest first.
    Binary,
    /// Floats, the last row first.
    Floats {
        /// Whether the highest byte is first.
        is_big_endian: bool,
    },
}

/// What the words say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header {
    pub(super) layout: Layout,
    pub(super) format: FrameFormat,
    /// The value of full intensity, or the scale factor of floats.
    pub(super) top: f64,
    /// Offset of the samples.
    pub(super) data_start: usize,
}

impl Header {
    /// Bytes that the samples take at least.
    pub(super) fn least_bytes(&self) -> usize {
        let samples = self
            .format
            .frame_bytes()
            .map_or(usize::MAX, |bytes| bytes / self.format.sample.bytes());
        match self.layout {
            Layout::PlainBits => samples,
            Layout::Bits => {
                let row_bytes = (self.format.width as usize).div_ceil(8);
                row_bytes.saturating_mul(self.format.height as usize)
            }
            // A digit and a space, which the last number does not need.
            Layout::Plain => samples.saturating_mul(2).saturating_sub(1),
            Layout::Binary | Layout::Floats { .. } => {
                self.format.frame_bytes().unwrap_or(usize::MAX)
            }
        }
    }
}

/// The format that decoding gives.
pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
    parse(bytes, limits).map(|header| header.format)
}

/// The maximum, where the bit depth does not tell, and the scale of floats.
pub(super) fn metadata(bytes: &[u8], limits: &Limits) -> Result<Metadata, Error> {
    let header = parse(bytes, limits)?;
    let mut metadata = Metadata::new();
    if let Layout::Floats { .. } = header.layout {
        metadata.insert("scale".to_owned(), header.top.into());
    } else if header.top < header.format.full_scale() {
        metadata.insert("maximum".to_owned(), (header.top as u32).into());
    }
    Ok(metadata)
}

pub(super) fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("PNM", "", reason)
}

/// Reads the words, and checks the size that they claim.
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Header, Error> {
    let head = usize::try_from(limits.max_header_bytes)
        .ok()
        .and_then(|most| bytes.get(..most))
        .unwrap_or(bytes);
    let mut words = Words { bytes: head, at: 2 };
    let header = match bytes.get(1) {
        Some(b'1') => words.counted(Layout::PlainBits, Color::Gray),
        Some(b'2') => words.counted(Layout::Plain, Color::Gray),
        Some(b'3') => words.counted(Layout::Plain, Color::Rgb),
        Some(b'4') => words.counted(Layout::Bits, Color::Gray),
        Some(b'5') => words.counted(Layout::Binary, Color::Gray),
        Some(b'6') => words.counted(Layout::Binary, Color::Rgb),
        Some(b'7') => words.named(),
        Some(b'f') => words.floats(Color::Gray),
        Some(b'F') => words.floats(Color::Rgb),
        _ => Err(malformed(
            "it does not begin with `P1` to `P7`, `Pf` or `PF`",
        )),
    }?;
    limits.check_format(&header.format)?;
    Ok(header)
}

/// Walks over the words of a header.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take_while(&mut self, is_wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(&is_wanted) {
            self.at += 1;
        }
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// The next word, behind spaces and comments.
    fn word(&mut self) -> Result<&'a str, Error> {
        loop {
            self.take_while(|byte| byte.is_ascii_whitespace());
            if self.peek() != Some(b'#') {
                break;
            }
            self.take_while(|byte| byte != b'\n');
        }
        let word = self.take_while(|byte| !byte.is_ascii_whitespace() && byte != b'#');
        if word.is_empty() {
            return Err(malformed("its header is cut short"));
        }
        std::str::from_utf8(word)
            .ok()
            .ok_or_else(|| malformed("its header is not text"))
    }

    fn number(&mut self, what: &str) -> Result<u32, Error> {
        let word = self.word()?;
        number_of(what, word)
    }

    /// The offset behind the one space that ends the header.
    fn end(&self) -> Result<usize, Error> {
        match self.peek() {
            Some(byte) if byte.is_ascii_whitespace() => Ok(self.at + 1),
            Some(_) => Err(malformed("its header does not end with a space")),
            None => Err(malformed("its header is cut short")),
        }
    }

    /// Width, height and, unless they are bits, the maximum.
    fn counted(&mut self, layout: Layout, color: Color) -> Result<Header, Error> {
        let (width, height) = (self.number("width")?, self.number("height")?);
        let top = match layout {
            Layout::PlainBits | Layout::Bits => 1,
            _ => self.number("maximum")?,
        };
        let data_start = self.end()?;
        header_of(layout, (width, height), color, top, data_start)
    }

    /// Width, height and the scale, which is negative when the lowest byte is first.
    fn floats(&mut self, color: Color) -> Result<Header, Error> {
        let (width, height) = (self.number("width")?, self.number("height")?);
        let word = self.word()?;
        let scale = word
            .parse::<f64>()
            .ok()
            .filter(|scale| scale.is_finite() && *scale != 0.0)
            .ok_or_else(|| malformed(format!("its scale is `{}`", shown(word))))?;
        check_sides(width, height)?;
        Ok(Header {
            layout: Layout::Floats {
                is_big_endian: scale > 0.0,
            },
            format: FrameFormat::new(width, height, color, SampleType::F32),
            top: scale.abs(),
            data_start: self.end()?,
        })
    }

    /// Lines of a name and a value, up to `ENDHDR`.
    fn named(&mut self) -> Result<Header, Error> {
        let (mut width, mut height, mut depth, mut top) = (None, None, None, None);
        loop {
            match self.word()? {
                "WIDTH" => width = Some(self.number("WIDTH")?),
                "HEIGHT" => height = Some(self.number("HEIGHT")?),
                "DEPTH" => depth = Some(self.number("DEPTH")?),
                "MAXVAL" => top = Some(self.number("MAXVAL")?),
                // What the channels are follows from their number.
                "TUPLTYPE" => {
                    self.take_while(|byte| byte != b'\n');
                }
                "ENDHDR" => break,
                other => {
                    let reason = format!("its header has a line `{}`", shown(other));
                    return Err(malformed(reason));
                }
            }
        }
        let data_start = self.end()?;
        let (Some(width), Some(height), Some(depth), Some(top)) = (width, height, depth, top)
        else {
            return Err(malformed("its header lacks WIDTH, HEIGHT, DEPTH or MAXVAL"));
        };
        let Some(color) = usize::try_from(depth).ok().and_then(Color::from_channels) else {
            let reason = format!("an image of {depth} channels; pimage reads 1 to 4");
            return Err(Error::unsupported("", reason));
        };
        header_of(Layout::Binary, (width, height), color, top, data_start)
    }
}

fn number_of(what: &str, word: &str) -> Result<u32, Error> {
    word.parse().ok().ok_or_else(|| {
        malformed(format!(
            "its {what} is `{}`: expected a number",
            shown(word)
        ))
    })
}

/// The start of a word, for a message.
fn shown(word: &str) -> String {
    word.chars().take(20).collect()
}

fn check_sides(width: u32, height: u32) -> Result<(), Error> {
    if width == 0 || height == 0 {
        return Err(malformed(format!("its size is {width}x{height}")));
    }
    Ok(())
}

fn header_of(
    layout: Layout,
    (width, height): (u32, u32),
    color: Color,
    top: u32,
    data_start: usize,
) -> Result<Header, Error> {
    check_sides(width, height)?;
    let sample = match top {
        1..=0xFF => SampleType::U8,
        0x100..=0xFFFF => SampleType::U16,
        _ => {
            let reason = format!("its maximum is {top}: expected 1 to 65535");
            return Err(malformed(reason));
        }
    };
    let bits = (u32::BITS - top.leading_zeros()) as u8;
    Ok(Header {
        layout,
        format: FrameFormat::new(width, height, color, sample).with_bit_depth(bits),
        top: f64::from(top),
        data_start,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = match format(text.as_bytes(), &Limits::default()) {
            Ok(format) => format.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn headers_of_all_kinds() {
        check("P5 4 3 255\n", "4x3 gray uint8");
        check("P5 4 3 1023\n", "4x3 gray uint16 (10 bit)");
        check("P5 4 3 1000\n", "4x3 gray uint16 (10 bit)");
        check(
            "P2\n# a comment\n4#another\n3 7\n",
            "4x3 gray uint8 (3 bit)",
        );
        check("P4 4 3\n", "4x3 gray uint8 (1 bit)");
        check("P6\r\n4 3\r\n65535\n", "4x3 rgb uint16");
        check("PF 4 3 -1.0\n", "4x3 rgb float32");
        check(
            "P7\nWIDTH 4\nHEIGHT 3\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n",
            "4x3 gray+alpha uint8",
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let said = |reason: &str| format!("`` is not valid PNM: {reason}");
        check("P5 4 3", &said("its header is cut short"));
        check("P5 4 3 255", &said("its header is cut short"));
        check(
            "P5 4 x 255\n",
            &said("its height is `x`: expected a number"),
        );
        check("P5 0 3 255\n", &said("its size is 0x3"));
        check("P5 4 3 0\n", &said("its maximum is 0: expected 1 to 65535"));
        check(
            "P5 4 3 70000\n",
            &said("its maximum is 70000: expected 1 to 65535"),
        );
        check("Pf 4 3 0\n", &said("its scale is `0`"));
        check(
            "P7\nENDHDR\n",
            &said("its header lacks WIDTH, HEIGHT, DEPTH or MAXVAL"),
        );
        check(
            "P5 99999 3 255\n",
            "width is 99999, the limit is 65535 (`--limit side=N` raises it)",
        );
    }
}
