//! `ImageJ`'s description: lines of `name=value`.

use pimage_core::{Axis, FrameRate};

use super::describe::{Description, axes_of, set_pixel_size};

/// Reads the description; `None` when it is not `ImageJ`'s. `per_unit` is pixels in a unit, across and down.
pub(super) fn read(text: &str, per_unit: Option<(f64, f64)>) -> Option<Description> {
    if !text.starts_with("ImageJ=") {
        return None;
    }
    let lines = || text.lines().filter_map(|line| line.split_once('='));
    let value = |name: &str| {
        let line = lines().find(|(found, _)| found.trim() == name);
        line.map(|(_, value)| value.trim())
    };
    let count = |name: &str| value(name).and_then(|value| value.parse::<u64>().ok());
    let number = |name: &str| {
        let number = value(name).and_then(|value| value.parse::<f64>().ok());
        number.filter(|number| number.is_finite() && *number > 0.0)
    };
    let mut description = Description {
        dialect: "ImageJ",
        ..Description::default()
    };
    let unit = value("unit").map(spelled);
    let mut depth = Axis::new(Axis::DEPTH, count("slices").unwrap_or(1));
    depth.spacing = number("spacing");
    if depth.spacing.is_some() {
        depth.unit = value("zunit").map(spelled).or_else(|| unit.clone());
    }
    let channels = Axis::new(Axis::CHANNEL, count("channels").unwrap_or(1));
    let mut time = Axis::new(Axis::TIME, count("frames").unwrap_or(1));
    let interval = number("finterval");
    let secs = match value("tunit") {
        None | Some("s" | "sec" | "second" | "seconds") => interval,
        Some("ms" | "msec") => interval.map(|interval| interval / 1000.0),
        Some("min" | "minute" | "minutes") => interval.map(|interval| interval * 60.0),
        Some(_) => None,
    };
    description.rate = match (secs, number("fps")) {
        (Some(secs), _) => FrameRate::from_fps(1.0 / secs),
        (None, fps) => fps.and_then(FrameRate::from_fps),
    };
    // A stack that says how fast it is and no distance is one of times, though it calls them slices.
    let is_timed = description.rate.is_some() && depth.spacing.is_none();
    if is_timed && time.length == 1 && channels.length == 1 && value("hyperstack").is_none() {
        time.length = depth.length;
        depth.length = 1;
    }
    if let Some(interval) = interval.filter(|_| time.length > 1) {
        time = time.with_spacing(interval, value("tunit").unwrap_or("s"));
    }
    description.axes = axes_of([time, depth, channels]);
    description.count = count("images");
    if let Some((x, y)) = per_unit {
        let unit = unit.as_deref().unwrap_or("pixel");
        if unit != "pixel" && unit != "pixels" {
            set_pixel_size(&mut description.metadata, 1.0 / x, 1.0 / y, unit);
        }
    }
    for name in ["mode", "min", "max", "loop"] {
        if let Some(value) = value(name) {
            let value = value.to_owned();
            description
                .metadata
                .insert(format!("imagej_{name}"), value.into());
        }
    }
    Some(description)
}

/// The unit, whose micro sign may be escaped.
fn spelled(unit: &str) -> String {
    let unit = unit.replace("\\u00B5", "µ").replace("\\u00b5", "µ");
    match unit.as_str() {
        "micron" | "microns" | "um" => "µm".to_owned(),
        _ => unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(text: &str) -> String {
        let description = read(text, None).expect("is ImageJ's");
        let axes: Vec<_> = description.axes.iter().map(ToString::to_string).collect();
        axes.join(", ")
    }

    #[test]
    fn hyperstacks_have_axes() {
        let text = "ImageJ=1.53t\nimages=24\nchannels=2\nslices=3\nframes=4\nhyperstack=true\n\
            mode=composite\nunit=\\u00B5m\nfinterval=0.5\nspacing=1.5\nloop=false\n";
        assert_eq!(axes(text), "t 4 (0.5 s), z 3 (1.5 µm), c 2");
        let description = read(text, Some((4.0, 2.0))).expect("is ImageJ's");
        assert_eq!(description.count, Some(24));
        assert_eq!(description.rate, FrameRate::new(2, 1));
        let sizes = ["pixel_size_x", "pixel_size_y", "pixel_size_unit"]
            .map(|name| description.metadata[name].to_string());
        assert_eq!(sizes, ["0.25", "0.5", "µm"]);
    }

    #[test]
    fn plain_stacks_are_depth_unless_they_are_timed() {
        assert_eq!(axes("ImageJ=1.53t\nimages=9\nslices=9\n"), "z 9");
        assert_eq!(axes("ImageJ=1.53t\nimages=9\nslices=9\nfps=25\n"), "t 9");
        assert_eq!(
            axes("ImageJ=1.53t\nimages=9\nframes=9\nfinterval=-1\n"),
            "t 9"
        );
        assert_eq!(axes("ImageJ=\nmin=0.0\n"), "");
        assert!(read("Made with ImageJ=1", None).is_none());
    }
}
