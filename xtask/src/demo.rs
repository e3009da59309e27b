//! The main job on a recording that is made here: set up, build, record, convert, verify.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use xshell::{Shell, cmd};

use crate::workspace::{shown, target_dir};
use crate::{cargo, flags, recording, setup};

/// What the conversions must keep, in dB; both codecs give several more.
const MIN_PSNR: &str = "36";

/// What to make, and where.
#[derive(Debug)]
struct Plan {
    folder: PathBuf,
    frame_count: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            folder: target_dir().join("demo"),
            frame_count: 1000,
        }
    }
}

impl flags::Demo {
    pub(crate) fn run(self, sh: &Shell, typed_in: &Path) -> anyhow::Result<()> {
        setup::ensure(sh, self.yes)?;
        let usual = Plan::default();
        let plan = Plan {
            folder: self
                .output
                .map_or(usual.folder, |folder| typed_in.join(folder)),
            frame_count: self.frames.unwrap_or(usual.frame_count),
        };
        run(sh, &plan)
    }
}

/// Makes the recording and both videos, and compares them with it.
fn run(sh: &Shell, plan: &Plan) -> anyhow::Result<()> {
    let program = cargo::build_program(sh)?;
    let start = Instant::now();
    let recording = recording::write(&plan.folder, plan.frame_count)?;
    println!(
        "Made a camera recording of {} frames in {:.1} s: {}",
        plan.frame_count,
        start.elapsed().as_secs_f32(),
        shown(&recording)
    );
    let mut videos = Vec::new();
    for extension in ["avi", "mp4"] {
        let video = plan.folder.join(format!("demo.{extension}"));
        println!("\n$ pimage convert {} {}", shown(&recording), shown(&video));
        cmd!(sh, "{program} convert {recording} {video} --overwrite")
            .quiet()
            .run()
            .context("the conversion failed")?;
        println!(
            "$ pimage compare {} {} --min-psnr {MIN_PSNR}",
            shown(&recording),
            shown(&video)
        );
        cmd!(
            sh,
            "{program} compare {recording} {video} --min-psnr {MIN_PSNR}"
        )
        .quiet()
        .run()
        .with_context(|| format!("`{}` differs from the recording", shown(&video)))?;
        videos.push(video);
    }
    summarise(&recording, &videos)
}

fn summarise(recording: &Path, videos: &[PathBuf]) -> anyhow::Result<()> {
    println!("\nThe recording and its videos, compared frame by frame:");
    for path in std::iter::once(recording).chain(videos.iter().map(PathBuf::as_path)) {
        let bytes = match path.extension() {
            Some(extension) if extension == "seq" => bins_bytes(path)?,
            _ => fs::metadata(path)?.len(),
        };
        println!("  {:<24} {:>7.1} MB", shown(path), bytes as f64 / 1e6);
    }
    let recording = shown(recording);
    println!(
        "\nNext:\n\
         \x20 cargo xtask run -- info {recording}\n\
         \x20 cargo xtask run -- convert YOUR.seq YOUR.avi\n\
         \x20 cargo xtask run -- --help\n\
         \x20 cargo xtask install        puts `pimage` on your path"
    );
    Ok(())
}

/// The size of a recording's frames, which lie beside its `.seq` file.
fn bins_bytes(recording: &Path) -> anyhow::Result<u64> {
    let folder = recording.parent().unwrap_or(Path::new("."));
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "bin")
        {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}
