//! What a store says of itself as a stream of frames.

use pimage_core::{Clock, Damage, FrameCount, FrameRate, Metadata, StreamInfo, Value, keys};

use super::Opened;
use super::plan::Plan;

/// Metadata name of what is odd about a store.
const NOTES: &str = "store_notes";

/// Metadata name of the number of chunks.
pub(super) const CHUNKS: &str = "store_chunks";

/// Times from this many seconds on count from 1970: nobody records for three years.
const SINCE_EPOCH: f64 = 1e8;

/// A time between frames that differs by more than this part of the mean is not that of a steady rate.
const STEADY: f64 = 0.01;

pub(super) fn info(opened: &Opened, plan: &Plan, notes: &[String], gaps: &[Damage]) -> StreamInfo {
    let store = &opened.metadata;
    let count = FrameCount::Exact(opened.index.len());
    let mut info = StreamInfo::new("imgstore", plan.output, count);
    info.codec = Some(plan.codec.clone());
    let times = opened.index.times();
    let first = times.iter().find(|time| time.is_finite());
    if first.is_some_and(|time| *time >= SINCE_EPOCH) {
        info.clock = Clock::Epoch;
    }
    let (mean, is_steady) = pace(times);
    info.rate = store.rate.or(mean);
    for (name, value) in &store.user {
        info.metadata.insert(name.clone(), value_of(value));
    }
    let mut add = |name: &str, value: Value| info.metadata.insert(name.to_owned(), value);
    add("store_class", store.class.name().into());
    add("store_format", store.format.clone().into());
    add(CHUNKS, (opened.index.chunks().len() as i64).into());
    let created = if store.is_created_guessed {
        "created_utc_guessed"
    } else {
        "created_utc"
    };
    add(created, store.created.to_string().into());
    if let Some(zone) = &store.timezone {
        add("timezone_local", zone.clone().into());
    }
    if let Some(uuid) = &store.uuid {
        add("uuid", uuid.clone().into());
    }
    if let Some(encoding) = &store.encoding {
        add("encoding", encoding.clone().into());
    }
    if let Some(pattern) = plan.bayer_pattern(store) {
        add(keys::BAYER_PATTERN, pattern.into());
    }
    if !is_steady {
        add(keys::VARIABLE_RATE, true.into());
    }
    note(&mut info.metadata, notes, gaps);
    info
}

fn note(metadata: &mut Metadata, notes: &[String], gaps: &[Damage]) {
    if !notes.is_empty() {
        metadata.insert(NOTES.to_owned(), notes.join("; ").into());
    }
    if !gaps.is_empty() {
        let cut: Vec<_> = gaps.iter().map(|gap| gap.reason.as_str()).collect();
        metadata.insert(keys::CUT.to_owned(), cut.join("; ").into());
    }
}

/// A value of the user's metadata; lists and maps as JSON.
fn value_of(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Bool(value) => (*value).into(),
        serde_json::Value::String(text) => text.clone().into(),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) => number.into(),
            _ => number.to_string().into(),
        },
        other => other.to_string().into(),
    }
}

/// The mean rate and whether the frames keep to it; of times that are not known or do not grow, none.
fn pace(times: &[f64]) -> (Option<FrameRate>, bool) {
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return (None, true);
    };
    let mean = (last - first) / (times.len().saturating_sub(1)) as f64;
    let Some(rate) = FrameRate::from_fps(1.0 / mean).filter(|_| mean.is_finite()) else {
        return (None, times.len() < 2);
    };
    let is_steady = times.windows(2).all(|pair| match pair {
        [before, after] => ((after - before) - mean).abs() <= mean * STEADY,
        _ => true,
    });
    // What times of floating point say to a thousandth is meant so.
    let whole = (rate.fps() * 1000.0).round() / 1000.0;
    let is_meant = (whole - rate.fps()).abs() <= rate.fps() * 1e-6;
    let meant = FrameRate::from_fps(whole).filter(|_| is_meant);
    (Some(meant.unwrap_or(rate)), is_steady)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_the_mean_of_the_times() {
        let steady: Vec<f64> = (0..100)
            .map(|frame| 1.5e9 + f64::from(frame) / 25.0)
            .collect();
        let (rate, is_steady) = pace(&steady);
        assert_eq!(rate.map(|rate| rate.to_string()).as_deref(), Some("25"));
        assert!(is_steady);
        assert!(!pace(&[0.0, 1.0, 10.0]).1);
        assert_eq!(pace(&[3.0]), (None, true));
        assert_eq!(pace(&[3.0, f64::NAN]).0, None);
    }
}
