//! What a comparison says: a table of trials, the curves, their deltas.

use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use pimage_codec::Codec;
use pimage_convert::{CurvePoint, RateCurves, Trial};
use pimage_core::Error;
use pimage_fs::{Disk, StagedFile, Storage};
use serde_json::{Value, json};

use crate::cmd::codec::bench::Entry;
use crate::cmd::codec::trials::finite;

/// The columns of the table.
const COLUMNS: [&str; 15] = [
    "image",
    "frame",
    "codec",
    "quality",
    "bytes",
    "bits_per_pixel",
    "psnr",
    "psnr_y",
    "psnr_cb",
    "psnr_cr",
    "ssim",
    "ms_ssim",
    "max_error",
    "encode_s",
    "decode_s",
];

/// A row for each trial, as CSV in a file; nothing where none was asked for.
pub(super) struct Table {
    out: Option<csv::Writer<BufWriter<StagedFile>>>,
}

impl Table {
    pub(super) fn new(path: Option<&Path>, overwrite: bool) -> Result<Self, Error> {
        let Some(path) = path else {
            return Ok(Self { out: None });
        };
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let staged = StagedFile::create(&storage, path, overwrite)?;
        let mut table = Self {
            out: Some(csv::Writer::from_writer(BufWriter::new(staged))),
        };
        table.row(COLUMNS)?;
        Ok(table)
    }

    fn row<T: AsRef<[u8]>>(&mut self, cells: impl IntoIterator<Item = T>) -> Result<(), Error> {
        let Some(out) = &mut self.out else {
            return Ok(());
        };
        out.write_record(cells).map_err(|error| Error::Io {
            verb: "write",
            path: "the table".into(),
            source: error.into(),
        })
    }

    /// Adds a trial; a ratio that is infinite is `inf`, what there is none of is empty.
    pub(super) fn add(
        &mut self,
        image: &Path,
        frame: u64,
        codec: &Codec,
        quality: &str,
        trial: &Trial,
    ) -> Result<(), Error> {
        if self.out.is_none() {
            return Ok(());
        }
        let point = CurvePoint::of(trial);
        let [y, cb, cr] = point.psnr_ycbcr;
        let max_error = trial
            .fidelity
            .as_ref()
            .map_or(f64::NAN, |found| found.max_error);
        let mut cells = vec![
            image.to_string_lossy().into_owned(),
            frame.to_string(),
            codec.name.to_owned(),
            quality.to_owned(),
            trial.payload_bytes.to_string(),
        ];
        let numbers = [
            point.bits_per_pixel,
            point.psnr,
            y,
            cb,
            cr,
            point.ssim,
            point.ms_ssim,
            max_error,
            point.encode_secs,
            point.decode_secs,
        ];
        cells.extend(numbers.map(|number| match number.is_nan() {
            true => String::new(),
            false => number.to_string(),
        }));
        self.row(cells)
    }

    /// Completes the file.
    pub(super) fn finish(self) -> Result<(), Error> {
        let Some(out) = self.out else {
            return Ok(());
        };
        let failed = |source| Error::Io {
            verb: "write",
            path: "the table".into(),
            source,
        };
        let buffer = out
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        let staged = buffer
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        staged.commit().map(|_| ())
    }
}

/// The result of a comparison.
pub(super) struct Report<'a> {
    pub(super) entries: &'a [Entry],
    pub(super) curves: &'a RateCurves,
    pub(super) reference: Option<&'static Codec>,
}

/// A number with so many decimals; `-` where there is none.
fn decimals(value: f64, places: usize) -> String {
    if value.is_nan() {
        return "-".to_owned();
    }
    format!("{value:.places$}")
}

impl Report<'_> {
    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let images = self.curves.images();
        let mut lines = vec![
            format!("mean of {images} image(s); encode and decode in milliseconds"),
            format!(
                "{:<9} {:<16} {:>8} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8} {:>9} {:>8}",
                "codec",
                "quality",
                "bits/px",
                "PSNR",
                "Y",
                "Cb",
                "Cr",
                "SSIM",
                "MS-SSIM",
                "encode",
                "decode"
            ),
        ];
        for (codec, entry) in self.entries.iter().enumerate() {
            for (place, point) in self.curves.points(codec).iter().enumerate() {
                let [y, cb, cr] = point.psnr_ycbcr;
                lines.push(format!(
                    "{:<9} {:<16} {:>8} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8} {:>9} {:>8}",
                    entry.codec.name,
                    entry.label(place),
                    decimals(point.bits_per_pixel, 4),
                    decimals(point.psnr, 2),
                    decimals(y, 2),
                    decimals(cb, 2),
                    decimals(cr, 2),
                    decimals(point.ssim, 5),
                    decimals(point.ms_ssim, 5),
                    decimals(1e3 * point.encode_secs, 1),
                    decimals(1e3 * point.decode_secs, 1),
                ));
            }
        }
        let Some(reference) = self.reference.filter(|_| self.entries.len() > 1) else {
            return lines;
        };
        lines.push(String::new());
        lines.push(format!(
            "{:<9} {:>10} {:>9}   over {}",
            "codec", "BD-rate", "BD-PSNR", reference.name
        ));
        for (codec, entry) in self.entries.iter().enumerate() {
            let delta = |found: Option<f64>, unit: &str| {
                found.map_or_else(|| "-".to_owned(), |found| format!("{found:+.2} {unit}"))
            };
            let rate = delta(self.curves.bd_rate(codec), "%");
            let psnr = delta(self.curves.bd_psnr(codec), "dB");
            lines.push(format!("{:<9} {rate:>10} {psnr:>9}", entry.codec.name));
        }
        lines
    }

    /// For machines.
    pub(super) fn json(&self) -> Value {
        let codecs = self.entries.iter().enumerate().map(|(codec, entry)| {
            let points = self.curves.points(codec);
            let points = points.iter().enumerate();
            json!({
                "codec": entry.codec.name,
                "bd_rate": finite(self.curves.bd_rate(codec)),
                "bd_psnr": finite(self.curves.bd_psnr(codec)),
                "points": points.map(|(place, point)| point_json(&entry.label(place), point)).collect::<Vec<_>>(),
            })
        });
        json!({
            "images": self.curves.images(),
            "reference": self.reference.map(|codec| codec.name),
            "codecs": codecs.collect::<Vec<_>>(),
        })
    }
}

fn point_json(quality: &str, point: &CurvePoint) -> Value {
    let [y, cb, cr] = point.psnr_ycbcr;
    json!({
        "quality": quality,
        "bits_per_pixel": point.bits_per_pixel,
        "psnr": finite(Some(point.psnr)),
        "psnr_y": finite(Some(y)),
        "psnr_cb": finite(Some(cb)),
        "psnr_cr": finite(Some(cr)),
        "ssim": finite(Some(point.ssim)),
        "ms_ssim": finite(Some(point.ms_ssim)),
        "encode_s": point.encode_secs,
        "decode_s": point.decode_secs,
    })
}
