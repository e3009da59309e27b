//! What can be typed: the command, and the options that several verbs share.

use clap::{Args, Parser, Subcommand, ValueEnum};
use pimage_core::{FrameRate, Limits, OnDamage};
use pimage_io::{
    Dither, GifOptions, RawSpec, ReadOptions, TiffMetadata, WriteOptions, ZarrOptions,
};

use crate::cmd::{
    codec, colormaps, compare, compress, convert, decompress, doctor, extract, hash, info, mosaic,
    plot, reduce, stats, store, transforms,
};
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
    /// NAME is one of side (pixels, default 65535), pixels (a frame, 268435456), frame-bytes (1G), header-bytes (64K), metadata-bytes (16M), frames (4G).
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
    Mosaic(mosaic::Args),
    Reduce(reduce::Args),
    Plot(Box<plot::Args>),
    Stats(stats::Args),
    Store(store::Args),
    Compare(compare::Args),
    Compress(Box<compress::Args>),
    Decompress(Box<decompress::Args>),
    Codec(codec::Args),
    Transforms(transforms::Args),
    Colormaps(colormaps::Args),
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

    /// Leave the frames of a recording store that are coded (Bayer, YUV) as they are stored, instead of making colour of them.
    #[arg(long, conflicts_with = "demosaic")]
    pub(crate) undecoded: bool,

    /// Leave the rotation tag of a video unheeded.
    #[arg(long)]
    pub(crate) no_rotation: bool,

    /// Read as this format, by its name in `pimage doctor`, whatever the content looks like.
    #[arg(long, value_name = "NAME")]
    pub(crate) input_format: Option<String>,

    /// Stop with an error at a frame that is cut or damaged, instead of leaving it out and saying so.
    #[arg(long, conflicts_with = "damaged")]
    pub(crate) strict: bool,

    /// What to do with damaged frames: leave them out (skip) or deliver what the decoder made of them (keep).
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Damaged::Skip)]
    pub(crate) damaged: Damaged,

    /// What the dimensions of an array are, one letter each, slowest first, such as hwt or tzcyx.
    ///
    /// h or y rows, w or x columns; c last (1 to 4 positions) or C anywhere colour; any other letter is an axis of that name.
    #[arg(long, value_name = "AXES")]
    pub(crate) axes: Option<String>,

    /// How the names of a folder's files tell their positions, such as `img_T%t_Z%z_C%c.png`; found out unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) pattern: Option<String>,

    /// Threads for each stage; one for each core unless given.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_threads)]
    pub(crate) threads: Option<usize>,

    /// Bytes of frames that may be on their way at once.
    #[arg(long, value_name = "SIZE", default_value = "256M", allow_negative_numbers = true, value_parser = parse_bytes)]
    pub(crate) memory: u64,
}

/// Frames without a header; apart from [`ReadArgs`], since `hash` gives the word a second meaning.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct RawArgs {
    /// Read frames without a header, such as 640x512:uint8 or 640x512:uint16:rgb,offset=1024.
    ///
    /// TYPE is uint8, uint16, uint32, int16, int32, float32 or float64; COLOR is gray (the default), gray+alpha, rgb or rgba.
    /// After commas: offset=BYTES before the first frame, gap=BYTES between frames, order=le or be, bits=N that are used of each sample,
    /// planar for one colour after the other, packed=10p or 12p (GenICam), 10g or 12g (GigE Packed), 10 or 12 (highest bit first, as Phantom and Photron).
    #[arg(long, value_name = "WxH:TYPE[:COLOR][,…]")]
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
            undecoded: self.undecoded,
            no_rotation: self.no_rotation,
            raw,
            format: self.input_format.clone(),
            threads: self.threads,
            variable: None,
            axes: self.axes.clone(),
            pattern: self.pattern.clone(),
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

    /// Write as this format, by its name in `pimage doctor`, whatever the extension; on standard output y4m unless raw is given.
    #[arg(long, value_name = "NAME")]
    pub(crate) format: Option<String>,

    /// Codec of a video, such as mjpeg, h264 or ffv1; --help lists them.
    #[arg(long, value_name = "NAME", long_help = codec_help())]
    pub(crate) codec: Option<String>,

    /// 0 (smallest) to 100 (best), or the codec's own scale: crf=23, qp=0, q=3; for GRIB, bits=N or decimals=N.
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

    /// Compression of a TIFF, Zarr, npz, NetCDF, PNG or GRIB, such as none, deflate, zstd, blosc or ccsds, perhaps with a level: deflate=9.
    #[arg(long, value_name = "NAME[=LEVEL]")]
    pub(crate) compression: Option<String>,

    /// Add frames to the end of an existing output: of a Zarr, along time; of a recording store, as new chunks of its format.
    #[arg(long, conflicts_with = "overwrite")]
    pub(crate) append: bool,

    /// Write files of several frames, this many in each, where the output's name has a number, such as part_%03d.tif.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_step)]
    pub(crate) frames_per_file: Option<u64>,

    /// Do not wait until the output is on the disk.
    #[arg(long)]
    pub(crate) no_sync: bool,
    // Last, since its heading holds for what follows.
    #[command(flatten)]
    pub(crate) kinds: KindArgs,
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
            compression: self.compression.clone(),
            append: self.append,
            frames_per_file: self.frames_per_file,
            tiff: self.kinds.tiff_metadata.unwrap_or_default().into(),
            gif: self.kinds.gif(),
            zarr: self.kinds.zarr(),
            ..WriteOptions::default()
        }
    }
}

