//! What pimage notes in a video's comment, so that it reads back what it wrote: the true size, gray, depth and start.

use std::fmt::Write as _;

use pimage_core::{Clock, FrameRate, Timebase, Timestamp};

/// The beginning of every such comment.
const MARK: &str = "pimage:";

/// Facts about the frames that the container has no place for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tag {
    /// The size of the stored picture: in a file of another size somebody else has coded it anew, and nothing here holds.
    pub(crate) stored: Option<(u32, u32)>,
    /// The true size, when the stored picture is padded.
    pub(crate) size: Option<(u32, u32)>,
    /// The stored YUV holds gray frames in its luma.
    pub(crate) is_gray: bool,
    /// That luma is squeezed into the limited range, and nothing in the stream says so.
    pub(crate) is_limited: bool,
    /// The true depth, when the pixel format has more bits.
    pub(crate) bit_depth: Option<u8>,
    /// The time of the first frame, when it is not 0.
    pub(crate) start: Option<Timestamp>,
    /// The true rate, when the container cannot say it.
    pub(crate) rate: Option<FrameRate>,
    /// What the times count from.
    pub(crate) clock: Clock,
    /// How the samples were made (`--range`).
    pub(crate) range: Option<String>,
}

impl Tag {
    /// The comment; `None` when there is nothing to say.
    ///
    /// One line of `key=value` words, the free text last: `pimage: size=641x479 gray start=5/1000 range=…`.
    pub(crate) fn to_comment(&self) -> Option<String> {
        let mut text = MARK.to_owned();
        // Writing to a string does not fail.
        if let Some((width, height)) = self.size {
            let _ = write!(text, " size={width}x{height}");
        }
        if self.is_gray {
            text.push_str(" gray");
        }
        if self.is_limited {
            text.push_str(" limited");
        }
        if let Some(bits) = self.bit_depth {
            let _ = write!(text, " bits={bits}");
        }
        if let Some(start) = self.start {
            let _ = write!(
                text,
                " start={}*{}/{}",
                start.ticks,
                start.base.numerator(),
                start.base.denominator()
            );
        }
        if let Some(rate) = self.rate {
            let _ = write!(text, " rate={}/{}", rate.numerator(), rate.denominator());
        }
        if self.clock != Clock::Start {
            let _ = write!(text, " clock={}", self.clock.name().replace(' ', "-"));
        }
        if let Some(range) = &self.range {
            let _ = write!(text, " range={range}");
        }
        if text.len() == MARK.len() {
            return None;
        }
        if let Some((width, height)) = self.stored {
            text.insert_str(MARK.len(), &format!(" of={width}x{height}"));
        }
        Some(text)
    }

    /// Reads a comment; `None` when it is not ours. Words that are not known are left alone.
    pub(crate) fn parse(comment: &str) -> Option<Self> {
        let mut rest = comment.trim().strip_prefix(MARK)?.trim_start();
        let mut tag = Self::default();
        while !rest.is_empty() {
            if let Some(range) = rest.strip_prefix("range=") {
                tag.range = Some(range.to_owned());
                break;
            }
            let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
            tag.read_word(word);
            rest = after.trim_start();
        }
        Some(tag)
    }

    fn read_word(&mut self, word: &str) {
        match word.split_once('=') {
            None => {
                self.is_gray |= word == "gray";
                self.is_limited |= word == "limited";
            }
            Some(("of", size)) => self.stored = parse_size(size),
            Some(("size", size)) => self.size = parse_size(size),
            Some(("bits", bits)) => self.bit_depth = bits.parse().ok().filter(|&bits| bits > 0),
            Some(("start", start)) => self.start = parse_start(start),
            Some(("rate", rate)) => self.rate = rate.parse().ok(),
            Some(("clock", "epoch")) => self.clock = Clock::Epoch,
            Some(("clock", "local-epoch")) => self.clock = Clock::LocalEpoch,
            Some(_) => {}
        }
    }
}

fn parse_size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    let size = (width.parse().ok()?, height.parse().ok()?);
    (size.0 > 0 && size.1 > 0).then_some(size)
}

fn parse_start(text: &str) -> Option<Timestamp> {
    let (ticks, base) = text.split_once('*')?;
    let (numerator, denominator) = base.split_once('/')?;
    let base = Timebase::new(numerator.parse().ok()?, denominator.parse().ok()?)?;
    Some(Timestamp::new(ticks.parse().ok()?, base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_reads_back() {
        let tag = Tag {
            stored: Some((642, 480)),
            size: Some((641, 479)),
            is_gray: true,
            is_limited: true,
            bit_depth: Some(12),
            start: Some(Timestamp::new(-5, Timebase::MICROSECONDS)),
            rate: FrameRate::new(90_000, 1),
            clock: Clock::LocalEpoch,
            range: Some("0,4095 -> 0,255".to_owned()),
        };
        let comment = tag.to_comment().expect("has something to say");
        assert_eq!(
            comment,
            "pimage: of=642x480 size=641x479 gray limited bits=12 start=-5*1/1000000 rate=90000/1 clock=local-epoch range=0,4095 -> 0,255"
        );
        assert_eq!(Tag::parse(&comment), Some(tag));
        assert_eq!(Tag::default().to_comment(), None);
    }

    #[test]
    fn foreign_comments_are_left_alone() {
        assert_eq!(Tag::parse("my holiday"), None);
        let odd = Tag::parse("pimage: size=0x7 bits=x start=1/2 future=1").expect("is ours");
        assert_eq!(odd, Tag::default());
    }
}
