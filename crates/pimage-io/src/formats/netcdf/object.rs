//! The bytes of HDF5 objects: what is said of a group or a dataset, in the messages of its header.
//!
//! Only what NetCDF-4 needs is here: object headers of version 2, compact links and attributes, chunked or empty data.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use hdf5_reader::checksum::jenkins_lookup3;
use pimage_core::SampleType;

/// An address that is none.
pub(super) const UNDEFINED: u64 = u64::MAX;
/// The length of a dimension that may grow.
pub(super) const UNLIMITED: u64 = u64::MAX;
/// Bytes of the superblock, which is the first of the file.
pub(super) const SUPERBLOCK_BYTES: usize = 48;
/// Longest message of an object header, bytes; some room is left for its own description.
pub(super) const MOST_MESSAGE_BYTES: usize = 60_000;

/// Kinds of messages.
mod kind {
    pub(super) const DATASPACE: u8 = 0x01;
    pub(super) const LINK_INFO: u8 = 0x02;
    pub(super) const DATATYPE: u8 = 0x03;
    pub(super) const FILL_VALUE: u8 = 0x05;
    pub(super) const LINK: u8 = 0x06;
    pub(super) const LAYOUT: u8 = 0x08;
    pub(super) const GROUP_INFO: u8 = 0x0A;
    pub(super) const FILTERS: u8 = 0x0B;
    pub(super) const ATTRIBUTE: u8 = 0x0C;
    pub(super) const ATTRIBUTE_INFO: u8 = 0x15;
}

/// Links and attributes stay in the header up to so many.
const MOST_COMPACT: u16 = 4096;

/// A number's low bytes.
fn low16(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

fn low32(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

/// Appends the checksum of what is there.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = jenkins_lookup3(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// The first bytes of a file that ends at `end` and whose root group is at `root`.
pub(super) fn superblock(root: u64, end: u64) -> Vec<u8> {
    let mut bytes = b"\x89HDF\r\n\x1a\n\x02\x08\x08\x00".to_vec();
    for address in [0, UNDEFINED, end, root] {
        bytes.extend(address.to_le_bytes());
    }
    sealed(bytes)
}

/// The type of a number, text or reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// As samples, little-endian.
    Number(SampleType),
    /// Signed 64-bit integers, little-endian.
    I64,
    /// A float of four bytes whose first is the highest, which stands for a dimension without a variable.
    Placeholder,
    /// Text of so many bytes.
    Text(usize),
    /// A list of addresses elsewhere in the file.
    References,
    /// An address and the number of a dimension.
    Use,
}

impl Type {
    /// Size of one value, bytes.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Number(sample) => sample.bytes(),
            Self::I64 => 8,
            Self::Placeholder => 4,
            Self::Text(length) => length,
            Self::References | Self::Use => 16,
        }
    }

    /// How a datatype message says it.
    fn encoded(self) -> Vec<u8> {
        let float = |size: usize, order: u8| {
            let (bits, exponent) = if size == 4 { (32u8, 8u8) } else { (64, 11) };
            let mantissa = bits - exponent - 1;
            let bias: u32 = if size == 4 { 127 } else { 1023 };
            let mut bytes = vec![0x11, 0x20 | order, bits - 1, 0];
            bytes.extend(low32(size));
            bytes.extend([0, 0, bits, 0, mantissa, exponent, 0, mantissa]);
            bytes.extend(bias.to_le_bytes());
            bytes
        };
        let whole = |size: usize, is_signed: bool| {
            let mut bytes = vec![0x10, u8::from(is_signed) << 3, 0, 0];
            bytes.extend(low32(size));
            bytes.extend([0, 0]);
            bytes.extend(low16(size * 8));
            bytes
        };
        let reference = || [&[0x17, 0, 0, 0][..], &low32(8)].concat();
        match self {
            Self::Number(sample) if sample.is_float() => float(sample.bytes(), 0),
            Self::Number(sample) => whole(
                sample.bytes(),
                matches!(sample, SampleType::I16 | SampleType::I32),
            ),
            Self::I64 => whole(8, true),
            Self::Placeholder => float(4, 1),
            // Ended by a zero where there is room for one, UTF-8, of which ASCII is a part.
            Self::Text(length) => [&[0x13, 0x10, 0, 0][..], &low32(length)].concat(),
            Self::References => {
                let head = [&[0x19, 0, 0, 0][..], &low32(16)].concat();
                [head, reference()].concat()
            }
            Self::Use => {
                let mut bytes = [&[0x36, 2, 0, 0][..], &low32(16)].concat();
                bytes.extend(b"dataset\0\x00");
                bytes.extend(reference());
                bytes.extend(b"dimension\0\x08");
                bytes.extend(whole(4, true));
                bytes
            }
        }
    }
}

