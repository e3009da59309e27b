//! Fuzzes layouts of headerless frames: the first line is the layout, the rest the frames.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let line = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let (layout, frames) = bytes.split_at(line);
    let Some(Ok(layout)) = std::str::from_utf8(layout).ok().map(str::parse) else {
        return;
    };
    pimage_fuzz::put("rec.raw", frames);
    pimage_fuzz::read_raw("rec.raw", layout);
});
