//! A store that is followed while it is written: every frame once, and the end when the recording has ended.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use pimage_core::{Cancel, Error, Frame, FrameReader, FrameWriter};
use pimage_store::{StoreFollower, StoreOptions};

use crate::kit::{GRAY, frame, frames_of, number_of, options, writer};

/// Frames that a follower found, and whether the writer had left the store open.
type Found = (Vec<Frame>, bool);

/// Follows a store on a thread of its own; says how many frames it has, each time.
fn follow(path: PathBuf) -> (JoinHandle<Found>, Receiver<usize>) {
    let (said, heard) = channel();
    let thread = std::thread::spawn(move || {
        let mut follower = StoreFollower::open(path, &StoreOptions::default()).expect("opens");
        let (mut frames, mut frame) = (Vec::new(), Frame::empty());
        while follower.read_into(&mut frame).expect("reads") {
            frames.push(frame.clone());
            // The test may have seen enough.
            let _ = said.send(frames.len());
        }
        (frames, follower.is_abandoned())
    });
    (thread, heard)
}

fn wait_for(heard: &Receiver<usize>, count: usize) {
    while heard.recv_timeout(Duration::from_secs(60)).expect("comes") < count {}
}

/// The formats that this build writes, one for each way of closing a chunk.
fn formats() -> Vec<&'static str> {
    let mut formats = vec!["npy", "png"];
    if cfg!(feature = "ffmpeg") {
        formats.extend(["mjpeg/avi", "ffv1/mkv", "h264/mkv", "avc1/mp4"]);
    }
    formats
}

#[test]
fn every_flushed_frame_is_seen_once_and_before_the_next_is_written() {
    for format in formats() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let mut recorder = writer(&path, GRAY, &options(format, 10));
        recorder.write(&frame(0, GRAY)).expect("writes");
        recorder.flush().expect("flushes");
        let (thread, heard) = follow(path.clone());
        wait_for(&heard, 1);
        for index in 1..35 {
            recorder.write(&frame(index, GRAY)).expect("writes");
            if index % 4 == 3 {
                recorder.flush().expect("flushes");
                wait_for(&heard, index as usize + 1);
            }
        }
        let _ = Box::new(recorder).finish().expect("finishes");
        let (followed, is_abandoned) = thread.join().expect("ends by itself");
        assert!(!is_abandoned, "{format}");
        let whole = frames_of(&path);
        assert_eq!(followed.len(), 35, "{format}");
        for (followed, whole) in followed.iter().zip(&whole) {
            assert_eq!(followed.stamp, whole.stamp, "{format}");
            assert!(
                followed.bytes() == whole.bytes(),
                "{format} {:?}",
                whole.stamp
            );
        }
    }
}

#[test]
fn a_writer_that_ends_without_closing_leaves_what_was_flushed() {
    for format in formats() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let mut recorder = writer(&path, GRAY, &options(format, 10));
        for index in 0..17 {
            recorder.write(&frame(index, GRAY)).expect("writes");
        }
        recorder.flush().expect("flushes");
        let (thread, heard) = follow(path);
        wait_for(&heard, 17);
        drop(recorder);
        let (frames, is_abandoned) = thread.join().expect("ends by itself");
        assert!(is_abandoned, "{format}");
        let numbers: Vec<_> = frames
            .iter()
            .filter_map(|frame| frame.stamp.number)
            .collect();
        assert_eq!(
            numbers,
            (0..17).map(number_of).collect::<Vec<_>>(),
            "{format}"
        );
    }
}

#[test]
fn a_closed_store_is_read_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    crate::kit::record(&path, GRAY, 25, &options("npy", 10));
    let mut follower = StoreFollower::open(&path, &StoreOptions::default()).expect("opens");
    let stamps = std::iter::from_fn(|| follower.next_stamp().expect("reads"));
    let found: Vec<_> = stamps.map(|stamp| (stamp.index, stamp.number)).collect();
    let expected = (0..25).map(|index| (index, Some(number_of(index))));
    assert_eq!(found, expected.collect::<Vec<_>>());
    assert!(!follower.is_abandoned());
    std::fs::remove_dir_all(path.join("000001")).expect("is removed");
    let mut follower = StoreFollower::open(&path, &StoreOptions::default()).expect("opens");
    let error = std::iter::from_fn(|| follower.next_stamp().transpose())
        .find_map(Result::err)
        .expect("a chunk is missing");
    assert!(error.to_string().contains("000001"), "{error}");
}

#[test]
fn waiting_is_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let path: &Path = &folder.path().join("store");
    let mut recorder = writer(path, GRAY, &options("npy", 10));
    recorder.write(&frame(0, GRAY)).expect("writes");
    recorder.flush().expect("flushes");
    let options = StoreOptions {
        cancel: Cancel::new(),
        ..StoreOptions::default()
    };
    let mut follower = StoreFollower::open(path, &options).expect("opens");
    let mut frame = Frame::empty();
    assert!(follower.read_into(&mut frame).expect("is there"));
    let cancel = options.cancel.clone();
    let stopper = std::thread::spawn(move || cancel.cancel());
    let stopped = follower.read_into(&mut frame);
    stopper.join().expect("ends");
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
}
