//! `pimage store` from outside: recording, crashing, repairing, exporting.

use std::fs;
use std::time::{Duration, Instant};

use pimage_core::{Color, FrameFormat, SampleType};
use pimage_tests::{Folder, read_npy, write_hiris, write_npy};

const GRAY: FrameFormat = FrameFormat::new(64, 48, Color::Gray, SampleType::U8);

/// A store of 50 frames in chunks of 20, of an array.
fn saved(name: &str, format: &str) -> Folder {
    let folder = Folder::new();
    write_npy(&folder.path("a.npy"), GRAY, 50);
    save(&folder, "a.npy", name, &["--format", format, "--fps", "10"]);
    folder
}

fn save(folder: &Folder, source: &str, name: &str, more: &[&str]) {
    let words = ["store", "save", source, name, "--chunk-frames", "20", "-q"];
    let _ = folder.run(&[&words[..], more].concat()).expect(0);
}

#[test]
fn what_is_saved_is_a_recording_like_any_other() {
    for format in ["npy", "png", "ffv1/mkv", "bpk"] {
        let folder = saved("s", format);
        let ran = folder.run(&["compare", "a.npy", "s"]).expect(0);
        assert!(ran.out.contains("50 compared"), "{format}: {}", ran.out);
        let info = folder.run(&["store", "info", "s", "--chunks", "--json"]);
        let info = info.expect(0).json();
        assert_eq!(info["format"], format);
        assert_eq!(info["frames"], 50);
        assert_eq!(info["fps"], 10.0);
        let chunks = info["chunk_table"].as_array().expect("is a list");
        let stops: Vec<_> = chunks.iter().map(|chunk| &chunk["stop"]).collect();
        assert_eq!(stops, [20, 40, 50], "{format}");
        let ran = folder.run(&["store", "verify", "s"]).expect(0);
        assert!(
            ran.out.contains("sound: 50 frames in 3 chunks"),
            "{}",
            ran.out
        );
    }
}

#[test]
fn a_store_is_never_written_over_and_gone_on_with_when_asked() {
    let folder = saved("s", "npy");
    let words = ["store", "save", "a.npy", "s"];
    let _ = folder.run(&words).fails_with("never written over");
    let _ = folder.run(&[&words[..], &["--append"]].concat()).expect(0);
    let info = folder.run(&["store", "info", "s", "--json"]).expect(0);
    assert_eq!(info.json()["frames"], 100);
    assert_eq!(info.json()["last_number"], 99);
    let _ = folder
        .run(&["store", "save", "a.npy", "s", "--append", "--format", "png"])
        .fails_with("it holds `npy`");
}

#[test]
fn converting_makes_stores_too_and_leaves_nothing_when_it_fails() {
    let folder = saved("s", "npy");
    let _ = folder
        .run(&["convert", "a.npy", "b.imgstore", "--codec", "ffv1/mkv"])
        .expect(0);
    let _ = folder.run(&["compare", "a.npy", "b.imgstore"]).expect(0);
    let _ = folder
        .run(&["convert", "a.npy", "b.imgstore"])
        .fails_with("exists already");
    let _ = folder
        .run(&["convert", "a.npy", "b.imgstore", "--overwrite"])
        .fails_with("never written over");
    let _ = folder
        .run(&["convert", "a.npy", "c.imgstore", "--codec", "vp9"])
        .fails_with("mjpeg/avi");
    let _ = folder
        .run(&[
            "convert",
            "a.npy",
            "c.imgstore",
            "--codec",
            "jpg",
            "--lossless",
        ])
        .fails_with("lossless");
    let _ = folder
        .run(&["convert", "s", "b.imgstore", "--append", "--codec", "ffv1"])
        .expect(0);
    let info = folder.run(&["info", "b.imgstore", "--json"]).expect(0);
    assert_eq!(info.json()["frames"], 100);
    assert_eq!(folder.names(), ["a.npy", "b.imgstore", "s"]);
}

