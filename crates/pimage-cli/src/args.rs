//! What can be typed: the command, and the options that several verbs share.

use clap::{Args, Parser, Subcommand, ValueEnum};
use pimage_core::{FrameRate, Limits, OnDamage};
use pimage_io::{RawSpec, ReadOptions, WriteOptions};

use crate::cmd::{compare, convert, doctor, extract, hash, info};
use crate::limits::{LimitEntry, VARIABLE, limits};
use crate::sizes::parse_bytes;

/// Image sequences: convert, inspect, extract, compare. Exact, fast, in bounded memory.
///
/// Frames are counted from 0 and ranges are half-open: 10..20 are ten frames.
/// Results go to standard output, progress and notes to standard error.
/// Exit codes: 0 done, 1 the answer is no, 2 an error or wrong usage, 130 interrupted.
#[derive(Debug, Parser)]
#[command(
    name = "pimage",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,

    /// Results as JSON on standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Say nothing but errors.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,

    /// Raise or lower what a file may ask for, such as side=100000 or frame-bytes=4G.
    ///
    /// NAME is one of side (pixels, default 65535), pixels (a frame, 268435456), frame-bytes (1G), header-bytes (64K), frames (4G).
    /// Can be given several times; the environment variable `PIMAGE_LIMITS` takes the same entries, separated by commas.
    #[arg(long = "limit", value_name = "NAME=N", global = true)]
    pub(crate) limits: Vec<LimitEntry>,
}

impl Cli {
    /// The limits of this run: the defaults, the environment, the options.
    pub(crate) fn limits(&self) -> anyhow::Result<Limits> {
        let variable = std::env::var_os(VARIABLE).map(|value| value.to_string_lossy().into_owned());
        limits(&self.limits, variable.as_deref())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Convert(convert::Args),
    Info(info::Args),
    Extract(extract::Args),
    Hash(hash::Args),
    Compare(compare::Args),
    Doctor(doctor::Args),
}

/// How to read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadArgs {
    /// One gray channel of colour video: its luma, in full range.
    #[arg(long)]
    pub(crate) gray: bool,

    /// Turn frames with a Bayer pattern into RGB.
    #[arg(long)]
    pub(crate) demosaic: bool,

    /// Leave the rotation tag of a video unheeded.
    #[arg(long)]
    pub(crate) no_rotation: bool,

    /// Read as this format, whatever the content looks like.
    #[arg(long, value_name = "NAME")]
    pub(crate) input_format: Option<String>,

    /// Stop with an error at a frame that is cut or damaged, instead of leaving it out and saying so.
    #[arg(long, conflicts_with = "damaged")]
    pub(crate) strict: bool,

    /// What to do with damaged frames: leave them out (skip) or deliver what the decoder made of them (keep).
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Damaged::Skip)]
    pub(crate) damaged: Damaged,

    /// Threads for each stage; one for each core unless given.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_threads)]
    pub(crate) threads: Option<usize>,
}

/// Frames without a header; apart from [`ReadArgs`], since `hash` gives the word a second meaning.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct RawArgs {
    /// Read frames without a header, such as 640x512:uint8 or 640x512:uint16:rgb.
    ///
    /// TYPE is uint8, uint16, uint32, int16, int32, float32 or float64, little-endian; COLOR is gray (the default), gray+alpha, rgb or rgba.
    #[arg(long, value_name = "WxH:TYPE[:COLOR]")]
    pub(crate) raw: Option<RawSpec>,
}

/// What to do with damaged frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Damaged {
    Skip,
    Keep,
}

impl ReadArgs {
    pub(crate) fn options(&self, raw: Option<RawSpec>, limits: Limits) -> ReadOptions {
        let on_damage = match (self.strict, self.damaged) {
            (true, _) => OnDamage::Fail,
            (false, Damaged::Skip) => OnDamage::Skip,
            (false, Damaged::Keep) => OnDamage::Keep,
        };
        ReadOptions {
            limits,
            on_damage,
            gray: self.gray,
            demosaic: self.demosaic,
            no_rotation: self.no_rotation,
            raw,
            format: self.input_format.clone(),
            threads: self.threads,
            ..ReadOptions::default()
        }
    }
}

/// How to write.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Writing")]
pub(crate) struct WriteArgs {
    /// Replace an existing output.
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Write as this format, whatever the extension; needed for raw on standard output, which is y4m otherwise.
    #[arg(long, value_name = "NAME")]
    pub(crate) format: Option<String>,

