//! The pixels of a page as strips: predicted, packed, one after another.

use pimage_core::{Error, Frame, FrameFormat};

use super::compression::Compression;
use super::deflate::Deflate;
use super::{packbits, predictor};
use crate::samples::little_endian;

/// Bytes of pixels in a strip of a packed page, as far as whole rows allow: little enough for several readers to share a large page.
const STRIP_BYTES: usize = 256 << 10;
/// A packed page of no more bytes is one strip.
const SINGLE_STRIP_BYTES: usize = 512 << 10;

/// The packed pixels of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strips {
    /// All strips.
    pub bytes: Vec<u8>,
    /// The length of each.
    pub lengths: Vec<u64>,
}

impl Strips {
    /// One strip of so many bytes, which are elsewhere: a page that is not packed.
    #[must_use]
    pub fn unpacked(bytes: u64) -> Self {
        Self {
            bytes: Vec::new(),
            lengths: vec![bytes],
        }
    }
}

/// Rows in each strip of such pages but the last.
#[must_use]
pub(super) fn rows_per_strip(format: &FrameFormat, compression: Compression) -> u32 {
    let whole = format.frame_bytes().unwrap_or(usize::MAX);
    if compression == Compression::None || whole <= SINGLE_STRIP_BYTES {
        return format.height.max(1);
    }
    let row = format.row_bytes().unwrap_or(usize::MAX).max(1);
    let rows = u32::try_from(STRIP_BYTES / row).unwrap_or(u32::MAX);
    rows.clamp(1, format.height.max(1))
}

/// Packs the strips of one page after another.
#[derive(Debug)]
pub struct StripEncoder {
    compression: Compression,
    deflate: Option<Deflate>,
    #[cfg(feature = "zstd")]
    zstd: Option<Zstd>,
    /// A strip after prediction.
    predicted: Vec<u8>,
    planes: Vec<u8>,
}

#[cfg(feature = "zstd")]
struct Zstd(zstd::bulk::Compressor<'static>);

#[cfg(feature = "zstd")]
impl std::fmt::Debug for Zstd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zstd").finish_non_exhaustive()
    }
}

/// What a compression library said.
fn failed(codec: &str, reason: impl ToString) -> Error {
    Error::Codec {
        codec: codec.to_owned(),
        path: std::path::PathBuf::new(),
        frame: None,
        reason: reason.to_string(),
    }
}

impl StripEncoder {
    /// Prepares the compression.
    ///
    /// # Errors
    ///
    /// [`Error::Codec`] when a library does not start.
    pub fn new(compression: Compression) -> Result<Self, Error> {
        let deflate = match compression {
            Compression::Deflate(level) => Some(Deflate::new(level)),
            _ => None,
        };
        Ok(Self {
            compression,
            deflate,
            #[cfg(feature = "zstd")]
            zstd: match compression {
                Compression::Zstd(level) => Some(Zstd(
                    zstd::bulk::Compressor::new(i32::from(level))
                        .map_err(|error| failed("zstd", error))?,
                )),
                _ => None,
            },
            predicted: Vec::new(),
            planes: Vec::new(),
        })
    }

    /// Packs a frame into `strips`, whose memory is kept.
    ///
    /// # Errors
    ///
    /// [`Error::Codec`] with an empty path.
    pub fn encode(&mut self, frame: &Frame, strips: &mut Strips) -> Result<(), Error> {
        strips.bytes.clear();
        strips.lengths.clear();
        let format = frame.format();
        let bytes = little_endian(frame);
        let row = format.row_bytes().unwrap_or(0).max(1);
        let rows = rows_per_strip(format, self.compression) as usize;
        for strip in bytes.chunks(row.saturating_mul(rows)) {
            let before = strips.bytes.len();
            self.pack(strip, row, format, &mut strips.bytes)?;
            strips.lengths.push((strips.bytes.len() - before) as u64);
        }
        Ok(())
    }

    /// Appends one packed strip.
    fn pack(
        &mut self,
        strip: &[u8],
        row: usize,
        format: &FrameFormat,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        self.predict(strip, row, format);
        match self.compression {
            Compression::None => out.extend(strip),
            Compression::PackBits => strip.chunks(row).for_each(|row| packbits::row(row, out)),
            Compression::Lzw => {
                let mut encoder =
                    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
                let result = encoder.into_vec(out).encode_all(&self.predicted);
                result.status.map_err(|error| failed("LZW", error))?;
            }
            Compression::Deflate(_) => {
                if let Some(deflate) = &mut self.deflate {
                    deflate
                        .pack(&self.predicted, out)
                        .map_err(|reason| failed("deflate", reason))?;
                }
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd(_) => {
                if let Some(Zstd(zstd)) = &mut self.zstd {
                    let packed = zstd.compress(&self.predicted);
                    out.extend(packed.map_err(|error| failed("zstd", error))?);
                }
            }
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd(_) => return Err(failed("zstd", "it is not built in")),
        }
        Ok(())
    }

    /// Fills `predicted` with the strip as the compression wants it.
    fn predict(&mut self, strip: &[u8], row: usize, format: &FrameFormat) {
        let (sample, channels) = (format.sample.bytes(), format.color.channels());
        let predictor = self.compression.predictor(format.sample);
        if predictor == 1 {
            return;
        }
        self.predicted.resize(strip.len(), 0);
        for (row, target) in strip.chunks(row).zip(self.predicted.chunks_mut(row)) {
            if predictor == 3 {
                predictor::float_row(row, sample, channels, &mut self.planes, target);
            } else {
                predictor::integer_row(row, sample, channels, target);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::{Color, SampleType};
    use pimage_testkit::counter_frame;

    use super::*;

    #[test]
    fn only_large_packed_pages_are_cut() {
        let small = FrameFormat::new(512, 512, Color::Gray, SampleType::U16);
        let large = FrameFormat::new(2048, 2048, Color::Gray, SampleType::U16);
        let wide = FrameFormat::new(65_535, 9, Color::Rgba, SampleType::F64);
        assert_eq!(rows_per_strip(&small, Compression::Deflate(None)), 512);
        assert_eq!(rows_per_strip(&large, Compression::None), 2048);
        assert_eq!(rows_per_strip(&large, Compression::Lzw), 64);
        assert_eq!(rows_per_strip(&wide, Compression::Lzw), 1);
    }

    #[test]
    fn packed_strips_add_up_and_memory_is_reused() {
        let format = FrameFormat::new(700, 500, Color::Rgb, SampleType::U16);
        let frame = counter_frame(3, format);
        let mut encoder = StripEncoder::new(Compression::Lzw).expect("starts");
        let mut strips = Strips::default();
        encoder.encode(&frame, &mut strips).expect("packs");
        let rows = rows_per_strip(&format, Compression::Lzw);
        assert_eq!(strips.lengths.len(), 500usize.div_ceil(rows as usize));
        assert_eq!(
            strips.lengths.iter().sum::<u64>(),
            strips.bytes.len() as u64
        );
        let first = strips.clone();
        encoder.encode(&frame, &mut strips).expect("packs");
        assert_eq!(strips, first);
    }
}
