//! Groups of gray frames: every codec at every depth and at awkward sizes, against itself and against the ffmpeg program.

use std::io::Write as _;
use std::process::{Command, Stdio};

use pimage_core::{Cancel, Error};
use pimage_video::sequence::{Codec, Coded, Stream, decode, encode};

/// Waves that move, of as many bits as the stream has.
fn samples(stream: &Stream, frames: usize) -> Vec<u16> {
    let (width, height) = (stream.width() as usize, stream.height() as usize);
    let white = 2_f64.powi(i32::from(stream.bit_depth())) - 1.0;
    let mut samples = Vec::new();
    for t in 0..frames {
        for y in 0..height {
            for x in 0..width {
                let phase = (x + 2 * t) as f64 / 5.0;
                let wave = phase.sin() * (y as f64 / 7.0).cos();
                let texture = ((x * 7 + y * 13 + t * 3) % 5) as f64 / 50.0;
                samples.push(((0.45 + 0.4 * wave + texture).clamp(0.0, 1.0) * white) as u16);
            }
        }
    }
    samples
}

fn options(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn lossless(codec: Codec) -> Vec<(String, String)> {
    match codec {
        Codec::X265 => options(&[("x265-params", "lossless=1:bframes=4")]),
        Codec::Ffv1 | Codec::OpenJpeg => Vec::new(),
    }
}

fn stream(codec: Codec, width: u32, height: u32, depth: u8) -> Stream {
    Stream::new(codec, width, height, depth).expect("is possible")
}

fn coded(stream: &Stream, samples: &[u16], options: &[(String, String)]) -> Coded {
    encode(samples, stream, options, &Cancel::new())
        .unwrap_or_else(|error| panic!("{stream:?}: {error}"))
}

fn restored(coded: &Coded, stream: &Stream) -> Vec<u16> {
    decode(&coded.private, &coded.packets, stream, &Cancel::new())
        .unwrap_or_else(|error| panic!("{stream:?}: {error}"))
}

#[test]
fn lossless_groups_come_back_at_every_depth_and_size() {
    let sizes = [
        (1, 1, 1),
        (3, 7, 5),
        (16, 16, 2),
        (33, 2, 4),
        (2, 90, 3),
        (150, 150, 12),
        (161, 67, 9),
    ];
    for codec in Codec::ALL {
        let most = codec.depths().last().copied().unwrap_or(8);
        for depth in [8, 9, 10, 11, 12, 14, 16] {
            for (width, height, frames) in sizes {
                if depth > most {
                    continue;
                }
                let stream = stream(codec, width, height, depth);
                let samples = samples(&stream, frames);
                let coded = coded(&stream, &samples, &lossless(codec));
                assert_eq!(coded.packets.len(), frames, "{stream:?}");
                assert!(restored(&coded, &stream) == samples, "{stream:?}");
            }
        }
    }
}

#[test]
fn lossy_groups_are_near_and_small_with_frames_that_refer_to_later_ones() {
    let stream = stream(Codec::X265, 150, 90, 12);
    let samples = samples(&stream, 20);
    let coded = coded(
        &stream,
        &samples,
        &options(&[
            ("preset", "slow"),
            ("crf", "10"),
            ("x265-params", "psy-rd=0"),
        ]),
    );
    let order: Vec<_> = coded.packets.iter().map(|packet| packet.frame).collect();
    assert!(!order.is_sorted(), "no frame refers to a later one");
    assert_eq!(
        coded.packets.iter().filter(|packet| packet.is_key).count(),
        1
    );
    let restored = restored(&coded, &stream);
    let worst = samples
        .iter()
        .zip(&restored)
        .map(|(a, b)| a.abs_diff(*b))
        .max();
    assert!(
        worst.is_some_and(|worst| worst > 0 && worst < 200),
        "{worst:?}"
    );
    assert!(
        coded.packet_bytes() * 8 < samples.len(),
        "{}",
        coded.packet_bytes()
    );
}

#[test]
fn the_same_frames_are_the_same_bytes_while_others_are_encoded() {
    let stream = stream(Codec::X265, 96, 64, 10);
    let samples = samples(&stream, 16);
    let options = options(&[("crf", "12"), ("preset", "medium")]);
    let all: Vec<_> = std::thread::scope(|scope| {
        let run = || scope.spawn(|| coded(&stream, &samples, &options));
        let runs: Vec<_> = (0..4).map(|_| run()).collect();
        runs.into_iter()
            .map(|run| run.join().expect("runs"))
            .collect()
    });
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}

/// The byte stream of a group, with the header that its private data holds.
fn byte_stream(coded: &Coded) -> Vec<u8> {
    let mut coded = coded.clone();
    coded.carry_header();
    let mut out = Vec::new();
    for packet in &coded.packets {
        let mut rest = packet.data.as_slice();
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let (unit, behind) = behind.split_at(u32::from_be_bytes(*length) as usize);
            out.extend([0, 0, 0, 1]);
            out.extend(unit);
            rest = behind;
        }
    }
    out
}