    /// Codec of a video, such as mjpeg, h264 or ffv1; --help lists them.
    #[arg(long, value_name = "NAME", long_help = codec_help())]
    pub(crate) codec: Option<String>,

    /// 0 (smallest) to 100 (best), or the codec's own scale: crf=23, qp=0, q=3.
    #[arg(long, value_name = "QUALITY", allow_negative_numbers = true, long_help = quality_help())]
    pub(crate) quality: Option<String>,

    /// The encoder's preset, such as fast or slow.
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,

    /// Every pixel comes back as it was, or it is an error.
    #[arg(long)]
    pub(crate) lossless: bool,

    /// Frames a second, such as 25, 29.97 or 30000/1001, instead of the recording's rate and times.
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub(crate) fps: Option<FrameRate>,

    /// Do not wait until the output is on the disk.
    #[arg(long)]
    pub(crate) no_sync: bool,

    /// Bytes of frames that may be on their way at once.
    #[arg(long, value_name = "SIZE", default_value = "256M", allow_negative_numbers = true, value_parser = parse_bytes)]
    pub(crate) memory: u64,
}

impl WriteArgs {
    pub(crate) fn options(&self, threads: Option<usize>) -> WriteOptions {
        WriteOptions {
            overwrite: self.overwrite,
            sync: !self.no_sync,
            format: self.format.clone(),
            codec: self.codec.clone(),
            quality: self.quality.clone(),
            preset: self.preset.clone(),
            lossless: self.lossless,
            rate: self.fps,
            threads,
            ..WriteOptions::default()
        }
    }
}

/// The codecs and what each container uses by itself, from the tables of the video crate.
#[cfg(feature = "ffmpeg")]
fn codec_help() -> String {
    let mut help = "Codec of a video.\n".to_owned();
    for codec in pimage_video::CODECS {
        help.push_str(&format!("\n{:<9} {}", codec.name, codec.title));
    }
    help.push_str("\n\nWithout it:");
    for container in pimage_video::CONTAINERS {
        help.push_str(&format!(" .{} {}", container.extension, container.codec));
    }
    help
}

#[cfg(not(feature = "ffmpeg"))]
fn codec_help() -> String {
    "Codec of a video; this build has none, since it lacks the `ffmpeg` feature.".to_owned()
}

/// What the numbers of `--quality` mean for each codec.
#[cfg(feature = "ffmpeg")]
fn quality_help() -> String {
    use pimage_video::Quality;

    let mut help = "0 (smallest) to 100 (best), or the codec's own scale.\n".to_owned();
    for codec in pimage_video::CODECS {
        let scale = match codec.quality {
            Quality::Lossless => continue,
            Quality::Jpeg { default } => {
                format!("libjpeg's quality, 1 to 100; {default} unless given")
            }
            Quality::Crf { max, default } => {
                format!(
                    "crf=0 (best) to crf={max}, 0 to 100 are spread over it; crf={default} unless given"
                )
            }
            Quality::Quantiser { max, default } => {
                format!(
                    "q=1 (best) to q={max}, 0 to 100 are spread over it; q={default} unless given"
                )
            }
        };
        help.push_str(&format!("\n{:<9} {scale}", codec.name));
    }
    help
}

#[cfg(not(feature = "ffmpeg"))]
fn quality_help() -> String {
    "Quality of a video; this build has none, since it lacks the `ffmpeg` feature.".to_owned()
}

/// The most threads that a stage may be given; far more than help.
const MAX_THREADS: usize = 1_024;

fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads) if (1..=MAX_THREADS).contains(&threads) => Ok(threads),
        _ => Err(format!(
            "`{text}` is not a number of threads: expected 1 to {MAX_THREADS}"
        )),
    }
}

/// A frame index that counts from the start.
pub(crate) fn parse_index(text: &str) -> Result<u64, String> {
    let refused = || format!("`{text}` is not a frame index: expected a whole number from 0");
    text.parse().ok().ok_or_else(refused)
}

/// A step between frames.
pub(crate) fn parse_step(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(step) if step > 0 => Ok(step),
        _ => Err(format!(
            "`{text}` is not a step: expected a whole number from 1"
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_is_explained() {
        let command = Cli::command();
        for verb in command.get_subcommands() {
            assert!(verb.get_about().is_some(), "{}", verb.get_name());
            for argument in verb.get_arguments() {
                let id = argument.get_id();
                assert!(argument.get_help().is_some(), "{} {id}", verb.get_name());
            }
        }
    }
}
