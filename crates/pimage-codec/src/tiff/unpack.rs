//! The bytes of strips and tiles, unpacked.

use flate2::{Decompress, FlushDecompress, Status};
use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::page::Packed;

/// What unpacks one strip after another, keeping its memory.
#[derive(Default)]
pub(crate) struct Unpacker {
    #[cfg(feature = "libdeflate")]
    fast: Option<libdeflater::Decompressor>,
    inflate: Option<Decompress>,
    lzw: Option<Decoder>,
    #[cfg(feature = "zstd")]
    zstd: Option<zstd::bulk::Decompressor<'static>>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacker").finish_non_exhaustive()
    }
}

/// The sentence of a strip that gives fewer bytes than it should.
fn too_few(found: usize, expected: usize) -> String {
    format!("its packed bytes give {found} of {expected}")
}

impl Unpacker {
    /// Fills `out` with the bytes of a strip or tile; those beyond are left out. An error is a sentence.
    pub(crate) fn unpack(
        &mut self,
        kind: Packed,
        packed: &[u8],
        out: &mut [u8],
    ) -> Result<(), String> {
        match kind {
            Packed::None | Packed::Jpeg => {
                let length = out.len().min(packed.len());
                if let (Some(to), Some(from)) = (out.get_mut(..length), packed.get(..length)) {
                    to.copy_from_slice(from);
                }
                Ok(())
            }
            Packed::PackBits => pack_bits(packed, out),
            Packed::Lzw => self.lzw(packed, out),
            Packed::Deflate => self.inflate(packed, out),
            #[cfg(feature = "zstd")]
            Packed::Zstd => self.zstd(packed, out),
            #[cfg(not(feature = "zstd"))]
            Packed::Zstd => Err("it is packed by zstd".to_owned()),
        }
    }

    /// Fills `out` from a zlib stream; bytes beyond are left out. An error is a sentence.
    fn inflate(&mut self, packed: &[u8], out: &mut [u8]) -> Result<(), String> {
        #[cfg(feature = "libdeflate")]
        {
            let fast = self.fast.get_or_insert_with(libdeflater::Decompressor::new);
            match fast.zlib_decompress(packed, out) {
                Ok(found) if found == out.len() => return Ok(()),
                // What is too long or damaged is looked at byte by byte below.
                _ => {}
            }
        }
        self.inflate_slowly(packed, out)
    }

    fn inflate_slowly(&mut self, packed: &[u8], out: &mut [u8]) -> Result<(), String> {
        let inflate = self.inflate.get_or_insert_with(|| Decompress::new(true));
        inflate.reset(true);
        let expected = out.len();
        // The stream is followed beyond the last byte, so that its checksum is looked at.
        let mut beyond = [0; 64];
        loop {
            let (taken, found) = (inflate.total_in(), inflate.total_out() as usize);
            let rest = packed.get(taken as usize..).unwrap_or_default();
            let target = match out.get_mut(found..) {
                Some(target) if !target.is_empty() => target,
                Some(_) => &mut beyond,
                None => return Ok(()),
            };
            let status = inflate.decompress(rest, target, FlushDecompress::None);
            let found_now = inflate.total_out() as usize;
            if let Err(error) = status {
                return Err(format!("{} ({error})", too_few(found_now, expected)));
            }
            let is_stuck = inflate.total_in() == taken && found_now == found;
            if is_stuck || matches!(status, Ok(Status::StreamEnd)) {
                let is_whole = found_now >= expected;
                return is_whole
                    .then_some(())
                    .ok_or_else(|| too_few(found_now, expected));
            }
        }
    }

    /// Fills `out` from codes of Lempel, Ziv and Welch; bytes beyond are left out.
    fn lzw(&mut self, packed: &[u8], out: &mut [u8]) -> Result<(), String> {
        let is_old = matches!(packed, [0, second, ..] if second & 1 == 1);
        let mut old;
        let decoder = if is_old {
            // Before TIFF 5.0 the lowest bit came first.
            old = Decoder::new(BitOrder::Lsb, 8);
            &mut old
        } else {
            let decoder = self
                .lzw
                .get_or_insert_with(|| Decoder::with_tiff_size_switch(BitOrder::Msb, 8));
            decoder.reset();
            decoder
        };
        let expected = out.len();
        let (mut taken, mut found) = (0, 0);
        while found < expected {
            let rest = packed.get(taken..).unwrap_or_default();
            let result = decoder.decode_bytes(rest, out.get_mut(found..).unwrap_or_default());
            taken += result.consumed_in;
            found += result.consumed_out;
            let is_over = match result.status {
                Ok(LzwStatus::Ok) => result.consumed_in == 0 && result.consumed_out == 0,
                Ok(_) => true,
                Err(error) => return Err(format!("{} ({error})", too_few(found, expected))),
            };
            if is_over && found < expected {
                return Err(too_few(found, expected));
            }
        }
        Ok(())
    }

