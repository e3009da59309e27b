//! Names that mean nothing, files that open nothing else, the reader suite, and what is told of a video.

use std::path::{Path, PathBuf};
use std::process::Command;

use pimage_core::{Error, FrameCount, FrameReader, keys};
use pimage_testkit::suite::reader_of_count;
use pimage_testkit::test_data;
use pimage_video::{VideoOptions, open};

use crate::clips::{CLIPS, make};

fn clip(name: &str, folder: &Path) -> PathBuf {
    let clip = CLIPS
        .iter()
        .find(|clip| clip.name == name)
        .expect("is in the table");
    make(clip, folder).expect("has an encoder")
}

#[test]
fn names_that_ffmpeg_would_interpret_are_plain_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = clip("h264_default.mp4", folder.path());
    for name in [
        "cam1:2024.mp4",
        "http:foo.avi",
        "%03d.avi",
        "concat:x|y.mp4",
        "-i.mp4",
        "a b'c\"d.mkv",
        "no_extension",
        "lies.txt",
    ] {
        let path = folder.path().join(name);
        std::fs::copy(&source, &path).expect("copies");
        let reader =
            open(&path, &VideoOptions::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(reader.info().frame_count, FrameCount::Exact(75), "{name}");
    }
}

#[test]
fn playlists_are_refused_whatever_their_name() {
    let folder = tempfile::tempdir().expect("a folder");
    clip("h264_ts.ts", folder.path());
    let lists = [
        (
            "hls.mp4",
            "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nh264_ts.ts\n#EXT-X-ENDLIST\n",
        ),
        ("concat.avi", "ffconcat version 1.0\nfile h264_ts.ts\n"),
        (
            "sdp.mp4",
            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        ),
    ];
    for (name, text) in lists {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writes");
        let error = open(&path, &VideoOptions::default())
            .map(|_| ())
            .expect_err(name);
        assert!(
            matches!(
                error,
                Error::Unsupported { .. } | Error::Unrecognized { .. }
            ),
            "{name}: {error}"
        );
    }
}

#[test]
fn what_is_no_video_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let sound = folder.path().join("tone.wav");
    let status = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=1"])
        .arg(&sound)
        .status();
    assert!(status.expect("the ffmpeg program runs").success());
    for (name, content) in [
        ("empty.mp4", &b""[..]),
        ("text.avi", &b"hello, this is no video\n"[..]),
        ("zeros.mkv", &[0; 5000][..]),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("writes");
        let error = open(&path, &VideoOptions::default())
            .map(|_| ())
            .expect_err(name)
            .to_string();
        assert!(error.contains(name), "{error}");
    }
    assert!(open(&sound, &VideoOptions::default()).is_err());
    assert!(matches!(
        open(folder.path().join("absent.mp4"), &VideoOptions::default()),
        Err(Error::Io { .. })
    ));
}

#[test]
fn readers_keep_their_promises() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in [
        "h264_open_gop.mp4",
        "mjpeg.avi",
        "h264_ts.ts",
        "hevc_gray12.mkv",
        "ffv1_gbrp16.mkv",
        "vp8.webm",
        "h264_variable.mp4",
    ] {
        let path = clip(name, folder.path());
        let count = open(&path, &VideoOptions::default())
            .expect("opens")
            .frame_count();
        reader_of_count(
            || Box::new(open(&path, &VideoOptions::default()).expect("opens")),
            count,
        );
    }
}

#[test]
fn rates_depths_and_colours_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |name: &str, format: &str, rate: &str| {
        let reader = open(clip(name, folder.path()), &VideoOptions::default()).expect("opens");
        let info = reader.info();
        assert_eq!(info.format.to_string(), format, "{name}");
        assert_eq!(
            info.rate.map(|rate| rate.to_string()).as_deref(),
            Some(rate),
            "{name}"
        );
        info.clone()
    };
    let info = check("h264_default.mp4", "128x96 rgb uint8", "25");
    assert_eq!(
        info.metadata
            .get(keys::COLOR_MATRIX)
            .map(ToString::to_string)
            .as_deref(),
        Some("bt601 (assumed)")
    );
    check("h264_gray.mp4", "128x96 gray uint8", "25");
    check("hevc_gray12.mkv", "128x96 gray uint16 (12 bit)", "25");
    check("hevc_444_12.mkv", "128x96 rgb uint16 (12 bit)", "25");
    check("ffv1_gray16.mkv", "67x45 gray uint16", "30000/1001");
    check("ffv1_bgra.avi", "67x45 rgba uint8", "30000/1001");
    check("rawvideo_pal8.nut", "128x96 rgb uint8", "25");
    check("png_palette.avi", "67x45 gray uint8", "30000/1001");
    check("rgb555.mov", "128x96 rgb uint8", "25");
    let info = check("h264_full.mp4", "128x96 rgb uint8", "25");
    assert_eq!(
        info.metadata
            .get(keys::COLOR_RANGE)
            .map(ToString::to_string)
            .as_deref(),
        Some("full")
    );
    let variable = open(
        clip("h264_variable.mp4", folder.path()),
        &VideoOptions::default(),
    )
    .expect("opens");
    assert_eq!(
        variable.info().metadata.get(keys::VARIABLE_RATE),
        Some(&true.into())
    );
}

#[test]
fn real_recordings_are_what_their_makers_say() {
    let check = |name: &str, format: &str, count: u64, rate: &str| {
        let Some(path) = test_data(name) else {
            return;
        };
        let reader = open(path, &VideoOptions::default()).expect("opens");
        let info = reader.info();
        assert_eq!(info.format.to_string(), format, "{name}");
        assert_eq!(info.frame_count, FrameCount::Exact(count), "{name}");
        assert_eq!(
            info.rate.map(|rate| rate.to_string()).as_deref(),
            Some(rate),
            "{name}"
        );
    };
    check("centered_pair_small.mp4", "384x384 rgb uint8", 1100, "15");
    check("bulk-water.mov", "640x424 rgb uint8", 480, "24000/1001");
    check(
        "video_min-6.076788168243806_max5.021517778572543_fc1301.mp4",
        "150x150 gray uint16 (12 bit)",
        1301,
        "50",
    );
}
