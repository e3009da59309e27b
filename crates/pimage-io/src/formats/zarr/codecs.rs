//! How the bytes of a chunk are decoded, and what they may inflate to.
//!
//! `zarrs` encodes what is written, but inflates gzip and zstd to whatever a damaged or hostile chunk claims;
//! so chunks are decoded here, within what the array says of them.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fmt;
use std::path::Path;

use libdeflater::{DecompressionError, Decompressor};
use pimage_core::Error;
use serde_json::Value;
use zarrs::array::codec::bytes_to_bytes::blosc::{blosc_decompress_bytes, blosc_validate};
use zarrs::metadata::v2::MetadataV2;
use zarrs::metadata::v3::MetadataV3;

use super::document::{lengths_of, malformed};
use super::shard::ShardIndexing;
use crate::bytes::u32_at;
use crate::samples::ByteOrder;

/// No deflated byte stands for more.
const DEFLATE_RATIO: usize = 1032;

/// One step from bytes to bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A frame of Blosc 1.
    Blosc,
    /// Zstandard frames.
    Zstd,
    /// Deflate with a gzip header.
    Gzip,
    /// Deflate with a zlib header.
    Zlib,
    /// A checksum at the end.
    Crc32c,
}

/// How a chunk is coded: perhaps with its dimensions in another order, then by steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Codecs {
    /// Dimension *i* of the coded chunk is this one of the array; `None` is the array's own order.
    pub(super) order: Option<Vec<usize>>,
    /// What is done to the bytes, first one first.
    pub(super) steps: Vec<Step>,
}

/// The codecs of an array of version 3.
pub(super) struct Chain {
    /// Those of a chunk.
    pub(super) codecs: Codecs,
    /// Which byte of a number comes first.
    pub(super) order: ByteOrder,
    /// Shape of the chunks in a shard, and how they are found.
    pub(super) shards: Option<(Vec<u64>, ShardIndexing)>,
}

fn unsupported_codec(path: &Path, name: &str) -> Error {
    let reason = format!(
        "its codec `{}` is not read; bytes, transpose, sharding_indexed, blosc, zstd, gzip, zlib and crc32c are",
        name.escape_default()
    );
    Error::unsupported(path, reason)
}

/// The codecs that a list of version 3 names.
pub(super) fn chain_of(
    path: &Path,
    list: &[MetadataV3],
    dimensions: usize,
) -> Result<Chain, Error> {
    let mut codecs = Codecs::default();
    let mut order = None;
    let mut shards = None;
    for codec in list {
        let is_bytes_yet = order.is_some();
        match codec.name() {
            "transpose" if !is_bytes_yet => {
                let found = transposed(codec, dimensions);
                let found = found.ok_or_else(|| malformed(path, "it transposes by no order"))?;
                codecs.order = Some(match codecs.order {
                    Some(before) => found
                        .iter()
                        .filter_map(|at| before.get(*at))
                        .copied()
                        .collect(),
                    None => found,
                });
            }
            "bytes" if !is_bytes_yet => order = Some(endian_of(path, codec)?),
            "sharding_indexed" if !is_bytes_yet => {
                if codecs.order.is_some() {
                    return Err(Error::unsupported(
                        path,
                        "its shards are transposed as a whole",
                    ));
                }
                let (shape, inner, indexing) = sharded(path, codec, dimensions)?;
                order = Some(inner.order);
                codecs = inner.codecs;
                shards = Some((shape, indexing));
            }
            name if is_bytes_yet => {
                if shards.is_some() {
                    let reason = "its shards are compressed as a whole";
                    return Err(Error::unsupported(path, reason));
                }
                let step = step_of(name);
                codecs
                    .steps
                    .push(step.ok_or_else(|| unsupported_codec(path, name))?);
            }
            name => return Err(unsupported_codec(path, name)),
        }
    }
    let order = order.ok_or_else(|| malformed(path, "none of its codecs makes bytes"))?;
    Ok(Chain {
        codecs,
        order,
        shards,
    })
}

fn endian_of(path: &Path, codec: &MetadataV3) -> Result<ByteOrder, Error> {
    let endian = codec
        .configuration()
        .and_then(|configuration| configuration.get("endian"))
        .and_then(Value::as_str);
    match endian {
        None | Some("little") => Ok(ByteOrder::Little),
        Some("big") => Ok(ByteOrder::Big),
        Some(_) => Err(malformed(path, "its byte order is neither little nor big")),
    }
}

/// The order of a transposition, when it is one.
fn transposed(codec: &MetadataV3, dimensions: usize) -> Option<Vec<usize>> {
    let order = lengths_of(codec, "order")?;
    let order: Vec<usize> = order
        .iter()
        .map(|at| usize::try_from(*at).ok())
        .collect::<Option<_>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    sorted.into_iter().eq(0..dimensions).then_some(order)
}

