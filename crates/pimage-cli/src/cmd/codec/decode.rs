//! `pimage codec decode`: bytes of a codec to frames.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use pimage_codec::{Codec, by_content, by_extension};
use pimage_convert::Progress as _;
use pimage_core::{Error, Frame, FrameCount, FrameWriter, Limits, StreamInfo};
use pimage_io::WriteOptions;
use serde_json::json;

use crate::cmd::codec::Context;
use crate::cmd::codec::pool::on_threads;
use crate::cmd::codec::settings::parse_codec;
use crate::progress::Bar;
use crate::sizes::human_bytes;
use crate::streams;

const EXAMPLES: &str = "\
Examples:
  pimage codec decode photo.jxl -o photo.png
  pimage codec decode photo.hevc --codec x265 -o photo.npy
  pimage codec decode frame_*.j2k -o frames.tif";

/// Decode the bytes of a codec into an image; those of several files into a recording.
///
/// Files are decoded on all cores, one thread each, and written in the order given.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files of encoded bytes.
    #[arg(value_name = "BYTES", required = true)]
    inputs: Vec<PathBuf>,

    /// The output: an image, a name with a number such as img_%05d.png, a stack, a video; or - for standard output (y4m).
    #[arg(short, long, value_name = "IMAGE")]
    output: PathBuf,

    /// The codec; by the content of each file, or its extension, unless given. Bare streams, which have no mark, need it.
    #[arg(long, value_name = "NAME", value_parser = parse_codec)]
    codec: Option<&'static Codec>,

    /// Replace an existing output.
    #[arg(long)]
    overwrite: bool,
}

/// Runs the verb.
pub(super) fn run(args: &Args, context: Context<'_>) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let options = WriteOptions {
        overwrite: args.overwrite,
        ..WriteOptions::default()
    };
    for input in &args.inputs {
        streams::refuse_input(input, &[], &args.output, &options)?;
    }
    let count = args.inputs.len() as u64;
    let (limits, asked) = (context.limits, args.codec);
    let work = move |(index, path): (u64, PathBuf)| {
        let mut frame = decoded(&path, asked, &limits)?;
        frame.stamp.index = index;
        Ok(frame)
    };
    let jobs = (0..).zip(args.inputs.iter().cloned()).map(Ok);
    let bar = Bar::new(context.term, Some(count));
    let mut writer: Option<Box<dyn FrameWriter>> = None;
    let threads = pimage_pool::threads(None);
    match streams::is_standard(&args.output) {
        true => context.interrupt.drain(),
        false => context.interrupt.clean_up(),
    }
    on_threads(
        threads,
        &context.interrupt.cancel,
        jobs,
        work,
        |frame: Frame| {
            let out = match &mut writer {
                Some(out) => out,
                None => {
                    let info = StreamInfo::new("codec", *frame.format(), FrameCount::Exact(count));
                    writer.insert(streams::create(&args.output, &info, &options)?)
                }
            };
            out.write(&frame)?;
            let _ = bar.frame_written(frame.stamp.index + 1, Some(count));
            Ok(())
        },
    )?;
    drop(bar);
    let Some(writer) = writer else {
        return Ok(ExitCode::SUCCESS);
    };
    let summary = writer.finish()?;
    let seconds = begun.elapsed().as_secs_f64();
    for note in &summary.notes {
        context.term.note(&format!("note: {note}"));
    }
    if !context.term.json {
        context.term.note(&format!(
            "Done: {count} frame(s) in {seconds:.2} s, {}",
            human_bytes(summary.bytes)
        ));
    } else if !streams::is_standard(&args.output) {
        context.term.json(&json!({
            "output": args.output.to_string_lossy(),
            "frames": summary.frames,
            "output_bytes": summary.bytes,
            "seconds": seconds,
        }))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The frame in a file.
fn decoded(path: &Path, asked: Option<&'static Codec>, limits: &Limits) -> Result<Frame, Error> {
    let bytes = read_whole(path, limits)?;
    let codec = asked
        .or_else(|| by_content(&bytes))
        .or_else(|| {
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            by_extension(&extension.to_lowercase())
        })
        .ok_or_else(|| {
            let found = format!("none, and `{}` tells none by its content", path.display());
            Error::bad_option("--codec", found, "a name of `pimage codec list`")
        })?;
    codec.available()?;
    let mut frame = Frame::empty();
    codec
        .decode_into(&bytes, limits, &mut frame)
        .map_err(|error| error.at_path(path, None))?;
    Ok(frame)
}

/// The bytes of a file, no more than a frame may have.
fn read_whole(path: &Path, limits: &Limits) -> Result<Vec<u8>, Error> {
    let most = limits.max_frame_bytes;
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut bytes = Vec::new();
    let mut source = file.take(most.saturating_add(1));
    source
        .read_to_end(&mut bytes)
        .map_err(Error::io("read", path))?;
    if bytes.len() as u64 > most {
        let reason = format!(
            "it has more than {most} bytes, the limit of a frame; --limit frame-bytes=N raises it"
        );
        return Err(Error::unsupported(path, reason));
    }
    Ok(bytes)
}
