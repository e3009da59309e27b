//! `kill -9` at any instant: every frame that was flushed can be read, and a repair makes a sound store of it.
//!
//! The test runs itself: the child records as fast as it can and says on its standard output how many frames are flushed.
//! `PIMAGE_CRASHES` sets the number of kills for each format; the rest of the stores is kept in the folder `PIMAGE_CRASH_FOLDER`, if it is set.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use pimage_core::{Color, FrameFormat, FrameWriter, SampleType};
use pimage_store::{Durability, RecordOptions, RepairOptions, repair};
use pimage_testkit::Noise;

use crate::kit::{expect_first, frame, options, writer};

/// Set for the child: format and folder.
const CHILD: &str = "PIMAGE_CRASH_CHILD";

const FORMAT: FrameFormat = FrameFormat::new(160, 120, Color::Gray, SampleType::U8);

/// Kills for each format, unless the environment says another number.
const USUAL: u64 = 30;

#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else {
        return;
    };
    let (format, folder) = task.split_once(':').expect("format and folder");
    let options = RecordOptions {
        flush: Duration::from_millis(7),
        durability: Durability::None,
        ..options(format, 40)
    };
    let mut writer = writer(Path::new(folder), FORMAT, &options);
    let mut said = 0;
    let mut out = std::io::stdout();
    // Whoever started it kills it long before.
    for index in 0..1_000_000 {
        writer.write(&frame(index, FORMAT)).expect("writes");
        let flushed = writer.safety().flushed;
        if flushed > said {
            said = flushed;
            out.write_all(format!("\nflushed {flushed}\n").as_bytes())
                .expect("is read");
            out.flush().expect("is read");
        }
    }
}

/// Records until it is killed `life` after it was started or, with `runs`, after its first flush; the frames that it said were flushed.
fn killed(format: &str, folder: &Path, life: Duration, runs: bool) -> u64 {
    let mut child = Command::new(std::env::current_exe().expect("is known"))
        .args(["crash::child", "--exact", "--nocapture"])
        .env(CHILD, format!("{format}:{}", folder.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
    let (said, heard) = channel();
    let listening = std::thread::spawn(move || {
        let counts = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("flushed ")?.parse::<u64>().ok());
        for count in counts {
            said.send(count).expect("is waited for");
        }
    });
    let first = if runs { heard.recv().ok() } else { None };
    std::thread::sleep(life);
    child.kill().expect("is killed");
    child.wait().expect("ends");
    listening.join().expect("listens");
    heard.try_iter().last().or(first).unwrap_or(0)
}

fn kills() -> u64 {
    std::env::var("PIMAGE_CRASHES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(USUAL)
}

/// Kills recordings of a format at random instants and checks each.
fn kill_often(format: &str, is_lossless: bool) {
    let kept = std::env::var_os("PIMAGE_CRASH_FOLDER").map(PathBuf::from);
    let (mut flushed_in_all, mut recovered_in_all) = (0, 0);
    for round in 0..kills() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        // Up to 400 ms: within the first frame, or chunks later.
        let life = Noise::new(round).below(400_000);
        let flushed = killed(format, &path, Duration::from_micros(life), round % 2 == 1);
        if !path.join("metadata.yaml").exists() {
            assert_eq!(flushed, 0, "round {round}: no store");
            continue;
        }
        let report = repair(&path, &RepairOptions::default())
            .unwrap_or_else(|error| panic!("round {round} after {life} us: {error}"));
        assert!(report.left.is_empty(), "round {round}: {:?}", report.left);
        let found = expect_first(&path, FORMAT, flushed, is_lossless);
        let again = repair(&path, &RepairOptions::default()).expect("repairs");
        assert!(again.is_clean(), "round {round}: {:?}", again.done);
        flushed_in_all += flushed;
        recovered_in_all += found;
        if let Some(kept) = kept.as_ref().filter(|_| found > 0) {
            let name = format!("{}-{round}", format.replace('/', "-"));
            std::fs::rename(&path, kept.join(name)).expect("is on the same disk");
        }
    }
    println!("{format}: {flushed_in_all} frames flushed, {recovered_in_all} read");
    assert!(
        flushed_in_all > 0 || kills() < 2,
        "nothing was ever flushed"
    );
}

#[test]
fn arrays_survive_kills() {
    kill_often("npy", true);
}

#[cfg(feature = "ffmpeg")]
#[test]
fn motion_jpeg_survives_kills() {
    kill_often("mjpeg/avi", false);
}

#[cfg(feature = "ffmpeg")]
#[test]
fn h264_in_matroska_survives_kills() {
    kill_often("h264/mkv", false);
}

#[cfg(feature = "ffmpeg")]
#[test]
fn h264_in_mp4_survives_kills() {
    kill_often("avc1/mp4", false);
}
