//! What is told of a video before its first frame.

use pimage_core::{
    Clock, FrameCount, FrameFormat, FrameRate, Metadata, StreamInfo, Timebase, Timestamp, Value,
    keys,
};

use crate::ffi::{Colors, PixelFormat, StreamParameters};
use crate::names;
use crate::source::PacketSource;
use crate::tag::Tag;

/// Exact times of frames.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameClock {
    base: Option<Timebase>,
    /// When the first frame was taken, if the file says that apart.
    start: Option<(Timestamp, i64)>,
    /// The true rate, when the container could not say it: the frames follow each other at it.
    rate: Option<FrameRate>,
}

impl FrameClock {
    pub(crate) fn new(source: &PacketSource, tag: &Tag) -> Self {
        let (numerator, denominator) = source.parameters().time_base;
        let base = match (u32::try_from(numerator), u32::try_from(denominator)) {
            (Ok(numerator), Ok(denominator)) => Timebase::new(numerator, denominator),
            _ => None,
        };
        let first = source.table().time_of(0).unwrap_or(0);
        Self {
            base,
            start: tag.start.map(|start| (start, first)),
            rate: tag.rate,
        }
    }

    /// The time of a frame.
    pub(crate) fn time_of(&self, source: &PacketSource, index: u64) -> Option<Timestamp> {
        if let Some(rate) = self.rate {
            let since = rate.time_of(index);
            let Some((start, _)) = self.start else {
                return Some(since);
            };
            let unit = finer(start.base, since.base);
            let ticks = start.ticks_in(unit).checked_add(since.ticks_in(unit))?;
            return Some(Timestamp::new(ticks, unit));
        }
        let ticks = source.table().time_of(index)?;
        let base = self.base?;
        let Some((start, first)) = self.start else {
            return Some(Timestamp::new(ticks, base));
        };
        let since = Timestamp::new(ticks.checked_sub(first)?, base);
        // In the finer of the two units, so that neither is rounded where both are whole.
        let unit = finer(start.base, base);
        Some(Timestamp::new(
            start.ticks_in(unit).checked_add(since.ticks_in(unit))?,
            unit,
        ))
    }
}

fn finer(left: Timebase, right: Timebase) -> Timebase {
    let secs = |base: Timebase| f64::from(base.numerator()) / f64::from(base.denominator());
    if secs(left) < secs(right) {
        left
    } else {
        right
    }
}

/// The tag that pimage left in a file, if it did.
pub(crate) fn tag_of(parameters: &StreamParameters) -> Tag {
    parameters
        .metadata
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case("comment"))
        .find_map(|(_, comment)| Tag::parse(comment))
        .filter(|tag| {
            let size = (
                u32::try_from(parameters.width).unwrap_or(0),
                u32::try_from(parameters.height).unwrap_or(0),
            );
            tag.stored.is_none_or(|stored| stored == size)
        })
        .unwrap_or_default()
}

/// How regular the times of the frames are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rhythm {
    pub(crate) rate: Option<FrameRate>,
    pub(crate) is_variable: bool,
}

/// The rate that the times keep to within a tick, or their mean when they keep to none.
pub(crate) fn rhythm(source: &PacketSource) -> Rhythm {
    let parameters = source.parameters();
    let stated = [parameters.real_rate, parameters.average_rate].map(rate_of);
    let times = source.table().times();
    let (numerator, denominator) = parameters.time_base;
    let tick = f64::from(numerator) / f64::from(denominator.max(1));
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
        return Rhythm {
            rate: stated[1].or(stated[0]),
            is_variable: false,
        };
    };
    if times.len() < 2 || tick <= 0.0 || last <= first {
        return Rhythm {
            rate: stated[1].or(stated[0]),
            is_variable: false,
        };
    }
    let mean = (times.len() - 1) as f64 / ((last - first) as f64 * tick);
    let mean = nearest_usual(mean);
    for rate in stated.into_iter().chain([mean]).flatten() {
        if keeps_to(times, rate, tick) {
            return Rhythm {
                rate: Some(rate),
                is_variable: false,
            };
        }
    }
    Rhythm {
        rate: mean,
        is_variable: true,
    }
}

