//! An index, written as numpy's `savez` would.

use std::io::Write;

use pimage_codec::npy::header::shape_text;
use pimage_core::Error;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use serde_json::Value;

use super::npz::{NUMBERS, ORIGINALS, TIMES};
use super::{ChunkIndex, check_bytes};
use crate::StoreMetadata;

/// What precedes the numbers is as long as a multiple of this, bytes.
const ALIGNMENT: usize = 64;

/// See [`ChunkIndex::to_npz`].
pub(super) fn written(index: &ChunkIndex, metadata: &StoreMetadata) -> Result<Vec<u8>, Error> {
    check_bytes(index.len() as u64 * 24)?;
    let mut members = vec![
        (NUMBERS.to_owned(), whole(&index.numbers)),
        (
            TIMES.to_owned(),
            array("<f8", &[index.times.len()], &floats(&index.times)),
        ),
    ];
    if let Some(originals) = &index.original_numbers {
        members.push((ORIGINALS.to_owned(), whole(originals)));
    }
    for (name, value) in metadata.store_part() {
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let is_taken = members.iter().any(|(other, _)| *other == name);
        if let Some(copy) = copy_of(&value).filter(|_| is_name && !is_taken) {
            members.push((name, copy));
        }
    }
    archive(&members).map_err(|error| Error::Internal {
        part: "writing a chunk's index".to_owned(),
        reason: error.to_string(),
    })
}

fn archive(members: &[(String, Vec<u8>)]) -> Result<Vec<u8>, rawzip::Error> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in members {
        let file = format!("{name}.npy");
        let builder = archive
            .new_file(&file)
            .compression_method(CompressionMethod::STORE);
        let (mut entry, config) = builder.start()?;
        let mut writer = config.wrap(&mut entry);
        writer.write_all(bytes)?;
        let (_, descriptor) = writer.finish()?;
        entry.finish(descriptor)?;
    }
    archive.finish()
}

/// A value of the metadata as an array; a map has none, and nothing is an empty text, for numpy would pickle both.
fn copy_of(value: &Value) -> Option<Vec<u8>> {
    Some(match value {
        Value::Null => text(""),
        Value::String(word) => text(word),
        Value::Bool(value) => array("|b1", &[], &[u8::from(*value)]),
        Value::Number(number) => match number.as_i64() {
            Some(number) => array("<i8", &[], &number.to_le_bytes()),
            None => array("<f8", &[], &number.as_f64()?.to_le_bytes()),
        },
        Value::Array(items) => {
            let items: Option<Vec<i64>> = items.iter().map(Value::as_i64).collect();
            whole(&items?)
        }
        Value::Object(_) => return None,
    })
}

fn whole(values: &[i64]) -> Vec<u8> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    array("<i8", &[values.len()], &bytes)
}

fn floats(values: &[f64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Four bytes a character, at least one character.
fn text(word: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = word
        .chars()
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    if bytes.is_empty() {
        bytes = vec![0; 4];
    }
    array(&format!("<U{}", bytes.len() / 4), &[], &bytes)
}

fn array(descr: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let axes: Vec<u64> = shape.iter().map(|axis| *axis as u64).collect();
    let shape = shape_text(&axes);
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    // Ten bytes come before the text, a line feed behind it.
    let length = (10 + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', length - 11 - text.len()));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

#[cfg(test)]
pub(super) mod tests {
    use crate::{ImageShape, StoreMetadata, format_by_name};

    pub(in super::super) fn some_metadata() -> StoreMetadata {
        let shape = ImageShape {
            height: 4,
            width: 6,
            channels: None,
        };
        let format = format_by_name("mjpeg/avi").expect("is in the table");
        StoreMetadata::new(format, shape, "uint8", 10)
    }

    #[test]
    fn arrays_begin_at_a_multiple_of_64() {
        let bytes = super::array("<i8", &[], &[1; 8]);
        assert_eq!(bytes.len() % 64, 8);
        assert!(bytes.windows(11).any(|part| part == b"'shape': ()"));
    }
}
