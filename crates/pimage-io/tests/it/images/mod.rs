//! Still images, and folders of them.

mod axes;
mod damage;
mod parts;
mod reading;
mod writing;

use std::fs;
use std::path::Path;

use pimage_core::Frame;

use crate::{open, read_all, write};

/// Writes one image a frame, under these names.
fn put(folder: &Path, names: &[&str], frames: &[Frame]) {
    for (name, frame) in names.iter().zip(frames) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("has one")).expect("creates");
        write(&path, std::slice::from_ref(frame));
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().display().to_string())
        .collect();
    names.sort();
    names
}

/// The names and numbers of all frames.
fn stamps(path: &Path) -> Vec<(String, Option<i64>)> {
    let frames = read_all(&mut *open(path).expect("opens")).expect("reads");
    let stamp = |frame: &Frame| {
        let name = frame.stamp.name.as_deref().unwrap_or_default();
        (name.to_owned(), frame.stamp.number)
    };
    frames.iter().map(stamp).collect()
}

fn note(path: &Path, name: &str) -> Option<String> {
    let reader = open(path).expect("opens");
    let value = reader.info().metadata.get(name)?;
    Some(value.to_string())
}