fn rate_of((numerator, denominator): (i32, i32)) -> Option<FrameRate> {
    FrameRate::new(
        u32::try_from(numerator).ok()?,
        u32::try_from(denominator).ok()?,
    )
}

/// A mean rate as the fraction that was probably meant: with a denominator of 1, 1001 or a few.
fn nearest_usual(fps: f64) -> Option<FrameRate> {
    let near = |rate: &FrameRate| (rate.fps() - fps).abs() <= fps * 1e-6;
    let whole = FrameRate::new(fps.round() as u32, 1);
    let ntsc = FrameRate::new((fps * 1.001).round() as u32 * 1000, 1001);
    [whole, ntsc]
        .into_iter()
        .flatten()
        .find(near)
        .or_else(|| FrameRate::from_fps((fps * 1e6).round() / 1e6))
}

/// Whether each time is within one tick of where a constant rate puts it.
fn keeps_to(times: &[i64], rate: FrameRate, tick: f64) -> bool {
    let Some(&first) = times.first() else {
        return true;
    };
    let step = 1.0 / rate.fps() / tick;
    times
        .iter()
        .enumerate()
        .all(|(index, &time)| ((time - first) as f64 - index as f64 * step).abs() <= 1.0 + 1e-6)
}

/// What the pictures turned out to be.
#[derive(Debug)]
pub(crate) struct Pictures {
    pub(crate) format: FrameFormat,
    pub(crate) pixel_format: PixelFormat,
    pub(crate) colors: Colors,
    /// Matrix and range used to make RGB or gray of them, when they are luma and chroma.
    pub(crate) yuv: Option<(pimage_yuv::Matrix, pimage_yuv::Range)>,
    pub(crate) rotation: u32,
    /// Which library decodes.
    pub(crate) decoder: &'static str,
}

/// What a reader says of a video.
pub(crate) fn stream_info(source: &PacketSource, tag: &Tag, pictures: &Pictures) -> StreamInfo {
    let parameters = source.parameters();
    let table = source.table();
    let Rhythm { rate, is_variable } = match tag.rate {
        Some(rate) => Rhythm {
            rate: Some(rate),
            is_variable: false,
        },
        None => rhythm(source),
    };
    let mut metadata: Metadata = parameters
        .metadata
        .iter()
        .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
        .collect();
    let mut note = |key: &str, value: Value| {
        metadata.insert(key.to_owned(), value);
    };
    if let Some((matrix, range)) = pictures.yuv {
        let stated = |is_stated| if is_stated { "" } else { " (assumed)" };
        let matrix_stated = names::matrix_is_stated(pictures.colors.matrix);
        note(
            keys::COLOR_MATRIX,
            format!("{}{}", matrix.name(), stated(matrix_stated)).into(),
        );
        let range_stated =
            names::range_is_stated(pictures.colors.range, &pictures.pixel_format.name());
        note(
            keys::COLOR_RANGE,
            format!("{}{}", range.name(), stated(range_stated)).into(),
        );
    }
    for (key, name) in names::primaries_and_transfer(&pictures.colors) {
        note(key, name.into());
    }
    if pictures.rotation != 0 {
        note(keys::ROTATION, pictures.rotation.into());
    }
    if is_variable {
        note(keys::VARIABLE_RATE, true.into());
    }
    if let Some(range) = &tag.range {
        note(keys::RANGE_MAPPING, range.as_str().into());
    }
    note("decoder", pictures.decoder.into());
    if table.promised > 0 {
        note(
            "frames_in_header",
            ((table.frame_count() + table.promised) as i64).into(),
        );
    }
    let mut info = StreamInfo::new(
        parameters.container.clone(),
        pictures.format,
        FrameCount::Exact(table.frame_count()),
    );
    info.rate = rate;
    info.clock = if tag.start.is_some() {
        tag.clock
    } else {
        Clock::Start
    };
    info.codec = Some(parameters.codec_name.clone());
    info.pixel_format = Some(pictures.pixel_format.name());
    info.metadata = metadata;
    info
}