#[test]
fn numbers_and_times_choose_frames_in_half_open_ranges() {
    let folder = Folder::new();
    write_hiris(&folder.path("a.seq"), GRAY, 30);
    save(&folder, "a.seq", "s", &[]);
    let first = folder.run(&["store", "info", "s", "--json"]).expect(0);
    let first = first.json()["first_number"].as_i64().expect("is a number");
    let numbers = format!("{}..{}", first + 10, first + 15);
    for range in [["--numbers", &numbers], ["--index", "10..15"]] {
        let words = ["store", "export", "s", "out.npy", "--overwrite"];
        let _ = folder.run(&[&words[..], &range].concat()).expect(0);
        let _ = folder
            .run(&[
                "convert",
                "a.seq",
                "b.npy",
                "--start",
                "10",
                "--stop",
                "15",
                "--overwrite",
            ])
            .expect(0);
        assert_eq!(
            read_npy(&folder.path("out.npy")),
            read_npy(&folder.path("b.npy"))
        );
    }
    let _ = folder
        .run(&["store", "export", "s", "none.npy", "--numbers", "900000.."])
        .fails_with("no frame of it is in the ranges");
    let _ = folder
        .run(&["store", "export", "s", "none.npy", "--index", "5"])
        .fails_with("half-open range");
    let number = (first + 12).to_string();
    let _ = folder
        .run(&["extract", "s", "--number", &number, "-o", "one.npy"])
        .expect(0);
    let _ = folder
        .run(&["extract", "a.seq", "12", "-o", "same.npy"])
        .expect(0);
    assert_eq!(
        read_npy(&folder.path("one.npy")),
        read_npy(&folder.path("same.npy"))
    );
    let _ = folder
        .run(&["extract", "s", "--number", "-77", "-o", "two.npy"])
        .fails_with("no frame of the number -77");
}

#[test]
fn times_count_from_the_first_frame_with_a_sign() {
    let folder = saved("s", "npy");
    let _ = folder
        .run(&["store", "export", "s", "out.npy", "--times", "+1..+1.35"])
        .expect(0);
    let (header, _) = read_npy(&folder.path("out.npy"));
    // Ten frames a second: 10, 11, 12 and 13.
    assert!(header.contains("(4, 48, 64)"), "{header}");
    let ran = folder.run(&["store", "timecodes", "s"]).expect(0);
    let lines: Vec<_> = ran.out.lines().take(3).collect();
    assert_eq!(lines, ["# timecode format v2", "0.000", "100.000"]);
}

#[test]
fn a_missing_chunk_and_a_torn_index_are_problems() {
    let folder = saved("s", "png");
    fs::remove_file(folder.path("s/000001/000003.png")).expect("was there");
    let ran = folder.run(&["store", "verify", "s", "--json"]).expect(1);
    let report = ran.json();
    assert_eq!(report["sound"], false);
    let problems = report["problems"].to_string();
    assert!(problems.contains("chunk 000001"), "{problems}");
    fs::remove_dir_all(folder.path("s/000001")).expect("was there");
    let ran = folder.run(&["store", "verify", "s"]).expect(1);
    assert!(ran.out.contains("chunk 000001 is missing"), "{}", ran.out);
    assert!(ran.out.contains("gap: numbers 20 to 39"), "{}", ran.out);
    let _ = folder.run(&["store", "verify", "a.npy"]).expect(2);
}

#[test]
fn the_recorders_gaps_are_a_problem_only_when_asked() {
    let folder = Folder::new();
    let words = [
        "store",
        "save",
        "test:64x48",
        "s",
        "--stop",
        "30",
        "--step",
        "3",
        "-q",
    ];
    let _ = folder.run(&words).expect(0);
    let ran = folder.run(&["store", "verify", "s"]).expect(0);
    assert!(
        ran.out.contains("gap: numbers 1 to 2 are missing"),
        "{}",
        ran.out
    );
    let ran = folder.run(&["store", "verify", "s", "--gapless"]).expect(1);
    assert!(ran.out.contains("NOT sound"), "{}", ran.out);
}

#[test]
fn frames_before_the_zero_become_negative() {
    let folder = saved("s", "npy");
    let ran = folder.run(&["store", "reindex", "s", "--json"]).expect(0);
    assert_eq!(ran.json()["renumbered"], 0);
    save(&folder, "a.npy", "s", &["--append"]);
    let _ = folder.run(&["store", "reindex", "s"]).expect(0);
    // A second frame 0.
    let other = Folder::new();
    let _ = other.run(&["store", "reindex", "nothing"]).expect(2);
}

