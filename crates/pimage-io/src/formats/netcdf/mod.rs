//! NetCDF and HDF5 files (`.nc`, `.h5`).
//!
//! # What it stores
//!
//! Variables over named dimensions, with attributes: units, names, how numbers are packed, what a time is counted from.
//! NetCDF-4 files are HDF5 files that keep some rules; HDF5 files of other kinds are read too.
//!
//! # What pimage reads
//!
//! NetCDF-3 (classic, 64-bit offset, 64-bit data) and HDF5 in all its layouts, with deflate, shuffle, Fletcher-32, N-bit, scale-offset and SZIP.
//! `path:name` takes a variable, `path:/group/name` one in a group; without a name it is the only one of two or more dimensions that describes no other.
//! Frames are its last two dimensions, rows and columns; a last dimension `rgb`, `rgba` or `gray_alpha` is colour.
//! In HDF5 without names of dimensions, so are 1 to 4 samples at the end of four dimensions, as in numpy arrays.
//! The other dimensions are axes, the one of time is `t`; the last one is the fastest.
//! Numbers are unpacked as xarray does: `scale_factor`, `add_offset` and `_Unsigned` are applied, `_FillValue` and `missing_value` become NaN;
//! 16 bits and fewer become `F32`, more become `F64`, and what is not packed keeps its type.
//! `valid_range` is not applied, and kept only where numbers are not scaled. Coordinates are unpacked in the same way. `int8` becomes `I16`; 64-bit integers become `F64`, and one that no `F64` is is an error.
//! Times are decoded from their units and calendar, but for months and years, whose lengths differ: their counts are labels of the axis; in calendars whose days never were (`noleap`, `360_day`), they are those since the reference.
//! Attributes become metadata: those of the variable by their names, those of the file as `global.NAME`, those of a coordinate as `DIMENSION.NAME`;
//! an attribute whose name says something else here becomes `attribute.NAME`; dimensions in an unusual order are told as `dimension_order`;
//! the values of a coordinate of rows or columns are `y_values` and `x_values`, by their ends where they are even.
//! Variables of one value that `coordinates` or `grid_mapping` names (a height, a map projection) are `scalar.NAME`, their attributes `scalar.NAME.ATTRIBUTE`.
//! Only the chunks that the frames need are read, decoded on all cores, and kept up to 512 MiB.
//! Links to other files are not followed.
//!
//! # What it writes
//!
//! NetCDF-4: one variable over an unlimited dimension of time, or over the axes of a stack, cut into chunks of about a megabyte, shuffled and deflated
//! (`--compression none`, `deflate=1` to `deflate=9`), with coordinates, units, calendar and attributes where the source has them.
//! Floats are written as they are with NaN as `_FillValue`; nothing is packed again.
//! Variables of one value are written again where the source had them; a note names other variables that the source had beside its own.
//! A rate of the caller's own takes the place of the times; lists of numbers are arrays again.
//! Chunks go to the file as they come and their table at the end, so memory grows by 24 bytes a chunk and by 8 bytes for each time and number.
//! Files are written by modules of their own, since the libraries that write HDF5 want the whole array, or its length, first.
//!
//! # What is lost
//!
//! The names of frames; parts of a nanosecond of times; coordinates of rows and columns when frames were transformed;
//! coordinates of two dimensions or more, bounds of cells and measures of them.
//!
//! # Specification
//!
//! <https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html>, <https://cfconventions.org>,
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html>.

#[cfg(feature = "netcdf")]
mod attributes;
#[cfg(feature = "netcdf")]
mod calendar;
#[cfg(feature = "netcdf")]
mod compose;
#[cfg(feature = "netcdf")]
mod coordinates;
#[cfg(feature = "netcdf")]
mod described;
#[cfg(feature = "netcdf")]
mod dimensions;
#[cfg(feature = "netcdf")]
mod file;
#[cfg(feature = "netcdf")]
mod find;
#[cfg(feature = "netcdf")]
mod numbers;
#[cfg(feature = "netcdf")]
mod object;
#[cfg(feature = "netcdf")]
mod packing;
#[cfg(feature = "netcdf")]
mod reader;
#[cfg(feature = "netcdf")]
mod refused;
#[cfg(feature = "netcdf")]
mod scalars;
#[cfg(feature = "netcdf")]
mod stored;
#[cfg(feature = "netcdf")]
mod table;
#[cfg(feature = "netcdf")]
mod times;
#[cfg(feature = "netcdf")]
mod writer;

#[cfg(feature = "netcdf")]
use std::path::Path;

#[cfg(feature = "netcdf")]
use pimage_core::{Error, FrameReader};

#[cfg(feature = "netcdf")]
use crate::ReadOptions;
use crate::{CreateWriter, Format, OpenReader, Probe};

/// The row of NetCDF files.
pub(crate) static FORMAT: Format = Format {
    name: "netcdf",
    title: "NetCDF variable (time, y, x)",
    extensions: &["nc", "nc4", "cdf", "netcdf"],
    reads: "NetCDF-3 and 4 by variable (`a.nc:t2m`), unpacked, fill values as NaN, times by calendar",
    writes: "NetCDF-4 by chunks of frames, shuffled and deflated, with coordinates, units and calendar",
    detect: Some(detect_netcdf),
    feature: "netcdf",
    open: OPEN_NETCDF,
    create: CREATE,
};

/// The row of HDF5 files of other kinds.
pub(crate) static HDF5: Format = Format {
    name: "hdf5",
    title: "HDF5 dataset",
    extensions: &["h5", "hdf5", "he5"],
    reads: "datasets by path (`a.h5:/group/x`) of two dimensions or more",
    writes: "as netcdf",
    detect: Some(detect_hdf5),
    feature: "netcdf",
    open: OPEN_HDF5,
    create: CREATE,
};

#[cfg(feature = "netcdf")]
const OPEN_NETCDF: Option<OpenReader> = Some(open_netcdf);
#[cfg(not(feature = "netcdf"))]
const OPEN_NETCDF: Option<OpenReader> = None;
#[cfg(feature = "netcdf")]
const OPEN_HDF5: Option<OpenReader> = Some(open_hdf5);
#[cfg(not(feature = "netcdf"))]
const OPEN_HDF5: Option<OpenReader> = None;
#[cfg(feature = "netcdf")]
const CREATE: Option<CreateWriter> = Some(writer::create);
#[cfg(not(feature = "netcdf"))]
const CREATE: Option<CreateWriter> = None;

/// What HDF5 files begin with, unless other data stand before.
const HDF5_MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";

fn is_hdf5(probe: &Probe<'_>) -> bool {
    // Behind data of the user's own of 512, 1024 or 2048 bytes.
    let starts = [0, 512, 1024, 2048];
    starts
        .iter()
        .filter_map(|start| probe.head.get(*start..))
        .any(|head| head.starts_with(HDF5_MAGIC))
}

fn detect_netcdf(probe: &Probe<'_>) -> bool {
    let is_classic = [b"CDF\x01", b"CDF\x02", b"CDF\x05"]
        .iter()
        .any(|magic| probe.head.starts_with(*magic));
    is_classic || (is_hdf5(probe) && FORMAT.extensions.contains(&probe.extension))
}

fn detect_hdf5(probe: &Probe<'_>) -> bool {
    is_hdf5(probe)
}

#[cfg(feature = "netcdf")]
fn open_netcdf(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    reader::open(path, FORMAT.name, options)
}

#[cfg(feature = "netcdf")]
fn open_hdf5(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    reader::open(path, HDF5.name, options)
}
