//! The orientation that a camera notes beside the picture.

/// The tag of the orientation.
const ORIENTATION: u16 = 0x0112;

/// The orientation in an EXIF segment, 1 to 8; `None` when it has none.
pub(super) fn orientation(segment: &[u8]) -> Option<u16> {
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let read_u16 = match tiff.first_chunk()? {
        b"II*\0" => |bytes| u16::from_le_bytes(bytes),
        b"MM\0*" => |bytes| u16::from_be_bytes(bytes),
        _ => return None,
    };
    let is_little = tiff.starts_with(b"I");
    let u16_at = |at: usize| tiff.get(at..)?.first_chunk().copied().map(read_u16);
    let start = tiff.get(4..)?.first_chunk().copied().map(|bytes| {
        if is_little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        }
    })?;
    let start = usize::try_from(start).ok()?;
    let entries = usize::from(u16_at(start)?);
    (0..entries)
        .map_while(|entry| {
            let at = start.checked_add(2 + entry * 12)?;
            Some((u16_at(at)?, u16_at(at.checked_add(8)?)?))
        })
        .find(|(tag, _)| *tag == ORIENTATION)
        .map(|(_, value)| value)
        .filter(|value| (1..=8).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders() {
        let little = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0";
        assert_eq!(orientation(little), Some(6));
        assert_eq!(orientation(big), Some(8));
        for end in 0..little.len() {
            orientation(&little[..end]);
        }
        assert_eq!(orientation(&little[..20]), None);
    }
}