/// How a dataspace message says a shape; `None` or one without lengths for a single value.
fn dataspace(shape: Option<&[u64]>, most: Option<&[u64]>) -> Vec<u8> {
    let Some(shape) = shape.filter(|shape| !shape.is_empty()) else {
        return vec![2, 0, 0, 0];
    };
    let rank = u8::try_from(shape.len()).unwrap_or(u8::MAX);
    let mut bytes = vec![2, rank, u8::from(most.is_some()), 1];
    for length in shape.iter().chain(most.unwrap_or_default()) {
        bytes.extend(length.to_le_bytes());
    }
    bytes
}

/// Where the values of a dataset are.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Storage {
    /// In chunks of this shape, whose table begins at the address.
    Chunked {
        /// Lengths of a chunk.
        chunk: Vec<u64>,
        /// Of the table; [`UNDEFINED`] when there are no chunks.
        table: u64,
        /// Shuffled and deflated at this level; `None` is neither.
        deflate: Option<u8>,
    },
    /// One after another.
    Contiguous {
        /// Of the first; [`UNDEFINED`] when there are none.
        address: u64,
    },
}

/// A header of an object, as it grows.
#[derive(Debug, Default)]
pub(super) struct Object {
    /// Kind, flags, creation order and content.
    messages: Vec<(u8, u8, u16, Vec<u8>)>,
    attributes: u16,
}

impl Object {
    /// A group of objects by name and address.
    pub(super) fn group(links: &[(&str, u64)]) -> Self {
        let mut group = Self::default();
        let mut info = vec![0, 3];
        info.extend((links.len() as u64).to_le_bytes());
        info.extend([0xff; 24]);
        group.add(kind::LINK_INFO, 0, info);
        let mut info = vec![0, 1];
        info.extend(MOST_COMPACT.to_le_bytes());
        info.extend((MOST_COMPACT - 1).to_le_bytes());
        group.add(kind::GROUP_INFO, 0, info);
        for (order, (name, address)) in links.iter().enumerate() {
            // With its creation order, its character set and a name of up to 64 KiB.
            let mut link = vec![1, 0x15];
            link.extend((order as u64).to_le_bytes());
            link.push(1);
            link.extend(low16(name.len()));
            link.extend(name.as_bytes());
            link.extend(address.to_le_bytes());
            group.add(kind::LINK, 0, link);
        }
        group
    }

    /// A dataset; `fill` is the value of what is not there.
    pub(super) fn dataset(
        type_of: Type,
        shape: &[u64],
        most: Option<&[u64]>,
        fill: Option<&[u8]>,
        storage: &Storage,
    ) -> Self {
        let mut dataset = Self::default();
        dataset.add(kind::DATASPACE, 0, dataspace(Some(shape), most));
        dataset.add(kind::DATATYPE, 1, type_of.encoded());
        let is_chunked = matches!(storage, Storage::Chunked { .. });
        // Room is taken for each chunk as it comes, for other data when the first value does; fill values are written when they are set.
        let allocation = if is_chunked { 3 } else { 2 };
        let mut value = vec![3, allocation | 2 << 2 | u8::from(fill.is_some()) << 5];
        if let Some(fill) = fill {
            value.extend(low32(fill.len()));
            value.extend(fill);
        }
        dataset.add(kind::FILL_VALUE, 1, value);
        match storage {
            Storage::Chunked {
                chunk,
                table,
                deflate,
            } => {
                let rank = u8::try_from(chunk.len() + 1).unwrap_or(u8::MAX);
                let mut layout = vec![3, 2, rank];
                layout.extend(table.to_le_bytes());
                for side in chunk {
                    layout.extend(u32::try_from(*side).unwrap_or(u32::MAX).to_le_bytes());
                }
                layout.extend(low32(type_of.bytes()));
                dataset.add(kind::LAYOUT, 0, layout);
                if let Some(level) = deflate {
                    // Shuffle (2) with the size of a value, deflate (1) with its level; both may be left out of a chunk.
                    let mut filters = vec![2, 2, 2, 0, 1, 0, 1, 0];
                    filters.extend(low32(type_of.bytes()));
                    filters.extend([1, 0, 1, 0, 1, 0, *level, 0, 0, 0]);
                    dataset.add(kind::FILTERS, 1, filters);
                }
            }
            Storage::Contiguous { address } => {
                let count = shape
                    .iter()
                    .fold(1u64, |count, side| count.saturating_mul(*side));
                let length = count.saturating_mul(type_of.bytes() as u64);
                let mut layout = vec![3, 1];
                layout.extend(address.to_le_bytes());
                layout.extend(length.to_le_bytes());
                dataset.add(kind::LAYOUT, 0, layout);
            }
        }
        dataset
    }

