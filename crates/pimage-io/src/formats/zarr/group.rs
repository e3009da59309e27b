//! What the group around the frames says of them.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{Axis, Color, FrameRate, StreamInfo, keys};
use serde_json::{Map, Value, json};

use super::describe::PIMAGE;
use super::layout::COLOR_DIMENSION;
use super::ome::unit_named;
use super::plan::{Meaning, Plan};

fn value_of(value: &pimage_core::Value) -> Value {
    match value {
        pimage_core::Value::Int(number) => json!(number),
        // Not a number and infinity, which JSON does not have, become null.
        pimage_core::Value::Float(number) => json!(number),
        pimage_core::Value::Bool(value) => json!(value),
        other => json!(other.to_string()),
    }
}

/// What only pimage reads: the rate as a fraction, the clock, the depth, the axes, metadata.
fn own(info: &StreamInfo, rate: Option<FrameRate>, plan: &Plan) -> Value {
    let mut own = Map::new();
    if let Some(rate) = rate {
        own.insert("frame_rate".to_owned(), json!(rate.to_string()));
    }
    own.insert("clock".to_owned(), json!(info.clock.name()));
    let format = &plan.format;
    if format.bit_depth != format.sample.bits() {
        own.insert("bit_depth".to_owned(), json!(format.bit_depth));
    }
    if format.color != Color::Gray
        && let Some(color) = plan.dimension(Meaning::Color)
    {
        own.insert(COLOR_DIMENSION.to_owned(), json!(color.name));
    }
    if !plan.inner.is_empty()
        || info
            .axes
            .first()
            .is_some_and(|axis| axis.name != Axis::TIME)
    {
        let axes = info.axes.iter().map(|axis| {
            json!({"name": axis.name, "spacing": axis.spacing, "unit": axis.unit, "labels": axis.labels})
        });
        own.insert("axes".to_owned(), axes.collect());
    }
    let metadata = info
        .metadata
        .iter()
        .map(|(name, value)| (name.clone(), value_of(value)));
    let metadata: Map<String, Value> = metadata.collect();
    if !metadata.is_empty() {
        own.insert("metadata".to_owned(), Value::Object(metadata));
    }
    Value::Object(own)
}

/// `zarr.json` of the group; with `levels`, that of an OME image of so many.
pub(super) fn document(
    info: &StreamInfo,
    rate: Option<FrameRate>,
    plan: &Plan,
    levels: Option<&[String]>,
    name: &str,
) -> Value {
    let mut attributes = Map::new();
    attributes.insert(PIMAGE.to_owned(), own(info, rate, plan));
    if let Some(levels) = levels {
        attributes.insert("ome".to_owned(), image(info, rate, plan, levels, name));
    }
    json!({"zarr_format": 3, "node_type": "group", "attributes": attributes})
}

/// The number under a key of the metadata.
fn number(info: &StreamInfo, key: &str) -> Option<f64> {
    match info.metadata.get(key)? {
        pimage_core::Value::Float(value) => Some(*value),
        pimage_core::Value::Int(value) => Some(*value as f64),
        _ => None,
    }
}

fn image(
    info: &StreamInfo,
    rate: Option<FrameRate>,
    plan: &Plan,
    levels: &[String],
    name: &str,
) -> Value {
    let pixel_unit = info
        .metadata
        .get(keys::PIXEL_SIZE_UNIT)
        .and_then(pimage_core::Value::as_text);
    let pixel_unit = pixel_unit.and_then(unit_named);
    let described = plan.dimensions.iter().map(|dimension| {
        let axis = info.axes.iter().find(|axis| axis.name == dimension.name);
        let (kind, unit, length) = match (dimension.meaning, dimension.name.as_str()) {
            (_, "t") => {
                let unit = rate.map(|_| "second");
                ("time", unit, rate.map(|rate| 1.0 / rate.fps()))
            }
            (Meaning::Rows, _) => ("space", pixel_unit, number(info, keys::PIXEL_SIZE_Y)),
            (Meaning::Columns, _) => ("space", pixel_unit, number(info, keys::PIXEL_SIZE_X)),
            (_, "c") => ("channel", None, None),
            _ => {
                let unit = axis.and_then(|axis| unit_named(axis.unit.as_deref()?));
                ("space", unit, axis.and_then(|axis| axis.spacing))
            }
        };
        (
            dimension,
            kind,
            unit,
            length.filter(|length| length.is_finite() && *length > 0.0),
        )
    });
    let described: Vec<_> = described.collect();
    let axes = described.iter().map(|(dimension, kind, unit, _)| {
        let mut axis = json!({"name": dimension.name, "type": kind});
        if let (Some(unit), Some(axis)) = (unit, axis.as_object_mut()) {
            axis.insert("unit".to_owned(), json!(unit));
        }
        axis
    });
    let axes: Vec<Value> = axes.collect();
    let datasets = levels.iter().zip(0u8..).map(|(path, level)| {
        let factor = 2f64.powi(i32::from(level));
        let scale = described.iter().map(|(dimension, _, _, length)| {
            let is_halved = matches!(dimension.meaning, Meaning::Rows | Meaning::Columns);
            length.unwrap_or(1.0) * if is_halved { factor } else { 1.0 }
        });
        let scale: Vec<f64> = scale.collect();
        json!({"path": path, "coordinateTransformations": [{"type": "scale", "scale": scale}]})
    });
    let datasets: Vec<Value> = datasets.collect();
    let mut image = json!({
        "version": "0.5",
        "multiscales": [{"name": name, "axes": axes, "datasets": datasets, "type": "mean"}]
    });
    if let (Some(channels), Some(image)) = (channels(info, plan), image.as_object_mut()) {
        image.insert("omero".to_owned(), json!({"channels": channels}));
    }
    image
}

/// The names of the channels and how to show them; `None` when nothing is known of them.
fn channels(info: &StreamInfo, plan: &Plan) -> Option<Vec<Value>> {
    let colors = [
        ("red", "FF0000"),
        ("green", "00FF00"),
        ("blue", "0000FF"),
        ("alpha", "FFFFFF"),
    ];
    let labels: Vec<(String, &str)> = match plan.format.color {
        Color::Rgb | Color::Rgba => {
            let named = colors.iter().take(plan.format.color.channels());
            named
                .map(|(name, color)| ((*name).to_owned(), *color))
                .collect()
        }
        _ => {
            let axis = info
                .axis(Axis::CHANNEL)
                .filter(|axis| !axis.labels.is_empty())?;
            axis.labels
                .iter()
                .map(|label| (label.clone(), "FFFFFF"))
                .collect()
        }
    };
    let top = plan.format.full_scale();
    let show = |(label, color): (String, &str)| {
        let window = json!({"min": 0, "max": top, "start": 0, "end": top});
        json!({"label": label, "color": color, "active": true, "window": window})
    };
    Some(labels.into_iter().map(show).collect())
}