#[test]
fn chunks_of_videos_become_one_without_coding_them_again() {
    let folder = saved("s", "mjpeg/avi");
    let _ = folder.run(&["store", "mux", "s", "all.mkv"]).expect(0);
    let _ = folder.run(&["compare", "s", "all.mkv"]).expect(0);
    let _ = folder
        .run(&["store", "mux", "s", "all.mkv"])
        .fails_with("exists already");
    let images = saved("s", "npy");
    let _ = images
        .run(&["store", "mux", "s", "all.mkv"])
        .fails_with("folders of npy images");
}

#[test]
fn a_joined_video_has_the_times_of_the_store_when_asked() {
    let folder = Folder::new();
    let words = [
        "store",
        "save",
        "test:64x48@50",
        "s",
        "--format",
        "ffv1/mkv",
        "--stop",
        "12",
        "-q",
    ];
    let _ = folder
        .run(&[&words[..], &["--chunk-frames", "5"]].concat())
        .expect(0);
    let times = folder.run(&["store", "timecodes", "s"]).expect(0).out;
    for name in ["v.mkv", "v.mp4"] {
        let ran = folder.run(&["store", "mux", "s", name, "--times", "-q"]);
        if name == "v.mp4" {
            // FFV1 is not for MP4.
            assert_ne!(ran.code, 0);
            continue;
        }
        let _ = ran.expect(0);
        let _ = folder.run(&["compare", "s", name]).expect(0);
        let info = folder.run(&["info", name, "--json"]).expect(0).json();
        let last: f64 = times
            .lines()
            .last()
            .and_then(|line| line.parse().ok())
            .expect("has a last");
        let fps = info["fps"].as_f64().expect("is known");
        assert!((fps - 11.0 / (last / 1000.0)).abs() < 0.5, "{info} {last}");
    }
    let _ = folder
        .run(&["store", "mux", "s", "v.avi", "--times"])
        .fails_with("frames of one length");
}

#[test]
fn stores_are_aligned_by_their_numbers() {
    let folder = saved("left", "npy");
    let _ = folder
        .run(&["store", "save", "a.npy", "half", "--step", "2", "-q"])
        .expect(0);
    save(&folder, "a.npy", "right", &["--stop", "30"]);
    let words = ["store", "align", "left", "right", "--table"];
    let ran = folder.run(&words).expect(0);
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(
        lines[0],
        "number,time,index_0,number_0,time_0,index_1,number_1,time_1"
    );
    assert_eq!(lines.len(), 51);
    assert!(lines[50].ends_with(",,,"), "{}", lines[50]);
    let both = [&words[..], &["--join", "intersection"]].concat();
    assert_eq!(folder.run(&both).expect(0).out.lines().count(), 31);
    let _ = folder
        .run(&["store", "align", "left", "right", "-o", "both.npy"])
        .expect(0);
    let (header, samples) = read_npy(&folder.path("both.npy"));
    assert!(header.contains("(50, 48, 128)"), "{header}");
    let (_, own) = read_npy(&folder.path("a.npy"));
    let row = |samples: &[u8], frame: usize, width: usize, x: usize| {
        samples[frame * 48 * width + x..][..64].to_vec()
    };
    assert_eq!(row(&samples, 40, 128, 0), row(&own, 40, 64, 0));
    assert_eq!(row(&samples, 29, 128, 64), row(&own, 29, 64, 0));
    assert_eq!(row(&samples, 40, 128, 64), [0; 64]);
}

#[test]
fn parts_of_jobs_make_the_store_that_one_job_would_have_made() {
    let folder = saved("s", "mjpeg/avi");
    let shard = |index: &str| {
        let words = [
            "store", "shard", "s", "parts", "--count", "2", "--index", index,
        ];
        let steps = ["-t", "flip=both", "--format", "npy", "--json"];
        folder.run(&[&words[..], &steps].concat())
    };
    assert_eq!(shard("1").expect(0).json()["frames"], 30);
    let _ = folder
        .run(&["store", "merge", "parts", "-o", "all"])
        .fails_with("missing of 2 parts: 0");
    assert_eq!(shard("0").expect(0).json()["status"], "written");
    assert_eq!(shard("0").expect(0).json()["status"], "there already");
    let _ = shard("2").fails_with("0 to 1");
    let other = [
        "store", "shard", "s", "parts", "--count", "2", "--index", "0", "--format", "npy",
    ];
    let _ = folder.run(&other).fails_with("made in another way");
    let _ = folder
        .run(&["store", "merge", "parts", "-o", "all"])
        .expect(0);
    let _ = folder
        .run(&["convert", "s", "once.npy", "-t", "flip=both"])
        .expect(0);
    let _ = folder.run(&["compare", "all", "once.npy"]).expect(0);
    let _ = folder.run(&["store", "verify", "all"]).expect(0);
    let info = |name: &str| {
        folder
            .run(&["store", "info", name, "--json"])
            .expect(0)
            .json()
    };
    let (all, own) = (info("all"), info("s"));
    for same in [
        "frames",
        "chunks",
        "last_number",
        "last_time",
        "created",
        "user",
    ] {
        assert_eq!(all[same], own[same], "{same}");
    }
}

