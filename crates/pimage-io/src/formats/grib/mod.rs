//! GRIB edition 2 (`.grib2`): fields of meteorology, each in a message of its own.
//!
//! # What it stores
//!
//! Fields of real numbers on grids, packed in whole numbers of few bits, with what they are, their level, and when they are valid.
//!
//! # What pimage reads
//!
//! The fields of one variable (centre, parameter, level, whether an analysis or a forecast, kind of process, member of an ensemble and grid) in the order of the file, each a gray frame.
//! Of several variables one is named, as `f.grib2:t,850`: by a short name of ecCodes, cfgrib or NCEP (`2t`, `t2m`, `TMP`) or by discipline, category and number (`0.0.0`),
//! then, where that is not enough, the level in ecCodes' unit, `member=N`; `#7` is the seventh variable of the file.
//! Grids whose rows are of one length: regular and rotated latitudes and longitudes, Gaussian ones, and the projections. Row 0 is the first of the message, as ecCodes and cfgrib show it;
//! rows that run in turns are turned, columns become rows. Those of regular latitudes and longitudes have coordinates in degrees, as a variable of NetCDF has.
//! Packing: simple, complex with and without differences, IEEE floats, PNG, CCSDS, run lengths, and JPEG 2000 of up to 16 bits where FFmpeg is built in. Several fields in one message, with their bitmaps; what a bitmap leaves out is NaN.
//! Samples are `f32`, or `f64` where that is too coarse to tell the packed numbers of a field apart; they are the values of ecCodes, rounded once.
//! The time of a frame is when it is valid: reference time and step, or the end of an interval; there is none where the step of a template is not known.
//! Intervals that begin at the reference time are a variable of their own where others end at the same time.
//! A file is looked through by its sections' headers when it is opened; memory grows by 56 bytes for each field, and not with their size.
//!
//! # What it writes
//!
//! Gray frames of any type, each a message of one field: packed as CCSDS recommends (`--compression simple` without coding), in 16 bits (`--quality bits=N`)
//! or with so many places behind the point (`--quality decimals=N`). The error is half a step at most, and the summary says how large it is.
//! Whole numbers are exact where 16 bits hold their range. `--compression ieee` keeps floats as they are; `--lossless` does so for floats, and gives whole numbers the bits that they need.
//! NaN is left out by a bitmap.
//! Parameter, level, member and centre, reference time and a regular grid of latitudes and longitudes are those of the source where it was GRIB and was not transformed.
//! Of another source, the parameter is that of its standard name or of its variable's name where the units are those of GRIB, levels are those of an axis in hPa or Pa
//! (or `height` in m) or of a single such value, and the grid is that of even coordinates in degrees; a note says what is not known:
//! then the parameter is 0.255.255, there is no level, and the points are 0.001 degrees apart.
//! Times are whole seconds; times since the start are counted from 1970 on.
//!
//! # What is lost
//!
//! Read: steps of forecasts whose reference times differ (only the time of validity is kept), and sections for local use.
//! Written: frame numbers, parts of seconds, grids other than regular ones, that values are of an interval, probabilities, percentiles or of a chemical.
//!
//! # Specification
//!
//! WMO Manual on Codes, volume I.2, FM 92 GRIB edition 2.

#[cfg(feature = "grib")]
mod cf;
#[cfg(feature = "grib")]
mod choose;
#[cfg(feature = "grib")]
mod date;
#[cfg(feature = "grib")]
mod decode;
#[cfg(feature = "grib")]
mod describe;
#[cfg(feature = "grib")]
mod grid;
#[cfg(feature = "grib")]
mod header;
#[cfg(feature = "grib")]
mod images;
#[cfg(feature = "grib")]
mod levels;
#[cfg(feature = "grib")]
mod octets;
#[cfg(feature = "grib")]
mod packing;
#[cfg(feature = "grib")]
mod parameter;
#[cfg(feature = "grib")]
mod place;
#[cfg(feature = "grib")]
mod product;
#[cfg(feature = "grib")]
mod quantize;
#[cfg(feature = "grib")]
mod reader;
#[cfg(feature = "grib")]
mod scan;
#[cfg(feature = "grib")]
mod spatial;
#[cfg(feature = "grib")]
mod values;
#[cfg(feature = "grib")]
mod when;
#[cfg(feature = "grib")]
mod writer;

use crate::{Format, Probe};

/// The row of the table.
pub(crate) static FORMAT: Format = Format {
    name: "grib",
    title: "fields of meteorology (GRIB edition 2)",
    extensions: &["grib2", "grb2", "grib", "grb"],
    reads: "simple, complex, CCSDS, IEEE, PNG and JPEG 2000 packing, by name (`f.grib2:t,850`)",
    writes: "gray, with CCSDS, simple or IEEE packing",
    detect: Some(detect),
    feature: "grib",
    #[cfg(feature = "grib")]
    open: Some(reader::open),
    #[cfg(not(feature = "grib"))]
    open: None,
    #[cfg(feature = "grib")]
    create: Some(writer::create),
    #[cfg(not(feature = "grib"))]
    create: None,
};

fn detect(probe: &Probe<'_>) -> bool {
    probe.head.starts_with(b"GRIB") && matches!(probe.head.get(7), Some(1 | 2))
}
