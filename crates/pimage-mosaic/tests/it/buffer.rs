//! A buffer gives what its source gives, whatever the order, and asks for each frame once.

use std::path::Path;
use std::sync::{Arc, Mutex};

use pimage_core::{
    Color, Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, Limits, SampleType,
    SeekFrames, StreamInfo, Timebase, Timestamp,
};
use pimage_mosaic::{BufferMode, BufferOptions, BufferPool, Buffered};
use pimage_testkit::{counter_frame, every_format, suite};
use proptest::prelude::*;

/// What a source does at an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Frame,
    /// Left out, and said to be damaged.
    Gap,
    /// An error.
    Fault,
}

/// A source that does what it is told, and counts how often each frame was decoded.
struct Scripted {
    info: StreamInfo,
    script: Vec<At>,
    can_seek: bool,
    next: usize,
    damage: Vec<Damage>,
    decoded: Arc<Mutex<Vec<u32>>>,
}

impl Scripted {
    fn new(format: FrameFormat, script: Vec<At>) -> Self {
        let count = FrameCount::Exact(script.len() as u64);
        Self {
            info: StreamInfo::new("scripted", format, count),
            decoded: Arc::new(Mutex::new(vec![0; script.len()])),
            script,
            can_seek: true,
            next: 0,
            damage: Vec::new(),
        }
    }

    fn forward(mut self, count: FrameCount) -> Self {
        self.can_seek = false;
        self.info.frame_count = count;
        self
    }

    fn frame(&self, index: usize) -> Frame {
        let mut frame = counter_frame(index as u64, self.info.format);
        let base = Timebase::new(1001, 30_000).expect("is not zero");
        if !index.is_multiple_of(3) {
            frame.stamp.number = Some(1_000 - index as i64 * 7);
            frame.stamp.time = Some(Timestamp::new(index as i64 * index as i64, base));
        }
        if !index.is_multiple_of(4) {
            frame.stamp.name = Some(format!("bild{index}.tif").into());
        }
        frame
    }
}

impl FrameReader for Scripted {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while let Some(at) = self.script.get(self.next) {
            let index = self.next;
            match at {
                At::Gap => Damage::frame(index as u64, "gone").add_to(&mut self.damage),
                At::Fault => {
                    return Err(Error::Damaged {
                        path: "scripted".into(),
                        frame: index as u64,
                        reason: "it is".to_owned(),
                    });
                }
                At::Frame => {
                    let made = self.frame(index);
                    frame.reset(&self.info.format, &Limits::none())?;
                    frame.bytes_mut().copy_from_slice(made.bytes());
                    frame.stamp = made.stamp;
                    self.decoded.lock().expect("no holder panics")[index] += 1;
                    self.next += 1;
                    return Ok(true);
                }
            }
            self.next += 1;
        }
        Ok(false)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        if self.can_seek { Some(self) } else { None }
    }
}

impl SeekFrames for Scripted {
    fn frame_count(&self) -> u64 {
        self.script.len() as u64
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        match usize::try_from(index) {
            Ok(next) if next <= self.script.len() => {
                self.next = next;
                Ok(())
            }
            _ => Err(Error::OutOfRange {
                path: "scripted".into(),
                frame: index,
                frame_count: self.frame_count(),
            }),
        }
    }
}

fn small() -> FrameFormat {
    FrameFormat::new(16, 8, Color::Gray, SampleType::U16)
}

fn pool(mode: BufferMode, memory_bytes: u64, folder: &Path) -> BufferPool {
    let options = BufferOptions {
        mode,
        memory_bytes,
        folder: Some(folder.to_path_buf()),
        ..BufferOptions::default()
    };
    BufferPool::new(options, 1).expect("is built")
}

