//! A file of either family, and reading within bounds from it.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;
use std::sync::Arc;

use hdf5_reader::{Dataset, FileStorage, Hdf5File, OpenOptions, SliceInfo, SliceInfoElem};
use netcdf_reader::{
    DynStorage, NcFile, NcFormat, NcMetadataMode, NcOpenOptions, NcSliceInfo, NcSliceInfoElem,
    NcType, NcVariable,
};
use pimage_core::{Error, Limits};

use super::numbers::Numbers;
use super::packing::{Kind, Packing};
use super::refused;
use super::stored::Stored;

/// Memory for decoded chunks, bytes, unless one frame needs more.
const CACHE_BYTES: usize = 64 << 20;
/// Memory for decoded chunks at most: a frame that runs through more is decoded again and again.
const MOST_CACHE_BYTES: usize = 512 << 20;
/// Largest coordinate that is read, bytes.
const MOST_COORDINATE_BYTES: u64 = 64 << 20;
/// Longest text of one dimension that is read, bytes.
const MOST_TEXT_BYTES: u64 = 4096;

/// A file that is open.
pub(super) struct File {
    storage: DynStorage,
    nc: Arc<NcFile>,
    limits: Limits,
}

/// Bounds for a decoded chunk and for one read.
fn most_bytes(limits: &Limits) -> usize {
    let most = limits.max_frame_bytes.max(MOST_COORDINATE_BYTES);
    usize::try_from(most).unwrap_or(usize::MAX)
}

impl File {
    /// Opens a file by its content; strictly first, and as plain HDF5 when it breaks a convention of NetCDF.
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self, Error> {
        let malformed = |error: netcdf_reader::Error| match error {
            netcdf_reader::Error::Io(source) => Error::io("read", path)(source),
            error => Error::malformed("NetCDF", path, error.to_string()),
        };
        let storage = FileStorage::open(path)
            .map_err(|error| Error::malformed("NetCDF", path, error.to_string()))?;
        let storage: DynStorage = Arc::new(storage);
        let hdf5 = Hdf5File::from_storage(Arc::clone(&storage));
        if hdf5.is_ok_and(|hdf5| refused::is_endless(&hdf5)) {
            let reason = "its groups lie within each other without end";
            return Err(Error::malformed("HDF5", path, reason));
        }
        let open = |mode: NcMetadataMode| -> Result<NcFile, netcdf_reader::Error> {
            let options = NcOpenOptions {
                metadata_mode: mode,
                max_chunk_bytes: most_bytes(&limits),
                max_read_bytes: most_bytes(&limits),
                ..NcOpenOptions::default()
            };
            let file = NcFile::from_storage_with_options(Arc::clone(&storage), options)?;
            file.root_group()?;
            Ok(file)
        };
        let nc = open(NcMetadataMode::Strict)
            .or_else(|strict| open(NcMetadataMode::Lossy).map_err(|_lossy| malformed(strict)))?;
        Ok(Self {
            storage,
            nc: Arc::new(nc),
            limits,
        })
    }

    /// What is in the file.
    pub(super) fn nc(&self) -> &NcFile {
        &self.nc
    }

