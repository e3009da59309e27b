//! Two frames that can be compared.

use pimage_core::{Error, Frame};

/// An error unless both frames have one size, colour and sample type; the depth does not matter.
///
/// # Errors
///
/// [`Error::FormatMismatch`].
pub(crate) fn expect_alike(a: &Frame, b: &Frame) -> Result<(), Error> {
    let [first, second] = [a, b].map(|frame| frame.format().with_bit_depth(0));
    first.expect_same(&second, a.stamp.index)
}

#[cfg(test)]
pub(crate) mod tests {
    use pimage_core::{Color, Frame, FrameFormat, Sample};

    /// A gray frame of one row.
    pub(crate) fn row<T: Sample>(samples: &[T]) -> Frame {
        picture(samples, samples.len(), Color::Gray)
    }

    /// A frame of this width, as high as there are samples.
    pub(crate) fn picture<T: Sample>(samples: &[T], width: usize, color: Color) -> Frame {
        let height = samples.len() / width / color.channels();
        let side = |side: usize| u32::try_from(side).expect("is small");
        let mut frame = Frame::zeroed(FrameFormat::new(side(width), side(height), color, T::TYPE));
        frame
            .samples_mut::<T>()
            .expect("has the type")
            .copy_from_slice(samples);
        frame
    }

    /// Samples that look random, the same each time.
    pub(crate) fn noise(count: usize, factor: usize) -> Vec<u8> {
        (0..count).map(|i| (i * factor % 253) as u8).collect()
    }

    #[test]
    fn frames_of_two_formats_are_refused() {
        let error = super::expect_alike(&row(&[1u8, 2]), &row(&[1u8, 2, 3])).expect_err("differ");
        assert!(error.to_string().contains("3x1"), "{error}");
        let shallow = {
            let mut frame = row(&[1u16, 2]);
            frame.set_bit_depth(10);
            frame
        };
        super::expect_alike(&row(&[1u16, 2]), &shallow).expect("differ in depth only");
    }
}
