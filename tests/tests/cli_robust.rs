//! The program under bad conditions: interrupts, kills, full disks, closed pipes, long inputs.
#![expect(clippy::expect_used, reason = "a test helper reports by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, Ran, npy_bytes, samples_of, write_npy};

const GRAY: FrameFormat = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);

/// Longer than anything here should take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `is_so`, and panics when it does not come to be.
#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status()
        .expect("`kill` runs");
    assert!(status.success(), "kill -{name}");
}

/// A conversion of standard input that has begun to write and waits for more.
fn begun_conversion(folder: &Folder) -> Child {
    let mut child = folder.start(&["convert", "-", "out.npy", "--raw", "64x48:uint8"]);
    let stdin = child.stdin.as_mut().expect("is piped");
    stdin
        .write_all(&samples_of(GRAY, 20))
        .expect("takes frames");
    stdin.flush().expect("takes frames");
    wait_until("the output to be begun", || {
        folder
            .names()
            .iter()
            .any(|name| name.contains("pimage-tmp"))
    });
    child
}

/// Lets a child end while its standard input stays open.
fn end(mut child: Child) -> Ran {
    let stdin = child.stdin.take();
    let ran = child.wait_with_output().expect("ends").into();
    drop(stdin);
    ran
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130_and_leaves_nothing_even_when_no_data_come() {
    for name in ["INT", "TERM"] {
        let folder = Folder::new();
        let child = begun_conversion(&folder);
        let begun = Instant::now();
        signal(&child, name);
        let ran = end(child).expect(130);
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(folder.names(), Vec::<String>::new(), "{}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_in_the_middle_of_a_long_file_leaves_only_the_input() {
    let folder = Folder::new();
    // Zeros that take no room on the disk: far more frames than are converted before the signal comes.
    let long = FrameFormat::new(640, 512, Color::Gray, SampleType::U8);
    let header = npy_bytes(long, 30_000, &[]);
    let length = header.len() as u64 + 30_000 * 640 * 512;
    let mut file = fs::File::create(folder.path("long.npy")).expect("creates");
    file.write_all(&header).expect("writes");
    file.set_len(length).expect("grows");
    let child = folder.start(&["convert", "long.npy", "-", "--format", "raw"]);
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "INT");
    let ran = end(child);
    assert_eq!(ran.code, 130, "{}", ran.err);
    let child = folder.start(&["hash", "long.npy"]);
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "INT");
    assert_eq!(end(child).code, 130);
    assert_eq!(folder.names(), ["long.npy"]);
}

#[cfg(unix)]
#[test]
fn a_kill_leaves_nothing_under_the_final_name() {
    let folder = Folder::new();
    let child = begun_conversion(&folder);
    signal(&child, "KILL");
    assert_eq!(end(child).code, -1);
    assert!(!folder.path("out.npy").exists());
    let left = folder.names();
    assert!(
        left.iter()
            .all(|name| name.starts_with(".out.npy.pimage-tmp-")),
        "{left:?}"
    );
    // What is left does not stand in the way.
    write_npy(&folder.path("a.npy"), GRAY, 3);
    let _ = folder.run(&["convert", "a.npy", "out.npy"]).expect(0);
}

/// A file system of 1 MB, where this machine allows one.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(path: &'a Path) -> Option<Self> {
        fs::create_dir(path).expect("creates");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(path)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(path))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_names_the_output_and_leaves_nothing() {
    let folder = Folder::new();
    let disk_path = folder.path("disk");
    let Some(disk) = SmallDisk::mount(&disk_path) else {
        println!("ignored: mounting a small file system is not allowed here");
        return;
    };
    write_npy(&folder.path("a.npy"), GRAY, 1_000);
    for name in ["b.npy", "b.y4m"] {
        let output = format!("disk/{name}");
        let ran = folder
            .run(&["convert", "a.npy", &output])
            .fails_with(&output);
        assert!(ran.err.contains("No space left on device"), "{}", ran.err);
        let left = fs::read_dir(disk.0).expect("is there").count();
        assert_eq!(left, 0, "{name}");
    }
    let ran = folder.run(&["extract", "a.npy", "0..900", "-o", "disk/c.npy"]);
    let _ = ran.fails_with("disk/c.npy");
    assert_eq!(fs::read_dir(disk.0).expect("is there").count(), 0);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2_000);
    for args in [
        &["hash", "a.npy"][..],
        &["convert", "a.npy", "-"],
        &["compare", "a.npy", "a.npy", "--frames"],
    ] {
        let mut child = folder.start(args);
        let mut out = BufReader::new(child.stdout.take().expect("is piped"));
        let mut line = Vec::new();
        out.read_until(b'\n', &mut line).expect("reads");
        assert!(!line.is_empty(), "{args:?}");
        drop(out);
        let mut err = String::new();
        let mut stderr = child.stderr.take().expect("is piped");
        stderr.read_to_string(&mut err).expect("reads");
        let status = child.wait().expect("ends");
        assert_eq!((status.code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn limits_are_kept_and_can_be_raised() {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 2);
    let ran = folder
        .run(&["info", "a.npy", "--limit", "side=50"])
        .fails_with("width is 64, the limit is 50");
    assert!(ran.err.contains("--limit side=N"), "{}", ran.err);
    let limited = |value: &str, more: &[&str]| -> Ran {
        let args = [&["info", "a.npy"], more].concat();
        let mut command = folder.command(&args);
        command
            .env("PIMAGE_LIMITS", value)
            .output()
            .expect("runs")
            .into()
    };
    let _ = limited("side=50,frame-bytes=1G", &[]).fails_with("the limit is 50");
    let _ = limited("side=50", &["--limit", "side=100"]).expect(0);
    let _ = limited("height=50", &[]).fails_with("bad PIMAGE_LIMITS");
}

/// Runs a conversion and returns its peak memory in kB, as the system counts it.
#[cfg(target_os = "linux")]
fn peak_kb(folder: &Folder, args: &[&str]) -> u64 {
    let mut command = folder.command(args);
    let mut child = command.stdout(Stdio::null()).spawn().expect("starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("can be waited for").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM:"));
        let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = peak.max(kb.unwrap_or(0));
        std::thread::sleep(Duration::from_micros(500));
    }
    let _ = end(child).expect(0);
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_length() {
    let folder = Folder::new();
    write_npy(&folder.path("short.npy"), GRAY, 1_000);
    write_npy(&folder.path("long.npy"), GRAY, 20_000);
    let peaks = |args: fn(&'static str) -> Vec<&'static str>| {
        // The first run of a program may count what later runs share.
        let _ = peak_kb(&folder, &args("short.npy"));
        (
            peak_kb(&folder, &args("short.npy")),
            peak_kb(&folder, &args("long.npy")),
        )
    };
    let jobs: [fn(&'static str) -> Vec<&'static str>; 3] = [
        |input| vec!["convert", input, "out.npy", "--overwrite", "--no-sync"],
        |input| vec!["hash", input],
        |input| vec!["compare", input, input],
    ];
    for job in jobs {
        let (short, long) = peaks(job);
        // A mapped window of the input counts as far as it was read: the short one is 3 MB, a window 16 MB.
        let allowance = 2 * (16 << 10) + short / 10;
        assert!(
            long <= short + allowance,
            "{:?}: {short} kB, then {long} kB",
            job("x")
        );
        assert!(long < 150_000, "{:?}: {long} kB", job("x"));
    }
}
