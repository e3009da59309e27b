//! Channels that are some bits of a number.

use pimage_core::Error;

/// Where the bits of red, green, blue and opacity are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Masks {
    channels: [Channel; 4],
}

/// One run of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Channel {
    shift: u32,
    /// All its bits, shifted down; 0 for a channel that is not there.
    top: u32,
}

impl Masks {
    /// # Errors
    ///
    /// [`Error::Malformed`] for a mask with gaps; [`Error::Unsupported`] for channels of more than 8 bits.
    pub(super) fn new(masks: [u32; 4]) -> Result<Self, Error> {
        let mut channels = [Channel { shift: 0, top: 0 }; 4];
        for (channel, mask) in channels.iter_mut().zip(masks) {
            if mask == 0 {
                continue;
            }
            let shift = mask.trailing_zeros();
            let top = mask >> shift;
            if top & top.wrapping_add(1) != 0 {
                let reason = format!("the mask {mask:08x} of a channel has gaps");
                return Err(Error::malformed("BMP", "", reason));
            }
            if top > 0xFF {
                let bits = top.count_ones();
                let reason =
                    format!("a bitmap with a channel of {bits} bits; pimage reads up to 8");
                return Err(Error::unsupported("", reason));
            }
            *channel = Channel { shift, top };
        }
        Ok(Self { channels })
    }

    pub(super) const fn has_opacity(&self) -> bool {
        let [_, _, _, opacity] = &self.channels;
        opacity.top != 0
    }

    /// Red, green, blue and opacity; 0 where a channel is not there.
    pub(super) fn bytes_of(&self, pixel: u32) -> [u8; 4] {
        self.channels.map(|channel| match channel.top {
            0 => 0,
            0xFF => (pixel >> channel.shift) as u8,
            // Rounded, so that every value of fewer bits has one of its own.
            top => (((pixel >> channel.shift & top) * 255 + top / 2) / top) as u8,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_stretched_to_full_intensity() {
        let masks = Masks::new([0xF800, 0x07E0, 0x001F, 0]).expect("565");
        assert_eq!(masks.bytes_of(0xFFFF), [255, 255, 255, 0]);
        assert_eq!(masks.bytes_of(0x0001), [0, 0, 8, 0]);
        let mut seen: Vec<_> = (0..64).map(|v| masks.bytes_of(v << 5)[1]).collect();
        seen.dedup();
        assert_eq!(seen.len(), 64);
    }

    #[test]
    fn masks_that_make_no_sense_are_refused() {
        assert!(Masks::new([0xF0F0, 0, 0, 0]).is_err());
        assert!(Masks::new([0x3FF0_0000, 0, 0, 0]).is_err());
        assert!(Masks::new([0xFF00_0000, 0xFF, 0xFF00, 0xFF_0000]).is_ok());
    }
}
