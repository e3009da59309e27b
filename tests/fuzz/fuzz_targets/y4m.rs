//! Fuzzes the reader of YUV4MPEG2 files.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("rec.y4m", bytes);
    pimage_fuzz::read("rec.y4m");
});
