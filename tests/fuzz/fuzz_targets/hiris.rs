//! Fuzzes the reader of HIRIS headers, beside two bins of 100 and 33 bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("rec.seq", bytes);
    pimage_fuzz::put("rec_1.bin", &[7; 100]);
    pimage_fuzz::put("rec_2.bin", &[9; 33]);
    pimage_fuzz::read("rec.seq");
});
