//! Fuzzes the reader of arrays.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("rec.npy", bytes);
    pimage_fuzz::read("rec.npy");
});
