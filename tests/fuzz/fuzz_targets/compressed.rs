//! Fuzzes the reader of packed arrays.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("rec.mkv", bytes);
    pimage_fuzz::read("rec.mkv");
});
