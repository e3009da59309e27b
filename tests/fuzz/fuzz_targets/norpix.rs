//! Fuzzes the reader of NorPix sequences.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("rec.seq", bytes);
    pimage_fuzz::read("rec.seq");
});
