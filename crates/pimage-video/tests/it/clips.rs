//! Clips made by the ffmpeg program: codecs, pixel formats, shapes of groups and containers.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A clip to be made.
pub(crate) struct Clip {
    /// File name, which tells the container.
    pub(crate) name: &'static str,
    /// Size and length of the test picture.
    pub(crate) source: &'static str,
    /// Arguments between input and output.
    pub(crate) args: &'static str,
}

const fn clip(name: &'static str, source: &'static str, args: &'static str) -> Clip {
    Clip { name, source, args }
}

const SMALL: &str = "testsrc2=size=128x96:rate=25:duration=3";
const ODD: &str = "testsrc=size=67x45:rate=30000/1001:duration=2";
const LONG: &str = "testsrc2=size=64x48:rate=30:duration=10";

/// All of them.
pub(crate) const CLIPS: &[Clip] = &[
    clip("h264_default.mp4", SMALL, "-c:v libx264 -pix_fmt yuv420p"),
    clip(
        "h264_open_gop.mp4",
        SMALL,
        "-c:v libx264 -pix_fmt yuv420p -x264-params open-gop=1:keyint=12:bframes=5:b-pyramid=2",
    ),
    clip(
        "h264_open_gop.mkv",
        SMALL,
        "-c:v libx264 -pix_fmt yuv420p -x264-params open-gop=1:keyint=12:bframes=5",
    ),
    clip(
        "h264_open_gop.ts",
        SMALL,
        "-c:v libx264 -pix_fmt yuv420p -x264-params open-gop=1:keyint=12:bframes=3",
    ),
    clip(
        "h264_long_gop.mkv",
        LONG,
        "-c:v libx264 -pix_fmt yuv420p -g 250",
    ),
    clip(
        "h264_one_key.mp4",
        LONG,
        "-c:v libx264 -pix_fmt yuv420p -g 10000 -sc_threshold 0",
    ),
    clip(
        "h264_refresh.mkv",
        SMALL,
        "-c:v libx264 -pix_fmt yuv420p -x264-params intra-refresh=1:keyint=20",
    ),
    clip(
        "h264_intra.mov",
        SMALL,
        "-c:v libx264 -pix_fmt yuv420p -g 1",
    ),
    clip("h264_gray.mp4", SMALL, "-c:v libx264 -pix_fmt gray"),
    clip("h264_full.mp4", SMALL, "-c:v libx264 -pix_fmt yuvj420p"),
    clip(
        "h264_444_lossless.mkv",
        SMALL,
        "-c:v libx264 -pix_fmt yuv444p -qp 0",
    ),
    clip("h264_10bit.mkv", SMALL, "-c:v libx264 -pix_fmt yuv420p10le"),
    clip(
        "h264_rgb.mkv",
        SMALL,
        "-c:v libx264rgb -pix_fmt rgb24 -qp 0",
    ),
    clip("h264_ts.ts", LONG, "-c:v libx264 -pix_fmt yuv420p -g 50"),
    clip("h264_avi.avi", SMALL, "-c:v libx264 -pix_fmt yuv420p -g 25"),
    clip(
        "h264_avi_no_b.avi",
        SMALL,
        "-c:v libx264 -pix_fmt yuv420p -bf 0",
    ),
    clip(
        "h264_raw.h264",
        SMALL,
        "-c:v libx264 -pix_fmt yuv420p -g 20",
    ),
    clip(
        "h264_fragments.mp4",
        SMALL,
        "-c:v libx264 -pix_fmt yuv420p -g 20 -movflags frag_keyframe+empty_moov",
    ),
    clip(
        "h264_interlaced.mkv",
        SMALL,
        "-c:v libx264 -pix_fmt yuv420p -flags +ilme+ildct -x264-params tff=1",
    ),
    clip("h264_odd.mp4", ODD, "-c:v libx264 -pix_fmt yuv444p"),
    clip(
        "h264_sound.mp4",
        SMALL,
        "-f lavfi -i sine=duration=3 -c:v libx264 -pix_fmt yuv420p -c:a aac",
    ),
    clip(
        "h264_variable.mp4",
        LONG,
        "-vf select='not(mod(n\\,7))+not(mod(n\\,5))' -vsync vfr -c:v libx264 -pix_fmt yuv420p",
    ),
    clip(
        "hevc.mp4",
        SMALL,
        "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=error:keyint=20",
    ),
    clip(
        "hevc_open_gop.mkv",
        SMALL,
        "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=error:open-gop=1:keyint=16:bframes=4",
    ),
    clip(
        "hevc_gray12.mkv",
        SMALL,
        "-c:v libx265 -pix_fmt gray12le -x265-params log-level=error",
    ),
    clip(
        "hevc_gray10.mp4",
        SMALL,
        "-c:v libx265 -pix_fmt gray10le -x265-params log-level=error",
    ),
    clip(
        "hevc_444_12.mkv",
        SMALL,
        "-c:v libx265 -pix_fmt yuv444p12le -x265-params log-level=error",
    ),
    clip(
        "hevc.ts",
        SMALL,
        "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=error:keyint=20",
    ),
    clip("mpeg4.avi", SMALL, "-c:v mpeg4 -q:v 3 -bf 2 -g 20"),
    clip("mpeg4.mp4", SMALL, "-c:v mpeg4 -q:v 3 -bf 2 -g 20"),
    clip("mpeg4_no_b.avi", SMALL, "-c:v mpeg4 -q:v 3"),
    clip("mpeg2.mpg", SMALL, "-c:v mpeg2video -q:v 3 -bf 2 -g 12"),
    clip("mpeg2.ts", SMALL, "-c:v mpeg2video -q:v 3 -bf 2 -g 12"),
    clip("mpeg1.mpg", SMALL, "-c:v mpeg1video -q:v 3 -bf 2"),
    clip("mjpeg.avi", SMALL, "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p"),
    clip("mjpeg_444.mkv", ODD, "-c:v mjpeg -q:v 3 -pix_fmt yuvj444p"),
    clip("ffv1_gray.mkv", ODD, "-c:v ffv1 -level 3 -pix_fmt gray"),
    clip(
        "ffv1_gray10.mkv",
        ODD,
        "-c:v ffv1 -level 3 -pix_fmt gray10le",
    ),
    clip(
        "ffv1_gray16.mkv",
        ODD,
        "-c:v ffv1 -level 3 -pix_fmt gray16le",
    ),
    clip("ffv1_bgra.avi", ODD, "-c:v ffv1 -level 3 -pix_fmt bgra"),
    clip(
        "ffv1_gbrp16.mkv",
        ODD,
        "-c:v ffv1 -level 3 -pix_fmt gbrp16le",
    ),
    clip(
        "ffv1_yuv410.mkv",
        SMALL,
        "-c:v ffv1 -level 3 -pix_fmt yuv410p",
    ),
    clip(
        "ffv1_yuva420.mkv",
        SMALL,
        "-c:v ffv1 -level 3 -pix_fmt yuva420p",
    ),
    clip("huffyuv.avi", SMALL, "-c:v huffyuv -pix_fmt yuv422p"),
    clip("utvideo.mkv", ODD, "-c:v utvideo -pix_fmt gbrp"),
    clip("png.mov", ODD, "-c:v png -pix_fmt rgb48be"),
    clip("png_palette.avi", ODD, "-c:v png -pix_fmt monob"),
    clip("qtrle.mov", ODD, "-c:v qtrle -pix_fmt rgb24"),
    clip("rawvideo_gray.avi", SMALL, "-c:v rawvideo -pix_fmt gray"),
    clip("rawvideo_pal8.nut", SMALL, "-c:v rawvideo -pix_fmt pal8"),
    clip(
        "vp8.webm",
        SMALL,
        "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 -b:v 300k -g 30 -deadline realtime",
    ),
    clip(
        "vp9.webm",
        SMALL,
        "-c:v libvpx-vp9 -b:v 300k -g 30 -deadline realtime -cpu-used 8",
    ),
    clip("av1.mp4", SMALL, "-c:v libsvtav1 -preset 12 -g 30"),
    clip("mss.wmv", SMALL, "-c:v wmv2 -q:v 3"),
    clip("flv1.flv", SMALL, "-c:v flv -q:v 3"),
    clip("theora.ogv", SMALL, "-c:v libtheora -q:v 6"),
    clip("gif.gif", ODD, "-c:v gif"),
    clip("rgb555.mov", SMALL, "-c:v rawvideo -pix_fmt rgb555be"),
];

/// Makes a clip with the ffmpeg program; an encoder that it lacks is `None`.
pub(crate) fn make(clip: &Clip, folder: &Path) -> Option<PathBuf> {
    let path = folder.join(clip.name);
    let mut command = Command::new("ffmpeg");
    command.args([
        "-hide_banner",
        "-loglevel",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        clip.source,
    ]);
    command.args(clip.args.split(' '));
    let output = command
        .arg(&path)
        .output()
        .expect("the ffmpeg program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("Unknown encoder") {
        eprintln!("left out, no encoder: {}", clip.name);
        return None;
    }
    assert!(output.status.success(), "{}: {stderr}", clip.name);
    Some(path)
}
