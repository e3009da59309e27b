//! Tests of pimage-video against what nobody here wrote: the ffmpeg program.

mod clips;
mod framemd5;
