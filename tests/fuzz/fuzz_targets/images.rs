//! Fuzzes folders of images: what the names say, and the file that differs from the others.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The first line is the name of a file, the rest is what is in it.
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let name = String::from_utf8_lossy(parts.next().unwrap_or_default())
        .replace(['/', '\0'], "_");
    let content = parts.next().unwrap_or_default();
    pimage_fuzz::remove("images");
    pimage_fuzz::put("images/img_0.pgm", b"P5 2 1 255\n\x01\x02");
    if !name.is_empty() && name.len() < 200 && !name.starts_with('.') {
        pimage_fuzz::put(&format!("images/{name}.pgm"), content);
    }
    pimage_fuzz::read("images");
    pimage_fuzz::put("list.txt", bytes);
    pimage_fuzz::read("@list.txt");
});
