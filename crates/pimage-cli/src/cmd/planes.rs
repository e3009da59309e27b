//! `pimage hash --raw`: MD5 of a video's planes as its decoder gives them, comparable with FFmpeg's own.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use md5::{Digest, Md5};
use pimage_core::Error;
use pimage_io::ReadOptions;
use pimage_video::{PlaneReader, Planes, VideoOptions};
use serde_json::json;

use crate::report::Hinted;
use crate::streams;
use crate::term::Term;

/// Hashes every picture.
pub(super) fn run(input: &Path, options: &ReadOptions, term: &Term) -> anyhow::Result<ExitCode> {
    if streams::is_standard(input) {
        return Err(Hinted::new(
            "standard input has no decoder's planes",
            "give the name of a video, or leave out --raw",
        )
        .into());
    }
    let options = VideoOptions {
        limits: options.limits,
        on_damage: options.on_damage,
        gray: options.gray,
        no_rotation: options.no_rotation,
        threads: options.threads,
    };
    let mut reader = PlaneReader::open(input, &options)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let failed = |error| Error::io("write", "standard output")(error);
    if term.json {
        write!(
            out,
            "{{\"path\":{},\"frames\":[",
            json!(input.to_string_lossy())
        )
        .map_err(failed)?;
    }
    let mut total = Md5::new();
    let mut count = 0u64;
    while let Some(planes) = reader.next()? {
        total.update(planes.bytes);
        print(&mut out, &planes, count == 0, term.json).map_err(failed)?;
        count += 1;
    }
    let lost = json!(streams::lost_count(reader.damage()));
    let total = hex(&total.finalize());
    if term.json {
        writeln!(
            out,
            "],\"count\":{count},\"lost_frames\":{lost},\"total\":\"{total}\"}}"
        )
    } else {
        writeln!(out, "total {count} {total}")
    }
    .and_then(|()| out.flush())
    .map_err(failed)?;
    streams::note_damage(term, input, reader.damage());
    if let Some(lost) = streams::lost_text(reader.damage()) {
        term.note(&format!("Done: {count} frame(s), {lost}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn print(
    out: &mut impl Write,
    planes: &Planes<'_>,
    is_first: bool,
    as_json: bool,
) -> io::Result<()> {
    let hash = hex(&Md5::digest(planes.bytes));
    if as_json {
        let comma = if is_first { "" } else { "," };
        let value = json!({
            "index": planes.index,
            "pts": planes.pts,
            "bytes": planes.bytes.len(),
            "pixel_format": planes.pixel_format,
            "md5": hash,
        });
        return write!(out, "{comma}{value}");
    }
    let pts = planes
        .pts
        .map_or_else(|| "-".to_owned(), |pts| pts.to_string());
    writeln!(out, "{} {pts} {} {hash}", planes.index, planes.bytes.len())
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