#[test]
fn more_jobs_than_chunks_are_no_error() {
    let folder = saved("s", "npy");
    for index in ["0", "1", "2", "3", "4"] {
        let words = [
            "store", "shard", "s", "parts", "--count", "5", "--index", index,
        ];
        let _ = folder.run(&words).expect(0);
    }
    let ran = folder.run(&["store", "merge", "parts", "-o", "all", "--json"]);
    assert_eq!(ran.expect(0).json()["parts"], 3);
    let _ = folder.run(&["compare", "s", "all"]).expect(0);
}

#[test]
fn a_saved_index_is_read_and_not_believed_when_a_chunk_changed() {
    let folder = saved("s", "npy");
    let _ = folder.run(&["store", "index", "s", "--sqlite"]).expect(0);
    assert!(folder.path("s/.index.pimage").is_file());
    assert!(folder.path("s/.index.sqlite").is_file());
    save(&folder, "a.npy", "s", &["--append"]);
    let ran = folder.run(&["store", "index", "s", "--list"]).expect(0);
    assert_eq!(ran.out.lines().count(), 101);
    assert_eq!(
        ran.out
            .lines()
            .nth(21)
            .and_then(|line| line.split(',').nth(1)),
        Some("1")
    );
}

#[test]
fn what_is_no_camera_is_said_so() {
    let _ = pimage_tests::pimage("store save /dev/video0 s").fails_with("is a camera, not a file");
    let _ = pimage_tests::pimage("store save camera:/dev/nothing,640 s")
        .fails_with("camera:NAME[,WIDTHxHEIGHT][@RATE]");
    let _ = pimage_tests::pimage("store save camera:/dev/nothing s").fails_with("/dev/nothing");
    let _ = pimage_tests::pimage("store save tcp://127.0.0.1:1/ s").fails_with("cannot open it");
    let _ = pimage_tests::pimage("store save test:4 s").fails_with("test:640x512@30");
}

#[test]
fn a_network_stream_is_recorded() {
    let folder = Folder::new();
    // Somebody may take the port before FFmpeg does: then another one is tried.
    for _ in 0..5 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("is free");
        let port = listener.local_addr().expect("has one").port();
        drop(listener);
        let address = format!("tcp://127.0.0.1:{port}");
        let sent = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-re", "-f", "lavfi", "-i"])
            .arg("testsrc2=size=64x48:rate=25:duration=2")
            .args(["-c:v", "ffv1", "-f", "matroska"])
            .arg(format!("{address}?listen=1"))
            .stdin(std::process::Stdio::null())
            .spawn();
        let Ok(mut sender) = sent else {
            // Without the program there is nobody to send.
            return;
        };
        let begun = Instant::now();
        let mut saved = None;
        while saved.is_none() && begun.elapsed() < Duration::from_secs(20) {
            let _ = fs::remove_dir_all(folder.path("s"));
            let ran = folder.run(&["store", "save", &address, "s", "--format", "npy", "--json"]);
            saved = (ran.code == 0).then_some(ran);
        }
        let _ = sender.kill();
        let _ = sender.wait();
        let Some(saved) = saved else { continue };
        let frames = saved.json()["frames"].as_u64().expect("is a number");
        let dropped = saved.json()["dropped_frames"]
            .as_u64()
            .expect("is a number");
        assert!(
            frames > 0 && frames + dropped <= 50,
            "{frames} and {dropped}"
        );
        let info = folder
            .run(&["store", "info", "s", "--json"])
            .expect(0)
            .json();
        assert_eq!((&info["width"], &info["height"]), (&64.into(), &48.into()));
        assert!(info["first_time"].as_f64().expect("has one") > 1.7e9);
        return;
    }
    panic!("FFmpeg could not listen");
}

