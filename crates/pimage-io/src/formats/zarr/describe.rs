//! What a reader says of its stream: axes, rate, clock, pixel sizes, metadata.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Axis, Clock, FrameCount, FrameRate, Metadata, StreamInfo, keys};
use serde_json::{Map, Value};

use super::columns::{Columns, secs_of};
use super::find::Found;
use super::layout::Layout;
use super::ome::sign_of;
use super::source::Source;

/// The attribute under which pimage keeps what other programs have no place for.
pub(super) const PIMAGE: &str = "pimage";

/// Attributes that are not metadata of the recording.
const STRUCTURE: [&str; 6] = [
    "_ARRAY_DIMENSIONS",
    "multiscales",
    "ome",
    "omero",
    PIMAGE,
    "coordinates",
];

/// What pimage wrote beside the array; empty when another program did.
pub(super) fn own(found: &Found) -> Map<String, Value> {
    let attributes = found.group.as_ref().map(|(_, attributes)| attributes);
    let own = attributes.and_then(|attributes| attributes.get(PIMAGE));
    own.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The names of the dimensions, from the image or the array.
pub(super) fn names_of(found: &Found) -> Vec<Option<String>> {
    if let Some((image, _)) = &found.image
        && image.axes.len() == found.document.shape.len()
    {
        let names = image.axes.iter().map(|axis| Some(axis.name.clone()));
        return names.collect();
    }
    if found.document.names.is_empty() {
        // Older xarray wrote version 3 as it wrote version 2.
        let names = found.document.attributes.get("_ARRAY_DIMENSIONS");
        let names = names.and_then(Value::as_array).into_iter().flatten();
        let names: Vec<_> = names.map(|name| name.as_str().map(str::to_owned)).collect();
        if names.len() == found.document.shape.len() {
            return names;
        }
    }
    found.document.names.clone()
}

/// The description of the frames of `source`.
pub(super) fn info_of(
    found: &Found,
    source: &Source,
    layout: &Layout,
    names: &[Option<String>],
    columns: &Columns,
) -> StreamInfo {
    let own = own(found);
    let mut format = source.format;
    if let Some(bits) = own.get("bit_depth").and_then(Value::as_u64) {
        format = format.with_bit_depth(u8::try_from(bits).unwrap_or(0));
    }
    let mut info = StreamInfo::new("zarr", format, FrameCount::Exact(source.count));
    info.codec = Some(source.document.codecs.title());
    let rate = own.get("frame_rate").and_then(Value::as_str);
    info.rate = rate.and_then(|rate| rate.parse().ok());
    info.clock = match own.get("clock").and_then(Value::as_str) {
        Some("local epoch") => Clock::LocalEpoch,
        Some("epoch") => Clock::Epoch,
        Some(_) => Clock::Start,
        None => columns.clock.unwrap_or_default(),
    };
    add_metadata(&mut info.metadata, &found.document.attributes);
    if let Some((_, attributes)) = &found.group {
        add_metadata(&mut info.metadata, attributes);
    }
    if let Some(Value::Object(kept)) = own.get("metadata") {
        add_metadata(&mut info.metadata, kept);
    }
    let mut axes = layout.axes(&found.document.shape, names);
    describe_own(&mut axes, own.get("axes"));
    describe_image(&mut axes, found, layout, &mut info);
    let is_plain = match axes.as_slice() {
        [] => true,
        [only] => only.name == Axis::TIME,
        _ => false,
    };
    if !is_plain {
        info.axes = axes;
    }
    info
}

fn add_metadata(metadata: &mut Metadata, attributes: &Map<String, Value>) {
    for (name, value) in attributes {
        if STRUCTURE.contains(&name.as_str()) {
            continue;
        }
        let value: pimage_core::Value = match value {
            Value::String(text) => text.clone().into(),
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => whole.into(),
                (None, Some(value)) => value.into(),
                (None, None) => continue,
            },
            _ => continue,
        };
        metadata.insert(name.clone(), value);
    }
}

/// Spacing, unit and labels that pimage wrote.
fn describe_own(axes: &mut [Axis], described: Option<&Value>) {
    for described in described.and_then(Value::as_array).into_iter().flatten() {
        let name = described.get("name").and_then(Value::as_str);
        let Some(axis) = axes
            .iter_mut()
            .find(|axis| Some(axis.name.as_str()) == name)
        else {
            continue;
        };
        axis.spacing = described.get("spacing").and_then(Value::as_f64);
        axis.unit = described
            .get("unit")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let labels = described.get("labels").and_then(Value::as_array);
        let labels = labels.into_iter().flatten();
        let labels: Vec<String> = labels
            .filter_map(|label| label.as_str().map(str::to_owned))
            .collect();
        if labels.len() as u64 == axis.length {
            axis.labels = labels;
        }
    }
}

/// Scale, units and channel names of an OME image.
fn describe_image(axes: &mut [Axis], found: &Found, layout: &Layout, info: &mut StreamInfo) {
    let Some((image, level)) = &found.image else {
        return;
    };
    let scale = image
        .levels
        .get(*level)
        .map(|level| level.scale.as_slice())
        .unwrap_or_default();
    let described = |at: usize| Some((image.axes.get(at)?, *scale.get(at)?));
    for (axis, at) in axes.iter_mut().zip(&layout.outer) {
        if axis.name == Axis::CHANNEL && image.channels.len() as u64 == axis.length {
            let is_named = image.channels.iter().any(|label| !label.is_empty());
            axis.labels = if is_named {
                image.channels.clone()
            } else {
                Vec::new()
            };
        }
        let Some((described, length)) = described(*at) else {
            continue;
        };
        if let Some(unit) = described.unit.as_deref() {
            if axis.name == Axis::TIME && info.rate.is_none() {
                info.rate =
                    secs_of(unit).and_then(|secs| FrameRate::from_fps(1.0 / (secs * length)));
            }
            axis.spacing = Some(length);
            axis.unit = Some(sign_of(unit).to_owned());
        } else if axis.name == Axis::DEPTH {
            axis.spacing = Some(length);
        }
    }
    for (key, at) in [
        (keys::PIXEL_SIZE_X, layout.x),
        (keys::PIXEL_SIZE_Y, layout.y),
    ] {
        if let Some((described, length)) = described(at)
            && let Some(unit) = described.unit.as_deref()
        {
            info.metadata.insert(key.to_owned(), length.into());
            let unit = sign_of(unit).to_owned();
            info.metadata
                .insert(keys::PIXEL_SIZE_UNIT.to_owned(), unit.into());
        }
    }
}
