//! Tests of pimage-video against what nobody here wrote: the ffmpeg program.

mod clips;
mod damage;
mod framemd5;
mod inputs;
mod outputs;
mod pixels;
