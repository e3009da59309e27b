//! Frames that a recording should have and cannot give.

use std::fmt;
use std::ops::Range;

/// What a reader does at a frame that is cut or damaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnDamage {
    /// Stop with an error that names the frame.
    #[default]
    Fail,
    /// Leave it out, list it, and go on: later frames keep their index.
    Skip,
    /// Deliver what the decoder made of it, list it, and go on; frames of which nothing is left are left out.
    Keep,
}

/// A run of frames that are missing or not as they were recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Their indices.
    pub frames: Range<u64>,
    /// What is wrong with them.
    pub reason: String,
}

impl Damage {
    /// One frame.
    #[must_use]
    pub fn frame(index: u64, reason: impl Into<String>) -> Self {
        Self {
            frames: index..index.saturating_add(1),
            reason: reason.into(),
        }
    }

    /// Adds `self` to `list`, joining it to the last entry when it follows on with the same reason.
    pub fn add_to(self, list: &mut Vec<Self>) {
        match list.last_mut() {
            Some(last) if last.frames.end == self.frames.start && last.reason == self.reason => {
                last.frames.end = self.frames.end;
            }
            _ => list.push(self),
        }
    }

    /// How many frames all entries name together.
    #[must_use]
    pub fn count(list: &[Self]) -> u64 {
        list.iter()
            .map(|damage| damage.frames.end - damage.frames.start)
            .sum()
    }

    /// Whether all entries name the frames that they are about; an empty run stands for an unknown number of them.
    #[must_use]
    pub fn is_counted(list: &[Self]) -> bool {
        list.iter().all(|damage| !damage.frames.is_empty())
    }
}

/// `frame 7: no data` or `frames 7 to 9: no data`, both ends included.
impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.frames;
        if end <= start.saturating_add(1) {
            write!(f, "frame {start}: {}", self.reason)
        } else {
            write!(f, "frames {start} to {}: {}", end - 1, self.reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_join_when_they_follow_on() {
        let mut list = Vec::new();
        for index in [3, 4, 5, 9] {
            Damage::frame(index, "cut").add_to(&mut list);
        }
        let text: Vec<_> = list.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["frames 3 to 5: cut", "frame 9: cut"]);
        assert_eq!(Damage::count(&list), 4);
        assert!(Damage::is_counted(&list));
        let (frames, reason) = (7..7, "cut".to_owned());
        Damage { frames, reason }.add_to(&mut list);
        assert_eq!(Damage::count(&list), 4);
        assert!(!Damage::is_counted(&list));
    }
}
