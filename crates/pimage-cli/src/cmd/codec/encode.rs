//! `pimage codec encode`: frames to the bytes of a codec.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use pimage_codec::{Codec, by_extension};
use pimage_convert::{Detail, Progress as _};
use pimage_core::{Error, Frame};
use pimage_io::WriteOptions;
use serde_json::json;

use crate::cmd::codec::Context;
use crate::cmd::codec::pool::on_threads;
use crate::cmd::codec::settings::{SettingArgs, parse_codec};
use crate::cmd::codec::source::{Frames, SourceArgs, advised, expect_frames, expect_held};
use crate::cmd::codec::target::Target;
use crate::cmd::codec::trials::Ask;
use crate::progress::Bar;
use crate::sizes::human_bytes;
use crate::streams;

const EXAMPLES: &str = "\
Examples:
  pimage codec encode photo.png -o photo.jpg --quality 85 --option subsampling=4:4:4
  pimage codec encode photo.png -o photo.hevc --codec x265 --quality qp=27 --option preset=slow
  pimage codec encode photo.png -o photo.webp --target-size 50K
  pimage codec encode film.mp4 -o frame_%05d.jpg --start 100 --stop 200 --step 10";

/// Encode an image, or each frame of a recording, into the bytes of a codec and nothing around them.
///
/// Frames are coded on all cores, one thread each.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image: anything that can be read.
    #[arg(value_name = "IMAGE")]
    input: PathBuf,

    /// The file of encoded bytes, with a number such as out_%05d.jpg where there are several frames, or - for standard output.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// The codec; by the extension of OUT unless given. `pimage codec list` has all.
    #[arg(long, value_name = "NAME", value_parser = parse_codec)]
    codec: Option<&'static Codec>,

    /// Replace existing files.
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    settings: SettingArgs,

    #[command(flatten)]
    source: SourceArgs,
}

/// Runs the verb.
pub(super) fn run(args: &Args, context: Context<'_>) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let codec = match args.codec {
        Some(codec) => codec,
        None => codec_of(&args.output)?,
    };
    let settings = args.settings.of(codec)?;
    let mut reader = args.source.open(&args.input, context)?;
    expect_held(codec, &*reader)?;
    let options = WriteOptions::default();
    streams::refuse_input(&args.input, &reader.files(), &args.output, &options)?;
    let count = reader.info().frame_count;
    let mut target = Target::new(
        &args.output,
        args.overwrite,
        count.exact(),
        context.interrupt,
    )?;
    let ask = Ask::new(codec, settings, args.settings.target(), context);
    let work = move |frame: Frame| -> Result<(u64, u64, Vec<u8>), Error> {
        let encoded = match ask.target {
            Some(_) => ask.tried(&frame, Detail::Brief)?.1.encoded,
            None => codec.encode(&frame, &ask.settings).map_err(advised)?,
        };
        let format = frame.format();
        let pixels = u64::from(format.width) * u64::from(format.height);
        Ok((frame.stamp.index, pixels, encoded))
    };
    let bar = Bar::new(context.term, count.get());
    let (mut frames, mut payload, mut all_pixels) = (0u64, 0u64, 0u64);
    on_threads(
        args.source.threads(),
        &context.interrupt.cancel,
        Frames::of(&mut *reader),
        work,
        |(index, pixels, encoded)| {
            frames += 1;
            payload += codec.payload_bytes(&encoded) as u64;
            all_pixels += pixels;
            target.write(index, &encoded)?;
            let _ = bar.frame_written(frames, count.get());
            Ok(())
        },
    )?;
    drop(bar);
    expect_frames(frames, &args.input)?;
    streams::note_damage(context.term, &args.input, reader.damage());
    let seconds = begun.elapsed().as_secs_f64();
    let bits = 8.0 * payload as f64 / all_pixels.max(1) as f64;
    if !context.term.json {
        context.term.note(&format!(
            "Done: {frames} frame(s) in {seconds:.2} s, {} of payload, {bits:.3} bits per pixel",
            human_bytes(payload)
        ));
    } else if !streams::is_standard(&args.output) {
        context.term.json(&json!({
            "input": args.input.to_string_lossy(),
            "output": args.output.to_string_lossy(),
            "codec": codec.name,
            "frames": frames,
            "bytes": payload,
            "bits_per_pixel": bits,
            "seconds": seconds,
        }))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The codec of files of this name.
fn codec_of(output: &Path) -> Result<&'static Codec, Error> {
    let extension = output.extension().unwrap_or_default().to_string_lossy();
    by_extension(&extension.to_lowercase()).ok_or_else(|| {
        let found = format!(
            "none, and `{}` tells none by its extension",
            output.display()
        );
        Error::bad_option("--codec", found, "a name of `pimage codec list`")
    })
}
