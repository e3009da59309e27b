//! Frames to packets.

use pimage_core::{Cancel, Error};

use super::stream::{Codec, Stream};
use super::{Coded, Packet, hevc, planes};
use crate::ffi::{self, Colors, Encoder, EncoderSettings, Picture, PixelFormat};
use crate::x265;

/// FFV1 learns from one frame for the next as long as no key frame comes between.
const NO_KEY: i32 = 1 << 30;

/// Encodes consecutive frames as one closed group: `samples` in the order (frame, row, column).
/// Options are those of FFmpeg's encoder; of several with the name `x265-params` all count.
///
/// # Errors
///
/// [`Error::BadOption`] for no whole number of frames, or a sample of more bits than the stream's; [`Error::Codec`] when the encoder is not there or refuses its options; [`Error::Stopped`].
pub fn encode(
    samples: &[u16],
    stream: &Stream,
    options: &[(String, String)],
    cancel: &Cancel,
) -> Result<Coded, Error> {
    check(samples, stream)?;
    let codec = stream.codec();
    codec.check()?;
    let failed = |error: ffi::AvError| codec.failure(error);
    let format = stream
        .pixel_format()
        .ok_or_else(|| codec.failure("this FFmpeg has no such gray pictures"))?;
    let mut encoder = open(stream, format, options).map_err(failed)?;
    let mut packet = ffi::Packet::new().map_err(failed)?;
    let mut packets = Vec::new();
    let frames = samples.chunks_exact(stream.frame_samples()).map(Some);
    for (index, frame) in frames.chain([None]).enumerate() {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let picture = match frame {
            Some(frame) => Some(picture_of(stream, format, frame, index)?),
            None => None,
        };
        encoder.send(picture.as_ref()).map_err(failed)?;
        while encoder.receive(&mut packet).map_err(failed)? {
            packets.push(packet_of(codec, &packet)?);
        }
    }
    if packets.len() != samples.len() / stream.frame_samples() {
        return Err(codec.failure(format!("it made {} packets", packets.len())));
    }
    let private = match codec {
        Codec::X265 => hevc::configuration(encoder.extradata(), stream.stored_depth())
            .ok_or_else(|| codec.failure("it gave no headers"))?,
        Codec::Ffv1 => encoder.extradata().to_vec(),
        Codec::OpenJpeg => bitmap_header(stream),
    };
    Ok(Coded { private, packets })
}

fn check(samples: &[u16], stream: &Stream) -> Result<(), Error> {
    if samples.is_empty() || !samples.len().is_multiple_of(stream.frame_samples()) {
        return Err(Error::bad_option(
            "samples",
            samples.len().to_string(),
            format!("whole frames of {} samples", stream.frame_samples()),
        ));
    }
    let largest = samples.iter().copied().fold(0, |all, sample| all | sample);
    if u32::from(largest) >> stream.bit_depth() != 0 {
        let expected = format!("samples of {} bits", stream.bit_depth());
        return Err(Error::bad_option("samples", "deeper", expected));
    }
    Ok(())
}

fn picture_of(
    stream: &Stream,
    format: PixelFormat,
    frame: &[u16],
    index: usize,
) -> Result<Picture, Error> {
    let codec = stream.codec();
    let (width, height) = stream.stored_size();
    let mut picture = Picture::with_size(width as i32, height as i32, format)
        .map_err(|error| codec.failure(error))?;
    planes::fill(&mut picture, stream, frame)
        .ok_or_else(|| codec.failure("it gave no memory for the picture"))?;
    picture.set_pts(index as i64);
    picture.set_colors(Colors::full_range_unknown());
    Ok(picture)
}

fn packet_of(codec: Codec, packet: &ffi::Packet) -> Result<Packet, Error> {
    let frame = u32::try_from(packet.pts())
        .ok()
        .ok_or_else(|| codec.failure(format!("it made a packet for time {}", packet.pts())))?;
    Ok(Packet {
        data: match codec {
            Codec::X265 => hevc::with_lengths(packet.data()),
            Codec::Ffv1 | Codec::OpenJpeg => packet.data().to_vec(),
        },
        frame,
        is_key: packet.is_key() || codec == Codec::OpenJpeg,
    })
}

fn open(
    stream: &Stream,
    pixel_format: PixelFormat,
    options: &[(String, String)],
) -> Result<Encoder, ffi::AvError> {
    let (width, height) = stream.stored_size();
    Encoder::open(&EncoderSettings {
        encoder: stream.codec().encoder(),
        width: width as i32,
        height: height as i32,
        pixel_format,
        time_base: (1, 25),
        rate: Some((25, 1)),
        colors: Colors::full_range_unknown(),
        threads: 1,
        immediate: true,
        key_interval: (stream.codec() == Codec::Ffv1).then_some(NO_KEY),
        quantiser: None,
        options: with_own(stream, options),
        global_header: true,
    })
}

/// The caller's options, and those without which the group would not be closed or the bytes would not be the same again.
fn with_own(stream: &Stream, options: &[(String, String)]) -> Vec<(String, String)> {
    let (params, mut all): (Vec<_>, Vec<_>) = options
        .iter()
        .cloned()
        .partition(|(name, _)| name == "x265-params");
    match stream.codec() {
        Codec::X265 => {
            let mut text: Vec<_> = params.into_iter().map(|(_, value)| value).collect();
            text.push(
                "log-level=none:info=0:pools=none:frame-threads=1:keyint=-1:no-open-gop=1"
                    .to_owned(),
            );
            text.extend(x265::parameters_for(stream.stored_size()));
            all.push(("x265-params".to_owned(), text.join(":")));
        }
        Codec::Ffv1 => {
            // FFmpeg takes one slice up to a size only, and more do not fit into the smallest pictures.
            let (width, height) = stream.stored_size();
            let slices = if width > 352 || height > 288 {
                "4"
            } else {
                "1"
            };
            for (name, value) in [("level", "3"), ("slicecrc", "1"), ("slices", slices)] {
                all.push((name.to_owned(), value.to_owned()));
            }
        }
        Codec::OpenJpeg => {
            all.push(("format".to_owned(), "j2k".to_owned()));
            // No more halvings than the shorter side has, of the usual five.
            let (width, height) = stream.stored_size();
            let levels = (width.min(height).ilog2() + 1).min(6);
            all.push(("numresolution".to_owned(), levels.to_string()));
        }
    }
    all
}

/// Windows' description of a bitmap, which is how Matroska names codecs that it has no name for.
fn bitmap_header(stream: &Stream) -> Vec<u8> {
    const BYTES: u32 = 40;
    let (width, height) = stream.stored_size();
    let mut header = Vec::with_capacity(BYTES as usize);
    header.extend(BYTES.to_le_bytes());
    header.extend(width.to_le_bytes());
    header.extend(height.to_le_bytes());
    // One plane, bits of a pixel.
    header.extend(1_u16.to_le_bytes());
    header.extend(24_u16.to_le_bytes());
    header.extend(b"mjp2");
    header.extend(width.saturating_mul(height).saturating_mul(3).to_le_bytes());
    header.resize(BYTES as usize, 0);
    header
}
