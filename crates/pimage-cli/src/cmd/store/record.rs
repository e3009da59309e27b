//! How a recording store is written, as options of the program.

use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use pimage_core::{Error, FrameRate, Limits};
use pimage_store::{
    ChunkLimits, Durability, FORMATS, METADATA_FILE, RecordOptions, StoreMetadata, written_format,
};
use serde_json::{Map, Value};

use crate::sizes::parse_bytes;
use crate::streams::store_folder;

/// What a new store is made of unless something else is asked for.
const USUAL: &str = "npy";

/// How a store is written.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Store")]
pub(super) struct RecordArgs {
    /// How frames are kept, such as png, mjpeg/avi, h264/mkv, avc1/mp4 or ffv1/mkv; npy unless given, with --append as in the store; `pimage store formats` lists all.
    #[arg(long, value_name = "NAME", value_parser = parse_format)]
    format: Option<String>,

    /// Frames in a chunk; 200 images or 10,000 frames of video unless another limit is given.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_count)]
    chunk_frames: Option<u64>,

    /// Seconds in a chunk, by the frames' times.
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = parse_seconds)]
    chunk_seconds: Option<f64>,

    /// Bytes of a chunk on the disk, such as 1G.
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true, value_parser = parse_bytes)]
    chunk_bytes: Option<u64>,

    /// How often frames are handed to the system, seconds: what a crash can cost.
    #[arg(long, value_name = "S", default_value = "1", allow_negative_numbers = true, value_parser = parse_seconds)]
    flush: f64,

    /// When frames outlive a power cut too: at each flush (second), when a chunk is closed (chunk), each at once (frame, slow), or when the system likes (none).
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Second)]
    durability: When,

    /// Go on with an existing store, in a new chunk; one that crashed is repaired first.
    #[arg(long)]
    pub(super) append: bool,

    /// Take an empty `.lock`, as Python's imgstore leaves it, for one of a writer that is gone.
    #[arg(long)]
    ignore_lock: bool,

    /// Frames a second, such as 25 or 30000/1001, instead of the recording's rate and times; what comes live keeps its times.
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub(super) fps: Option<FrameRate>,

    /// The quality of a lossy format, on its codec's scale.
    #[arg(long, value_name = "QUALITY")]
    quality: Option<String>,

    /// The video encoder's preset.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    /// The time zone of the recording, such as Europe/Vienna; the machine's unless given.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,

    /// Metadata of your own, a text or JSON; can be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_user)]
    user: Vec<(String, Value)>,
}

/// When what was written is made to outlive a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    None,
    Chunk,
    Second,
    Frame,
}

/// The name of a format that is written.
pub(super) fn parse_format(text: &str) -> Result<String, String> {
    match written_format(text) {
        Some(row) if row.name == text => Ok(text.to_owned()),
        Some(row) => Err(format!(
            "stores of it are only read; {} is written in its place",
            row.name
        )),
        None => {
            let rows = FORMATS.iter().filter(|row| row.is_written);
            let names: Vec<_> = rows.map(|row| row.name).collect();
            Err(format!("there are {}", names.join(", ")))
        }
    }
}

fn parse_count(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| format!("`{text}` is not a number of frames: expected 1 or more"))
}

/// Seconds of a time that passes.
pub(super) fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok();
    seconds
        .filter(|seconds| *seconds > 0.0 && *seconds <= 1e9)
        .ok_or_else(|| {
            format!("`{text}` is not a time: expected seconds, more than 0 and at most 1e9")
        })
}

fn parse_user(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && key != "__store" => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            Ok((key.to_owned(), value))
        }
        Some(("__store", _)) => Err("the key `__store` is the store's own".to_owned()),
        _ => Err(format!("`{text}` is not KEY=VALUE")),
    }
}

impl RecordArgs {
    /// The options for the store in this folder.
    pub(super) fn options(
        &self,
        store: &Path,
        threads: Option<usize>,
        limits: Limits,
    ) -> Result<RecordOptions, Error> {
        Ok(RecordOptions {
            chunk: ChunkLimits {
                frames: self.chunk_frames,
                bytes: self.chunk_bytes,
                seconds: self.chunk_seconds,
            },
            append: self.append,
            ignores_foreign_lock: self.ignore_lock,
            durability: match self.durability {
                When::None => Durability::None,
                When::Chunk => Durability::Chunk,
                When::Second => Durability::Second,
                When::Frame => Durability::Frame,
            },
            flush: Duration::from_secs_f64(self.flush),
            rate: self.fps,
            quality: self.quality.clone(),
            preset: self.preset.clone(),
            timezone: self.timezone.clone(),
            user: self.user()?,
            threads,
            limits,
            ..RecordOptions::new(&self.format(store, &limits)?)
        })
    }

    /// The format that was asked for, else that of the store which is gone on with.
    fn format(&self, store: &Path, limits: &Limits) -> Result<String, Error> {
        if let Some(format) = &self.format {
            return Ok(format.clone());
        }
        let store = store_folder(store);
        if !self.append || !store.join(METADATA_FILE).is_file() {
            return Ok(USUAL.to_owned());
        }
        let metadata = StoreMetadata::read(store, limits)?;
        match metadata.row().is_some_and(|row| row.is_written) {
            true => Ok(metadata.format),
            false => {
                let reason = format!("stores of `{}` are only read", metadata.format);
                Err(Error::unsupported(store, reason))
            }
        }
    }

    /// The metadata that were given, each key once.
    fn user(&self) -> Result<Map<String, Value>, Error> {
        let mut user = Map::new();
        for (key, value) in &self.user {
            if user.insert(key.clone(), value.clone()).is_some() {
                let found = format!("`{key}` twice");
                return Err(Error::bad_option("--user", found, "each key once"));
            }
        }
        Ok(user)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_are_texts_or_json() {
        assert_eq!(
            parse_user("a=b c"),
            Ok(("a".to_owned(), Value::from("b c")))
        );
        assert_eq!(parse_user("n=[1, 2]"), Ok(("n".to_owned(), json!([1, 2]))));
        assert!(parse_user("=1").is_err() && parse_user("a").is_err());
        assert!(parse_user("__store=1").is_err());
    }

    #[test]
    fn formats_are_those_that_are_written() {
        assert!(parse_format("mjpeg/avi").is_ok());
        let error = parse_format("libx264").expect_err("is read only");
        assert!(
            error.ends_with("avc1/mp4 is written in its place"),
            "{error}"
        );
        let error = parse_format("gif").expect_err("is none");
        assert!(
            error.contains("avc1/mp4") && !error.contains("nvenc"),
            "{error}"
        );
    }
}
