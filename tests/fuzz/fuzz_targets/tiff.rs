//! Fuzzes the reader of TIFF stacks.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("rec.tif", bytes);
    pimage_fuzz::read("rec.tif");
});