    /// Fills `out` from a zstd frame; bytes beyond are left out.
    #[cfg(feature = "zstd")]
    fn zstd(&mut self, packed: &[u8], out: &mut [u8]) -> Result<(), String> {
        let decoder = match self.zstd.take() {
            Some(decoder) => decoder,
            None => zstd::bulk::Decompressor::new().map_err(|error| error.to_string())?,
        };
        let decoder = self.zstd.insert(decoder);
        let expected = out.len();
        match decoder.decompress_to_buffer(packed, out) {
            Ok(found) if found == expected => Ok(()),
            // Too long, or damaged somewhere: what there is.
            _ => zstd_slowly(packed, out),
        }
    }
}

#[cfg(feature = "zstd")]
fn zstd_slowly(packed: &[u8], out: &mut [u8]) -> Result<(), String> {
    use std::io::Read;

    let mut stream =
        zstd::stream::read::Decoder::with_buffer(packed).map_err(|error| error.to_string())?;
    let (mut found, expected) = (0, out.len());
    while found < expected {
        match stream.read(out.get_mut(found..).unwrap_or_default()) {
            Ok(0) => return Err(too_few(found, expected)),
            Ok(count) => found += count,
            Err(error) => return Err(format!("{} ({error})", too_few(found, expected))),
        }
    }
    Ok(())
}

/// Fills `out` from runs of bytes; bytes beyond are left out.
fn pack_bits(mut packed: &[u8], out: &mut [u8]) -> Result<(), String> {
    let expected = out.len();
    let mut found = 0;
    while found < expected {
        let Some((&control, rest)) = packed.split_first() else {
            return Err(too_few(found, expected));
        };
        packed = rest;
        let target = out.get_mut(found..).unwrap_or_default();
        match control {
            0..=127 => {
                let length = usize::from(control) + 1;
                let literal = rest.get(..length).unwrap_or(rest);
                let wanted = literal.len().min(target.len());
                for (to, from) in target.iter_mut().zip(literal) {
                    *to = *from;
                }
                found += wanted;
                packed = rest.get(literal.len()..).unwrap_or_default();
            }
            // No operation.
            128 => {}
            129..=255 => {
                let Some((&value, rest)) = rest.split_first() else {
                    return Err(too_few(found, expected));
                };
                let length = (257 - usize::from(control)).min(target.len());
                target.iter_mut().take(length).for_each(|to| *to = value);
                found += length;
                packed = rest;
            }
        }
    }
    Ok(())
}

/// Turns round the bits of each byte.
pub(crate) fn reverse_bits(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = byte.reverse_bits();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
        writer.write_all(bytes).expect("is memory");
        writer.finish().expect("is memory")
    }

    #[test]
    fn zlib_streams_are_checked_to_the_end() {
        let bytes: Vec<u8> = (0..5000u32).map(|i| ((i * i) >> 4) as u8).collect();
        let packed = deflated(&bytes);
        let mut unpacker = Unpacker::default();
        let mut out = vec![0; bytes.len()];
        unpacker.inflate(&packed, &mut out).expect("is whole");
        assert_eq!(out, bytes);
        // A last strip may hold more rows than the page has.
        let mut out = vec![0; 4000];
        unpacker.inflate(&packed, &mut out).expect("is longer");
        assert_eq!(out, bytes[..4000]);
        let mut out = vec![0; 6000];
        let error = unpacker.inflate(&packed, &mut out).expect_err("is short");
        assert_eq!(error, "its packed bytes give 5000 of 6000");
        assert_eq!(out[..5000], bytes);
        let mut wrong = packed.clone();
        *wrong.last_mut().expect("has bytes") ^= 1;
        let mut out = vec![0; bytes.len()];
        assert!(unpacker.inflate(&wrong, &mut out).is_err(), "the checksum");
        let half = &packed[..packed.len() / 2];
        assert!(unpacker.inflate(half, &mut out).is_err(), "half of it");
        assert!(unpacker.inflate(&[], &mut out).is_err(), "nothing");
    }

    #[test]
    fn codes_of_lzw_are_unpacked() {
        let bytes: Vec<u8> = (0..9000u32).map(|i| (i / 7 % 50) as u8).collect();
        let packed = weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8)
            .encode(&bytes)
            .expect("is memory");
        let mut unpacker = Unpacker::default();
        for length in [9000, 1, 8999, 9000] {
            let mut out = vec![0; length];
            unpacker.lzw(&packed, &mut out).expect("is whole");
            assert_eq!(out, bytes[..length]);
        }
        let mut out = vec![0; 9001];
        let error = unpacker.lzw(&packed, &mut out).expect_err("is short");
        assert_eq!(error, "its packed bytes give 9000 of 9001");
    }

    #[test]
    fn runs_are_unpacked() {
        let packed = [
            0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0x80, 0xFD, 0xAA, 0x00, 0x22,
        ];
        let mut out = [0; 11];
        pack_bits(&packed, &mut out).expect("is whole");
        assert_eq!(
            out,
            [
                0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x22
            ]
        );
        for cut in 0..packed.len() {
            assert!(pack_bits(&packed[..cut], &mut out).is_err(), "{cut}");
        }
    }
}
