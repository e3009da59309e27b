//! The records of a ZIP archive that is written front to back.
//!
//! A writer of its own because the ones for general archives cannot change the beginning of a member after its end,
//! where the number of frames is written.

/// Made by a system like Unix, by version 4.5 of the specification, the first with ZIP64.
const VERSION: u16 = 45;

/// 1980-01-01, the first day there is: archives of equal frames are equal.
const FIRST_DAY: u16 = 0x21;

/// What stands for a number that is in the ZIP64 record.
const ELSEWHERE: u32 = u32::MAX;

/// A member that is written, or is being written.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// Its name, with `.npy`.
    pub(super) name: String,
    /// Whether it is deflated.
    pub(super) is_deflated: bool,
    /// Where its own header is.
    pub(super) offset: u64,
    /// The checksum of its bytes.
    pub(super) crc: u32,
    /// Bytes that it takes in the archive.
    pub(super) compressed_bytes: u64,
    /// Bytes that it has.
    pub(super) bytes: u64,
}

impl Record {
    /// The header in front of the member, whose length depends on its name only.
    pub(super) fn local_header(&self) -> Vec<u8> {
        let mut header = b"PK\x03\x04".to_vec();
        header.extend(VERSION.to_le_bytes());
        self.add_common(&mut header, [ELSEWHERE; 2], 20);
        header.extend(self.name.as_bytes());
        // ZIP64: 16 bytes of sizes.
        header.extend([1, 0, 16, 0]);
        header.extend(self.bytes.to_le_bytes());
        header.extend(self.compressed_bytes.to_le_bytes());
        header
    }

    /// Flags, method, time, checksum, sizes and lengths: what both headers have.
    fn add_common(&self, header: &mut Vec<u8>, sizes: [u32; 2], extra_bytes: u16) {
        let method: u16 = if self.is_deflated { 8 } else { 0 };
        let name_bytes = u16::try_from(self.name.len()).unwrap_or(u16::MAX);
        for value in [0, method, 0, FIRST_DAY] {
            header.extend(value.to_le_bytes());
        }
        header.extend(self.crc.to_le_bytes());
        for size in sizes {
            header.extend(size.to_le_bytes());
        }
        header.extend(name_bytes.to_le_bytes());
        header.extend(extra_bytes.to_le_bytes());
    }

    /// The entry in the table of contents.
    fn entry(&self) -> Vec<u8> {
        let numbers = [self.compressed_bytes, self.bytes, self.offset];
        let [compressed, bytes, offset] = numbers.map(short);
        // The ZIP64 record has the numbers that are too long, in this order.
        let order = [
            (bytes, self.bytes),
            (compressed, self.compressed_bytes),
            (offset, self.offset),
        ];
        let long = order.iter().filter(|(short, _)| *short == ELSEWHERE);
        let long: Vec<u8> = long.flat_map(|(_, number)| number.to_le_bytes()).collect();
        let long_bytes = u16::try_from(long.len()).unwrap_or(u16::MAX);
        let extra_bytes = if long.is_empty() { 0 } else { long_bytes + 4 };
        let mut entry = b"PK\x01\x02".to_vec();
        for value in [3 << 8 | VERSION, VERSION] {
            entry.extend(value.to_le_bytes());
        }
        self.add_common(&mut entry, [compressed, bytes], extra_bytes);
        // No comment, the first disk, binary data.
        entry.extend([0; 6]);
        // A regular file that its owner writes and all read.
        entry.extend((0o100_644u32 << 16).to_le_bytes());
        entry.extend(offset.to_le_bytes());
        entry.extend(self.name.as_bytes());
        if !long.is_empty() {
            entry.extend([1, 0]);
            entry.extend(long_bytes.to_le_bytes());
            entry.extend(long);
        }
        entry
    }
}

/// The number, or what says that it is too long.
fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(ELSEWHERE)
}

/// The table of contents, which begins at byte `start`, and the end of the archive.
pub(super) fn contents(records: &[Record], start: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = records.iter().flat_map(Record::entry).collect();
    let length = bytes.len() as u64;
    let count = records.len() as u64;
    if start >= u64::from(ELSEWHERE) {
        let end = start.saturating_add(length);
        bytes.extend(b"PK\x06\x06");
        // What follows of this record.
        bytes.extend(44u64.to_le_bytes());
        for value in [3 << 8 | VERSION, VERSION] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 8]);
        for value in [count, count, length, start] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(b"PK\x06\x07");
        bytes.extend([0; 4]);
        bytes.extend(end.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
    }
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 4]);
    let short_count = u16::try_from(count).unwrap_or(u16::MAX);
    for value in [short_count; 2] {
        bytes.extend(value.to_le_bytes());
    }
    for value in [short(length), short(start)] {
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 2]);
    bytes
}
