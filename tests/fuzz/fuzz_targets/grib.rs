//! Fuzzes the reader of GRIB2 fields.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("rec.grib2", bytes);
    pimage_fuzz::read("rec.grib2");
});
