//! Fuzzes the codecs of single images: the first byte says which; what is read and can be written again comes back the same.
#![no_main]

use pimage_codec::{CODECS, Settings};
use pimage_core::{Frame, Limits};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, bytes)) = bytes.split_first() else {
        return;
    };
    let Some(codec) = CODECS.get(usize::from(choice) % CODECS.len()) else {
        return;
    };
    let limits = Limits {
        // libFuzzer stops a target at 2 GiB.
        max_frame_bytes: 64 << 20,
        ..Limits::default()
    };
    let _ = codec.metadata(bytes, &limits);
    let told = codec.format(bytes, &limits);
    let mut frame = Frame::empty();
    if codec.decode_into(bytes, &limits, &mut frame).is_err() {
        return;
    }
    assert_eq!(told.ok().as_ref(), Some(frame.format()));
    let lossless = Settings {
        lossless: true,
        ..Settings::default()
    };
    if let Ok(again) = codec.encode(&frame, &lossless) {
        let found = codec.decode(&again).expect("what was written is valid");
        assert!(found.bytes() == frame.bytes() || codec.note(frame.format()).is_some());
    }
});