/// What only some kinds of output have.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Writing TIFF, GIF, Zarr")]
pub(crate) struct KindArgs {
    /// TIFF: what tells other programs of axes, interval and pixel size; by the name and the pixels unless given.
    #[arg(long, value_name = "KIND", value_enum)]
    tiff_metadata: Option<TiffKind>,

    /// GIF: how often it is shown; 0 is for ever.
    #[arg(long = "loop", value_name = "N")]
    loops: Option<u16>,

    /// GIF: there and back, so that it has no jump.
    #[arg(long)]
    seamless: bool,

    /// GIF: most colours in a palette, 2 to 256.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=256))]
    max_colors: Option<u16>,

    /// GIF: greatest size of the file, such as 5M; colours are given up until it fits.
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    max_bytes: Option<u64>,

    /// GIF: one palette for all frames instead of one for each.
    #[arg(long)]
    global_palette: bool,

    /// GIF: how colours are shown that are in no palette.
    #[arg(long, value_name = "KIND", value_enum)]
    dither: Option<DitherKind>,

    /// Zarr: frames, rows and columns of a chunk, such as 16,512,512.
    #[arg(long, value_name = "T,Y,X", value_parser = parse_three)]
    chunk: Option<[u64; 3]>,

    /// Zarr: frames, rows and columns of a shard, which is one file of several chunks.
    #[arg(long, value_name = "T,Y,X", value_parser = parse_three)]
    shard: Option<[u64; 3]>,

    /// Zarr: write OME-Zarr with this many resolutions, each half of the one before.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    levels: Option<u8>,
}

/// What describes the pages of a TIFF.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TiffKind {
    #[default]
    Auto,
    None,
    Imagej,
    Ome,
}

impl From<TiffKind> for TiffMetadata {
    fn from(kind: TiffKind) -> Self {
        match kind {
            TiffKind::Auto => Self::Auto,
            TiffKind::None => Self::None,
            TiffKind::Imagej => Self::ImageJ,
            TiffKind::Ome => Self::Ome,
        }
    }
}

/// How colours are shown that are in no palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DitherKind {
    /// By the nearest that is.
    None,
    /// By a fixed pattern of neighbours.
    Ordered,
    /// By passing the error on to the neighbours.
    Diffusion,
}

impl KindArgs {
    fn gif(&self) -> GifOptions {
        let usual = GifOptions::default();
        GifOptions {
            loops: self.loops.unwrap_or(usual.loops),
            seamless: self.seamless,
            max_colors: self.max_colors.unwrap_or(usual.max_colors),
            max_bytes: self.max_bytes,
            global_palette: self.global_palette,
            dither: match self.dither {
                None => usual.dither,
                Some(DitherKind::None) => Dither::None,
                Some(DitherKind::Ordered) => Dither::Ordered,
                Some(DitherKind::Diffusion) => Dither::Diffusion,
            },
        }
    }

    const fn zarr(&self) -> ZarrOptions {
        ZarrOptions {
            chunk: self.chunk,
            shard: self.shard,
            levels: self.levels,
        }
    }
}

/// Three whole numbers from 1 on, between commas.
fn parse_three(text: &str) -> Result<[u64; 3], String> {
    let refused = || {
        format!("`{text}` is not T,Y,X: expected three whole numbers from 1, such as 16,512,512")
    };
    let numbers: Option<Vec<u64>> = text
        .split(',')
        .map(|number| number.trim().parse().ok().filter(|number| *number > 0))
        .collect();
    numbers
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(refused)
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
    help.push_str("\nGRIB      bits=1 to bits=32 for a value, or decimals=N places behind the point; bits=16 unless given");
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
