//! Fuzzes the grammar of steps: what is parsed is printed and parsed back, and a chain that is built answers every frame.
#![no_main]

use pimage_core::{Color, Frame, FrameFormat, FrameReader, Limits, MemoryReader, SampleType};
use pimage_transform::{Chain, Spec, Surroundings, TransformingReader};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(spec) = text.parse::<Spec>() {
        assert_eq!(spec.to_string().parse::<Spec>().ok(), Some(spec));
    }
    let Ok(chain) = text.parse::<Chain>() else {
        return;
    };
    let frame = Frame::zeroed(FrameFormat::new(9, 7, Color::Gray, SampleType::U8));
    let Ok(reader) = MemoryReader::new(vec![frame; 3]) else {
        return;
    };
    let surroundings = Surroundings {
        threads: Some(1),
        limits: Limits {
            max_frame_bytes: 1 << 20,
            ..Limits::default()
        },
        ..Surroundings::default()
    };
    if let Ok(mut reader) = TransformingReader::new(reader, &chain, &surroundings) {
        let mut frame = Frame::empty();
        while let Ok(true) = reader.read_into(&mut frame) {}
    }
});
