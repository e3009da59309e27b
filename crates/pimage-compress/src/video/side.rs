//! What comes with the packets of a group: what samples stand for, the mask, and the corrections, as bytes.

use pimage_core::Error;

use super::quantise::Quantiser;
use crate::header::broken;
use crate::setting::VideoCodec;

/// Codec, bits, flags, the highest sample, low, step, bound, bytes of the mask.
const HEAD_BYTES: usize = 3 + 2 + 3 * 8 + 4;

/// Whether what the video got wrong comes with it.
const IS_CORRECTED: u8 = 1;

/// What comes with the packets of a group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Side {
    pub(super) quantiser: Quantiser,
    pub(super) codec: VideoCodec,
    pub(super) bits: u8,
    /// How far a value may be off; `None` where nothing is promised.
    pub(super) bound: Option<f64>,
    pub(super) mask: Vec<u8>,
    pub(super) corrections: Vec<u8>,
}

const fn code(codec: VideoCodec) -> u8 {
    match codec {
        VideoCodec::X265 => b'h',
        VideoCodec::Ffv1 => b'f',
        VideoCodec::Jpeg2000 => b'j',
    }
}

impl Side {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.mask.len() + self.corrections.len());
        let flags = if self.bound.is_some() {
            IS_CORRECTED
        } else {
            0
        };
        bytes.extend([code(self.codec), self.bits, flags]);
        bytes.extend(self.quantiser.most.to_le_bytes());
        for number in [
            self.quantiser.low,
            self.quantiser.step,
            self.bound.unwrap_or(0.0),
        ] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((self.mask.len() as u32).to_le_bytes());
        bytes.extend(&self.mask);
        bytes.extend(&self.corrections);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::parsed(bytes).ok_or_else(|| {
            let found = format!("{} bytes beside a video", bytes.len());
            broken(found, "what its samples stand for")
        })
    }

    fn parsed(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
        let (&[letter, bits, flags], head) = head.split_first_chunk::<3>()?;
        let (&most, head) = head.split_first_chunk::<2>()?;
        let (&low, head) = head.split_first_chunk::<8>()?;
        let (&step, head) = head.split_first_chunk::<8>()?;
        let (&bound, head) = head.split_first_chunk::<8>()?;
        let mask_bytes = u32::from_le_bytes(head.try_into().ok()?) as usize;
        let (mask, corrections) = rest.split_at_checked(mask_bytes)?;
        let codec = VideoCodec::ALL
            .into_iter()
            .find(|&codec| code(codec) == letter)?;
        let quantiser = Quantiser {
            low: f64::from_le_bytes(low),
            step: f64::from_le_bytes(step),
            most: u16::from_le_bytes(most),
        };
        let bound = f64::from_le_bytes(bound);
        let is_usable = quantiser.low.is_finite() && quantiser.step.is_finite() && bound >= 0.0;
        is_usable.then(|| Self {
            quantiser,
            codec,
            bits,
            bound: (flags & IS_CORRECTED != 0).then_some(bound),
            mask: mask.to_vec(),
            corrections: corrections.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_no_others_are_taken() {
        let side = Side {
            quantiser: Quantiser {
                low: -1.5,
                step: 0.25,
                most: 4095,
            },
            codec: VideoCodec::Ffv1,
            bits: 12,
            bound: Some(0.125),
            mask: vec![1, 2, 3],
            corrections: vec![9, 8],
        };
        let bytes = side.to_bytes();
        assert_eq!(Side::from_bytes(&bytes).ok(), Some(side));
        for length in 0..HEAD_BYTES + 3 {
            assert!(Side::from_bytes(&bytes[..length]).is_err(), "{length}");
        }
        let mut unknown = bytes;
        unknown[0] = b'?';
        let error = Side::from_bytes(&unknown).map_err(|error| error.to_string());
        let expected = "group is 38 bytes beside a video: expected what its samples stand for";
        assert_eq!(error, Err(expected.to_owned()));
    }
}
