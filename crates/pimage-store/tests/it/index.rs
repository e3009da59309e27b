//! Look-ups agree with the plainest search, whatever the numbers and times.

use pimage_store::{ChunkIndex, Find, FrameIndex};
use proptest::prelude::*;

/// Frames in chunks, with few different numbers so that many repeat.
fn chunks() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let time =
        prop_oneof![8 => (-50i32..50).prop_map(|time| f64::from(time) / 4.0), 1 => Just(f64::NAN)];
    prop::collection::vec((-20i64..20, time), 1..60)
}

/// The frame by trying all: the first of the best, by the distance of those that may be meant.
fn searched(values: &[f64], wanted: f64, find: Find) -> Option<u64> {
    let mut best: Option<(u64, f64)> = None;
    for (index, value) in (0u64..).zip(values) {
        let distance = match find {
            Find::Exact if value.total_cmp(&wanted).is_eq() => 0.0,
            Find::Previous if *value <= wanted => wanted - value,
            Find::Next if *value >= wanted => value - wanted,
            Find::Nearest => (value - wanted).abs(),
            _ => continue,
        };
        if !distance.is_nan() && best.is_none_or(|(_, least)| distance < least) {
            best = Some((index, distance));
        }
    }
    best.map(|(index, _)| index)
}

proptest! {
    #[test]
    fn frames_are_those_of_a_plain_search(
        frames in chunks(),
        lengths in prop::collection::vec(0usize..9, 1..20),
        is_sorted in any::<bool>(),
        wanted in -25i64..25,
    ) {
        let mut frames = frames;
        if is_sorted {
            frames.retain(|(_, time)| !time.is_nan());
            frames.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)));
            let mut times: Vec<f64> = frames.iter().map(|frame| frame.1).collect();
            times.sort_by(f64::total_cmp);
            for (frame, time) in frames.iter_mut().zip(times) {
                frame.1 = time;
            }
        }
        let mut rest = frames.as_slice();
        let mut parts = Vec::new();
        for (chunk, length) in (0u64..).zip(lengths) {
            let (part, later) = rest.split_at(length.min(rest.len()));
            rest = later;
            parts.push((chunk * 3, part));
        }
        parts.push((1000, rest));
        let chunks = parts.into_iter().map(|(chunk, part)| {
            let (numbers, times) = part.iter().copied().unzip();
            (chunk, ChunkIndex::new(numbers, times).expect("as many"))
        });
        let index = FrameIndex::from_chunks(chunks).expect("is small");
        prop_assert_eq!(index.len(), frames.len() as u64);
        let numbers: Vec<f64> = frames.iter().map(|frame| frame.0 as f64).collect();
        let times: Vec<f64> = frames.iter().map(|frame| frame.1).collect();
        for find in [Find::Exact, Find::Nearest, Find::Previous, Find::Next] {
            let expected = searched(&numbers, wanted as f64, find);
            prop_assert_eq!(index.by_number(wanted, find), expected, "{:?}", find);
            let secs = wanted as f64 / 4.0;
            prop_assert_eq!(index.by_time(secs, find), searched(&times, secs, find), "{:?}", find);
        }
        for frame in 0..index.len() {
            let (chunk, within) = index.place(frame).expect("is there");
            let entry = index.chunks().get(chunk).expect("is there");
            prop_assert_eq!(entry.frames.start + within, frame);
            prop_assert!(entry.frames.contains(&frame));
        }
    }
}
