//! Tests of `pimage-codec` through its public face.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests panic")]

#[cfg(feature = "bmp")]
mod bmp;
#[cfg(feature = "ffmpeg")]
mod bpg;
mod damage;
mod every;
#[cfg(feature = "jpeg")]
mod jpeg;
mod npy;
#[cfg(feature = "png")]
mod png;
#[cfg(feature = "pnm")]
mod pnm;
mod round_trip;
mod table;
#[cfg(feature = "webp")]
mod webp;

use pimage_codec::{COMPRESSION, Codec, Settings, by_name};
use pimage_core::{Error, Frame, Limits, Stamp};

fn codec(name: &str) -> &'static Codec {
    by_name(name).expect(name)
}

/// The bytes of a frame.
fn encode(name: &str, frame: &Frame, settings: &Settings) -> Result<Vec<u8>, Error> {
    codec(name).encode(frame, settings)
}

/// The frame of bytes, whose format is the one that the header alone tells.
fn decode(name: &str, bytes: &[u8]) -> Result<Frame, Error> {
    let limits = Limits::default();
    let mut frame = Frame::empty();
    frame.stamp = Stamp::at(77);
    codec(name).decode_into(bytes, &limits, &mut frame)?;
    assert_eq!(frame.stamp, Stamp::at(77), "{name} changed the stamp");
    let format = codec(name).format(bytes, &limits)?;
    assert_eq!(frame.format(), &format, "{name}: header and frame differ");
    Ok(frame)
}

/// An error's text.
fn refusal(result: Result<Frame, Error>) -> String {
    result.expect_err("is refused").to_string()
}

/// The settings with a compression.
fn with_compression(compression: &str) -> Settings {
    Settings::default().with(COMPRESSION, compression)
}