    /// The name of the kind of file.
    pub(super) fn family(&self) -> &'static str {
        match self.nc.format() {
            NcFormat::Classic => "netcdf-3 classic",
            NcFormat::Offset64 => "netcdf-3 64-bit offset",
            NcFormat::Cdf5 => "netcdf-3 64-bit data",
            NcFormat::Nc4 | NcFormat::Nc4Classic => "hdf5",
        }
    }

    /// The file as HDF5; `None` when it is none.
    pub(super) fn hdf5(&self) -> Option<Hdf5File> {
        if !matches!(self.nc.format(), NcFormat::Nc4 | NcFormat::Nc4Classic) {
            return None;
        }
        Hdf5File::from_storage(Arc::clone(&self.storage)).ok()
    }

    /// The variable at this place, to be read from several threads.
    pub(super) fn array(&self, place: &str, variable: &NcVariable) -> Result<Array, String> {
        if !matches!(self.nc.format(), NcFormat::Nc4 | NcFormat::Nc4Classic) {
            return Ok(Array::Classic(Arc::clone(&self.nc), place.to_owned()));
        }
        let words = |error: hdf5_reader::error::Error| error.to_string();
        let open = |cache_bytes: usize, slots: usize| {
            let options = OpenOptions::default()
                .with_max_read_bytes(most_bytes(&self.limits))
                .with_max_chunk_bytes(most_bytes(&self.limits))
                .with_chunk_cache_bytes(cache_bytes)
                .with_chunk_cache_slots(slots);
            let storage = Arc::clone(&self.storage);
            let file = Hdf5File::from_storage_with_options(storage, options)?;
            file.dataset(place)
        };
        let mut dataset = open(CACHE_BYTES, 521).map_err(words)?;
        let (bytes, count) = chunks_of_frame(&dataset);
        if bytes > CACHE_BYTES || count > 256 {
            let slots = count.saturating_mul(2).clamp(521, 1 << 16);
            let bytes = bytes.clamp(CACHE_BYTES, MOST_CACHE_BYTES);
            dataset = open(bytes, slots).map_err(words)?;
        }
        // One that is shorter than its unlimited dimension has fill values behind its end.
        let shape = variable.shape();
        let dataset = dataset.with_padded_shape(&shape).map_err(words)?;
        Ok(Array::Hdf5(Box::new(dataset)))
    }

    /// How many whole frames there are of a variable of a NetCDF-3 file that ends too early; `None` when all are there.
    ///
    /// `outer` dimensions of it run through the frames.
    pub(super) fn missing(
        &self,
        variable: &NcVariable,
        sample_bytes: usize,
        outer: usize,
    ) -> Option<u64> {
        // Records are counted by what is there.
        if matches!(self.nc.format(), NcFormat::Nc4 | NcFormat::Nc4Classic)
            || variable.is_record_var
        {
            return None;
        }
        let shape = variable.shape();
        let product = |from: usize, to: usize| {
            let lengths = shape.get(from..to).unwrap_or_default();
            lengths
                .iter()
                .fold(1u64, |all, one| all.saturating_mul(*one))
        };
        let frame = product(outer, shape.len()).saturating_mul(sample_bytes as u64);
        let count = product(0, outer);
        let left = self.storage.len().saturating_sub(variable.data_offset);
        let whole = left / frame.max(1);
        (whole < count).then_some(whole)
    }

    /// The numbers of a variable of one dimension or of one value, unpacked; `None` when there is none such, or it is too long to be kept.
    pub(super) fn coordinate(&self, place: &str, variable: &NcVariable) -> Option<Numbers> {
        let length = match *variable.shape().as_slice() {
            [] => 1,
            [length] => length,
            _ => return None,
        };
        if length.saturating_mul(8) > MOST_COORDINATE_BYTES {
            return None;
        }
        let kind = Kind::of(variable.dtype())?;
        let packing = Packing::of(variable, kind);
        macro_rules! read {
            ($type:ty) => {
                packing.numbers(self.nc.read_variable::<$type>(place).ok()?.as_slice()?)
            };
        }
        match kind {
            Kind::I8 => read!(i8),
            Kind::U8 => read!(u8),
            Kind::I16 => read!(i16),
            Kind::U16 => read!(u16),
            Kind::I32 => read!(i32),
            Kind::U32 => read!(u32),
            Kind::I64 => read!(i64),
            Kind::U64 => read!(u64),
            Kind::F32 => read!(f32),
            Kind::F64 => read!(f64),
        }
    }

    /// The text of a variable that is one; `None` when it is not, or too long to be kept.
    pub(super) fn text(&self, place: &str, variable: &NcVariable) -> Option<String> {
        let is_text = match (variable.dtype(), variable.shape().as_slice()) {
            (NcType::Char | NcType::String, []) => true,
            (NcType::Char, [length]) => *length <= MOST_TEXT_BYTES,
            _ => false,
        };
        let text = is_text.then(|| self.nc.read_variable_as_string(place).ok())??;
        Some(text.trim_end_matches('\0').to_owned())
    }
}

/// Bytes and number of the chunks that one frame runs through.
fn chunks_of_frame(dataset: &Dataset) -> (usize, usize) {
    let Some(chunk) = dataset.chunks() else {
        return (0, 0);
    };
    let outer = dataset.ndim().saturating_sub(2);
    let bytes = dataset.raw_element_size().unwrap_or(8);
    let bytes = chunk.iter().fold(bytes, |bytes, side| {
        bytes.saturating_mul(usize::try_from(*side).unwrap_or(usize::MAX))
    });
    let counts = dataset.shape().iter().zip(&chunk).skip(outer);
    let count = counts.fold(1usize, |count, (length, side)| {
        let along = length.div_ceil(u64::from((*side).max(1)));
        count.saturating_mul(usize::try_from(along).unwrap_or(usize::MAX))
    });
    (bytes.saturating_mul(count.saturating_add(1)), count)
}

/// A variable that frames are read from.
#[derive(Clone)]
pub(super) enum Array {
    /// Of a file of NetCDF 3.
    Classic(Arc<NcFile>, String),
    /// Of an HDF5 file.
    Hdf5(Box<Dataset>),
}

impl Array {
    /// Whether frames lie one behind another, so that all are missing that follow one that is.
    pub(super) fn is_in_order(&self) -> bool {
        match self {
            Self::Classic(..) => true,
            Self::Hdf5(dataset) => dataset.chunks().is_none(),
        }
    }

    /// Gives the samples at `positions` of the first dimensions and everywhere of the others, in their order, to `take`.
    pub(super) fn read<T: Stored, R>(
        &self,
        positions: &[u64],
        dimensions: usize,
        take: impl FnOnce(&[T]) -> R,
    ) -> Result<R, String> {
        let rest = dimensions.saturating_sub(positions.len());
        let array = match self {
            Self::Classic(file, place) => {
                let outer = positions.iter().copied().map(NcSliceInfoElem::Index);
                let all = NcSliceInfoElem::Slice {
                    start: 0,
                    end: u64::MAX,
                    step: 1,
                };
                let inner = std::iter::repeat_n(all, rest);
                let selections = outer.chain(inner).collect();
                file.read_variable_slice::<T>(place, &NcSliceInfo { selections })
                    .map_err(|error| error.to_string())?
            }
            Self::Hdf5(dataset) => {
                let outer = positions.iter().copied().map(SliceInfoElem::Index);
                let all = SliceInfoElem::Slice {
                    start: 0,
                    end: u64::MAX,
                    step: 1,
                };
                let inner = std::iter::repeat_n(all, rest);
                let selections = outer.chain(inner).collect();
                dataset
                    .read_slice::<T>(&SliceInfo { selections })
                    .map_err(|error| error.to_string())?
            }
        };
        array
            .as_slice()
            .map(take)
            .ok_or_else(|| "its samples are not in order".to_owned())
    }
}
