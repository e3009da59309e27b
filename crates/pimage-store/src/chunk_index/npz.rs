//! An index as an archive of numpy arrays.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::io::Read;
use std::path::Path;

use flate2::read::DeflateDecoder;
use pimage_codec::npy::header::Header;
use pimage_core::{Error, Limits};
use rawzip::{CompressionMethod, ZipArchive};

use super::{ChunkIndex, check_bytes};

/// The member with the numbers.
pub(super) const NUMBERS: &str = "frame_number";
/// The member with the times.
pub(super) const TIMES: &str = "frame_time";
/// The member with the numbers before the store was numbered anew.
pub(super) const ORIGINALS: &str = "_frame_number_before_reindex";

/// See [`ChunkIndex::read`].
pub(super) fn read(bytes: &[u8], path: &Path, limits: &Limits) -> Result<ChunkIndex, Error> {
    let torn = |error: rawzip::Error| {
        let reason = format!("it is no whole archive: {error}");
        Error::malformed("imgstore index", path, reason)
    };
    let archive = ZipArchive::from_slice(bytes).map_err(torn)?;
    let (mut numbers, mut times, mut originals) = (None, None, None);
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().map_err(torn)? {
        let name = entry.file_path();
        let target = match std::str::from_utf8(name.as_ref()).ok() {
            Some("frame_number.npy") => (&mut numbers, NUMBERS),
            Some("frame_time.npy") => (&mut times, TIMES),
            Some("_frame_number_before_reindex.npy") => (&mut originals, ORIGINALS),
            _ => continue,
        };
        let (target, name) = target;
        let array = Array { path, name };
        if target.is_some() {
            return Err(array.wrong("it is there more than once"));
        }
        let method = entry.compression_method();
        let hint = entry.uncompressed_size_hint();
        check_bytes(hint)?;
        let located = archive.get_entry(entry.wayfinder()).map_err(torn)?;
        let mut data = Vec::new();
        let result = match method {
            CompressionMethod::STORE => located
                .verifying_reader(located.data())
                .take(hint.saturating_add(1))
                .read_to_end(&mut data),
            CompressionMethod::DEFLATE => located
                .verifying_reader(DeflateDecoder::new(located.data()))
                .take(hint.saturating_add(1))
                .read_to_end(&mut data),
            _ => return Err(array.wrong("it is packed in a way that numpy does not use")),
        };
        result.map_err(|error| array.wrong(&format!("it is damaged: {error}")))?;
        *target = Some(array.values(&data, limits)?);
    }
    let missing = |name| {
        let reason = format!("it has no array `{name}`");
        Error::malformed("imgstore index", path, reason)
    };
    let whole = |name, values: Values| {
        let array = Array { path, name };
        values
            .whole()
            .ok_or_else(|| array.wrong("it has values that are no whole numbers"))
    };
    Ok(ChunkIndex {
        numbers: whole(NUMBERS, numbers.ok_or_else(|| missing(NUMBERS))?)?,
        times: times.ok_or_else(|| missing(TIMES))?.floats(),
        original_numbers: originals
            .map(|originals| whole(ORIGINALS, originals))
            .transpose()?,
    })
}

/// An array of an index.
struct Array<'a> {
    path: &'a Path,
    name: &'static str,
}

impl Array<'_> {
    fn wrong(&self, what: &str) -> Error {
        let reason = format!("its array `{}`: {what}", self.name);
        Error::malformed("imgstore index", self.path, reason)
    }

    fn values(&self, data: &[u8], limits: &Limits) -> Result<Values, Error> {
        let length = Header::length(self.path, data, limits)?;
        let (head, data) = data
            .split_at_checked(length)
            .ok_or_else(|| self.wrong("its header is cut"))?;
        let header = Header::parse(self.path, head)?;
        let count = match header.shape.as_slice() {
            [count] => *count,
            other => {
                let axes = other.len();
                return Err(self.wrong(&format!("it has {axes} axes: expected 1")));
            }
        };
        limits.check_frames(count)?;
        // An empty list is one of floats to numpy.
        let (size, values) = values_of(&header.descr, data).ok_or_else(|| {
            let descr: String = header.descr.chars().take(30).collect();
            let descr = descr.replace(char::is_control, " ");
            self.wrong(&format!(
                "its type is `{descr}`: expected integers or floats"
            ))
        })?;
        let expected = count.checked_mul(size);
        if expected != Some(data.len() as u64) {
            let found = data.len();
            return Err(self.wrong(&format!(
                "it has {found} bytes for {count} values of {size}"
            )));
        }
        Ok(values)
    }
}

/// The numbers of an array.
enum Values {
    Signed(Vec<i64>),
    Unsigned(Vec<u64>),
    Floats(Vec<f64>),
}

