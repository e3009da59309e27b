//! Netpbm images of other software.

use pimage_core::{Limits, Value};

use super::{codec, decode, refusal};

#[track_caller]
fn check(bytes: &[u8], format: &str, samples: &[u16]) {
    let frame = decode("pnm", bytes).expect("is read");
    assert_eq!(frame.format().to_string(), format);
    let found: Vec<u16> = match frame.samples::<u8>() {
        Some(samples) => samples.iter().copied().map(u16::from).collect(),
        None => frame.samples::<u16>().expect("is u16").to_vec(),
    };
    assert_eq!(found, samples);
}

#[test]
fn plain_images() {
    check(
        b"P1\n# bits\n3 2\n1 0 1\n010\n",
        "3x2 gray uint8 (1 bit)",
        &[0, 1, 0, 1, 0, 1],
    );
    check(
        b"P2 2 2 15 1 2\n3\t15",
        "2x2 gray uint8 (4 bit)",
        &[1, 2, 3, 15],
    );
    check(
        b"P2 2 1 1023\n1000\n5\n",
        "2x1 gray uint16 (10 bit)",
        &[1000, 5],
    );
    check(
        b"P3 1 2 255\n1 2 3\n255 0 9\n",
        "1x2 rgb uint8",
        &[1, 2, 3, 255, 0, 9],
    );
}

#[test]
fn binary_images_keep_their_values() {
    check(
        b"P4 9 2\n\x80\x80\x00\x00",
        "9x2 gray uint8 (1 bit)",
        &[0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    );
    check(
        b"P5\n2 1\n4095\n\x0F\xFF\x01\x02",
        "2x1 gray uint16 (12 bit)",
        &[4095, 258],
    );
    check(b"P5 2 1 100\n\x64\x01", "2x1 gray uint8 (7 bit)", &[100, 1]);
    check(
        b"P6 1 1 65535\n\x01\x02\x03\x04\x05\x06",
        "1x1 rgb uint16",
        &[258, 772, 1286],
    );
    let pam = b"P7\nWIDTH 1\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\n# x\nENDHDR\n\x01\x02\x03\x04\x05\x06\x07\x08";
    check(pam, "1x2 rgba uint8", &[1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn floats_are_stored_from_the_bottom_in_both_byte_orders() {
    for (scale, bytes) in [
        ("-1.0", 1.5f32.to_le_bytes()),
        ("2.5", 1.5f32.to_be_bytes()),
    ] {
        let mut file = format!("Pf\n1 2\n{scale}\n").into_bytes();
        file.extend([0; 4]);
        file.extend(bytes);
        let frame = decode("pfm", &file).expect("is read");
        assert_eq!(frame.samples::<f32>(), Some(&[1.5, 0.0][..]), "{scale}");
        let metadata = codec("pfm").metadata(&file, &Limits::default());
        let scale: f64 = scale.parse().expect("a number");
        assert_eq!(
            metadata.expect("is read").get("scale"),
            Some(&Value::from(scale.abs()))
        );
    }
}

#[test]
fn an_unusual_maximum_is_told() {
    let bytes = b"P5 1 1 1000\n\x03\xE8";
    let metadata = codec("pgm").metadata(bytes, &Limits::default());
    assert_eq!(
        metadata.expect("is read").get("maximum"),
        Some(&Value::from(1000u32))
    );
}

#[test]
fn what_is_not_valid_is_said() {
    for (bytes, reason) in [
        (
            &b"P5 2 2 255\n\x01\x02\x03"[..],
            "it is cut short: 3 of 4 bytes",
        ),
        (b"P2 2 2 255\n1 2 3", "it is cut short: 5 of 7 bytes"),
        (
            b"P2 2 2 255\n1  2 3  ",
            "it is cut short: samples are missing",
        ),
        (
            b"P2 2 1 255\n1 256 ",
            "a sample is `256`: expected a number in range",
        ),
        (
            b"P2 2 1 255\n1 -6 ",
            "a sample is `-6`: expected a number in range",
        ),
        (b"P1 2 1\n12", "a bit is `2`: expected 0 or 1"),
        (
            b"P5 1 1 15\n\x10",
            "a sample is 16, but samples have 4 bit(s)",
        ),
    ] {
        let expected = format!("`` is not valid PNM: {reason}");
        assert_eq!(refusal(decode("pnm", bytes)), expected);
    }
    let several = b"P5 1 1 255\n\x01\nP5 1 1 255\n\x01";
    assert!(refusal(decode("pnm", several)).contains("several images"));
}
