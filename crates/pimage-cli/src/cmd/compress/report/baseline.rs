//! What arrays are usually kept in, to be compared with.

use std::path::Path;

use pimage_convert::{RangeMapping, RangeTarget};
use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameReader, Limits, SampleType, StreamInfo, Transform,
};
use pimage_io::WriteOptions;
use pimage_transform::{Chain, TransformingReader};

use super::mapped::Mapped;
use super::source::Source;

/// One way to keep an array that is not pimage's own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Baseline {
    /// What `--modes` calls it.
    pub(super) name: &'static str,
    /// What it is, in one line.
    pub(super) title: &'static str,
    pub(super) extension: &'static str,
    compression: Option<&'static str>,
    change: Change,
}

/// What is done to frames before they are written, and undone when they come back.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    Nothing,
    /// The range becomes that of 16 bits.
    Sixteen,
    /// Half as many rows and columns.
    Half,
}

/// All of them.
pub(super) const BASELINES: [Baseline; 5] = [
    Baseline {
        name: "blosc",
        title: "Zarr with shuffled bytes in Blosc, lossless",
        extension: "zarr",
        compression: Some("blosc"),
        change: Change::Nothing,
    },
    Baseline {
        name: "netcdf-zlib",
        title: "NetCDF-4 with shuffled bytes in zlib, level 9, lossless",
        extension: "nc",
        compression: Some("deflate=9"),
        change: Change::Nothing,
    },
    Baseline {
        name: "grib-ccsds",
        title: "GRIB2 with CCSDS packing, in 16 bits",
        extension: "grib2",
        compression: Some("ccsds"),
        change: Change::Nothing,
    },
    Baseline {
        name: "raw-16-bit",
        title: "the range rounded to 65,536 steps, not compressed",
        extension: "npy",
        compression: None,
        change: Change::Sixteen,
    },
    Baseline {
        name: "half-resolution",
        title: "every second row and column by averaging, not compressed, enlarged again linearly",
        extension: "npy",
        compression: None,
        change: Change::Half,
    },
];

impl Baseline {
    /// Writes the frames of `source` to `path`.
    pub(super) fn write(&self, source: &Source<'_>, path: &Path) -> anyhow::Result<()> {
        let options = WriteOptions {
            compression: self.compression.map(str::to_owned),
            threads: source.threads,
            sync: false,
            ..WriteOptions::default()
        };
        let reader = (source.open)()?;
        match self.change {
            Change::Nothing => source.copy(reader, &mut |info| create(path, info, &options)),
            Change::Half => {
                let reader = changed(reader, "resize=0.5,area", source)?;
                source.copy(reader, &mut |info| create(path, info, &options))
            }
            Change::Sixteen => {
                let (low, high) = source.range;
                let mapping = RangeMapping::new(&reader.info().format, low, high, RangeTarget::U16);
                let reader = Box::new(Mapped::new(reader, mapping)?);
                source.copy(reader, &mut |info| create(path, info, &options))
            }
        }
    }

    /// The frames that come back from `path`, of the size of those of `source`.
    pub(super) fn read(
        &self,
        source: &Source<'_>,
        path: &Path,
    ) -> anyhow::Result<Box<dyn FrameReader>> {
        let reader = source.reopen(path)?;
        Ok(match self.change {
            Change::Nothing => reader,
            Change::Half => {
                let FrameFormat { width, height, .. } = source.format;
                changed(reader, &format!("resize={width}x{height},linear"), source)?
            }
            Change::Sixteen => {
                let (low, high) = source.range;
                Box::new(Mapped::new(reader, Unmapping { low, high })?)
            }
        })
    }
}

fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> anyhow::Result<Box<dyn pimage_core::FrameWriter>> {
    Ok(pimage_io::create(path, info, options)?)
}

fn changed(
    reader: Box<dyn FrameReader>,
    steps: &str,
    source: &Source<'_>,
) -> anyhow::Result<Box<dyn FrameReader>> {
    let chain: Chain = steps.parse()?;
    let reader = TransformingReader::new(reader, &chain, &source.surroundings)?;
    Ok(Box::new(reader))
}

/// 16 bits back to the range that they were made of.
#[derive(Debug, Clone, Copy)]
struct Unmapping {
    low: f64,
    high: f64,
}

impl Transform for Unmapping {
    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        let FrameFormat {
            width,
            height,
            color,
            ..
        } = *input;
        if input.sample != SampleType::U16 || !matches!(color, Color::Gray | Color::Rgb) {
            return Err(Error::CannotTake {
                step: "raw-16-bit".to_owned(),
                format: *input,
                hint: "16-bit samples without opacity come back".to_owned(),
            });
        }
        Ok(FrameFormat::new(width, height, color, SampleType::F64))
    }

    fn apply(&self, frame: &mut Frame, spare: &mut Frame) -> Result<(), Error> {
        spare.reset(&self.output_format(frame.format())?, &Limits::none())?;
        let step = (self.high - self.low) / f64::from(RangeTarget::U16.top());
        let codes = frame.samples::<u16>().unwrap_or_default();
        let values = spare.samples_mut::<f64>().unwrap_or_default();
        for (value, code) in values.iter_mut().zip(codes) {
            *value = self.low + f64::from(*code) * step;
        }
        spare.stamp = frame.stamp.clone();
        std::mem::swap(frame, spare);
        Ok(())
    }
}
