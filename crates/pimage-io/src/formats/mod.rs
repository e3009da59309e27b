//! One module for each format; their pages have the same headings.

pub(crate) mod compressed;
pub(crate) mod flir;
pub(crate) mod gif;
pub(crate) mod grib;
pub(crate) mod hiris;
pub(crate) mod images;
pub(crate) mod netcdf;
pub(crate) mod norpix;
pub(crate) mod npy;
pub(crate) mod npz;
pub(crate) mod numpy_compress;
pub(crate) mod raw;
pub(crate) mod store;
pub(crate) mod tiff;
#[cfg(feature = "ffmpeg")]
pub(crate) mod video;
pub(crate) mod video_row;
pub(crate) mod y4m;
pub(crate) mod zarr;
