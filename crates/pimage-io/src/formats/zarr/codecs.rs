//! How the bytes of a chunk are coded, and what they may inflate to.
//!
//! Chunks are decoded here rather than by `zarrs` as a whole, because what a damaged or hostile chunk claims
//! must be checked before memory is asked for.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::fmt;
use std::path::Path;

use crc::{CRC_32_ISCSI, Crc, Table};
use libdeflater::{CompressionLvl, Compressor, DecompressionError, Decompressor};
use pimage_core::{Error, SampleType};
use serde_json::{Value, json};
use zarrs::array::codec::bytes_to_bytes::blosc::{
    BloscCodecConfigurationV1, BloscShuffleMode, blosc_compress_bytes, blosc_decompress_bytes,
    blosc_validate,
};
use zarrs::metadata::v2::MetadataV2;
use zarrs::metadata::v3::MetadataV3;

use super::document::{lengths_of, malformed};
use super::shard::ShardIndexing;
use crate::bytes::u32_at;
use crate::samples::ByteOrder;

/// No deflated byte stands for more.
const DEFLATE_RATIO: usize = 1032;

/// The polynomial of the `crc32c` codec.
static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// The checksum that ends shard indices and, where the codec is named, chunks.
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    CRC32C.checksum(bytes)
}

/// One step from bytes to bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A frame of Blosc 1.
    Blosc(BloscCodecConfigurationV1),
    /// Zstandard frames.
    Zstd {
        /// 1 to 22, negative for speed; 0 is the library's usual.
        level: i32,
        /// Whether a frame ends with a checksum.
        checksum: bool,
    },
    /// Deflate with a gzip header.
    Gzip(i32),
    /// Deflate with a zlib header.
    Zlib(i32),
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
                let step = step_of(name, codec.configuration().map(|map| &**map));
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

/// The step of this name in version 3; `None` for one that is not known or badly configured.
fn step_of(name: &str, configuration: Option<&serde_json::Map<String, Value>>) -> Option<Step> {
    let level = configuration
        .and_then(|map| map.get("level"))
        .and_then(Value::as_i64);
    let level = i32::try_from(level.unwrap_or(0)).ok()?;
    Some(match name {
        "blosc" => {
            let configuration = Value::Object(configuration?.clone());
            Step::Blosc(serde_json::from_value(configuration).ok()?)
        }
        "zstd" | "numcodecs.zstd" => Step::Zstd {
            level,
            checksum: configuration.and_then(|map| map.get("checksum")) == Some(&Value::Bool(true)),
        },
        "gzip" | "numcodecs.gzip" => Step::Gzip(level),
        "zlib" | "numcodecs.zlib" => Step::Zlib(level),
        "crc32c" => Step::Crc32c,
        _ => return None,
    })
}

impl Step {
    /// The step of version 2, of which only reading matters.
    fn of_v2(compressor: &MetadataV2) -> Option<Self> {
        match compressor.id() {
            // What it was packed with, each frame says itself.
            "blosc" => step_of(
                "blosc",
                json!({"cname": "lz4", "clevel": 5, "shuffle": "noshuffle", "blocksize": 0})
                    .as_object(),
            ),
            id @ ("zstd" | "gzip" | "zlib") => step_of(id, None),
            _ => None,
        }
    }

    /// Blosc around the library `cname`, with bytes of equal weight put together.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for a level that it does not have.
    pub(super) fn blosc(cname: &str, level: i32, sample: SampleType) -> Result<Self, Error> {
        let shuffle = match sample {
            SampleType::U8 => "noshuffle",
            _ => "shuffle",
        };
        let configuration = json!({
            "cname": cname, "clevel": level, "shuffle": shuffle, "typesize": sample.bytes(), "blocksize": 0
        });
        step_of("blosc", configuration.as_object()).ok_or_else(|| {
            Error::bad_option(
                "--compression",
                format!("blosc level {level}"),
                "a level from 0 to 9",
            )
        })
    }

