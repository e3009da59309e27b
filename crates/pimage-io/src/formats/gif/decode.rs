//! The indices of one picture.
//!
//! `weezl` is called as the crate `gif` calls it, but not through it, which takes memory for all pixels that a picture claims
//! and does not say how many of a damaged one are intact.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use weezl::{BitOrder, LzwStatus, decode::Configuration};

/// Memory that a picture begins with.
const FIRST_BYTES: usize = 64 << 10;

/// What to decode.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) code_size: u8,
    /// Indices of the picture.
    pub(super) pixels: usize,
    /// The codes.
    pub(super) data: Vec<u8>,
    /// Memory to decode into.
    pub(super) memory: Vec<u8>,
}

/// The indices, and what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// As many as there are, row after row as they are stored.
    pub(super) indices: Vec<u8>,
    pub(super) problem: Option<String>,
    /// The memory of the codes, to be used again.
    pub(super) data: Vec<u8>,
}

/// The most bytes that codes of so many pixels take: two codes of 12 bits each, and a beginning and an end.
pub(super) const fn most_bytes(pixels: usize) -> usize {
    pixels.saturating_mul(3).saturating_add(64)
}

/// Adds the data blocks of a chain together, up to `most` bytes.
pub(super) fn join(mut chain: &[u8], most: usize, data: &mut Vec<u8>) {
    data.clear();
    while let Some((length, rest)) = chain.split_first() {
        let Some((block, rest)) = rest.split_at_checked(usize::from(*length)) else {
            return;
        };
        if block.is_empty() || data.len() >= most {
            return;
        }
        data.extend_from_slice(block);
        chain = rest;
    }
}

/// Decodes a picture; never more than its pixels.
pub(super) fn decode(coded: Coded) -> Decoded {
    let mut indices = coded.memory;
    indices.clear();
    let mut decoded = Decoded {
        data: coded.data,
        ..Decoded::default()
    };
    if !(1..=8).contains(&coded.code_size) {
        decoded.problem = Some(format!(
            "its codes begin with {} bits: expected 2 to 8",
            coded.code_size
        ));
        decoded.indices = indices;
        return decoded;
    }
    let mut decoder = Configuration::new(BitOrder::Lsb, coded.code_size)
        .with_yield_on_full_buffer(true)
        .build();
    let (mut read, mut done) = (0, 0);
    let mut problem = None;
    while done < coded.pixels {
        // Memory grows with what is there, not with what is claimed.
        if done == indices.len() {
            let more = done.max(FIRST_BYTES).min(coded.pixels - done);
            indices.resize(done + more, 0);
        }
        let (Some(input), Some(output)) = (decoded.data.get(read..), indices.get_mut(done..))
        else {
            break;
        };
        let result = decoder.decode_bytes(input, output);
        read += result.consumed_in;
        done += result.consumed_out;
        match result.status {
            Ok(LzwStatus::Ok) if result.consumed_in + result.consumed_out > 0 => {}
            Ok(_) => break,
            Err(_) => {
                problem = Some("its data hold a code that stands for nothing");
                break;
            }
        }
    }
    if done < coded.pixels {
        let what = problem.unwrap_or("its data end");
        decoded.problem = Some(format!("{what} after {done} of {} pixels", coded.pixels));
    }
    indices.truncate(done);
    decoded.indices = indices;
    decoded
}

/// The rows of a picture in the order in which they are stored.
pub(super) fn rows(height: u16, is_interlaced: bool) -> impl Iterator<Item = u16> {
    let passes: &[(u16, usize)] = if is_interlaced {
        &[(0, 8), (4, 8), (2, 4), (1, 2)]
    } else {
        &[(0, 1)]
    };
    passes
        .iter()
        .flat_map(move |(first, step)| (*first..height).step_by(*step))
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::*;
    use crate::formats::gif::lzw::{AS_THEY_ARE, Lzw, code_size};
    use pimage_testkit::Noise;

    fn decoded(size: u8, pixels: usize, data: Vec<u8>) -> Decoded {
        let memory = Vec::new();
        decode(Coded {
            code_size: size,
            pixels,
            data,
            memory,
        })
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let mut noise = Noise::new(5);
        let mut lzw = Lzw::new();
        for colors in [1usize, 2, 3, 5, 40, 129, 256] {
            for length in [1usize, 2, 3, 255, 4000, 100_000] {
                // Runs and noise in turn.
                let mut value = 0;
                let mut indices: Vec<u8> = (0..length)
                    .map(|at| {
                        if (at / 700) % 2 == 0 || at % 9 == 0 {
                            value = noise.below(colors as u64) as u8;
                        }
                        value
                    })
                    .collect();
                let wanted = indices.clone();
                let size = code_size(colors, None);
                let data = lzw.encode(size, &mut indices, AS_THEY_ARE);
                assert_eq!((&indices, data[0]), (&wanted, size));
                let found = decoded(size, length, data[1..].to_vec());
                assert_eq!(found.problem, None);
                assert!(found.indices == wanted, "{colors} colours, {length} pixels");
                // Even and odd indices are taken for one another.
                let cost = |at: usize, index: u8| (index / 2 == wanted[at] / 2).then_some(0);
                let shorter = lzw.encode(size, &mut indices, Some(cost));
                let found = decoded(size, length, shorter[1..].to_vec());
                assert!(found.problem.is_none() && found.indices == indices);
                assert!(
                    indices
                        .iter()
                        .zip(&wanted)
                        .all(|(found, wanted)| found / 2 == wanted / 2)
                );
            }
        }
    }

    #[test]
    fn what_is_missing_is_counted() {
        let mut indices: Vec<u8> = (0..200).map(|at| at as u8).collect();
        let data = Lzw::new().encode(8, &mut indices, AS_THEY_ARE)[1..].to_vec();
        let found = decoded(8, 300, data.clone());
        assert_eq!(
            found.problem.as_deref(),
            Some("its data end after 200 of 300 pixels")
        );
        assert_eq!(found.indices, indices);
        assert_eq!(decoded(8, 150, data.clone()).problem, None);
        let found = decoded(8, 200, data[..50].to_vec());
        assert!(found.problem.is_some() && indices.starts_with(&found.indices));
        assert!(decoded(13, 200, data).problem.is_some());
    }

    #[test]
    fn interlaced_rows() {
        let found: Vec<_> = rows(10, true).collect();
        assert_eq!(found, [0, 8, 4, 2, 6, 1, 3, 5, 7, 9]);
        assert_eq!(rows(3, false).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn chains_are_joined() {
        let mut data = vec![9];
        join(&[2, 1, 2, 1, 3, 0, 1, 7], 100, &mut data);
        assert_eq!(data, [1, 2, 3]);
        join(&[2, 1, 2, 9, 3], 100, &mut data);
        assert_eq!(data, [1, 2]);
        join(&[1, 1, 1, 2, 1, 3, 0], 2, &mut data);
        assert_eq!(data, [1, 2]);
    }
}