    fn add(&mut self, kind: u8, flags: u8, content: Vec<u8>) {
        self.messages.push((kind, flags, 0, content));
    }

    /// Adds an attribute of one value, or of a list of `count`.
    pub(super) fn attribute(&mut self, name: &str, kind: Type, count: Option<usize>, data: &[u8]) {
        let (kind, space) = match count {
            None => (kind.encoded(), dataspace(None, None)),
            Some(count) => (kind.encoded(), dataspace(Some(&[count as u64]), None)),
        };
        let mut content = vec![3, 0];
        content.extend(low16(name.len() + 1));
        content.extend(low16(kind.len()));
        content.extend(low16(space.len()));
        content.push(1);
        content.extend(name.as_bytes());
        content.push(0);
        content.extend([&kind[..], &space, data].concat());
        self.messages
            .push((kind::ATTRIBUTE, 0, self.attributes, content));
        self.attributes = self.attributes.saturating_add(1);
    }

    /// Adds an attribute that is text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        // No type has no bytes.
        let bytes = if text.is_empty() { "\0" } else { text };
        self.attribute(name, Type::Text(bytes.len()), None, bytes.as_bytes());
    }

    /// The bytes of the header.
    pub(super) fn encoded(&self) -> Vec<u8> {
        let mut info = vec![0, 3];
        info.extend(self.attributes.to_le_bytes());
        info.extend([0xff; 24]);
        let own = [(kind::ATTRIBUTE_INFO, 0, 0, info)];
        let mut messages = Vec::new();
        for (kind, flags, order, content) in self.messages.iter().chain(&own) {
            messages.push(*kind);
            messages.extend(low16(content.len()));
            messages.push(*flags);
            messages.extend(order.to_le_bytes());
            messages.extend(content);
        }
        // Its length in four bytes, attributes in the order in which they were made, and how many of them stay here.
        let mut bytes = b"OHDR\x02\x1e".to_vec();
        bytes.extend(MOST_COMPACT.to_le_bytes());
        bytes.extend((MOST_COMPACT - 1).to_le_bytes());
        bytes.extend(low32(messages.len()));
        bytes.extend(messages);
        sealed(bytes)
    }
}

/// Bytes of a heap of references.
pub(super) const HEAP_BYTES: usize = 4096;

/// A heap with one reference for each of `addresses`, which fit as long as they are few.
pub(super) fn heap(addresses: &[u64]) -> Vec<u8> {
    let mut bytes = b"GCOL\x01\0\0\0".to_vec();
    bytes.extend((HEAP_BYTES as u64).to_le_bytes());
    for (index, address) in addresses.iter().enumerate() {
        bytes.extend(low16(index + 1));
        bytes.extend([1, 0, 0, 0, 0, 0]);
        bytes.extend(8u64.to_le_bytes());
        bytes.extend(address.to_le_bytes());
    }
    // What is left is object 0.
    let left = HEAP_BYTES.saturating_sub(bytes.len()) as u64;
    bytes.extend([0; 8]);
    bytes.extend(left.to_le_bytes());
    bytes.resize(HEAP_BYTES, 0);
    bytes
}

/// The entries of a list of references that are all in the heap at `heap`, one a dimension.
pub(super) fn heap_entries(heap: u64, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for index in 0..count {
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(heap.to_le_bytes());
        bytes.extend(low32(index + 1));
    }
    bytes
}