/// Shape and codecs of the chunks in a shard, and how they are found.
fn sharded(
    path: &Path,
    codec: &MetadataV3,
    dimensions: usize,
) -> Result<(Vec<u64>, Chain, ShardIndexing), Error> {
    let shape = lengths_of(codec, "chunk_shape")
        .ok_or_else(|| malformed(path, "its shards have no chunk shape"))?;
    let list = |key: &str| -> Result<Vec<MetadataV3>, Error> {
        let value = codec.configuration().and_then(|map| map.get(key)).cloned();
        let value = value.ok_or_else(|| malformed(path, format!("its shards have no `{key}`")))?;
        serde_json::from_value(value).map_err(|error| malformed(path, error.to_string()))
    };
    let inner = list("codecs")?;
    if inner.iter().any(|codec| codec.name() == "sharding_indexed") {
        return Err(Error::unsupported(path, "it has shards inside shards"));
    }
    let inner = chain_of(path, &inner, dimensions)?;
    let index = chain_of(path, &list("index_codecs")?, dimensions.saturating_add(1))?;
    let has_checksum = match index.codecs.steps.as_slice() {
        [] => false,
        [Step::Crc32c] => true,
        _ => {
            return Err(Error::unsupported(
                path,
                "the indices of its shards are compressed",
            ));
        }
    };
    if index.codecs.order.is_some() || index.shards.is_some() {
        return Err(Error::unsupported(
            path,
            "the indices of its shards are transposed",
        ));
    }
    let location = codec
        .configuration()
        .and_then(|map| map.get("index_location"));
    let indexing = ShardIndexing {
        is_at_start: location.and_then(Value::as_str) == Some("start"),
        has_checksum,
        order: index.order,
    };
    Ok((shape, inner, indexing))
}

/// The step of this name; what it was packed with, the bytes say themselves.
fn step_of(name: &str) -> Option<Step> {
    Some(match name {
        "blosc" => Step::Blosc,
        "zstd" | "numcodecs.zstd" => Step::Zstd,
        "gzip" | "numcodecs.gzip" => Step::Gzip,
        "zlib" | "numcodecs.zlib" => Step::Zlib,
        "crc32c" => Step::Crc32c,
        _ => return None,
    })
}

impl Codecs {
    /// Those of version 2.
    pub(super) fn of_v2(
        path: &Path,
        order: Option<Vec<usize>>,
        compressor: Option<&MetadataV2>,
    ) -> Result<Self, Error> {
        let mut steps = Vec::new();
        if let Some(compressor) = compressor {
            let step = step_of(compressor.id()).filter(|step| *step != Step::Crc32c);
            steps.push(step.ok_or_else(|| unsupported_codec(path, compressor.id()))?);
        }
        Ok(Self { order, steps })
    }

    /// What is done to the bytes, for people: `blosc`, `raw`.
    pub(super) fn title(&self) -> String {
        let names = self.steps.iter().filter_map(|step| match step {
            Step::Blosc => Some("blosc"),
            Step::Zstd => Some("zstd"),
            Step::Gzip => Some("gzip"),
            Step::Zlib => Some("zlib"),
            Step::Crc32c => None,
        });
        let names: Vec<_> = names.collect();
        if names.is_empty() {
            "raw".to_owned()
        } else {
            names.join("+")
        }
    }
}

/// The working memory of a thread that decodes chunks.
#[derive(Default)]
pub(super) struct Decompressors {
    unzstd: Option<zstd::bulk::Decompressor<'static>>,
    inflate: Option<Decompressor>,
}

impl fmt::Debug for Decompressors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressors").finish_non_exhaustive()
    }
}

/// Memory that is not touched before it is written; a text when there is not so much.
fn reserved(memory: &mut Vec<u8>, bytes: usize) -> Result<(), String> {
    memory.clear();
    memory
        .try_reserve_exact(bytes)
        .map_err(|error| format!("{bytes} bytes of memory are not to be had: {error}"))
}

impl Decompressors {
    /// Decodes a chunk of `expected` bytes into `target`; a text that says what is wrong with it.
    ///
    /// Never more than `expected` bytes come out of the last step, and little more out of those before.
    pub(super) fn decode(
        &mut self,
        codecs: &Codecs,
        mut encoded: Vec<u8>,
        expected: usize,
        target: &mut Vec<u8>,
    ) -> Result<(), String> {
        let between = expected
            .saturating_add(expected / 4)
            .saturating_add(64 << 10);
        for (place, step) in codecs.steps.iter().enumerate().rev() {
            let most = if place == 0 { expected } else { between };
            self.undo(step, &encoded, most, target)?;
            std::mem::swap(&mut encoded, target);
        }
        *target = encoded;
        if target.len() == expected {
            return Ok(());
        }
        let found = target.len();
        Err(format!("it has {found} bytes, {expected} were expected"))
    }

