//! zlib streams: by libdeflate where it is built in, else by zlib-rs.

#[cfg(feature = "libdeflate")]
use self::with_libdeflate::{FAST, Packer};
#[cfg(not(feature = "libdeflate"))]
use self::with_zlib_rs::{FAST, Packer};

/// The level of which no strip becomes clearly larger than with zlib's usual one.
const THOROUGH: u8 = 6;
/// Bytes in the middle of a strip that tell whether the fast level is good enough.
const SAMPLE_BYTES: usize = 16 << 10;
/// A strip has to have so many samples' bytes for the trial to be worth its time.
const SAMPLES: usize = 4;

/// What packs one strip after another.
#[derive(Debug)]
pub(super) struct Deflate {
    packer: Packer,
    /// For strips of which it packs a sample to no more than 1 % above the other; none when the level was given.
    fast: Option<Packer>,
    sample: Vec<u8>,
}

impl Deflate {
    /// A level from 1 to 9; `None` finds for each strip a fast one that is as good as a slow one.
    pub(super) fn new(level: Option<u8>) -> Self {
        Self {
            packer: Packer::new(level.unwrap_or(THOROUGH)),
            fast: level.is_none().then(|| Packer::new(FAST)),
            sample: Vec::new(),
        }
    }

    /// Appends the packed bytes; an error is a sentence.
    pub(super) fn pack(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let Some(fast) = &mut self.fast else {
            return self.packer.pack(bytes, out);
        };
        if bytes.len() < SAMPLES * SAMPLE_BYTES {
            return self.packer.pack(bytes, out);
        }
        let middle = bytes.len() / 2;
        let sample = bytes.get(middle..middle + SAMPLE_BYTES).unwrap_or(bytes);
        let mut length_by = |packer: &mut Packer| {
            self.sample.clear();
            packer.pack(sample, &mut self.sample)?;
            Ok::<_, String>(self.sample.len())
        };
        let (least, quick) = (length_by(&mut self.packer)?, length_by(fast)?);
        if quick <= least + least / 100 {
            fast.pack(bytes, out)
        } else {
            self.packer.pack(bytes, out)
        }
    }
}

#[cfg(not(feature = "libdeflate"))]
mod with_zlib_rs {
    use flate2::{Compress, Compression, FlushCompress, Status};

    /// The level that packs noise, which is most of what cameras see, as well in less time.
    pub(super) const FAST: u8 = 2;

    /// What packs with one level.
    #[derive(Debug)]
    pub(crate) struct Packer(Compress);

    impl Packer {
        /// Level 1 to 9.
        pub(crate) fn new(level: u8) -> Self {
            Self(Compress::new(Compression::new(u32::from(level)), true))
        }

        /// Appends the packed bytes; an error is a sentence.
        pub(crate) fn pack(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
            self.0.reset();
            out.reserve(bytes.len() / 2 + 64);
            loop {
                let taken = usize::try_from(self.0.total_in()).unwrap_or(usize::MAX);
                let rest = bytes.get(taken..).unwrap_or_default();
                match self.0.compress_vec(rest, out, FlushCompress::Finish) {
                    Ok(Status::StreamEnd) => return Ok(()),
                    Ok(_) => out.reserve(rest.len() / 2 + 64),
                    Err(error) => return Err(error.to_string()),
                }
            }
        }
    }
}

#[cfg(feature = "libdeflate")]
mod with_libdeflate {
    use libdeflater::{CompressionLvl, Compressor};

    /// The level that packs noise, which is most of what cameras see, as well in half the time.
    pub(super) const FAST: u8 = 1;

    /// What packs with one level.
    pub(crate) struct Packer(Compressor);

    impl std::fmt::Debug for Packer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Packer").finish_non_exhaustive()
        }
    }

    impl Packer {
        /// Level 1 to 9.
        pub(crate) fn new(level: u8) -> Self {
            let level = CompressionLvl::new(i32::from(level)).unwrap_or_default();
            Self(Compressor::new(level))
        }

        /// Appends the packed bytes; an error is a sentence.
        pub(crate) fn pack(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
            let start = out.len();
            out.resize(start + self.0.zlib_compress_bound(bytes.len()), 0);
            let room = out.get_mut(start..).unwrap_or_default();
            let packed = self
                .0
                .zlib_compress(bytes, room)
                .map_err(|error| error.to_string())?;
            out.truncate(start + packed);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn packed(level: Option<u8>, bytes: &[u8]) -> Vec<u8> {
        let mut out = b"before".to_vec();
        let mut deflate = Deflate::new(level);
        deflate.pack(bytes, &mut out).expect("packs");
        let mut unpacked = Vec::new();
        flate2::read::ZlibDecoder::new(&out[6..])
            .read_to_end(&mut unpacked)
            .expect("unpacks");
        assert_eq!(unpacked, bytes);
        out
    }

    #[test]
    fn the_level_is_fast_only_where_that_costs_no_bytes() {
        let mut state = 7u32;
        let noise: Vec<u8> = (0..200_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        assert_eq!(packed(None, &noise), packed(Some(FAST), &noise));
        let smooth: Vec<u8> = (0..200_000u32)
            .map(|i| {
                ((f64::from(i % 1280) / 91.0 + f64::from(i / 1280) / 7.0).sin() * 100.0) as i8 as u8
            })
            .collect();
        assert_eq!(packed(None, &smooth), packed(Some(THOROUGH), &smooth));
        for length in [0, 1, 100] {
            packed(None, &noise[..length]);
        }
    }
}
