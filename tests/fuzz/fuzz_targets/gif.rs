//! Fuzzes the reader of GIFs.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("clip.gif", bytes);
    pimage_fuzz::read("clip.gif");
});