/// The modes that this build has, with memory for all frames and for nearly none.
fn kinds() -> Vec<(BufferMode, u64)> {
    let mut kinds = vec![(BufferMode::Memory, 1 << 20), (BufferMode::Auto, 1 << 20)];
    if cfg!(feature = "zarr") {
        kinds.extend([BufferMode::Zarr, BufferMode::Auto].map(|mode| (mode, 3_000)));
        kinds.push((BufferMode::Zarr, 1 << 20));
    }
    kinds
}

/// What is left in the folder of buffers.
fn leftovers(folder: &Path) -> usize {
    let scratch = std::fs::read_dir(folder).expect("is there");
    scratch
        .map(|entry| std::fs::read_dir(entry.expect("is there").path()).map_or(0, Iterator::count))
        .sum()
}

#[test]
fn a_buffer_is_a_reader_like_its_source() {
    let folder = tempfile::tempdir().expect("a folder");
    for format in every_format(9, 5) {
        let plain = Scripted::new(format, vec![At::Frame; 23]);
        let expected: Vec<Frame> = (0..23).map(|index| plain.frame(index)).collect();
        for (mode, memory) in kinds() {
            for can_seek in [true, false] {
                let pool = pool(mode, memory, folder.path());
                let open = || -> Box<dyn FrameReader> {
                    let mut source = Scripted::new(format, vec![At::Frame; 23]);
                    source.can_seek = can_seek;
                    Box::new(Buffered::new(source, &pool).expect("is small"))
                };
                suite::reader(open, &expected);
            }
        }
    }
    assert_eq!(leftovers(folder.path()), 0);
}