#[test]
fn a_recording_ends_after_its_duration() {
    let folder = Folder::new();
    let words = [
        "store",
        "save",
        "test:64x48@50",
        "s",
        "--duration",
        "0.5",
        "-q",
    ];
    let _ = folder.run(&words).expect(0);
    let info = folder
        .run(&["store", "info", "s", "--json"])
        .expect(0)
        .json();
    let frames = info["frames"].as_u64().expect("is a number");
    assert!((1..=26).contains(&frames), "{frames}");
}

#[test]
fn a_growing_store_is_followed_to_its_end() {
    for (format, chunk) in [("npy", "20"), ("mjpeg/avi", "20"), ("avc1/mp4", "20")] {
        let folder = Folder::new();
        let mut recorder = folder
            .command(&[
                "store",
                "save",
                "test:64x48@50",
                "s",
                "--format",
                format,
                "-q",
            ])
            .args(["--chunk-frames", chunk, "--flush", "0.1", "--stop", "75"])
            .spawn()
            .expect("starts");
        while !folder.path("s/metadata.yaml").exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        let followed = folder.run(&["store", "export", "s", "f.npy", "--follow", "-q"]);
        let _ = followed.expect(0);
        assert!(recorder.wait().expect("ends").success());
        let _ = folder
            .run(&["store", "export", "s", "w.npy", "-q"])
            .expect(0);
        assert!(
            read_npy(&folder.path("f.npy")) == read_npy(&folder.path("w.npy")),
            "{format}"
        );
        let lines = folder
            .run(&["store", "timecodes", "s", "--follow"])
            .expect(0)
            .out;
        assert_eq!(
            lines,
            folder.run(&["store", "timecodes", "s"]).expect(0).out
        );
        assert_eq!(lines.lines().count(), 76);
    }
}

