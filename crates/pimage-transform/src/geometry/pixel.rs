//! Pixels as bytes, for what moves them without looking at them.

use pimage_core::FrameFormat;

/// Bytes of a pixel.
pub(super) const fn pixel_bytes(format: &FrameFormat) -> usize {
    format.color.channels() * format.sample.bytes()
}

/// Runs `$body` with the constant `$name` standing for the bytes of a pixel: every size that a frame can have.
macro_rules! with_pixel_bytes {
    ($bytes:expr, $name:ident => $body:expr) => {
        with_pixel_bytes!(@ $bytes, $name => $body, 1 2 3 4 6 8 12 16 24 32)
    };
    (@ $bytes:expr, $name:ident => $body:expr, $($size:literal)*) => {
        match $bytes {
            $($size => {
                const $name: usize = $size;
                $body
            })*
            _ => {}
        }
    };
}

pub(super) use with_pixel_bytes;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_has_a_size() {
        for format in pimage_testkit::every_format(1, 1) {
            let mut found = 0;
            with_pixel_bytes!(pixel_bytes(&format), N => found = N);
            assert_eq!(found, format.frame_bytes().expect("is small"), "{format}");
        }
    }
}
