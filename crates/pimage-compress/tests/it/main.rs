//! Laws of packed groups.
#![expect(clippy::unwrap_used, reason = "helpers of tests panic")]

mod bound;
mod damage;
mod file;
mod file_damage;
#[cfg(feature = "ffmpeg")]
mod file_video;
#[cfg(feature = "ffmpeg")]
mod video;
#[cfg(feature = "zfp")]
mod zfp;