#[test]
fn following_a_killed_recorder_ends_with_what_was_flushed_and_says_so() {
    let folder = Folder::new();
    let mut recorder = folder
        .command(&[
            "store",
            "save",
            "test:64x48@50",
            "s",
            "--flush",
            "0.1",
            "-q",
        ])
        .spawn()
        .expect("starts");
    while !folder.path("s/metadata.yaml").exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let follower = folder
        .command(&["store", "export", "s", "f.npy", "--follow"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    std::thread::sleep(Duration::from_millis(700));
    recorder.kill().expect("is killed");
    let _ = recorder.wait();
    let ended = follower.wait_with_output().expect("ends by itself");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        ended.status.success() && said.contains("was not closed"),
        "{said}"
    );
    let _ = folder.run(&["store", "repair", "s", "-q"]).expect(0);
    let frames = folder.run(&["info", "f.npy", "--json"]).expect(0).json()["frames"].clone();
    let stop = frames.to_string();
    let _ = folder
        .run(&["store", "export", "s", "w.npy", "--stop", &stop, "-q"])
        .expect(0);
    assert!(read_npy(&folder.path("f.npy")) == read_npy(&folder.path("w.npy")));
}

#[test]
fn a_store_is_emptied_only_when_that_is_meant() {
    let folder = saved("s", "npy");
    let _ = folder
        .run(&["store", "empty", "s"])
        .fails_with("50 frames, which would be removed");
    let ran = folder
        .run(&["store", "empty", "s", "--yes", "--json"])
        .expect(0);
    assert_eq!(ran.json()["chunks"], 3);
    save(&folder, "a.npy", "s", &["--append"]);
    let _ = folder.run(&["compare", "a.npy", "s"]).expect(0);
}

#[test]
fn frames_that_are_coded_are_left_so_when_asked() {
    let folder = saved("s", "npy");
    let metadata = folder.path("s/metadata.yaml");
    let text = fs::read_to_string(&metadata).expect("is there");
    let coded = text.replace("encoding: null", "encoding: cv_bayerbg");
    assert!(coded != text, "{text}");
    fs::write(&metadata, coded).expect("is written");
    let color = folder.run(&["info", "s", "--json"]).expect(0).json();
    assert_eq!(color["channels"], 3, "{color}");
    let _ = folder
        .run(&["convert", "s", "raw.npy", "--undecoded", "-q"])
        .expect(0);
    let _ = folder.run(&["compare", "a.npy", "raw.npy"]).expect(0);
    let _ = folder
        .run(&["convert", "a.npy", "b.npy", "--undecoded"])
        .fails_with("an input of imgstore");
}

#[test]
fn extra_data_are_arrow_by_name_and_by_option() {
    let folder = saved("s", "npy");
    fs::write(
        folder.path("s/000000/index.extra.json"),
        r#"[{"frame_number": 0, "light": 0.5, "at": [1, 2]}, {"frame_number": 1}]"#,
    )
    .expect("is written");
    let _ = folder
        .run(&["store", "extra", "s", "-o", "x.arrow"])
        .expect(0);
    let bytes = fs::read(folder.path("x.arrow")).expect("is there");
    assert!(bytes.starts_with(b"ARROW1") && bytes.ends_with(b"ARROW1"));
    let _ = folder
        .run(&["store", "extra", "s", "-o", "x.bin", "--format", "arrow"])
        .expect(0);
    assert_eq!(fs::read(folder.path("x.bin")).expect("is there"), bytes);
    let ran = folder.run(&["store", "extra", "s"]).expect(0);
    assert_eq!(ran.out, "frame_number,light,at\n0,0.5,\"[1,2]\"\n1,,\n");
    let _ = folder
        .run(&["store", "extra", "s", "-o", "x.bin"])
        .fails_with("--format");
}

#[test]
fn metadata_of_the_user_come_back() {
    let folder = Folder::new();
    let words = ["store", "save", "test:64x48", "s", "--stop", "3", "-q"];
    let user = [
        "--user",
        "name=Anna Ö",
        "--user",
        "list=[1, 2]",
        "--timezone",
        "Europe/Vienna",
    ];
    let _ = folder.run(&[&words[..], &user].concat()).expect(0);
    let info = folder
        .run(&["store", "info", "s", "--json"])
        .expect(0)
        .json();
    assert_eq!(info["user"]["name"], "Anna Ö");
    assert_eq!(info["user"]["list"][1], 2);
    assert_eq!(info["timezone"], "Europe/Vienna");
}

/// Starts a live recording and waits until it has frames on the disk.
#[cfg(unix)]
fn recording(folder: &Folder, format: &str) -> std::process::Child {
    let words = [
        "store",
        "save",
        "test:64x48@100",
        "s",
        "--flush",
        "0.1",
        "--format",
        format,
    ];
    let child = folder.start(&words);
    let begun = Instant::now();
    while !folder.path("s/.000000.journal").is_file() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(700));
    child
}

#[cfg(unix)]
#[test]
fn an_interrupt_closes_the_store_and_says_what_is_safe() {
    let folder = Folder::new();
    let child = recording(&folder, "mjpeg/avi");
    let pid = child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(killed.expect("starts").success());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(" safe in `s`"), "{said}");
    let _ = folder.run(&["store", "verify", "s"]).expect(0);
    assert!(!folder.path("s/.lock").exists());
}

#[cfg(unix)]
#[test]
fn a_killed_recording_is_repaired_to_the_last_flush() {
    for format in ["npy", "avc1/mp4"] {
        let folder = Folder::new();
        let mut child = recording(&folder, format);
        child.kill().expect("is killed");
        child.wait().expect("has ended");
        let _ = folder.run(&["store", "verify", "s"]).expect(1);
        let ran = folder.run(&["store", "repair", "s", "--json"]).expect(0);
        let report = ran.json();
        assert!(report["frames"].as_u64() > Some(3), "{format}: {report}");
        let _ = folder.run(&["store", "verify", "s"]).expect(0);
        let again = folder.run(&["store", "repair", "s", "--json"]).expect(0);
        assert_eq!(again.json()["clean"], true);
    }
}

#[cfg(unix)]
#[test]
fn two_writers_are_refused() {
    let folder = Folder::new();
    let mut child = recording(&folder, "npy");
    let pid = child.id();
    let _ = folder
        .run(&[
            "store",
            "save",
            "test:64x48",
            "s",
            "--append",
            "--stop",
            "3",
        ])
        .fails_with(&format!("process {pid}"));
    let _ = folder.run(&["store", "repair", "s"]).expect(2);
    child.kill().expect("is killed");
    child.wait().expect("has ended");
}