    fn undo(
        &mut self,
        step: &Step,
        encoded: &[u8],
        most: usize,
        target: &mut Vec<u8>,
    ) -> Result<(), String> {
        match step {
            Step::Blosc => {
                let claimed = blosc_validate(encoded)
                    .filter(|_| u32_at(encoded, 12).is_some())
                    .ok_or("its Blosc header is damaged")?;
                if claimed > most {
                    return Err(format!(
                        "it claims {claimed} bytes, at most {most} were expected"
                    ));
                }
                *target = match claimed {
                    0 => Vec::new(),
                    _ => blosc_decompress_bytes(encoded, claimed, 1)
                        .map_err(|error| format!("its Blosc frame is damaged: {error}"))?,
                };
            }
            Step::Zstd => {
                reserved(target, most)?;
                let context = self.unzstd.get_or_insert_default();
                context
                    .decompress_to_buffer(encoded, target)
                    .map_err(|error| format!("zstd: {error}"))?;
            }
            Step::Gzip | Step::Zlib => {
                let most = most.min(encoded.len().saturating_mul(DEFLATE_RATIO));
                reserved(target, most)?;
                target.resize(most, 0);
                let context = self.inflate.get_or_insert_with(Decompressor::new);
                let inflated = match step {
                    Step::Gzip => context.gzip_decompress(encoded, target),
                    _ => context.zlib_decompress(encoded, target),
                };
                let found = inflated.map_err(|error| match error {
                    DecompressionError::BadData => "its deflated data are damaged".to_owned(),
                    DecompressionError::InsufficientSpace => {
                        format!("it inflates to more than {most} bytes")
                    }
                })?;
                target.truncate(found);
            }
            Step::Crc32c => {
                let (content, sum) = encoded.split_last_chunk().ok_or("it has no checksum")?;
                if crc32c::crc32c(content) != u32::from_le_bytes(*sum) {
                    return Err("its checksum is wrong".to_owned());
                }
                target.clear();
                target.extend_from_slice(content);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zarrs::array::ArrayMetadataV3;

    use super::*;
    use crate::formats::zarr::encode::Encoder;

    /// Codecs by name and configuration, as an array of bytes has them behind `bytes`.
    fn all() -> Vec<Value> {
        vec![
            json!({"name": "blosc", "configuration": {
                "cname": "zstd", "clevel": 3, "shuffle": "shuffle", "typesize": 2, "blocksize": 0
            }}),
            json!({"name": "zstd", "configuration": {"level": 3, "checksum": true}}),
            json!({"name": "gzip", "configuration": {"level": 5}}),
            json!({"name": "numcodecs.zlib", "configuration": {"level": 1}}),
            json!({"name": "crc32c"}),
        ]
    }

    fn encoded(steps: &[Value], chunk: &[u8]) -> (Codecs, Vec<u8>) {
        let mut codecs = vec![json!({"name": "bytes"})];
        codecs.extend(steps.iter().cloned());
        let metadata = json!({
            "zarr_format": 3, "node_type": "array", "shape": [chunk.len()], "data_type": "uint8",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [chunk.len()]}},
            "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": codecs,
        });
        let metadata: ArrayMetadataV3 = serde_json::from_value(metadata).expect("is an array");
        let chain = chain_of(Path::new("a.zarr"), &metadata.codecs, 1).expect("is known");
        let encoder = Encoder::new(&metadata).expect("is known");
        let bytes = encoder.encode(chunk).expect("encodes").into_owned();
        (chain.codecs, bytes)
    }

    #[test]
    fn what_zarrs_encodes_comes_back() {
        let chunk: Vec<u8> = (0..9000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut lists: Vec<Vec<Value>> = all().into_iter().map(|step| vec![step]).collect();
        lists.push(all());
        lists.push(Vec::new());
        let mut decompressors = Decompressors::default();
        for steps in lists {
            let (codecs, bytes) = encoded(&steps, &chunk);
            assert_eq!(codecs.steps.len(), steps.len());
            let mut decoded = Vec::new();
            let done = decompressors.decode(&codecs, bytes.clone(), chunk.len(), &mut decoded);
            assert_eq!(done, Ok(()), "{codecs:?}");
            assert!(decoded == chunk, "{codecs:?}");
            let short = decompressors.decode(&codecs, bytes, chunk.len() - 1, &mut decoded);
            assert!(short.is_err(), "{codecs:?}");
        }
    }

    #[test]
    fn bombs_stop_at_what_was_expected() {
        let bomb = vec![0u8; 32 << 20];
        let mut decompressors = Decompressors::default();
        for step in all().into_iter().take(4) {
            let (codecs, bytes) = encoded(&[step], &bomb);
            let mut decoded = Vec::new();
            let done = decompressors.decode(&codecs, bytes, 1000, &mut decoded);
            assert!(done.is_err(), "{codecs:?}");
            assert!(decoded.capacity() < 2 << 20, "{codecs:?}");
        }
    }
}