#[test]
fn no_payload_of_a_nan_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let patterns = [0x7FF0_0000_0000_0001, 0xFFF8_0000_DEAD_BEEF, 1, 1 << 63];
    let bits = |index: u64, place: usize| patterns[place % 4] ^ index;
    let format = FrameFormat::new(4, 3, Color::Gray, SampleType::F64);
    let frames = (0..40).map(|index| {
        let mut frame = Frame::zeroed(format);
        let samples = frame.samples_mut::<f64>().expect("is f64");
        for (place, sample) in samples.iter_mut().enumerate() {
            *sample = f64::from_bits(bits(index, place));
        }
        frame
    });
    let frames: Vec<Frame> = frames.collect();
    for (mode, memory) in kinds() {
        let source = pimage_core::MemoryReader::new(frames.clone()).expect("is of one format");
        let pool = pool(mode, memory, folder.path());
        let mut buffered = Buffered::new(source, &pool).expect("is small");
        let mut frame = Frame::empty();
        for index in (0..40).rev().chain(0..40) {
            buffered.seek(index).expect("seeks");
            assert!(buffered.read_into(&mut frame).expect("reads"));
            let samples = frame.samples::<f64>().expect("is f64");
            for (place, sample) in samples.iter().enumerate() {
                assert_eq!(sample.to_bits(), bits(index, place), "{mode} {index}");
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Read,
    Seek(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![3 => Just(Step::Read), 2 => (0..70u64).prop_map(Step::Seek)];
    proptest::collection::vec(step, 1..120)
}

fn script(faults: bool) -> impl Strategy<Value = Vec<At>> {
    let fault = u32::from(faults);
    let at = prop_oneof![
        8 => Just(At::Frame),
        1 => Just(At::Gap),
        fault => Just(At::Fault),
    ];
    proptest::collection::vec(at, 0..60)
}

/// What came of a step, to be compared.
fn outcome(reader: &mut dyn SeekFrames, step: Step, frame: &mut Frame) -> String {
    match step {
        Step::Seek(index) => match reader.seek(index) {
            Ok(()) => "sought".to_owned(),
            Err(error) => error.to_string(),
        },
        Step::Read => match reader.read_into(frame) {
            Ok(true) => format!("{:?} {:?}", frame.stamp, frame.bytes()),
            Ok(false) => "end".to_owned(),
            Err(error) => error.to_string(),
        },
    }
}

/// Does the steps with a source and with a buffer of it; no frame may be decoded twice.
fn same(plain: Scripted, source: Scripted, kind: (BufferMode, u64), steps: &[Step]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (mode, memory) = kind;
    let pool = pool(mode, memory, folder.path());
    let decoded = Arc::clone(&source.decoded);
    let script = source.script.clone();
    let mut plain = plain;
    let mut buffered = Buffered::new(source, &pool).expect("is small");
    let (mut left, mut right) = (Frame::empty(), Frame::empty());
    for (place, step) in steps.iter().enumerate() {
        let wanted = outcome(&mut plain, *step, &mut left);
        let found = outcome(&mut buffered, *step, &mut right);
        assert_eq!(found, wanted, "{mode} {memory}: step {place}, {step:?}");
        assert!(
            pool.used_bytes() <= memory as usize,
            "{} bytes",
            pool.used_bytes()
        );
    }
    let decoded = decoded.lock().expect("no holder panics").clone();
    for (index, count) in decoded.iter().enumerate() {
        // That a frame is left out shows only in the one that comes instead.
        let is_behind_a_gap = index > 0 && script[index - 1] == At::Gap;
        assert!(
            *count <= 1 + u32::from(is_behind_a_gap),
            "{index}: {decoded:?}"
        );
    }
    drop(buffered);
    assert_eq!(pool.used_bytes(), 0);
    drop(pool);
    assert_eq!(leftovers(folder.path()), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_order_is_that_of_the_source(script in script(true), steps in steps()) {
        for kind in kinds() {
            let source = || Scripted::new(small(), script.clone());
            same(source(), source(), kind, &steps);
        }
    }

    #[test]
    fn what_only_goes_forward_can_be_sought(script in script(false), steps in steps(), count in 0..3) {
        let mut script = script;
        while count > 0 && script.last() == Some(&At::Gap) {
            // Where nobody says how many frames there are, those that are left out at the end are not known.
            script.pop();
        }
        for kind in kinds() {
            let plain = Scripted::new(small(), script.clone());
            let claimed = match count {
                0 => FrameCount::Exact(script.len() as u64),
                1 => FrameCount::Estimated(5),
                _ => FrameCount::Unknown,
            };
            let source = Scripted::new(small(), script.clone()).forward(claimed);
            same(plain, source, kind, &steps);
        }
    }
}

#[test]
fn a_length_becomes_known_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    for (mode, memory) in kinds() {
        let pool = pool(mode, memory, folder.path());
        let source = Scripted::new(small(), vec![At::Frame; 37]).forward(FrameCount::Unknown);
        let mut buffered = Buffered::new(source, &pool).expect("is small");
        assert!(buffered.as_seek().is_none());
        assert_eq!(buffered.known_count(), None);
        let mut frame = Frame::empty();
        assert!(buffered.read_into(&mut frame).expect("reads"));
        assert_eq!(buffered.read_to_end().expect("reads"), 37);
        assert!(buffered.read_into(&mut frame).expect("reads"));
        assert_eq!(frame.stamp.index, 1);
        assert_eq!(buffered.as_seek().map(|seek| seek.frame_count()), Some(37));
    }
}

#[test]
fn damage_is_that_of_the_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let script: Vec<At> = (0..30)
        .map(|index| if index % 7 == 3 { At::Gap } else { At::Frame })
        .collect();
    let mut plain = Scripted::new(small(), script.clone());
    let pool = pool(BufferMode::Auto, 1 << 20, folder.path());
    let mut buffered = Buffered::new(Scripted::new(small(), script), &pool).expect("is small");
    let mut frame = Frame::empty();
    while plain.read_into(&mut frame).expect("reads") {}
    for _ in 0..2 {
        buffered.seek(0).expect("seeks");
        while buffered.read_into(&mut frame).expect("reads") {}
        assert_eq!(buffered.damage(), plain.damage());
    }
}

#[test]
fn what_does_not_fit_into_memory_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let pool = pool(BufferMode::Memory, 4_000, folder.path());
    let source = Scripted::new(small(), vec![At::Frame; 60]);
    let mut buffered = Buffered::new(source, &pool).expect("is small");
    let mut frame = Frame::empty();
    let error = loop {
        match buffered.read_into(&mut frame) {
            Ok(more) => assert!(more, "all frames fit"),
            Err(error) => break error.to_string(),
        }
    };
    let expected = "--buffer is memory, but the frames of `scripted` do not fit into the 4000 bytes of memory for buffers: expected ";
    assert!(error.starts_with(expected), "{error}");
    assert!(error.contains("more `--memory`"), "{error}");
}

#[test]
fn without_a_buffer_the_source_is_asked_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let pool = pool(BufferMode::None, 1 << 20, folder.path());
    let source = Scripted::new(small(), vec![At::Frame; 5]);
    let decoded = Arc::clone(&source.decoded);
    let mut buffered = Buffered::new(source, &pool).expect("is small");
    let mut frame = Frame::empty();
    for _ in 0..3 {
        buffered.seek(2).expect("seeks");
        assert!(buffered.read_into(&mut frame).expect("reads"));
    }
    assert_eq!(decoded.lock().expect("no holder panics")[2], 3);
    let forward = Scripted::new(small(), vec![At::Frame; 5]).forward(FrameCount::Exact(5));
    let mut buffered = Buffered::new(forward, &pool).expect("is small");
    assert!(buffered.as_seek().is_none());
    assert_eq!(pool.used_bytes(), 0);
}

