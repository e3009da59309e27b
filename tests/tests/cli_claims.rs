//! Files that claim more than they may: refused at once, with the option that raises the limit.
#![expect(clippy::expect_used, reason = "a test reports by panicking")]

use pimage_tests::Folder;

const SIDE: u32 = 100_000;

fn png() -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(SIDE.to_be_bytes());
    header.extend(SIDE.to_be_bytes());
    header.extend([16, 0, 0, 0, 0]);
    let mut crc = u32::MAX;
    for byte in &header {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1));
        }
    }
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    bytes.extend(header);
    bytes.extend((!crc).to_be_bytes());
    bytes
}

/// One strip of one row's worth of bytes, whatever the directory says.
fn tiff() -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    let entries = [
        (256u16, 4u16, SIDE),
        (257, 4, SIDE),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, SIDE),
        (279, 4, u32::MAX),
    ];
    bytes.extend(u16::try_from(entries.len()).expect("few").to_le_bytes());
    for (tag, kind, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(0u32.to_le_bytes());
    bytes
}

fn npy() -> Vec<u8> {
    let header =
        format!("{{'descr': '|u1', 'fortran_order': False, 'shape': (1, {SIDE}, {SIDE}), }}");
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend(u16::try_from(header.len()).expect("short").to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes
}

fn gif() -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(u16::MAX.to_le_bytes());
    bytes.extend(u16::MAX.to_le_bytes());
    bytes.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0]);
    bytes.extend(u16::MAX.to_le_bytes());
    bytes.extend(u16::MAX.to_le_bytes());
    bytes.extend([0, 2, 1, 0, 0, 0x3b]);
    bytes
}

fn zarr() -> String {
    format!(
        r#"{{"zarr_format":3,"node_type":"array","shape":[1,{SIDE},{SIDE}],"data_type":"uint8","chunk_grid":{{"name":"regular","configuration":{{"chunk_shape":[1,{SIDE},{SIDE}]}}}},"chunk_key_encoding":{{"name":"default"}},"fill_value":0,"codecs":[{{"name":"bytes"}}]}}"#
    )
}

#[test]
fn a_hundred_thousand_by_a_hundred_thousand_pixels_are_refused_by_the_limit() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("a.zarr")).expect("creates");
    std::fs::write(folder.path("a.zarr/zarr.json"), zarr()).expect("writes");
    for (name, bytes) in [
        ("a.png", png()),
        ("a.tif", tiff()),
        ("a.npy", npy()),
        ("a.gif", gif()),
        ("a.pgm", format!("P5 {SIDE} {SIDE} 255\n").into_bytes()),
        (
            "a.y4m",
            format!("YUV4MPEG2 W{SIDE} H{SIDE} F25:1 Cmono\nFRAME\n").into_bytes(),
        ),
        ("a.zarr", Vec::new()),
    ] {
        if !bytes.is_empty() {
            std::fs::write(folder.path(name), bytes).expect("writes");
        }
        for verb in ["info", "hash"] {
            let ran = folder.run(&[verb, name]).fails_with("the limit is");
            assert!(ran.err.contains("`--limit "), "{name}: {}", ran.err);
        }
    }
}
