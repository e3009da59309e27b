//! `pimage codec apply`: frames through a codec and back, measured.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pimage_codec::{Codec, Settings};
use pimage_convert::{Detail, Progress as _, Tried};
use pimage_core::{Error, Frame, FrameWriter, StreamInfo};
use pimage_io::WriteOptions;
use serde_json::json;

use crate::cmd::codec::Context;
use crate::cmd::codec::pool::on_threads;
use crate::cmd::codec::settings::{SettingArgs, parse_codec};
use crate::cmd::codec::source::{Frames, SourceArgs, expect_frames, expect_held};
use crate::cmd::codec::target::Target;
use crate::cmd::codec::trials::{Ask, finite, quality_text, trial_json};
use crate::progress::Bar;
use crate::streams;

const EXAMPLES: &str = "\
Examples:
  pimage codec apply photo.png --codec x265 --quality qp=32 --json
  pimage codec apply photo.png --codec jpeg --quality 60 --encoded photo.jpg --decoded seen.png
  pimage codec apply photo.png --codec webp --target-psnr 40
  pimage codec apply film.mp4 --codec jpeg --quality 80 --stop 100 --json";

/// Encode and decode an image, and tell what it costs and what it loses.
///
/// With --json a line a frame: frame codec quality bytes `bits_per_pixel` psnr ssim `max_error` `encode_s` `decode_s`; psnr is null when nothing was lost.
/// Of several frames the last line is the whole: the bytes and seconds of all, the means of the rest.
/// Seconds are on the clock, of one thread that codes one frame; --threads 1 keeps the other cores quiet meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image: anything that can be read.
    #[arg(value_name = "IMAGE")]
    input: PathBuf,

    /// The codec: a name of `pimage codec list`.
    #[arg(long, value_name = "NAME", value_parser = parse_codec)]
    codec: &'static Codec,

    /// Also write the encoded bytes, to a name with a number such as out_%05d.jpg where there are several frames.
    #[arg(long, value_name = "FILE")]
    encoded: Option<PathBuf>,

    /// Also write what came back: an image, a stack, a video.
    #[arg(long, value_name = "FILE")]
    decoded: Option<PathBuf>,

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
    let settings = args.settings.of(args.codec)?;
    let mut reader = args.source.open(&args.input, context)?;
    expect_held(args.codec, &*reader)?;
    let files = reader.files();
    let mut outputs = Outputs::new(args, reader.info(), &files, context)?;
    let ask = Ask::new(args.codec, settings, args.settings.target(), context);
    let count = reader.info().frame_count;
    let bar = Bar::new(context.term, count.get());
    let mut total = Total::default();
    let is_single = count.exact() == Some(1);
    on_threads(
        args.source.threads(),
        &context.interrupt.cancel,
        Frames::of(&mut *reader),
        move |frame: Frame| ask.tried(&frame, Detail::Brief),
        |(settings, tried)| {
            total.add(&tried);
            outputs.write(&tried)?;
            if !is_single || context.term.json {
                context.term.line(&frame_line(
                    args.codec,
                    &settings,
                    &tried,
                    context.term.json,
                ))?;
            } else {
                for line in described(args.codec, &settings, &tried) {
                    context.term.line(&line)?;
                }
            }
            let _ = bar.frame_written(total.frames, count.get());
            Ok(())
        },
    )?;
    drop(bar);
    expect_frames(total.frames, &args.input)?;
    outputs.finish()?;
    if !is_single {
        context.term.line(&total.line(context.term.json))?;
    }
    streams::note_damage(context.term, &args.input, reader.damage());
    Ok(ExitCode::SUCCESS)
}

/// What is written beside the numbers.
struct Outputs {
    encoded: Option<Target>,
    decoded: Option<Box<dyn FrameWriter>>,
}

impl Outputs {
    fn new(
        args: &Args,
        info: &StreamInfo,
        files: &[PathBuf],
        context: Context<'_>,
    ) -> anyhow::Result<Self> {
        let options = WriteOptions {
            overwrite: args.overwrite,
            ..WriteOptions::default()
        };
        let check = |option: &str, path: &Path| -> anyhow::Result<()> {
            if streams::is_standard(path) {
                let expected = "a file, since the numbers go to standard output";
                return Err(Error::bad_option(option, "`-`", expected).into());
            }
            streams::refuse_input(&args.input, files, path, &options)
        };
        let mut outputs = Self {
            encoded: None,
            decoded: None,
        };
        if let Some(path) = &args.encoded {
            check("--encoded", path)?;
            let count = info.frame_count.exact();
            let target = Target::new(path, args.overwrite, count, context.interrupt)?;
            outputs.encoded = Some(target);
        }
        if let Some(path) = &args.decoded {
            check("--decoded", path)?;
            outputs.decoded = Some(streams::create(path, info, &options)?);
            context.interrupt.clean_up();
        }
        Ok(outputs)
    }