#[test]
fn a_cancelled_buffer_stops_reading_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = BufferOptions {
        folder: Some(folder.path().to_path_buf()),
        ..BufferOptions::default()
    };
    let cancel = options.cancel.clone();
    let pool = BufferPool::new(options, 1).expect("is built");
    let source = Scripted::new(small(), vec![At::Frame; 50]).forward(FrameCount::Unknown);
    let mut buffered = Buffered::new(source, &pool).expect("is small");
    cancel.cancel();
    assert!(matches!(buffered.seek(40), Err(Error::Stopped)));
}

#[cfg(feature = "zarr")]
mod on_disk {
    use pimage_testkit::{Fault, FaultStorage};

    use super::*;

    #[test]
    fn all_buffers_together_stay_within_their_memory() {
        let folder = tempfile::tempdir().expect("a folder");
        const MEMORY: usize = 100_000;
        let options = BufferOptions {
            memory_bytes: MEMORY as u64,
            folder: Some(folder.path().to_path_buf()),
            ..BufferOptions::default()
        };
        let pool = BufferPool::new(options, 20).expect("is built");
        let source = || Scripted::new(small(), vec![At::Frame; 60]);
        let make = |_| Buffered::new(source(), &pool).expect("is small");
        let mut buffers: Vec<_> = (0..20).map(make).collect();
        let (mut frame, plain) = (Frame::empty(), source());
        for round in 0..2 {
            for index in 0..60 {
                for (place, buffered) in buffers.iter_mut().enumerate() {
                    let index = if (place + round) % 2 == 0 {
                        index
                    } else {
                        59 - index
                    };
                    buffered.seek(index).expect("seeks");
                    assert!(buffered.read_into(&mut frame).expect("reads"));
                    let wanted = plain.frame(usize::try_from(index).expect("is small"));
                    assert_eq!(frame, wanted);
                    assert!(pool.used_bytes() <= MEMORY, "{} bytes", pool.used_bytes());
                }
            }
        }
        let counts = buffers
            .iter()
            .map(|buffered| buffered.source().decoded.lock());
        for decoded in counts {
            assert_eq!(*decoded.expect("no holder panics"), vec![1; 60]);
        }
        drop(buffers);
        drop(pool);
        assert_eq!(leftovers(folder.path()), 0);
    }

