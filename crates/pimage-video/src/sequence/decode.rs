//! Packets to frames.

use pimage_core::{Cancel, Error};

use super::stream::{Codec, Stream};
use super::{Packet, planes};
use crate::ffi::{self, Decoder, DecoderSettings, Picture, Received};
use crate::ffv1;

/// Decodes a group that [`encode`](super::encode) made: its samples in the order (frame, row, column).
///
/// # Errors
///
/// [`Error::Malformed`] for packets that are no whole group of such frames; [`Error::Codec`] when there is no decoder;
/// [`Error::Stopped`].
pub fn decode(
    private: &[u8],
    packets: &[Packet],
    stream: &Stream,
    cancel: &Cancel,
) -> Result<Vec<u16>, Error> {
    let codec = stream.codec();
    ffi::load().map_err(|reason| codec.failure(reason))?;
    if packets.is_empty() {
        return Err(codec.malformed("there are no packets"));
    }
    let is_sound = |packet: &Packet| codec != Codec::Ffv1 || ffv1::is_sound(&packet.data);
    if !packets.iter().all(is_sound) {
        return Err(codec.malformed("a packet was changed since it was written"));
    }
    let (width, height) = stream.stored_size();
    let settings = DecoderSettings {
        threads: 1,
        max_pixels: u64::from(width.next_multiple_of(64)) * u64::from(height.next_multiple_of(64)),
    };
    let header = match codec {
        Codec::OpenJpeg => &[],
        Codec::X265 | Codec::Ffv1 => private,
    };
    let size = (width as i32, height as i32);
    let mut decoder = Decoder::open_headed(codec.decoder(), header, size, settings)
        .map_err(|error| codec.failure(error))?;
    let mut pictures = Pictures {
        stream,
        samples: Vec::new(),
        count: packets.len(),
        next: 0,
    };
    let mut picture = Picture::new().map_err(|error| codec.failure(error))?;
    for packet in packets.iter().map(Some).chain([None]) {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let damaged = |error: ffi::AvError| codec.malformed(error);
        let input = match packet {
            Some(packet) => {
                let mut input = ffi::Packet::from_data(&packet.data).map_err(damaged)?;
                input.set_times(i64::from(packet.frame), ffi::NO_TIME, 1);
                if packet.is_key {
                    input.set_key();
                }
                Some(input)
            }
            None => None,
        };
        decoder.send(input.as_ref()).map_err(damaged)?;
        while decoder.receive(&mut picture).map_err(damaged)? == Received::Picture {
            pictures.take(&picture)?;
        }
    }
    if pictures.next != pictures.count {
        let reason = format!("{} pictures in {} packets", pictures.next, pictures.count);
        return Err(codec.malformed(reason));
    }
    Ok(pictures.samples)
}

/// The pictures that came so far.
struct Pictures<'a> {
    stream: &'a Stream,
    samples: Vec<u16>,
    count: usize,
    next: usize,
}

impl Pictures<'_> {
    fn take(&mut self, picture: &Picture) -> Result<(), Error> {
        let codec = self.stream.codec();
        if picture.is_damaged() {
            return Err(codec.malformed(format!("picture {} is damaged", self.next)));
        }
        if self.next >= self.count || picture.pts() != self.next as i64 {
            let reason = format!("picture {} where {} belongs", picture.pts(), self.next);
            return Err(codec.malformed(reason));
        }
        let shift = self.shift_of(picture)?;
        planes::append(picture, self.stream, shift, &mut self.samples)
            .ok_or_else(|| codec.malformed("a picture without its plane"))?;
        self.next += 1;
        Ok(())
    }

    /// Bits below the samples of a picture, once it was found to be such as the stream has.
    fn shift_of(&self, picture: &Picture) -> Result<u32, Error> {
        let (width, height) = self.stream.stored_size();
        let stored = u32::from(self.stream.stored_depth());
        let is_sized = (picture.width(), picture.height()) == (width as i32, height as i32);
        let layout = picture.format().layout();
        let first = layout.as_ref().and_then(|layout| {
            let is_plain = !layout.is_big_endian && !layout.is_special && !layout.is_float;
            layout.components.first().filter(|_| is_plain && is_sized)
        });
        let found = first.and_then(|first| {
            // JPEG 2000's samples stand at the top of 16 bits.
            let shift = match self.stream.codec() {
                Codec::OpenJpeg => first.depth.checked_sub(stored)?,
                Codec::X265 | Codec::Ffv1 => 0,
            };
            let bytes = stored.div_ceil(8) as usize;
            let is_stored = first.depth == stored + shift && first.step == bytes;
            (is_stored && first.offset == 0 && first.shift == 0).then_some(shift)
        });
        found.ok_or_else(|| {
            let reason = format!(
                "a picture of {}x{} {}, not {width}x{height} of {stored} bits",
                picture.width(),
                picture.height(),
                picture.format().name()
            );
            self.stream.codec().malformed(reason)
        })
    }
}
