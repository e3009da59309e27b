//! zlib streams: by libdeflate where it is built in, else by zlib-rs.

#[cfg(feature = "libdeflate")]
pub(super) use self::with_libdeflate::Deflate;
#[cfg(not(feature = "libdeflate"))]
pub(super) use self::with_zlib_rs::Deflate;

#[cfg(not(feature = "libdeflate"))]
mod with_zlib_rs {
    use flate2::{Compress, Compression, FlushCompress, Status};

    /// What packs one strip after another.
    #[derive(Debug)]
    pub(crate) struct Deflate(Compress);

    impl Deflate {
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

    /// What packs one strip after another.
    pub(crate) struct Deflate(Compressor);

    impl std::fmt::Debug for Deflate {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Deflate").finish_non_exhaustive()
        }
    }

    impl Deflate {
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
