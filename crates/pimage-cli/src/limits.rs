//! Raising and lowering what a file may ask for: `--limit NAME=N` and `PIMAGE_LIMITS`.

use anyhow::Context as _;
use pimage_core::Limits;

use crate::sizes::parse_bytes;

/// The environment variable, with the same entries separated by commas.
pub(crate) const VARIABLE: &str = "PIMAGE_LIMITS";

/// One entry: which bound, and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitEntry {
    bound: Bound,
    value: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Side,
    Pixels,
    FrameBytes,
    HeaderBytes,
    MetadataBytes,
    Frames,
}

const NAMES: [(&str, Bound); 6] = [
    ("side", Bound::Side),
    ("pixels", Bound::Pixels),
    ("frame-bytes", Bound::FrameBytes),
    ("header-bytes", Bound::HeaderBytes),
    ("metadata-bytes", Bound::MetadataBytes),
    ("frames", Bound::Frames),
];

impl std::str::FromStr for LimitEntry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, value)) = text.trim().split_once('=') else {
            return Err(format!(
                "`{text}` is not a limit: expected NAME=N, such as side=100000"
            ));
        };
        let found = NAMES.iter().find(|(known, _)| *known == name.trim());
        let Some((_, bound)) = found else {
            let known: Vec<_> = NAMES.iter().map(|(known, _)| *known).collect();
            return Err(format!(
                "`{text}` is not a limit: expected NAME=N with NAME one of {}",
                known.join(", ")
            ));
        };
        let value = parse_bytes(value.trim())?;
        if *bound == Bound::Side && u32::try_from(value).is_err() {
            return Err(format!("side is {value}: expected at most {}", u32::MAX));
        }
        Ok(Self {
            bound: *bound,
            value,
        })
    }
}

/// The default limits, changed by the variable first and by the options second.
pub(crate) fn limits(entries: &[LimitEntry], variable: Option<&str>) -> anyhow::Result<Limits> {
    let mut limits = Limits::default();
    let texts = variable.unwrap_or("").split(',').map(str::trim);
    for text in texts.filter(|text| !text.is_empty()) {
        let entry = text.parse().map_err(anyhow::Error::msg);
        set(
            &mut limits,
            entry.with_context(|| format!("bad {VARIABLE}"))?,
        );
    }
    for entry in entries {
        set(&mut limits, *entry);
    }
    Ok(limits)
}

fn set(limits: &mut Limits, entry: LimitEntry) {
    let LimitEntry { bound, value } = entry;
    match bound {
        Bound::Side => limits.max_side = u32::try_from(value).unwrap_or(u32::MAX),
        Bound::Pixels => limits.max_pixels = value,
        Bound::FrameBytes => limits.max_frame_bytes = value,
        Bound::HeaderBytes => limits.max_header_bytes = value,
        Bound::MetadataBytes => limits.max_metadata_bytes = value,
        Bound::Frames => limits.max_frames = value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_after_the_variable() {
        let entries = ["side=100".parse().expect("parses")];
        let found = limits(&entries, Some("side=7, frame-bytes=2G,")).expect("parses");
        assert_eq!(found.max_side, 100);
        assert_eq!(found.max_frame_bytes, 2 << 30);
        assert_eq!(found.max_pixels, Limits::default().max_pixels);
    }

    #[test]
    fn unknown_names_are_answered_with_the_known_ones() {
        let error = "width=3".parse::<LimitEntry>().expect_err("unknown");
        assert_eq!(
            error,
            "`width=3` is not a limit: expected NAME=N with NAME one of side, pixels, frame-bytes, header-bytes, metadata-bytes, frames"
        );
        let error = "side".parse::<LimitEntry>().expect_err("no value");
        assert!(error.contains("expected NAME=N"), "{error}");
        assert!("side=5000000000".parse::<LimitEntry>().is_err());
        let error = limits(&[], Some("side=x")).expect_err("not a number");
        assert!(format!("{error:#}").starts_with("bad PIMAGE_LIMITS: "));
    }
}
