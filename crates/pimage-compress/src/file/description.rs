//! What a file says of its array: the text of its tag.

use pimage_core::{
    Axis, Clock, Color, FrameCount, FrameFormat, FrameRate, Metadata, SampleType, StreamInfo, Value,
};
use serde::{Deserialize, Serialize};

use crate::goal::Goal;
use crate::setting::{PRESETS, Quality, VideoCodec, VideoSetting};

/// The version that is written, and the newest that is read.
const VERSION: u32 = 1;

/// Bytes that the number of frames takes, whatever it is, so that it can be written over.
const FRAMES_WIDTH: usize = 20;

/// What stands for the number of frames while it is put into its place.
const FRAMES_PLACE: &str = "\"frames\":null";

/// What the video in a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VideoRole {
    /// To be looked at: no value is made from it.
    Preview,
    /// The frames, which corrections or a scale make values of.
    Base,
}

/// What a file says of its array.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// Frames of the array; `None` in a file that was never finished.
    pub frames: Option<u64>,
    /// What was promised.
    pub goal: Goal,
    /// What the video is.
    pub video: VideoRole,
    /// The values that are black and white in the video.
    pub shown: [f64; 2],
    /// What the source said of its frames.
    pub(crate) info: StreamInfo,
}

/// A number as text, so that not a bit of it is lost.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Exact(f64);

impl Serialize for Exact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    frames: Option<u64>,
    width: u32,
    height: u32,
    color: String,
    sample: String,
    bit_depth: u8,
    goal: WrittenGoal,
    video: VideoRole,
    shown: [Exact; 2],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<[u32; 2]>,
    clock: String,
    source: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    axes: Vec<WrittenAxis>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    bundle: Vec<WrittenAxis>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    metadata: Vec<(String, WrittenValue)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenGoal {
    Exact,
    MaxError(Exact),
    Psnr {
        db: Exact,
        range: Exact,
    },
    Quantised {
        codec: String,
        bits: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        crf: Option<Exact>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ratio: Option<u16>,
        preset: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<[Exact; 2]>,
    },
}

impl WrittenGoal {
    fn of(goal: &Goal) -> Self {
        match goal {
            Goal::Exact => Self::Exact,
            Goal::MaxError(bound) => Self::MaxError(Exact(*bound)),
            Goal::Psnr { db, range } => Self::Psnr {
                db: Exact(*db),
                range: Exact(*range),
            },
            Goal::Quantised(setting) => Self::Quantised {
                codec: setting.codec.name().to_owned(),
                bits: setting.bits,
                crf: match setting.quality {
                    Quality::Crf(crf) => Some(Exact(crf)),
                    _ => None,
                },
                ratio: match setting.quality {
                    Quality::Ratio(ratio) => Some(ratio),
                    _ => None,
                },
                preset: setting.preset.to_owned(),
                range: setting.range.map(|range| range.map(Exact)),
            },
        }
    }

    /// The goal; what is wrong with it, where it makes no sense.
    fn read(self) -> Result<Goal, String> {
        Ok(match self {
            Self::Exact => Goal::Exact,
            Self::MaxError(bound) => Goal::MaxError(bound.0),
            Self::Psnr { db, range } => Goal::Psnr {
                db: db.0,
                range: range.0,
            },
            Self::Quantised {
                codec,
                bits,
                crf,
                ratio,
                preset,
                range,
            } => {
                let found = VideoCodec::ALL
                    .into_iter()
                    .find(|known| known.name() == codec);
                let known = PRESETS.into_iter().find(|known| *known == preset);
                Goal::Quantised(VideoSetting {
                    codec: found.ok_or_else(|| unknown("codec", &codec))?,
                    bits,
                    quality: match (crf, ratio) {
                        (Some(crf), _) => Quality::Crf(crf.0),
                        (None, Some(ratio)) => Quality::Ratio(ratio),
                        (None, None) => Quality::Lossless,
                    },
                    preset: known.ok_or_else(|| unknown("preset", &preset))?,
                    range: range.map(|range| range.map(|value| value.0)),
                })
            }
        })
    }
}

fn unknown(what: &str, found: &str) -> String {
    format!("its {what} is `{found}`, which is unknown")
}

#[derive(Serialize, Deserialize)]
struct WrittenAxis {
    name: String,
    length: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spacing: Option<Exact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenValue {
    Text(String),
    Int(i64),
    Float(Exact),
    Bool(bool),
}

impl Description {
    /// The text of the tag; as long with the number of frames as without.
    pub(crate) fn to_text(&self) -> String {
        let written = Written::of(self);
        // Maps of text keys and numbers can always be written.
        let text = serde_json::to_string(&written).unwrap_or_default();
        let frames = match self.frames {
            Some(frames) => frames.to_string(),
            None => "null".to_owned(),
        };
        let placed = format!("\"frames\":{frames:FRAMES_WIDTH$}");
        text.replacen(FRAMES_PLACE, &placed, 1)
    }

    /// Reads the text of the tag.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(text)
            .map_err(|error| format!("its description cannot be read: {error}"))?;
        if written.version > VERSION {
            let found = written.version;
            return Err(format!(
                "it is of version {found}: expected up to {VERSION}"
            ));
        }
        written.read()
    }

