//! Fuzzes the codecs of single images: the first byte says which; what is read and can be written again comes back the same.
#![no_main]

use pimage_codec::{CODECS, EncodeOptions};
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
    if let Some(metadata) = codec.metadata {
        let _ = metadata(bytes, &limits);
    }
    let (Some(format), Some(decode), Some(encode)) = (codec.format, codec.decode, codec.encode)
    else {
        return;
    };
    let told = format(bytes, &limits);
    let mut frame = Frame::empty();
    if decode(bytes, &limits, &mut frame).is_err() {
        return;
    }
    assert_eq!(told.ok().as_ref(), Some(frame.format()));
    let mut again = Vec::new();
    if codec.is_lossless && encode(&frame, &EncodeOptions::default(), &mut again).is_ok() {
        let mut found = Frame::empty();
        decode(&again, &limits, &mut found).expect("what was written is valid");
        assert_eq!(found.bytes(), frame.bytes());
    }
});
