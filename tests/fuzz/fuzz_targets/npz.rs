//! Fuzzes the reader of archives of arrays.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("rec.npz", bytes);
    pimage_fuzz::read("rec.npz");
});