    #[test]
    fn a_full_disk_is_named_and_leaves_nothing() {
        for room in (0..30_000).step_by(1_500) {
            let folder = tempfile::tempdir().expect("a folder");
            let options = BufferOptions {
                mode: BufferMode::Zarr,
                folder: Some(folder.path().to_path_buf()),
                memory_bytes: 3_000,
                storage: FaultStorage::new(Fault::FullAfter(room)).storage(),
                ..BufferOptions::default()
            };
            let pool = BufferPool::new(options, 1).expect("is built");
            let source = Scripted::new(small(), vec![At::Frame; 400]);
            let mut buffered = Buffered::new(source, &pool).expect("is small");
            let mut frame = Frame::empty();
            let error = loop {
                match buffered.read_into(&mut frame) {
                    Ok(more) => assert!(more, "all frames fit into {room} bytes"),
                    Err(error) => break error,
                }
            };
            let place = folder.path().display().to_string();
            assert!(error.to_string().contains(&place), "{error}");
            let source = std::error::Error::source(&error).expect("has a cause");
            assert!(
                source.to_string().contains("`--buffer-folder DIR`"),
                "{source}"
            );
            // What is there can still be read.
            buffered.seek(0).expect("seeks");
            assert!(buffered.read_into(&mut frame).is_ok());
            drop(buffered);
            drop(pool);
            assert_eq!(leftovers(folder.path()), 0);
        }
    }

    #[test]
    fn no_failure_of_the_disk_changes_a_frame() {
        for failing in 1..60 {
            let folder = tempfile::tempdir().expect("a folder");
            let options = BufferOptions {
                mode: BufferMode::Zarr,
                folder: Some(folder.path().to_path_buf()),
                memory_bytes: 3_000,
                storage: FaultStorage::new(Fault::Once(failing)).storage(),
                ..BufferOptions::default()
            };
            let pool = BufferPool::new(options, 1).expect("is built");
            let source = Scripted::new(small(), vec![At::Frame; 30]);
            let mut buffered = Buffered::new(source, &pool).expect("is small");
            let mut frame = Frame::empty();
            let plain = Scripted::new(small(), vec![At::Frame; 30]);
            for index in (0..30).chain((0..30).rev()) {
                buffered.seek(index).expect("seeks");
                // A step that failed is repeated.
                let more = buffered.read_into(&mut frame).or_else(|_| {
                    buffered.seek(index)?;
                    buffered.read_into(&mut frame)
                });
                assert!(more.expect("reads"));
                let wanted = plain.frame(usize::try_from(index).expect("is small"));
                assert_eq!(frame, wanted, "failing {failing}");
            }
        }
    }

    #[test]
    fn a_buffer_can_be_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("kept.zarr");
        for (mode, memory) in kinds() {
            let pool = pool(mode, memory, folder.path());
            let script = vec![At::Frame; 25];
            let source = Scripted::new(small(), script).forward(FrameCount::Unknown);
            let mut buffered = Buffered::new(source, &pool).expect("is small");
            buffered.read_to_end().expect("reads");
            buffered.keep(&target).expect("is kept");
            let text = std::fs::read_to_string(target.join("zarr.json")).expect("is there");
            let document: serde_json::Value = serde_json::from_str(&text).expect("is JSON");
            assert_eq!(document["shape"], serde_json::json!([25, 8, 16]));
            assert_eq!(document["data_type"], "uint16");
            let again = Buffered::new(Scripted::new(small(), vec![]), &pool).expect("is small");
            let error = again.keep(&target).expect_err("is there");
            assert!(matches!(error, Error::Exists { .. }), "{error}");
            std::fs::remove_dir_all(&target).expect("is there");
        }
    }
}

#[cfg(not(feature = "zarr"))]
#[test]
fn what_is_not_built_is_named() {
    let options = BufferOptions {
        mode: BufferMode::Zarr,
        ..BufferOptions::default()
    };
    let error = BufferPool::new(options, 1).expect_err("is not built");
    let expected = "`--buffer zarr` needs the `zarr` feature, which this build does not have";
    assert_eq!(error.to_string(), expected);
}
