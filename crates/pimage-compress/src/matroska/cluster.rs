//! Clusters: the pictures of a group, and its data beside the first of them.

use super::ebml::{self, Children, Head, child, put, put_uint};
use super::ids;

/// One picture of the video.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    /// Ticks after the time of the cluster.
    pub(crate) ticks: i16,
    /// Whether it is decoded without any other.
    pub(crate) is_key: bool,
    pub(crate) bytes: &'a [u8],
}

/// A cluster of pictures, the first of which carries the group's data.
pub(crate) fn build(ticks: u64, data: &[u8], blocks: &[Block<'_>]) -> Vec<u8> {
    let pictures: usize = blocks.iter().map(|block| block.bytes.len() + 16).sum();
    let mut body = Vec::with_capacity(data.len() + pictures + 64);
    put_uint(&mut body, ids::TIMESTAMP, ticks);
    if let Some((first, rest)) = blocks.split_first() {
        put_first(&mut body, first, data);
        for block in rest {
            let flags = if block.is_key { 0x80 } else { 0 };
            put(&mut body, ids::SIMPLE_BLOCK, &block_bytes(block, flags));
        }
    }
    let mut out = Vec::with_capacity(body.len() + ebml::HEAD_BYTES);
    ebml::open_element(&mut out, ids::CLUSTER, Some(body.len() as u64));
    out.append(&mut body);
    out
}

/// The data come before the picture, so that what they say of themselves is near the start of the cluster.
fn put_first(body: &mut Vec<u8>, block: &Block<'_>, data: &[u8]) {
    let mut more = Vec::with_capacity(data.len() + 16);
    put(&mut more, ids::BLOCK_ADDITIONAL, data);
    put_uint(&mut more, ids::BLOCK_ADD_ID, 1);
    let mut additions = Vec::with_capacity(more.len() + 16);
    put(&mut additions, ids::BLOCK_MORE, &more);
    drop(more);
    let mut group = Vec::with_capacity(additions.len() + block.bytes.len() + 32);
    put(&mut group, ids::BLOCK_ADDITIONS, &additions);
    drop(additions);
    put(&mut group, ids::BLOCK, &block_bytes(block, 0));
    put(body, ids::BLOCK_GROUP, &group);
}

/// Track, time, flags, picture.
fn block_bytes(block: &Block<'_>, flags: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(block.bytes.len() + 4);
    out.push(0x81);
    out.extend(block.ticks.to_be_bytes());
    out.push(flags);
    out.extend_from_slice(block.bytes);
    out
}

/// Where the data begin in the body of a cluster of which only the beginning is known, and how long they are.
pub(crate) fn find_data(start: &[u8]) -> Option<(usize, u64)> {
    let mut at = 0;
    for wanted in [
        ids::BLOCK_GROUP,
        ids::BLOCK_ADDITIONS,
        ids::BLOCK_MORE,
        ids::BLOCK_ADDITIONAL,
    ] {
        loop {
            let head = Head::parse(start.get(at..)?)?;
            at += head.bytes;
            let size = head.size?;
            if head.id == wanted {
                if wanted == ids::BLOCK_ADDITIONAL {
                    return Some((at, size));
                }
                break;
            }
            at = at.checked_add(usize::try_from(size).ok()?)?;
        }
    }
    None
}

/// The pictures in the body of a cluster, in order; the first is a key picture.
pub(crate) fn blocks(body: &[u8]) -> impl Iterator<Item = Block<'_>> {
    Children(body).filter_map(|(id, body)| {
        let (block, is_first) = match id {
            ids::SIMPLE_BLOCK => (body, false),
            ids::BLOCK_GROUP => (child(body, ids::BLOCK)?, true),
            _ => return None,
        };
        let (head, bytes) = block.split_first_chunk::<4>()?;
        let [_, upper, lower, flags] = *head;
        Some(Block {
            ticks: i16::from_be_bytes([upper, lower]),
            is_key: is_first || flags & 0x80 != 0,
            bytes,
        })
    })
}

/// Where clusters begin, for players that seek; `clusters` are their times and places from the start of the segment.
pub(crate) fn cues(clusters: impl Iterator<Item = (u64, u64)>) -> Vec<u8> {
    let mut body = Vec::new();
    for (ticks, at) in clusters {
        let mut place = Vec::new();
        put_uint(&mut place, ids::CUE_TRACK, 1);
        put_uint(&mut place, ids::CUE_CLUSTER_POSITION, at);
        let mut point = Vec::new();
        put_uint(&mut point, ids::CUE_TIME, ticks);
        put(&mut point, ids::CUE_TRACK_POSITIONS, &place);
        put(&mut body, ids::CUE_POINT, &point);
    }
    let mut out = Vec::new();
    ebml::put_checked(&mut out, ids::CUES, &body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_pictures_come_back() {
        let block = |ticks, bytes| Block {
            ticks,
            is_key: ticks == 0,
            bytes,
        };
        let blocks = [block(0, &b"first"[..]), block(64, &b"second"[..])];
        let cluster = build(1000, &[7; 300], &blocks);
        let head = Head::parse(&cluster).expect("is an element");
        assert_eq!(head.id, ids::CLUSTER);
        let body = &cluster[head.bytes..];
        let found = super::blocks(body).map(|block| (block.ticks, block.is_key, block.bytes));
        let wanted = [(0, true, &b"first"[..]), (64, false, b"second")];
        assert_eq!(found.collect::<Vec<_>>(), wanted);
        let (at, size) = find_data(&body[..64]).expect("is near the start");
        assert_eq!((body[at], size), (7, 300));
    }
}