#[test]
fn the_ffmpeg_program_sees_the_same_samples() {
    for (depth, format) in [(8, "gray"), (10, "gray10le"), (12, "gray12le")] {
        let stream = stream(Codec::X265, 61, 45, depth);
        let samples = samples(&stream, 10);
        let coded = coded(&stream, &samples, &options(&[("crf", "18")]));
        let ours: Vec<u8> = restored(&coded, &stream)
            .into_iter()
            .flat_map(|sample| {
                sample
                    .to_le_bytes()
                    .into_iter()
                    .take(if depth > 8 { 2 } else { 1 })
            })
            .collect();
        let mut child = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "hevc", "-i", "-", "-f", "rawvideo"])
            .args(["-pix_fmt", format, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("ffmpeg is installed");
        let mut input = child.stdin.take().expect("is piped");
        input.write_all(&byte_stream(&coded)).expect("ffmpeg reads");
        drop(input);
        let output = child.wait_with_output().expect("ffmpeg ends");
        assert!(output.stdout == ours, "{depth} bits");
    }
}

#[test]
fn a_header_in_the_first_packet_is_enough_under_another_track() {
    let stream = stream(Codec::X265, 64, 48, 12);
    let samples = samples(&stream, 6);
    let mut exact = coded(&stream, &samples, &lossless(Codec::X265));
    let other = coded(&stream, &samples, &options(&[("crf", "30")]));
    assert_ne!(exact.private, other.private);
    exact.carry_header();
    exact.private = other.private;
    assert!(restored(&exact, &stream) == samples);
}

#[test]
fn quality_changes_nothing_in_the_private_data() {
    let stream = stream(Codec::X265, 64, 48, 12);
    let samples = samples(&stream, 6);
    let private = |crf| coded(&stream, &samples, &options(&[("crf", crf)])).private;
    assert_eq!(private("4"), private("40"));
}

#[test]
fn damaged_groups_are_errors_or_whole() {
    for codec in Codec::ALL {
        let stream = stream(codec, 48, 40, 12);
        let samples = samples(&stream, 8);
        let whole = coded(&stream, &samples, &lossless(codec));
        let mut seed = 7_u32;
        let mut draw = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % below.max(1)
        };
        for round in 0..60 {
            let mut coded = whole.clone();
            let at = draw(coded.packets.len());
            let data = &mut coded.packets[at].data;
            match round % 4 {
                0 => data.truncate(draw(data.len())),
                1 => coded.packets.truncate(at),
                2 => drop(coded.packets.remove(at)),
                _ => {
                    let place = draw(data.len());
                    data[place] ^= 1 << draw(8);
                }
            }
            match decode(&coded.private, &coded.packets, &stream, &Cancel::new()) {
                Ok(found) => assert_eq!(found.len(), coded.packets.len() * stream.frame_samples()),
                Err(error) => assert!(
                    matches!(error, Error::Malformed { .. } | Error::Codec { .. }),
                    "{error}"
                ),
            }
        }
        let mut private = whole.private.clone();
        for at in 0..private.len() {
            private[at] ^= 0x41;
            drop(decode(&private, &whole.packets, &stream, &Cancel::new()));
            private[at] ^= 0x41;
        }
    }
}

#[test]
fn other_frames_than_the_streams_are_refused() {
    let small = stream(Codec::X265, 32, 32, 10);
    let samples = samples(&small, 3);
    let coded = coded(&small, &samples, &options(&[("crf", "20")]));
    for other in [
        stream(Codec::X265, 33, 32, 10),
        stream(Codec::X265, 32, 32, 12),
        stream(Codec::X265, 32, 16, 10),
    ] {
        let error = decode(&coded.private, &coded.packets, &other, &Cancel::new())
            .expect_err("is another stream");
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
    }
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = encode(&samples, &small, &[], &cancel).expect_err("is stopped");
    assert!(matches!(stopped, Error::Stopped));
}

#[test]
fn what_a_stream_cannot_be_is_told() {
    for (stream, expected) in [
        (
            Stream::new(Codec::X265, 10, 10, 14),
            "depth is 14: expected 1 to 12 with x265",
        ),
        (
            Stream::new(Codec::Ffv1, 0, 10, 14),
            "width is 0: expected 1 to 32768 pixels",
        ),
    ] {
        assert_eq!(stream.expect_err("is impossible").to_string(), expected);
    }
    let stream = stream(Codec::Ffv1, 2, 2, 10);
    let refused = |samples: &[u16]| {
        encode(samples, &stream, &[], &Cancel::new())
            .expect_err("is refused")
            .to_string()
    };
    assert_eq!(
        refused(&[1, 2, 3]),
        "samples is 3: expected whole frames of 4 samples"
    );
    assert_eq!(
        refused(&[1, 2, 3, 1024]),
        "samples is deeper: expected samples of 10 bits"
    );
}

#[test]
fn pictures_of_one_block_are_what_the_encoder_believes() {
    for width in [1, 15, 16, 17, 31, 32, 33, 63, 64, 65] {
        for height in [1, 16, 31, 32, 64, 65] {
            let stream = stream(Codec::X265, width, height, 10);
            let samples = samples(&stream, 3);
            let coded = coded(&stream, &samples, &lossless(Codec::X265));
            assert!(restored(&coded, &stream) == samples, "{stream:?}");
        }
    }
}
