//! Fuzzes the reader of Zarr arrays: what an array says of itself, and one of its chunks, divided by a zero byte.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let at = bytes.iter().position(|byte| *byte == 0);
    let (document, chunk) = bytes.split_at(at.unwrap_or(bytes.len()));
    pimage_fuzz::put("rec.zarr/zarr.json", document);
    pimage_fuzz::put("rec.zarr/c/0/0/0", chunk.get(1..).unwrap_or_default());
    pimage_fuzz::read("rec.zarr");
});
