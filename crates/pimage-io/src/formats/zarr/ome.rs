//! What OME-Zarr says of an image: axes, scales, channels.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use serde_json::{Map, Value};

/// A dimension of an image.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OmeAxis {
    /// `t`, `c`, `z`, `y`, `x` or any other name.
    pub(super) name: String,
    /// `micrometer`, `second` …
    pub(super) unit: Option<String>,
}

/// One resolution of an image.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OmeLevel {
    /// The name of its array in the group.
    pub(super) path: String,
    /// The size of a position along each axis; empty when it is not said.
    pub(super) scale: Vec<f64>,
}

/// An image in several resolutions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OmeImage {
    /// Its dimensions, in the order of its arrays.
    pub(super) axes: Vec<OmeAxis>,
    /// The finest first.
    pub(super) levels: Vec<OmeLevel>,
    /// The names of its channels, where they have any.
    pub(super) channels: Vec<String>,
}

/// Units of OME by the sign that other formats use.
const UNITS: [(&str, &str); 10] = [
    ("angstrom", "Å"),
    ("centimeter", "cm"),
    ("meter", "m"),
    ("micrometer", "µm"),
    ("microsecond", "µs"),
    ("millimeter", "mm"),
    ("millisecond", "ms"),
    ("nanometer", "nm"),
    ("nanosecond", "ns"),
    ("second", "s"),
];

/// The sign of a unit: `µm`; its own name when there is none.
pub(super) fn sign_of(unit: &str) -> &str {
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    known.map_or(unit, |(_, sign)| sign)
}

/// OME's name of a unit; `None` for one that it does not have.
pub(super) fn unit_named(sign: &str) -> Option<&'static str> {
    let sign = match sign {
        "um" | "\\u00B5m" | "μm" | "micron" => "µm",
        "us" => "µs",
        "sec" => "s",
        other => other,
    };
    let known = UNITS
        .iter()
        .find(|(name, known)| *known == sign || *name == sign);
    known.map(|(name, _)| *name)
}

fn scale_of(value: &Value) -> Option<Vec<f64>> {
    let list = value.get("coordinateTransformations")?.as_array()?;
    let scale = list.iter().find_map(|step| step.get("scale")?.as_array())?;
    let scale: Option<Vec<f64>> = scale.iter().map(Value::as_f64).collect();
    scale.filter(|scale| {
        scale
            .iter()
            .all(|length| length.is_finite() && *length > 0.0)
    })
}

impl OmeImage {
    /// The first image that the attributes of a group describe: version 0.5 under `ome`, older ones beside it.
    pub(super) fn of(attributes: &Map<String, Value>) -> Option<Self> {
        let home = attributes
            .get("ome")
            .and_then(Value::as_object)
            .unwrap_or(attributes);
        let image = home.get("multiscales")?.as_array()?.first()?;
        let axes = image.get("axes").and_then(Value::as_array);
        let axes = axes.into_iter().flatten().map(|axis| match axis {
            // Version 0.3 has names alone.
            Value::String(name) => OmeAxis {
                name: name.clone(),
                unit: None,
            },
            axis => OmeAxis {
                name: text(axis, "name").unwrap_or_default(),
                unit: text(axis, "unit"),
            },
        });
        let axes: Vec<OmeAxis> = axes.collect();
        let overall = scale_of(image);
        let levels = image.get("datasets")?.as_array()?.iter().map(|level| {
            let mut scale = scale_of(level).unwrap_or_default();
            for (own, factor) in scale.iter_mut().zip(overall.iter().flatten()) {
                *own *= factor;
            }
            if scale.len() != axes.len() {
                scale.clear();
            }
            Some(OmeLevel {
                path: text(level, "path")?,
                scale,
            })
        });
        let levels: Vec<OmeLevel> = levels.collect::<Option<_>>()?;
        let channels = home.get("omero").and_then(|omero| omero.get("channels"));
        let channels = channels.and_then(Value::as_array).into_iter().flatten();
        let channels = channels.map(|channel| text(channel, "label").unwrap_or_default());
        Some(Self {
            levels: (!levels.is_empty()).then_some(levels)?,
            channels: channels.collect(),
            axes,
        })
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use serde_json::json;

    use super::*;

    fn image_of(value: Value) -> Option<OmeImage> {
        OmeImage::of(value.as_object().expect("an object"))
    }

    #[test]
    fn both_places_are_read() {
        let image = json!({
            "axes": [{"name": "t", "type": "time", "unit": "second"}, {"name": "y"}, {"name": "x"}],
            "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 0.5, 0.5]}]}],
            "coordinateTransformations": [{"type": "scale", "scale": [0.1, 1, 1]}]
        });
        let omero = json!({"channels": [{"label": "GFP"}, {}]});
        let new = image_of(json!({"ome": {"multiscales": [image], "omero": omero}}));
        let old = image_of(json!({"multiscales": [image], "omero": omero}));
        assert_eq!(new, old);
        let image = new.expect("is an image");
        assert_eq!(image.levels[0].scale, [0.1, 0.5, 0.5]);
        assert_eq!(image.axes[0].unit.as_deref(), Some("second"));
        assert_eq!(image.channels, ["GFP", ""]);
    }

    #[test]
    fn what_is_no_image_is_none() {
        for value in [
            json!({}),
            json!({"multiscales": []}),
            json!({"multiscales": [{"axes": 3, "datasets": [{}]}]}),
            json!({"ome": {"multiscales": [{"datasets": []}]}}),
        ] {
            assert_eq!(image_of(value), None);
        }
    }

    #[test]
    fn units_have_signs() {
        assert_eq!(sign_of("micrometer"), "µm");
        assert_eq!(unit_named("um"), Some("micrometer"));
        assert_eq!(unit_named("furlong"), None);
    }
}
