//! Mirrored frames.

use pimage_core::{Error, Frame, Transform};

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
    fn apply(&self, frame: &mut Frame, _spare: &mut Frame) -> Result<(), Error> {
        let format = *frame.format();
        let pixel_bytes = format.color.channels() * format.sample.bytes();
        let row_bytes = format.width as usize * pixel_bytes;
        if frame.bytes().is_empty() {
            return Ok(());
        }
        let bytes = frame.bytes_mut();
        if matches!(self, Self::Vertical | Self::Both) {
            let half = format.height as usize / 2;
            let (upper, lower) = bytes.split_at_mut(half * row_bytes);
            let mirrored = lower.chunks_exact_mut(row_bytes).rev();
            for (row, other) in upper.chunks_exact_mut(row_bytes).zip(mirrored) {
                row.swap_with_slice(other);
            }
        }
        if matches!(self, Self::Horizontal | Self::Both) {
            for row in bytes.chunks_exact_mut(row_bytes) {
                reverse(row, pixel_bytes);
            }
        }
        Ok(())
    }
}

/// Puts the pixels of a row in reverse order.
fn reverse(row: &mut [u8], pixel_bytes: usize) {
    if pixel_bytes == 1 {
        row.reverse();
        return;
    }
    let half = row.len() / pixel_bytes / 2;
    let (left, right) = row.split_at_mut(half * pixel_bytes);
    let mirrored = right.rchunks_exact_mut(pixel_bytes);
    for (pixel, other) in left.chunks_exact_mut(pixel_bytes).zip(mirrored) {
        pixel.swap_with_slice(other);
    }
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