    /// The format of the frames.
    #[must_use]
    pub const fn format(&self) -> &FrameFormat {
        &self.info.format
    }
}

impl Written {
    fn of(description: &Description) -> Self {
        let info = &description.info;
        let metadata = info.metadata.iter();
        Self {
            version: VERSION,
            frames: None,
            width: info.format.width,
            height: info.format.height,
            color: info.format.color.name().to_owned(),
            sample: info.format.sample.name().to_owned(),
            bit_depth: info.format.bit_depth,
            goal: WrittenGoal::of(&description.goal),
            video: description.video,
            shown: description.shown.map(Exact),
            rate: info.rate.map(|rate| [rate.numerator(), rate.denominator()]),
            clock: info.clock.name().to_owned(),
            source: info.container.clone(),
            axes: info.axes.iter().map(WrittenAxis::of).collect(),
            bundle: info.bundle.iter().map(WrittenAxis::of).collect(),
            metadata: metadata
                .map(|(name, value)| (name.clone(), WrittenValue::of(value)))
                .collect(),
        }
    }

    fn read(self) -> Result<Description, String> {
        let color = Color::ALL
            .into_iter()
            .find(|color| color.name() == self.color);
        let color = color.ok_or_else(|| unknown("colour", &self.color))?;
        let sample = SampleType::ALL
            .into_iter()
            .find(|sample| sample.name() == self.sample);
        let sample = sample.ok_or_else(|| unknown("sample type", &self.sample))?;
        let clocks = [Clock::Start, Clock::Epoch, Clock::LocalEpoch];
        let clock = clocks.into_iter().find(|clock| clock.name() == self.clock);
        let clock = clock.ok_or_else(|| unknown("clock", &self.clock))?;
        let format =
            FrameFormat::new(self.width, self.height, color, sample).with_bit_depth(self.bit_depth);
        let count = self.frames.map_or(FrameCount::Unknown, FrameCount::Exact);
        let mut info = StreamInfo::new(self.source, format, count);
        info.axes = self.axes.into_iter().map(WrittenAxis::read).collect();
        info.bundle = self.bundle.into_iter().map(WrittenAxis::read).collect();
        info.set_frame_count(count);
        info.rate = self
            .rate
            .and_then(|[upper, lower]| FrameRate::new(upper, lower));
        info.clock = clock;
        let metadata = self.metadata.into_iter();
        info.metadata = metadata
            .map(|(name, value)| (name, value.read()))
            .collect::<Metadata>();
        Ok(Description {
            frames: self.frames,
            goal: self.goal.read()?,
            video: self.video,
            shown: self.shown.map(|value| value.0),
            info,
        })
    }
}

impl WrittenAxis {
    fn of(axis: &Axis) -> Self {
        Self {
            name: axis.name.clone(),
            length: axis.length,
            spacing: axis.spacing.map(Exact),
            unit: axis.unit.clone(),
            labels: axis.labels.clone(),
        }
    }

    fn read(self) -> Axis {
        Axis {
            name: self.name,
            length: self.length,
            spacing: self.spacing.map(|spacing| spacing.0),
            unit: self.unit,
            labels: self.labels,
        }
    }
}

impl WrittenValue {
    fn of(value: &Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text.clone()),
            Value::Int(value) => Self::Int(*value),
            Value::Float(value) => Self::Float(Exact(*value)),
            Value::Bool(value) => Self::Bool(*value),
            other => Self::Text(other.to_string()),
        }
    }

    fn read(self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Int(value) => Value::Int(value),
            Self::Float(value) => Value::Float(value.0),
            Self::Bool(value) => Value::Bool(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_comes_back_to_the_bit() {
        let format = FrameFormat::new(64, 48, Color::Gray, SampleType::F32);
        let mut info = StreamInfo::new("npy", format, FrameCount::Exact(12));
        info.rate = FrameRate::new(30_000, 1001);
        info.axes = vec![Axis::new("t", 4), Axis::new("z", 3).with_spacing(0.1, "µm")];
        info.metadata
            .insert("\"frames\":null".to_owned(), Value::Float(f64::NAN));
        info.metadata
            .insert("gain".to_owned(), Value::Float(0.1 + 0.2));
        let description = Description {
            frames: Some(12),
            goal: Goal::MaxError(1.0 / 3.0),
            video: VideoRole::Preview,
            shown: [-6.5, f64::MAX],
            info,
        };
        let text = description.to_text();
        let back = Description::parse(&text).expect("is read");
        assert_eq!(format!("{back:?}"), format!("{description:?}"));
        let unfinished = Description {
            frames: None,
            ..description
        };
        assert_eq!(unfinished.to_text().len(), text.len());
        let back = Description::parse(&unfinished.to_text()).expect("is read");
        assert_eq!(back.frames, None);
        let error = Description::parse("{\"version\":1}").expect_err("says nothing");
        assert!(
            error.starts_with("its description cannot be read: missing field"),
            "{error}"
        );
    }
}
