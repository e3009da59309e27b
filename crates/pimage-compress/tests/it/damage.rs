//! Bytes that were cut or changed are named, never unpacked into other values.

use pimage_compress::{decode_group, decode_group_into, encode_group, read_header};
use pimage_core::Cancel;
use proptest::prelude::*;

fn packed() -> Vec<u8> {
    let values: Vec<f32> = (0..6000).map(|i| (i as f32 * 0.07).sin()).collect();
    encode_group(&values, [6, 20, 50], 1e-4, &Cancel::new()).unwrap()
}

proptest! {
    #[test]
    fn a_flipped_bit_is_found(at: prop::sample::Index, bit in 0..8_u32) {
        let mut bytes = packed();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let error = decode_group::<f32>(&bytes, &Cancel::new()).unwrap_err().to_string();
        prop_assert!(error.starts_with("group is "), "{}", error);
    }

    #[test]
    fn a_cut_is_found(at: prop::sample::Index) {
        let bytes = packed();
        let cut = at.index(bytes.len());
        prop_assert!(decode_group::<f32>(&bytes[..cut], &Cancel::new()).is_err());
        prop_assert!(read_header(&bytes[..cut]).is_err());
    }

    #[test]
    fn forged_groups_are_refused_or_unpacked(
        mut head in prop::collection::vec(any::<u8>(), 42),
        tail in prop::collection::vec(any::<u8>(), 0..200),
        small in prop::array::uniform4(0..40_u8),
        method in prop::sample::select(vec![b'c', b'p', b's']),
    ) {
        head[..4].copy_from_slice(&[method, b'f', b'4', small[3] % 5]);
        for (at, size) in [6, 10, 14, 18].into_iter().zip(small) {
            head[at..at + 4].copy_from_slice(&[size, 0, 0, 0]);
        }
        head[22..26].copy_from_slice(&(tail.len() as u32).to_le_bytes());
        head.extend(tail);
        let checksum = crc32c::crc32c(&head);
        head.extend(checksum.to_le_bytes());
        if let Ok(values) = decode_group::<f32>(&head, &Cancel::new()) {
            let sizes = small.map(usize::from);
            prop_assert_eq!(values.len(), sizes[0] * sizes[1] * sizes[2]);
        }
    }
}

#[test]
fn what_is_asked_wrongly_is_said() {
    let cancel = Cancel::new();
    let text = |found: Result<Vec<u8>, pimage_core::Error>| found.unwrap_err().to_string();
    assert_eq!(
        text(encode_group(&[1.0_f32; 6], [1, 2, 2], 0.1, &cancel)),
        "shape is [1, 2, 2] for 6 values: expected a shape of all values, 1 to 134217728 of them"
    );
    assert_eq!(
        text(encode_group(&[1.0_f32; 4], [1, 2, 2], -1.0, &cancel)),
        "bound is -1: expected a number from 0 on"
    );
    let error = decode_group::<f64>(&packed(), &cancel)
        .unwrap_err()
        .to_string();
    assert_eq!(error, "group is of type f4: expected type f8");
    let mut values = vec![1.0_f32; 3];
    let error = decode_group_into(&packed(), [6, 20, 51], &mut values, &cancel).unwrap_err();
    assert_eq!(
        error.to_string(),
        "group is of shape [6, 20, 50]: expected one of shape [6, 20, 51]"
    );
    assert!(values.is_empty());
    decode_group_into(&packed(), [6, 20, 50], &mut values, &cancel).unwrap();
    assert_eq!(values, decode_group::<f32>(&packed(), &cancel).unwrap());
    cancel.cancel();
    assert!(encode_group(&[1.0_f32, 2.0, 3.0, 9.0], [1, 2, 2], 0.1, &cancel).is_err());
}
