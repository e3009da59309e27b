//! What holds for every operation of the table, over every format and over sizes that break careless loops.

use pimage_core::{Color, Error, Frame, FrameFormat, FrameReader, MemoryReader, SampleType};
use pimage_testkit::{every_format, noise_frame};
use pimage_transform::{Chain, Surroundings, TransformingReader, operators};

/// Sizes that are odd, thin or nothing.
const SIZES: [(u32, u32); 7] = [(0, 0), (1, 1), (1, 9), (9, 1), (2, 3), (7, 5), (33, 17)];

/// Every example of the table that this build has.
fn chains() -> Vec<Chain> {
    let examples = operators().flat_map(|operator| operator.examples);
    let parsed = examples.filter_map(|example| match example.parse() {
        Err(Error::NotBuilt { .. }) => None,
        parsed => Some(parsed.unwrap_or_else(|error: Error| panic!("{example}: {error}"))),
    });
    parsed.collect()
}

/// Reads everything, or says why not; what comes must be as it was promised.
fn run(chain: &Chain, frames: Vec<Frame>) -> Result<Vec<Frame>, Error> {
    let reader = MemoryReader::new(frames)?;
    let surroundings = Surroundings {
        threads: Some(2),
        ..Surroundings::default()
    };
    let mut reader = TransformingReader::new(reader, chain, &surroundings)?;
    let format = reader.info().format;
    let mut read = Vec::new();
    let mut frame = Frame::empty();
    while reader.read_into(&mut frame)? {
        assert_eq!(frame.format(), &format, "{chain}");
        assert_eq!(frame.stamp.index, read.len() as u64, "{chain}");
        read.push(frame.clone());
    }
    if let Some(seek) = reader.as_seek() {
        assert_eq!(seek.frame_count(), read.len() as u64, "{chain}");
        for index in [2, 0, 1u64] {
            let Some(expected) = read.get(index as usize) else {
                continue;
            };
            seek.seek(index)?;
            assert!(seek.read_into(&mut frame)?, "{chain}");
            assert!(same(&frame, expected), "{chain}: frame {index} at random");
        }
    }
    Ok(read)
}

/// Whether two frames are equal, not-a-numbers included.
fn same(first: &Frame, second: &Frame) -> bool {
    first.format() == second.format()
        && first.bytes() == second.bytes()
        && first.stamp == second.stamp
}

#[test]
fn every_example_is_answered_on_every_format_and_size() {
    for chain in &chains() {
        let mut answered = false;
        for (width, height) in SIZES {
            for format in every_format(width, height) {
                let frames = (0..3).map(|index| noise_frame(7, index, format)).collect();
                let result = run(chain, frames);
                if let Err(Error::Internal { reason, .. }) = &result {
                    panic!("{chain} on {format}: {reason}");
                }
                answered |= result.is_ok();
            }
        }
        // Files that examples name are not there, and some need frames that are larger than these.
        let needs_more = chain.to_string().contains('.') || chain.to_string().contains("crop");
        assert!(answered || needs_more, "{chain} works on nothing");
    }
}

#[test]
fn constant_and_empty_frames_are_answered() {
    for chain in &chains() {
        for color in Color::ALL {
            for (sample, value) in [
                (SampleType::U8, 0.0),
                (SampleType::U16, 65_535.0),
                (SampleType::I16, -5.0),
                (SampleType::F32, f64::NAN),
                (SampleType::F64, f64::INFINITY),
                (SampleType::F32, 0.25),
            ] {
                let format = FrameFormat::new(12, 10, color, sample);
                let mut frame = Frame::zeroed(format);
                fill(&mut frame, value);
                if let Err(Error::Internal { reason, .. }) = run(chain, vec![frame; 3]) {
                    panic!("{chain} on {value} in {format}: {reason}");
                }
            }
        }
    }
}

fn fill(frame: &mut Frame, value: f64) {
    use pimage_core::Sample as _;

    pimage_core::with_sample_type!(frame.format().sample, T => {
        frame.samples_mut::<T>().unwrap_or_default().fill(T::from_f64(value));
    });
}