    fn write(&mut self, tried: &Tried) -> anyhow::Result<()> {
        if let Some(target) = &mut self.encoded {
            target.write(tried.frame.stamp.index, &tried.encoded)?;
        }
        if let Some(writer) = &mut self.decoded {
            writer.write(&tried.frame)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Error> {
        match self.decoded {
            Some(writer) => writer.finish().map(|_| ()),
            None => Ok(()),
        }
    }
}

/// What all frames add up to.
#[derive(Default)]
struct Total {
    frames: u64,
    bytes: u64,
    pixels: u64,
    psnr: f64,
    ssim: f64,
    encode_secs: f64,
    decode_secs: f64,
}

impl Total {
    fn add(&mut self, tried: &Tried) {
        let trial = &tried.trial;
        self.frames += 1;
        self.bytes += trial.payload_bytes;
        self.pixels += trial.pixels;
        self.psnr += trial.psnr();
        self.ssim += trial.fidelity.as_ref().map_or(f64::NAN, |found| found.ssim);
        self.encode_secs += trial.encode_secs;
        self.decode_secs += trial.decode_secs;
    }

    fn line(&self, as_json: bool) -> String {
        let count = self.frames.max(1) as f64;
        let (psnr, ssim) = (self.psnr / count, self.ssim / count);
        let bits = 8.0 * self.bytes as f64 / self.pixels.max(1) as f64;
        if as_json {
            return json!({
                "frames": self.frames,
                "bytes": self.bytes,
                "bits_per_pixel": bits,
                "psnr": finite(Some(psnr)),
                "ssim": finite(Some(ssim)),
                "encode_s": self.encode_secs,
                "decode_s": self.decode_secs,
            })
            .to_string();
        }
        format!(
            "all {} {bits:.4} {psnr:.2} {ssim:.5} {:.2} {:.2}",
            self.bytes,
            1e3 * self.encode_secs,
            1e3 * self.decode_secs
        )
    }
}

/// One line: frame, bytes, bits per pixel, PSNR, SSIM, milliseconds of encoding and of decoding.
fn frame_line(codec: &Codec, settings: &Settings, tried: &Tried, as_json: bool) -> String {
    let trial = &tried.trial;
    let index = tried.frame.stamp.index;
    if as_json {
        let mut value = json!({
            "frame": index,
            "codec": codec.name,
            "quality": quality_text(codec, settings),
        });
        if let Some(fields) = value.as_object_mut() {
            fields.extend(trial_json(trial));
        }
        return value.to_string();
    }
    let ssim = trial.fidelity.as_ref().map_or(f64::NAN, |found| found.ssim);
    format!(
        "{index} {} {:.4} {:.2} {ssim:.5} {:.2} {:.2}",
        trial.payload_bytes,
        trial.bits_per_pixel(),
        trial.psnr(),
        1e3 * trial.encode_secs,
        1e3 * trial.decode_secs
    )
}

fn described(codec: &Codec, settings: &Settings, tried: &Tried) -> Vec<String> {
    let trial = &tried.trial;
    let mut lines = vec![
        format!("codec    {} {}", codec.name, quality_text(codec, settings)),
        format!(
            "size     {} bytes, {:.4} bits per pixel",
            trial.payload_bytes,
            trial.bits_per_pixel()
        ),
    ];
    match &trial.fidelity {
        Some(found) if found.max_error <= 0.0 => lines.push("loss     none".to_owned()),
        Some(found) => lines.extend([
            format!("PSNR     {:.2} dB", found.psnr),
            format!("SSIM     {:.5}", found.ssim),
            format!("max err  {}", found.max_error),
        ]),
        None => lines.push(format!("loss     came back as {}", tried.frame.format())),
    }
    lines.push(format!("encode   {:.2} ms", 1e3 * trial.encode_secs));
    lines.push(format!("decode   {:.2} ms", 1e3 * trial.decode_secs));
    lines
}
