//! The table of a dataset's chunks, which HDF5 keeps as a tree.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use super::object::UNDEFINED;

/// Most children of a node, which readers assume where the file says nothing.
const CHILDREN: usize = 64;

/// The chunks of a dataset, in the order of their places, the last dimension fastest.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Bytes and address of each.
    chunks: Vec<(u32, u64)>,
}

/// A child of a node: its first key and where it is.
struct Child {
    key: Vec<u8>,
    address: u64,
}

impl Table {
    /// Adds the chunk that follows.
    pub(super) fn push(&mut self, bytes: usize, address: u64) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.chunks.push((bytes, address));
    }

    /// Writes the nodes of the tree from address `at` on; the address of its root.
    ///
    /// `shape` and `chunk` are the lengths of the dataset and of a chunk.
    pub(super) fn write<E>(
        &self,
        shape: &[u64],
        chunk: &[u64],
        mut at: u64,
        mut put: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut children: Vec<Child> = self
            .chunks
            .iter()
            .enumerate()
            .map(|(index, (bytes, address))| Child {
                key: key(*bytes, &place(index as u64, shape, chunk)),
                address: *address,
            })
            .collect();
        let last = (self.chunks.len() as u64).saturating_sub(1);
        let mut behind = place(last, shape, chunk);
        for (at, offset) in behind.iter_mut().enumerate() {
            *offset = match (at, chunk.first()) {
                (0, Some(side)) => offset.saturating_add(*side),
                _ => 0,
            };
        }
        let end = key(0, &behind);
        let mut level = 0u8;
        while !children.is_empty() {
            let nodes = children.len().div_ceil(CHILDREN);
            let length = node_bytes(end.len());
            let address = |node: usize| at.saturating_add((node * length) as u64);
            let mut parents = Vec::with_capacity(nodes);
            for (number, inner) in children.chunks(CHILDREN).enumerate() {
                let before = number.checked_sub(1).map_or(UNDEFINED, address);
                let is_last = number + 1 == nodes;
                let behind = if is_last {
                    UNDEFINED
                } else {
                    address(number + 1)
                };
                let next = children.get((number + 1) * CHILDREN);
                let last_key = next.map_or(&end, |child| &child.key);
                put(&node(level, inner, last_key, before, behind))?;
                parents.push(Child {
                    key: inner
                        .first()
                        .map(|child| child.key.clone())
                        .unwrap_or_default(),
                    address: address(number),
                });
            }
            at = address(nodes);
            if let [root] = parents.as_slice() {
                return Ok(root.address);
            }
            children = parents;
            level = level.saturating_add(1);
        }
        Ok(UNDEFINED)
    }
}

/// Where chunk `index` begins.
fn place(index: u64, shape: &[u64], chunk: &[u64]) -> Vec<u64> {
    let mut rest = index;
    let mut place = Vec::with_capacity(shape.len());
    for (at, (length, side)) in shape.iter().zip(chunk).enumerate().rev() {
        let count = length.div_ceil((*side).max(1)).max(1);
        // The first dimension grows.
        let position = if at == 0 { rest } else { rest % count };
        rest /= count;
        place.push(position.saturating_mul(*side));
    }
    place.reverse();
    place
}

/// A key of a node: the size of the chunk, no filter left out, where it begins.
fn key(bytes: u32, place: &[u64]) -> Vec<u8> {
    let mut key = bytes.to_le_bytes().to_vec();
    key.extend([0; 4]);
    for offset in place.iter().chain(&[0]) {
        key.extend(offset.to_le_bytes());
    }
    key
}

const fn node_bytes(key: usize) -> usize {
    24 + (CHILDREN + 1) * key + CHILDREN * 8
}

fn node(level: u8, children: &[Child], last_key: &[u8], before: u64, behind: u64) -> Vec<u8> {
    let mut bytes = vec![b'T', b'R', b'E', b'E', 1, level];
    let count = u16::try_from(children.len()).unwrap_or(u16::MAX);
    bytes.extend(count.to_le_bytes());
    bytes.extend(before.to_le_bytes());
    bytes.extend(behind.to_le_bytes());
    for child in children {
        bytes.extend(&child.key);
        bytes.extend(child.address.to_le_bytes());
    }
    bytes.extend(last_key);
    bytes.resize(node_bytes(last_key.len()), 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_counted_from_the_last_dimension() {
        let shape = [10, 5, 7];
        let chunk = [1, 2, 7];
        assert_eq!(place(0, &shape, &chunk), [0, 0, 0]);
        assert_eq!(place(2, &shape, &chunk), [0, 4, 0]);
        assert_eq!(place(3, &shape, &chunk), [1, 0, 0]);
        // Beyond the length that was thought.
        assert_eq!(place(36, &shape, &chunk), [12, 0, 0]);
    }

    #[test]
    fn many_chunks_make_a_tree_with_one_root() {
        let mut table = Table::default();
        for index in 0..10_000u64 {
            table.push(100, 1000 + index);
        }
        let (mut nodes, mut length) = (0u64, 0u64);
        let root = table.write::<()>(&[10_000, 4], &[1, 4], 5_000, |bytes| {
            nodes += 1;
            length = bytes.len() as u64;
            Ok(())
        });
        // 157 leaves, 3 nodes above them, one root.
        assert_eq!(nodes, 161);
        assert_eq!(root, Ok(5_000 + 160 * length));
        let empty = Table::default().write::<()>(&[0, 4], &[1, 4], 0, |_| Err(()));
        assert_eq!(empty, Ok(UNDEFINED));
    }
}
