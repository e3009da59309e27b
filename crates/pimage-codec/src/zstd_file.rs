//! The numbers of one image, compressed by zstd (`.npy.zst`): a measure of what costs nothing.
//!
//! # What it stores
//!
//! A whole numpy file as one zstd frame with a checksum.
//!
//! # What pimage reads
//!
//! Any numpy file of one image in any number of zstd frames, with windows of up to 128 MiB.
//!
//! # What it writes
//!
//! Every type and colour; `compression` is zstd's level.
//!
//! # What is lost
//!
//! How many bits of a sample are used.
//!
//! # Specification
//!
//! <https://www.rfc-editor.org/rfc/rfc8878>

use crate::{COMPRESSION, Choice, Codec, Values};

/// The row of the table.
#[cfg(feature = "zstd")]
pub(crate) static CODEC: Codec = Codec {
    note: Some(crate::npy::note),
    read_format: Some(image::format),
    encoder: Some(image::encode),
    decoder: Some(image::decode),
    ..UNBUILT
};

/// The row of the table.
#[cfg(not(feature = "zstd"))]
pub(crate) static CODEC: Codec = UNBUILT;

const UNBUILT: Codec = Codec {
    title: "raw numbers compressed by zstd",
    extensions: &["npy.zst"],
    is_file: false,
    options: &[Choice {
        name: COMPRESSION,
        help: "zstd's level: how hard to compress",
        values: Values::Whole(1, 22),
        usual: "3",
    }],
    payload: "the compressed numpy file",
    ..Codec::unbuilt("zstd", "zstd", |head| head.starts_with(b"\x28\xB5\x2F\xFD"))
};

#[cfg(feature = "zstd")]
mod image {
    use std::io::{self, ErrorKind, Read};
    use std::path::Path;

    use pimage_core::{Error, Frame, FrameFormat, Limits};
    use zstd::stream::read::Decoder;

    use crate::COMPRESSION;
    use crate::npy::header::Header;
    use crate::npy::{self, Image};
    use crate::samples::little_endian;
    use crate::settings::Asked;

    /// The widest window that is unpacked, as a power of two: that of level 22.
    const WINDOW_LOG: u32 = 27;

    /// Bytes in which a numpy header says how long it is.
    const START_BYTES: usize = 12;

    pub(super) fn encode(frame: &Frame, asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        // The table allows 1 to 22.
        let level = asked.number(COMPRESSION).unwrap_or(3.0) as i32;
        let mut bytes = npy::header_of(frame.format());
        bytes.extend_from_slice(&little_endian(frame));
        let compress = || -> io::Result<Vec<u8>> {
            let mut compressor = zstd::bulk::Compressor::new(level)?;
            compressor.include_checksum(true)?;
            compressor.compress(&bytes)
        };
        let packed = compress().map_err(|error| Error::Codec {
            codec: "zstd".to_owned(),
            path: "".into(),
            frame: None,
            reason: error.to_string(),
        })?;
        out.extend(packed);
        Ok(())
    }

    pub(super) fn format(bytes: &[u8], limits: &Limits) -> Result<FrameFormat, Error> {
        open(bytes, limits).map(|(image, _)| image.format)
    }

    pub(super) fn decode(bytes: &[u8], limits: &Limits, frame: &mut Frame) -> Result<(), Error> {
        let (image, mut decoder) = open(bytes, limits)?;
        let mut data = vec![0; image.data_bytes()];
        decoder.read_exact(&mut data).map_err(refused)?;
        // The checksum stands behind the last byte.
        if decoder.read(&mut [0]).map_err(refused)? > 0 {
            return Err(Error::malformed("zstd", "", "numbers follow the image"));
        }
        image.fill("zstd", &data, limits, frame)
    }

    type Unpacked<'a> = Decoder<'static, &'a [u8]>;

    /// Reads the header of the numpy file.
    fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Image, Unpacked<'a>), Error> {
        let mut decoder = Decoder::with_buffer(bytes).map_err(refused)?;
        decoder.window_log_max(WINDOW_LOG).map_err(refused)?;
        let mut head = vec![0; START_BYTES];
        decoder.read_exact(&mut head).map_err(refused)?;
        let path = Path::new("");
        let length = Header::length(path, &head, limits)?;
        head.resize(length.max(START_BYTES), 0);
        decoder
            .read_exact(head.get_mut(START_BYTES..).unwrap_or_default())
            .map_err(refused)?;
        let image = Image::of(Header::parse(path, &head)?, limits)?;
        Ok((image, decoder))
    }

    fn refused(error: io::Error) -> Error {
        let reason = match error.kind() {
            ErrorKind::UnexpectedEof => "it is cut short".to_owned(),
            _ => error.to_string(),
        };
        Error::malformed("zstd", "", reason)
    }
}
