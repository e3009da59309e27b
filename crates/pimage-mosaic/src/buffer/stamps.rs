//! What is said of the frames of a chunk, as bytes.

use std::sync::Arc;

use pimage_core::{Stamp, Timebase, Timestamp};

use super::chunk::Chunk;

const IS_KNOWN: u8 = 1;
const HAS_NUMBER: u8 = 2;
const HAS_TIME: u8 = 4;
const HAS_NAME: u8 = 8;

/// The stamps as bytes, numbers little-endian: for each a byte that says what it has, then that.
pub(super) fn to_bytes(stamps: &[Option<Stamp>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(stamps.len() * 32);
    for stamp in stamps {
        let Some(stamp) = stamp else {
            bytes.push(0);
            continue;
        };
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        bytes.push(
            IS_KNOWN
                | flag(stamp.number.is_some(), HAS_NUMBER)
                | flag(stamp.time.is_some(), HAS_TIME)
                | flag(stamp.name.is_some(), HAS_NAME),
        );
        if let Some(number) = stamp.number {
            bytes.extend(number.to_le_bytes());
        }
        if let Some(time) = stamp.time {
            bytes.extend(time.ticks.to_le_bytes());
            bytes.extend(time.base.numerator().to_le_bytes());
            bytes.extend(time.base.denominator().to_le_bytes());
        }
        if let Some(name) = &stamp.name {
            bytes.extend((name.len() as u64).to_le_bytes());
            bytes.extend(name.as_bytes());
        }
    }
    bytes
}

/// The stamps of `count` frames, the first of them frame `first`; `None` for bytes that are not such.
pub(super) fn from_bytes(bytes: &[u8], first: u64, count: usize) -> Option<Vec<Option<Stamp>>> {
    let mut rest = bytes;
    let mut stamps = Vec::new();
    for place in 0..count {
        stamps.push(take_stamp(&mut rest, first.checked_add(place as u64)?)?);
    }
    rest.is_empty().then_some(stamps)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, others) = rest.split_first_chunk()?;
    *rest = others;
    Some(*taken)
}

fn take_stamp(rest: &mut &[u8], index: u64) -> Option<Option<Stamp>> {
    let [flags] = take(rest)?;
    if flags & IS_KNOWN == 0 {
        return Some(None);
    }
    let mut stamp = Stamp::at(index);
    if flags & HAS_NUMBER != 0 {
        stamp.number = Some(i64::from_le_bytes(take(rest)?));
    }
    if flags & HAS_TIME != 0 {
        let ticks = i64::from_le_bytes(take(rest)?);
        let numerator = u32::from_le_bytes(take(rest)?);
        let denominator = u32::from_le_bytes(take(rest)?);
        stamp.time = Some(Timestamp::new(
            ticks,
            Timebase::new(numerator, denominator)?,
        ));
    }
    if flags & HAS_NAME != 0 {
        let length = usize::try_from(u64::from_le_bytes(take(rest)?)).ok()?;
        let (name, others) = rest.split_at_checked(length)?;
        stamp.name = Some(Arc::from(str::from_utf8(name).ok()?));
        *rest = others;
    }
    Some(Some(stamp))
}

impl Chunk {
    /// Replaces what is said of the frames.
    pub(super) fn set_stamps(&mut self, stamps: Vec<Option<Stamp>>) {
        let named = stamps.iter().flatten();
        let names = named.filter_map(|stamp| stamp.name.as_ref());
        self.name_bytes = names.map(|name| name.len()).sum();
        self.stamps = stamps;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamps() -> Vec<Option<Stamp>> {
        let time = Timestamp::new(-7, Timebase::new(1001, 30_000).expect("is not zero"));
        let full = Stamp {
            index: 41,
            number: Some(i64::MIN),
            time: Some(time),
            name: Some("Bild 7 µ.tif".into()),
        };
        vec![Some(Stamp::at(40)), Some(full), None, Some(Stamp::at(43))]
    }

    #[test]
    fn stamps_come_back() {
        let bytes = to_bytes(&stamps());
        assert_eq!(from_bytes(&bytes, 40, 4), Some(stamps()));
    }

    #[test]
    fn what_is_cut_is_refused() {
        let bytes = to_bytes(&stamps());
        for length in 0..bytes.len() {
            let cut = bytes.get(..length).expect("is within");
            assert_eq!(from_bytes(cut, 40, 4), None, "{length}");
        }
        assert_eq!(from_bytes(&bytes, 40, 3), None);
        assert_eq!(from_bytes(&bytes, 40, 5), None);
    }
}
