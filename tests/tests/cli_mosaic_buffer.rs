//! The buffers of a mosaic on disk: removed at the end, and at the next start when the program was killed.
#![expect(clippy::expect_used, reason = "a test reports by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, read_npy, samples_of, write_npy};

const GRAY: FrameFormat = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);
const FRAMES: u64 = 1500;

/// A mosaic that waits for somebody to take its output, and a chunk of its buffer, which is in the folder `buffers`.
fn waiting_mosaic(folder: &Folder) -> (Child, PathBuf) {
    let mut args = vec![
        "mosaic", "clip.npy", "-o", "-", "--format", "raw", "--quiet",
    ];
    args.extend([
        "--memory",
        "512K",
        "--buffer",
        "zarr",
        "--buffer-folder",
        "buffers",
    ]);
    let mut child = folder.start(&args);
    let own = format!("-{}-", child.id());
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < end, "it writes no chunk");
        assert!(child.try_wait().expect("is known").is_none(), "it ends");
        let mut chunks = chunks(&folder.path("buffers")).into_iter();
        if let Some(chunk) = chunks.find(|chunk| chunk.to_string_lossy().contains(&own)) {
            return (child, chunk);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// All chunks in the buffers in `place`.
fn chunks(place: &Path) -> Vec<PathBuf> {
    let names = |path: PathBuf| {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    // The folder of a user, those of processes, those of sources, and what is in them.
    let stores = names(place.to_path_buf())
        .into_iter()
        .flat_map(names)
        .flat_map(names);
    let is_chunk = |path: &PathBuf| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| name.starts_with("c."))
    };
    stores.flat_map(names).filter(is_chunk).collect()
}

#[test]
fn a_killed_mosaic_leaves_no_buffers_after_the_next_start() {
    let folder = Folder::new();
    write_npy(&folder.path("clip.npy"), GRAY, FRAMES);
    write_npy(&folder.path("short.npy"), GRAY, 3);
    let place = folder.path("buffers");
    fs::create_dir(&place).expect("creates");
    let (mut killed, left) = waiting_mosaic(&folder);
    let (mut living, used) = waiting_mosaic(&folder);
    killed.kill().expect("is killed");
    killed.wait().expect("ends");
    assert!(left.exists(), "a killed program removes nothing");
    let next = [
        "mosaic",
        "short.npy",
        "-o",
        "out.npy",
        "--buffer-folder",
        "buffers",
    ];
    let _ = folder.run(&next).expect(0);
    assert!(!left.exists(), "the next start removes it");
    assert!(used.exists(), "what is in use stays");
    drop(living.stdout.take());
    living.wait().expect("ends");
    assert_eq!(fs::read_dir(&place).expect("is there").count(), 0);
}

#[test]
fn each_kind_of_buffer_gives_the_same_mosaic() {
    let folder = Folder::new();
    write_npy(&folder.path("clip.npy"), GRAY, 90);
    write_npy(&folder.path("short.npy"), GRAY, 40);
    let place = folder.path("buffers");
    fs::create_dir(&place).expect("creates");
    let samples = samples_of(GRAY, 40);
    for buffer in ["auto", "memory", "zarr", "none"] {
        let args = [
            "mosaic",
            "clip.npy",
            "short.npy",
            "-o",
            "out.npy",
            "--overwrite",
            "--rows",
            "2",
            "--end",
            "1:loop",
            "--buffer",
            buffer,
            "--buffer-folder",
            "buffers",
        ];
        let _ = folder.run(&args).expect(0);
        let (_, pixels) = read_npy(&folder.path("out.npy"));
        let frame_bytes = 64 * 48;
        let frames = pixels.chunks_exact(2 * frame_bytes);
        assert_eq!(frames.len(), 90, "{buffer}");
        let looped = samples.chunks_exact(frame_bytes).cycle();
        for (index, (frame, expected)) in frames.zip(looped).enumerate() {
            assert!(frame.ends_with(expected), "{buffer}: frame {index}");
        }
        assert_eq!(
            fs::read_dir(&place).expect("is there").count(),
            0,
            "{buffer}"
        );
    }
}