impl Values {
    fn floats(self) -> Vec<f64> {
        match self {
            Self::Signed(values) => values.into_iter().map(|value| value as f64).collect(),
            Self::Unsigned(values) => values.into_iter().map(|value| value as f64).collect(),
            Self::Floats(values) => values,
        }
    }

    /// `None` when one of them is not a whole number of 64 bits.
    fn whole(self) -> Option<Vec<i64>> {
        match self {
            Self::Signed(values) => Some(values),
            Self::Unsigned(values) => values
                .into_iter()
                .map(|value| i64::try_from(value).ok())
                .collect(),
            Self::Floats(values) => values.into_iter().map(super::whole_number).collect(),
        }
    }
}

/// Bytes of a value and all values of an array of this type.
fn values_of(descr: &str, data: &[u8]) -> Option<(u64, Values)> {
    macro_rules! read {
        ($type:ty, $kind:ident, $is_big:expr) => {{
            let (chunks, _) = data.as_chunks::<{ size_of::<$type>() }>();
            let values = chunks.iter().map(|chunk| {
                if $is_big {
                    <$type>::from_be_bytes(*chunk).into()
                } else {
                    <$type>::from_le_bytes(*chunk).into()
                }
            });
            (size_of::<$type>() as u64, Values::$kind(values.collect()))
        }};
    }
    let (order, kind) = descr.split_at_checked(1)?;
    let is_big = match order {
        ">" => true,
        "<" | "|" | "=" => false,
        _ => return None,
    };
    Some(match kind {
        "i8" => read!(i64, Signed, is_big),
        "i4" => read!(i32, Signed, is_big),
        "i2" => read!(i16, Signed, is_big),
        "i1" => read!(i8, Signed, is_big),
        "u8" => read!(u64, Unsigned, is_big),
        "u4" => read!(u32, Unsigned, is_big),
        "u2" => read!(u16, Unsigned, is_big),
        "u1" | "b1" => read!(u8, Unsigned, is_big),
        "f8" => read!(f64, Floats, is_big),
        "f4" => read!(f32, Floats, is_big),
        _ => return None,
    })
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test reports by panicking")]
mod tests {
    use super::super::npz_write::tests::some_metadata;
    use super::*;

    fn written(index: &ChunkIndex) -> Vec<u8> {
        index.to_npz(&some_metadata()).expect("is small")
    }

    #[test]
    fn what_is_written_is_read_back() {
        for count in [0, 1, 1000] {
            let numbers: Vec<i64> = (0..count).map(|i| i * 3 - 7).collect();
            let times = numbers.iter().map(|number| *number as f64 / 7.0).collect();
            let mut index = ChunkIndex::new(numbers.clone(), times).expect("as many");
            for original_numbers in [None, Some(numbers)] {
                index.original_numbers = original_numbers;
                let limits = Limits::default();
                let again = read(&written(&index), Path::new("a.npz"), &limits);
                assert_eq!(again.expect("is whole"), index);
            }
        }
    }

    #[test]
    fn an_array_is_there_once() {
        let index = ChunkIndex::new(vec![1, 2], vec![0.1, 0.2]).expect("as many");
        let bytes = written(&index);
        let name = b"frame_number.npy";
        let limits = Limits::default();
        assert!(read(&bytes, Path::new("a.npz"), &limits).is_ok());
        // The entry of the list at the end, once more.
        let last = bytes.windows(name.len()).rposition(|part| part == name);
        let central = last.expect("is named") - 46;
        let entry = bytes[central..central + 46 + name.len()].to_vec();
        assert_eq!(entry.len(), 62);
        let mut end = bytes.len() - 22;
        let mut twice = bytes.clone();
        twice.splice(end..end, entry.iter().copied());
        end += entry.len();
        for count in [end + 8, end + 10] {
            twice[count] += 1;
        }
        let length = u32::from_le_bytes([0, 1, 2, 3].map(|i| twice[end + 12 + i]));
        let longer = (length + 62).to_le_bytes();
        twice[end + 12..end + 16].copy_from_slice(&longer);
        let error = read(&twice, Path::new("a.npz"), &limits).expect_err("is there twice");
        assert!(error.to_string().contains("more than once"), "{error}");
    }

    #[test]
    fn every_cut_and_every_changed_bit_is_noticed_or_harmless() {
        let index = ChunkIndex::new(vec![1, 2, 300], vec![0.1, 0.2, 0.3]).expect("as many");
        let bytes = written(&index);
        let read = |bytes: &[u8]| read(bytes, Path::new("a.npz"), &Limits::default());
        for end in 0..bytes.len() {
            let cut = bytes.get(..end).expect("is shorter");
            assert!(read(cut).is_err(), "{end}");
        }
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            *changed.get_mut(place).expect("is inside") ^= 0x10;
            if let Ok(found) = read(&changed) {
                assert_eq!(found, index, "{place}");
            }
        }
    }
}
