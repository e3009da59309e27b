//! Tests of pimage-video against what nobody here wrote: the ffmpeg program.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test reports by panicking"
)]

mod clips;
mod damage;
mod framemd5;
mod inputs;
mod outputs;
mod pixels;
mod recordings;
mod sequence;
mod still;
