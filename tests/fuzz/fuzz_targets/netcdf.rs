//! Fuzzes the reader of NetCDF and HDF5 files.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pimage_fuzz::put("rec.nc", bytes);
    pimage_fuzz::read("rec.nc");
});
