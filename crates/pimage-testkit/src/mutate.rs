//! Files that are damaged at random, the same in every run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::Noise;

/// Longer than this is a hang.
const LONGEST: Duration = Duration::from_secs(10);

/// Values that parsers stumble over.
const NASTY: [u32; 10] = [
    0,
    1,
    0x7F,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    0x1000_0000,
];

/// An endless sequence of damaged versions of a file: flipped bits, nasty integers, cut, repeated and exchanged pieces.
///
/// Most damage falls on the first 4 KiB, where headers are.
#[derive(Debug, Clone)]
pub struct Mutations<'a> {
    original: &'a [u8],
    noise: Noise,
}

impl<'a> Mutations<'a> {
    /// The sequence fixed by `seed`.
    #[must_use]
    pub const fn new(original: &'a [u8], seed: u64) -> Self {
        Self {
            original,
            noise: Noise::new(seed),
        }
    }

    fn place(&mut self, length: usize) -> usize {
        let span = if self.noise.below(4) == 0 {
            length
        } else {
            length.min(4096)
        };
        self.noise.below(span as u64) as usize
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            bytes.push(self.noise.next_u64() as u8);
            return;
        }
        let at = self.place(bytes.len());
        let length = 1 + self.noise.below(64) as usize;
        let end = (at + length).min(bytes.len());
        match self.noise.below(8) {
            0..=2 => bytes[at] ^= 1 << self.noise.below(8),
            3 => bytes[at] = self.noise.next_u64() as u8,
            4 => {
                let value = NASTY[self.noise.below(NASTY.len() as u64) as usize];
                for (to, from) in bytes[at..].iter_mut().zip(value.to_le_bytes()) {
                    *to = from;
                }
            }
            5 => bytes.truncate(at),
            6 => {
                let piece = bytes[at..end].to_vec();
                let to = self.place(bytes.len());
                bytes.splice(to..to, piece);
            }
            _ => {
                bytes.drain(at..end);
            }
        }
    }
}

impl Iterator for Mutations<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut bytes = self.original.to_vec();
        for _ in 0..=self.noise.below(4) {
            self.mutate(&mut bytes);
        }
        Some(bytes)
    }
}

/// Calls `read` with `count` damaged versions of `original`; panics when one makes it panic or takes over 10 s.
///
/// The message says which, so that `Mutations::new(original, seed).nth(n)` is the file.
#[track_caller]
pub fn survive(
    original: &[u8],
    count: usize,
    seed: u64,
    mut read: impl FnMut(&[u8]) + Send + 'static,
) {
    let (send_file, files) = channel::<Vec<u8>>();
    let (send_result, results) = channel();
    let worker = std::thread::spawn(move || {
        for bytes in files {
            let result = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
            if send_result.send(result.is_ok()).is_err() {
                return;
            }
        }
    });
    for (n, bytes) in Mutations::new(original, seed).take(count).enumerate() {
        send_file.send(bytes).expect("the worker catches panics");
        match results.recv_timeout(LONGEST) {
            Ok(true) => {}
            Ok(false) => panic!("mutation {n} of seed {seed} makes it panic"),
            Err(RecvTimeoutError::Timeout) => panic!("mutation {n} of seed {seed} hangs"),
            Err(RecvTimeoutError::Disconnected) => {
                panic!("mutation {n} of seed {seed} ends the worker")
            }
        }
    }
    drop(send_file);
    worker.join().expect("the worker catches panics");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutations_differ_and_repeat() {
        let original = vec![7u8; 500];
        let all: Vec<_> = Mutations::new(&original, 5).take(200).collect();
        let again: Vec<_> = Mutations::new(&original, 5).take(200).collect();
        assert_eq!(all, again);
        assert!(all.iter().filter(|bytes| **bytes != original).count() > 150);
        assert!(all.iter().any(|bytes| bytes.len() < 500));
        assert!(all.iter().any(|bytes| bytes.len() > 500));
    }

    #[test]
    #[should_panic(expected = "makes it panic")]
    fn a_panic_is_reported() {
        survive(&[1, 2, 3], 50, 1, |bytes| {
            assert_eq!(bytes, [1, 2, 3], "damaged");
        });
    }
}
