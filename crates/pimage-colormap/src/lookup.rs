//! The colours of samples of one type, found before the first frame.

use pimage_core::{Color, Entries, Error, Frame, FrameFormat, Limits, SampleType, Table};

use crate::keys::Keyed;
use crate::norm::Scale;
use crate::paints::Paints;
use crate::pieces::Pieces;

/// A coloring that is ready for frames of one sample type.
pub(crate) enum Lookup {
    U8(Pieces<u8>),
    U16(Pieces<u16>),
    U32(Pieces<u32>),
    I16(Pieces<i16>),
    I32(Pieces<i32>),
    F32(Pieces<f32>),
    F64(Pieces<f64>),
}

/// Runs `$body` with `$pieces` bound to what is inside.
macro_rules! each {
    ($lookup:expr, $pieces:ident => $body:expr) => {
        match $lookup {
            Lookup::U8($pieces) => $body,
            Lookup::U16($pieces) => $body,
            Lookup::U32($pieces) => $body,
            Lookup::I16($pieces) => $body,
            Lookup::I32($pieces) => $body,
            Lookup::F32($pieces) => $body,
            Lookup::F64($pieces) => $body,
        }
    };
}

impl Lookup {
    pub(crate) fn new(sample: SampleType, scale: &Scale, paints: &Paints) -> Self {
        match sample {
            SampleType::U8 => Self::U8(Pieces::new(scale, paints)),
            SampleType::U16 => Self::U16(Pieces::new(scale, paints)),
            SampleType::U32 => Self::U32(Pieces::new(scale, paints)),
            SampleType::I16 => Self::I16(Pieces::new(scale, paints)),
            SampleType::I32 => Self::I32(Pieces::new(scale, paints)),
            SampleType::F32 => Self::F32(Pieces::new(scale, paints)),
            SampleType::F64 => Self::F64(Pieces::new(scale, paints)),
        }
    }

    /// The same as a table of three or four results a sample; `None` for samples of more than 16 bits.
    pub(crate) fn table(&self, width: usize) -> Result<Option<Table>, Error> {
        let (sample, entries) = match self {
            Self::U8(pieces) => (SampleType::U8, entries(pieces, width, 8, 0)),
            Self::U16(pieces) => (SampleType::U16, entries(pieces, width, 16, 0)),
            // The order of the values begins with the bits of the least.
            Self::I16(pieces) => (SampleType::I16, entries(pieces, width, 16, 1 << 15)),
            _ => return Ok(None),
        };
        Table::new(sample, width, Entries::U8(entries.into())).map(Some)
    }

    /// Colours `frame` into `spare`, and swaps the two.
    pub(crate) fn apply(
        &self,
        frame: &mut Frame,
        spare: &mut Frame,
        output: &FrameFormat,
    ) -> Result<(), Error> {
        // No larger than what the frame's own format allows, but for the channels.
        spare.reset(output, &Limits::none())?;
        each!(self, pieces => colored(pieces, frame, spare));
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}

fn colored<T: Keyed>(pieces: &Pieces<T>, frame: &Frame, output: &mut Frame) {
    let channels = output.format().color.channels();
    let format = frame.format();
    let samples = frame.samples::<T>().unwrap_or_default();
    let output = output.samples_mut::<u8>().unwrap_or_default();
    match format.color {
        Color::GrayAlpha => pieces.fill_with_opacity(samples, output, format.full_scale()),
        _ => pieces.fill(samples, output, channels),
    }
}

/// The colours of all samples in the order of their bits, which is that of the keys with `flipped` bits.
fn entries<T: Keyed>(pieces: &Pieces<T>, width: usize, bits: u32, flipped: usize) -> Vec<u8> {
    let mut entries = vec![0; width << bits];
    for (start, end, color) in pieces.iter() {
        for key in start..end {
            let at = (key as usize ^ flipped) * width;
            let color = color.get(..width).unwrap_or_default();
            if let Some(entry) = entries.get_mut(at..at + width) {
                entry.copy_from_slice(color);
            }
        }
    }
    entries
}
