//! Mirrored frames.

use pimage_core::{Error, Frame, StreamInfo, Transform};

use super::metadata::{mix_planes, move_filters};
use super::pixel::{pixel_bytes, with_pixel_bytes};
use crate::vector::vectorized;
use crate::{Operation, Operator, Parameter, Presence};

/// Mirrors each frame, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flip {
    /// Left becomes right.
    Horizontal,
    /// Top becomes bottom.
    Vertical,
    /// Both: half a turn.
    Both,
}

impl Transform for Flip {
    fn output_info(&self, input: &StreamInfo) -> Result<StreamInfo, Error> {
        let mut info = input.clone();
        if *self != Self::Horizontal {
            mix_planes(&mut info);
        }
        let (right, bottom) = (
            input.format.width.wrapping_sub(1),
            input.format.height.wrapping_sub(1),
        );
        move_filters(&mut info, |x, y| match self {
            Self::Horizontal => (right.wrapping_sub(x), y),
            Self::Vertical => (x, bottom.wrapping_sub(y)),
            Self::Both => (right.wrapping_sub(x), bottom.wrapping_sub(y)),
        });
        Ok(info)
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        let format = *frame.format();
        if frame.bytes().is_empty() {
            return Ok(());
        }
        let width = format.width as usize;
        frame.detach(spare);
        with_pixel_bytes!(pixel_bytes(&format), N => self.flip::<N>(frame.bytes_mut(), width));
        Ok(())
    }
}

impl Flip {
    /// Mirrors rows of `width` pixels of `N` bytes.
    fn flip<const N: usize>(self, bytes: &mut [u8], width: usize) {
        let pixels = bytes.as_chunks_mut::<N>().0;
        match self {
            Self::Horizontal => vectorized(
                #[inline(always)]
                || pixels.chunks_exact_mut(width).for_each(reverse),
            ),
            // Rows follow each other without gaps, so that half a turn is the whole frame backwards.
            Self::Both => vectorized(
                #[inline(always)]
                || reverse(pixels),
            ),
            Self::Vertical => {
                let half = pixels.len() / width / 2;
                let (upper, lower) = pixels.split_at_mut(half * width);
                let mirrored = lower.chunks_exact_mut(width).rev();
                for (row, other) in upper.chunks_exact_mut(width).zip(mirrored) {
                    row.swap_with_slice(other);
                }
            }
        }
    }
}

/// Turns pixels round; bytes in words, which is several times as fast.
#[inline(always)]
fn reverse<const N: usize>(pixels: &mut [[u8; N]]) {
    const WORD: usize = 8;
    if N != 1 {
        return pixels.reverse();
    }
    let bytes = pixels.as_flattened_mut();
    let words = bytes.len() / 2 / WORD * WORD;
    let (front, rest) = bytes.split_at_mut(words);
    let (middle, back) = rest.split_at_mut(rest.len() - words);
    let backwards = back.as_chunks_mut::<WORD>().0.iter_mut().rev();
    for (first, last) in front.as_chunks_mut::<WORD>().0.iter_mut().zip(backwards) {
        let moved = u64::from_ne_bytes(*first).swap_bytes();
        *first = u64::from_ne_bytes(*last).swap_bytes().to_ne_bytes();
        *last = moved.to_ne_bytes();
    }
    middle.reverse();
}

/// `flip`.
pub(super) const OPERATOR: Operator = Operator {
    name: "flip",
    title: "mirror each frame",
    parameters: &[Parameter::new(
        "direction",
        "horizontal: left becomes right; vertical: top becomes bottom",
        "horizontal|vertical|both",
        Presence::Default("horizontal"),
    )],
    examples: &["flip=horizontal", "flip=vertical"],
    notes: "",
    build: |arguments| {
        let words = [
            ("horizontal", Flip::Horizontal),
            ("vertical", Flip::Vertical),
            ("both", Flip::Both),
        ];
        arguments.choice("direction", &words).map(Operation::frame)
    },
};