    /// Its name and configuration in version 3.
    pub(super) fn document(&self) -> Value {
        match self {
            Self::Blosc(configuration) => json!({"name": "blosc", "configuration": configuration}),
            Self::Zstd { level, checksum } => {
                json!({"name": "zstd", "configuration": {"level": level, "checksum": checksum}})
            }
            Self::Gzip(level) => json!({"name": "gzip", "configuration": {"level": level}}),
            Self::Zlib(level) => {
                json!({"name": "numcodecs.zlib", "configuration": {"level": level}})
            }
            Self::Crc32c => json!({"name": "crc32c"}),
        }
    }
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
            let step = Step::of_v2(compressor);
            steps.push(step.ok_or_else(|| unsupported_codec(path, compressor.id()))?);
        }
        Ok(Self { order, steps })
    }

    /// What is done to the bytes, for people: `blosc`, `raw`.
    pub(super) fn title(&self) -> String {
        let names = self.steps.iter().filter_map(|step| match step {
            Step::Blosc(_) => Some("blosc"),
            Step::Zstd { .. } => Some("zstd"),
            Step::Gzip(_) => Some("gzip"),
            Step::Zlib(_) => Some("zlib"),
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

/// The working memory of a thread that codes chunks.
#[derive(Default)]
pub(super) struct Coder {
    unzstd: Option<zstd::bulk::Decompressor<'static>>,
    inflate: Option<Decompressor>,
    zstd: Option<(i32, bool, zstd::bulk::Compressor<'static>)>,
    deflate: Option<(i32, Compressor)>,
}

impl fmt::Debug for Coder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coder").finish_non_exhaustive()
    }
}

/// Memory that is not touched before it is written; a text when there is not so much.
fn reserved(memory: &mut Vec<u8>, bytes: usize) -> Result<(), String> {
    memory.clear();
    memory
        .try_reserve_exact(bytes)
        .map_err(|error| format!("{bytes} bytes of memory are not to be had: {error}"))
}

impl Coder {
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
            Step::Blosc(_) => {
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
            Step::Zstd { .. } => {
                reserved(target, most)?;
                let context = self.unzstd.get_or_insert_default();
                context
                    .decompress_to_buffer(encoded, target)
                    .map_err(|error| format!("zstd: {error}"))?;
            }
            Step::Gzip(_) | Step::Zlib(_) => {
                let most = most.min(encoded.len().saturating_mul(DEFLATE_RATIO));
                reserved(target, most)?;
                target.resize(most, 0);
                let context = self.inflate.get_or_insert_with(Decompressor::new);
                let inflated = match step {
                    Step::Gzip(_) => context.gzip_decompress(encoded, target),
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
                if crc32c(content) != u32::from_le_bytes(*sum) {
                    return Err("its checksum is wrong".to_owned());
                }
                target.clear();
                target.extend_from_slice(content);
            }
        }
        Ok(())
    }

    /// Encodes a chunk; a text when a library refuses.
    pub(super) fn encode(&mut self, codecs: &Codecs, chunk: &[u8]) -> Result<Vec<u8>, String> {
        let Some((first, others)) = codecs.steps.split_first() else {
            return Ok(chunk.to_vec());
        };
        let mut bytes = self.apply(first, chunk)?;
        for step in others {
            bytes = self.apply(step, &bytes)?;
        }
        Ok(bytes)
    }

    fn apply(&mut self, step: &Step, bytes: &[u8]) -> Result<Vec<u8>, String> {
        match step {
            Step::Blosc(blosc) => blosc_compress_bytes(
                bytes,
                blosc.clevel,
                blosc.shuffle,
                match blosc.shuffle {
                    BloscShuffleMode::NoShuffle => 1,
                    _ => blosc.typesize.unwrap_or(1),
                },
                blosc.cname,
                blosc.blocksize,
                1,
            )
            .map_err(|error| error.to_string()),
            Step::Zstd { level, checksum } => {
                let failed = |error: std::io::Error| format!("zstd: {error}");
                let context = match self.zstd.take() {
                    Some(context) if (context.0, context.1) == (*level, *checksum) => context,
                    _ => {
                        let mut context = zstd::bulk::Compressor::new(*level).map_err(failed)?;
                        context.include_checksum(*checksum).map_err(failed)?;
                        (*level, *checksum, context)
                    }
                };
                let (_, _, context) = self.zstd.insert(context);
                context.compress(bytes).map_err(failed)
            }
            Step::Gzip(level) | Step::Zlib(level) => {
                let context = match self.deflate.take() {
                    Some(context) if context.0 == *level => context,
                    _ => {
                        let checked = CompressionLvl::new(*level);
                        let checked = checked
                            .map_err(|error| format!("there is no such level: {error:?}"))?;
                        (*level, Compressor::new(checked))
                    }
                };
                let (_, context) = self.deflate.insert(context);
                let is_gzip = matches!(step, Step::Gzip(_));
                let mut packed = vec![0; context.gzip_compress_bound(bytes.len())];
                let length = if is_gzip {
                    context.gzip_compress(bytes, &mut packed)
                } else {
                    context.zlib_compress(bytes, &mut packed)
                };
                packed.truncate(
                    length.map_err(|error| format!("the packed bytes do not fit: {error}"))?,
                );
                Ok(packed)
            }
            Step::Crc32c => {
                let mut summed = bytes.to_vec();
                summed.extend(crc32c(bytes).to_le_bytes());
                Ok(summed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blosc() -> Step {
        let configuration = json!({"cname": "zstd", "clevel": 3, "shuffle": "shuffle", "typesize": 2, "blocksize": 0});
        step_of("blosc", configuration.as_object()).expect("is known")
    }

    fn all() -> Vec<Step> {
        vec![
            blosc(),
            Step::Zstd {
                level: 3,
                checksum: true,
            },
            Step::Gzip(5),
            Step::Zlib(1),
            Step::Crc32c,
        ]
    }

    #[test]
    fn every_step_and_all_together_come_back() {
        let chunk: Vec<u8> = (0..9000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut lists: Vec<Vec<Step>> = all().into_iter().map(|step| vec![step]).collect();
        lists.push(all());
        lists.push(Vec::new());
        let mut coder = Coder::default();
        for steps in lists {
            let codecs = Codecs { order: None, steps };
            let encoded = coder.encode(&codecs, &chunk).expect("encodes");
            let mut decoded = Vec::new();
            let done = coder.decode(&codecs, encoded.clone(), chunk.len(), &mut decoded);
            assert_eq!(done, Ok(()), "{codecs:?}");
            assert!(decoded == chunk, "{codecs:?}");
            let short = coder.decode(&codecs, encoded, chunk.len() - 1, &mut decoded);
            assert!(short.is_err(), "{codecs:?}");
        }
    }

    #[test]
    fn bombs_stop_at_what_was_expected() {
        let bomb = vec![0u8; 32 << 20];
        let mut coder = Coder::default();
        for step in all().into_iter().take(4) {
            let codecs = Codecs {
                order: None,
                steps: vec![step],
            };
            let encoded = coder.encode(&codecs, &bomb).expect("encodes");
            let mut decoded = Vec::new();
            assert!(coder.decode(&codecs, encoded, 1000, &mut decoded).is_err());
            assert!(decoded.capacity() < 2 << 20, "{codecs:?}");
        }
    }
}
