//! Writing: frames as they come, or all of them again when the whole clip has to be known.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{
    Color, Error, Frame, FrameFormat, FrameWriter, SampleType, StreamInfo, WriteSummary,
};

use super::changes::{Colors, has_alpha};
use super::nearest::Rgb;
use super::palette::{Histogram, MOST};
use super::pass::Pass;
use super::sketch::Plan;
use super::spill::Spill;
use super::timing::Delays;
use crate::target::Sequence;
use crate::{WriteOptions, summary};

/// The quality when none is asked for.
const USUAL_QUALITY: u8 = 80;

/// Prepares a file.
pub(super) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> Result<Box<dyn FrameWriter>, Error> {
    let quality = quality_of(options)?;
    refuse(options)?;
    expect_room(&info.format)?;
    Ok(Box::new(GifWriter {
        path: path.to_path_buf(),
        options: options.clone(),
        quality,
        sequence: Sequence::default(),
        clock: Delays::new(info, options.rate),
        delays: Vec::new(),
        pass: None,
        spill: None,
        histogram: options.gif.global_palette.then(Histogram::new),
        held: None,
        partial: 0,
    }))
}

/// 0 to 100.
fn quality_of(options: &WriteOptions) -> Result<u8, Error> {
    let Some(text) = &options.quality else {
        return Ok(USUAL_QUALITY);
    };
    let quality = text.parse().ok().filter(|quality| *quality <= 100);
    let refused = || Error::bad_option("--quality", format!("`{text}`"), "0 to 100");
    let quality = quality.ok_or_else(refused)?;
    if options.lossless {
        let expected = "no value, because the GIF is to be lossless";
        return Err(Error::bad_option(
            "--quality",
            format!("`{text}`"),
            expected,
        ));
    }
    Ok(quality)
}

/// An error for options that GIF does not have, or values out of range.
fn refuse(options: &WriteOptions) -> Result<(), Error> {
    let only = "no value, because GIF has one codec only";
    for (option, value) in [("--codec", &options.codec), ("--preset", &options.preset)] {
        if let Some(value) = value {
            return Err(Error::bad_option(option, format!("`{value}`"), only));
        }
    }
    let colors = options.gif.max_colors;
    if !(2..=256).contains(&colors) {
        return Err(Error::bad_option(
            "--max-colors",
            colors.to_string(),
            "2 to 256",
        ));
    }
    Ok(())
}

struct GifWriter {
    path: PathBuf,
    options: WriteOptions,
    quality: u8,
    sequence: Sequence,
    clock: Delays,
    /// Hundredths of a second that each frame is shown.
    delays: Vec<u16>,
    /// The file, when frames are written as they come.
    pass: Option<Pass>,
    /// The frames, when they are needed again.
    spill: Option<Spill>,
    /// The colours of the clip, when it gets one palette.
    histogram: Option<Histogram>,
    /// The last frame, whose delay the next one tells.
    held: Option<Arc<Colors>>,
    /// Frames with pixels that are neither opaque nor transparent.
    partial: u64,
}

/// An error unless GIF has room for such frames.
fn expect_room(format: &FrameFormat) -> Result<(), Error> {
    let hint = if format.sample != SampleType::U8 {
        "it holds 8 bits a sample: add `--range auto`"
    } else if format.width > 65_535 || format.height > 65_535 {
        "its sides are at most 65535 pixels: crop or resize"
    } else if format.width == 0 || format.height == 0 {
        "there is no pixel in them"
    } else {
        return Ok(());
    };
    Err(cannot_hold(format, hint))
}

fn cannot_hold(format: &FrameFormat, hint: impl Into<String>) -> Error {
    Error::CannotHold {
        target: "gif".to_owned(),
        format: *format,
        hint: hint.into(),
    }
}

impl FrameWriter for GifWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let is_first = self.sequence.format().is_none();
        if is_first {
            expect_room(frame.format())?;
        }
        self.sequence.check(frame)?;
        if is_first {
            self.begin(frame.format())?;
        }
        let colors = Colors::of(frame);
        if colors.partial > 0 {
            if self.options.lossless {
                let hint = format!(
                    "frame {} has pixels that are half transparent, and GIF has none",
                    self.sequence.frames()
                );
                return Err(cannot_hold(frame.format(), hint));
            }
            self.partial += 1;
        }
        if let Some(spill) = &mut self.spill {
            spill.push(frame)?;
        }
        if let Some(histogram) = &mut self.histogram {
            let places = colors.pixels.iter().enumerate();
            histogram.add(
                places
                    .filter(|(place, _)| colors.is_opaque(*place))
                    .map(|(_, color)| *color),
            );
        }
        let delay = self.clock.next(&frame.stamp);
        self.delays.extend(delay);
        if self.pass.is_some() {
            self.show_held(delay)?;
            self.held = Some(Arc::new(colors));
        }
        self.sequence.count();
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        let Some(format) = self.sequence.format().copied() else {
            return Ok(summary::of_no_frames());
        };
        let delay = self.clock.end();
        self.delays.push(delay);
        let mut pass = match self.pass.is_some() {
            true => self.finish_stream(delay)?,
            false => self.finish_spilled(&format)?,
        };
        self.expect_exact(&pass)?;
        pass.end()?;
        self.expect_exact(&pass)?;
        let notes = self.notes(&pass);
        let bytes = pass.commit()?;
        Ok(summary::noted(self.order().count() as u64, bytes, notes))
    }
}

impl GifWriter {
    /// Decides at the first frame whether frames are written as they come.
    fn begin(&mut self, format: &FrameFormat) -> Result<(), Error> {
        let gif = &self.options.gif;
        let needs_all = gif.global_palette || gif.max_bytes.is_some();
        if needs_all || gif.seamless {
            self.spill = Some(Spill::create(&self.path, *format, &self.options)?);
        }
        if !needs_all {
            let plan = self.plan(format, self.quality);
            self.pass = Some(Pass::new(&self.path, *format, plan, &self.options)?);
        }
        Ok(())
    }

    /// What quality means: from 100 down pixels may be more wrong, and below 50 there are fewer colours.
    fn plan(&self, format: &FrameFormat, quality: u8) -> Plan {
        let most = usize::from(self.options.gif.max_colors);
        let missing = f64::from(50u8.saturating_sub(quality));
        let colors = (most as f64 * (-missing / 10.0).exp2()).round() as usize;
        let colors = colors.clamp(2, most);
        let gray = || (0..=255).map(|level| [level; 3]).collect::<Vec<Rgb>>();
        let palette = match &self.histogram {
            // One less than there may be, for the pixels that stay.
            Some(histogram) => {
                let room = if has_alpha(format.color) {
                    MOST - 1
                } else {
                    MOST
                };
                let exact = histogram.exact(colors.min(room));
                Some(exact.unwrap_or_else(|| histogram.palette(colors.min(MOST - 1))))
            }
            None => (format.color == Color::Gray && colors == MOST).then(gray),
        };
        Plan {
            width: format.width as usize,
            colors,
            dither: self.options.gif.dither,
            slack: f32::from(100 - quality) / 25.0,
            palette: palette.map(Arc::new),
            has_own: self.histogram.is_none(),
        }
    }

    fn show_held(&mut self, delay: Option<u16>) -> Result<(), Error> {
        if let (Some(pass), Some(held), Some(delay)) = (&mut self.pass, self.held.take(), delay) {
            pass.push(held, delay)?;
        }
        match &self.pass {
            Some(pass) => self.expect_exact(pass),
            None => Ok(()),
        }
    }

    /// An error when the file is to be lossless and is not.
    fn expect_exact(&self, pass: &Pass) -> Result<(), Error> {
        match self.sequence.format() {
            Some(format) if self.options.lossless && pass.reduced() > 0 => {
                let most = self.options.gif.max_colors;
                let hint = format!(
                    "a frame has more colours than the {most} of a palette; leave out `--lossless`"
                );
                Err(cannot_hold(format, hint))
            }
            _ => Ok(()),
        }
    }

    /// Indices of the frames in the order in which they are shown.
    fn order(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.delays.len();
        let back = if self.options.gif.seamless {
            count.saturating_sub(1)
        } else {
            0
        };
        (0..count).chain((1..back).rev())
    }

    /// Writes the last frame, and the way back.
    fn finish_stream(&mut self, delay: u16) -> Result<Pass, Error> {
        self.show_held(Some(delay))?;
        let mut pass = self.pass.take().ok_or_else(lost)?;
        if let Some(mut spill) = self.spill.take() {
            self.show(&mut pass, &mut spill, self.delays.len(), None)?;
        }
        Ok(pass)
    }

    /// Writes spilled frames, from one place of the order on; whether they stay within `most_bytes`.
    fn show(
        &self,
        pass: &mut Pass,
        spill: &mut Spill,
        from: usize,
        most_bytes: Option<u64>,
    ) -> Result<bool, Error> {
        let mut frame = Frame::empty();
        for index in self.order().skip(from) {
            spill.read(index, &mut frame)?;
            let delay = self.delays.get(index).copied().unwrap_or(0);
            pass.push(Arc::new(Colors::of(&frame)), delay)?;
            if most_bytes.is_some_and(|most| pass.bytes() > most) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes all frames, several times when there is a size to keep to.
    fn finish_spilled(&mut self, format: &FrameFormat) -> Result<Pass, Error> {
        let mut spill = self.spill.take().ok_or_else(lost)?;
        let Some(most) = self.options.gif.max_bytes else {
            let mut pass = self.pass_at(format, self.quality)?;
            self.show(&mut pass, &mut spill, 0, None)?;
            return Ok(pass);
        };
        if let Some(pass) = self.fitting(format, self.quality, &mut spill, most)? {
            return Ok(pass);
        }
        let (mut low, mut high) = (0, self.quality);
        if self.options.lossless {
            high = 0;
        }
        let mut best = None;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.fitting(format, middle, &mut spill, most)? {
                Some(pass) => {
                    best = Some(pass);
                    low = middle;
                }
                None => high = middle,
            }
        }
        if let Some(pass) = best {
            return Ok(pass);
        }
        // The smallest there is, whole, to say how small that is.
        let quality = if self.options.lossless {
            self.quality
        } else {
            0
        };
        let mut pass = self.pass_at(format, quality)?;
        self.show(&mut pass, &mut spill, 0, None)?;
        pass.end()?;
        if pass.bytes() <= most {
            return self
                .fitting(format, quality, &mut spill, most)?
                .ok_or_else(lost);
        }
        let expected = format!(
            "at least {}, as small as this clip gets; fewer frames or a smaller size take less",
            pass.bytes()
        );
        Err(Error::bad_option("--max-bytes", most.to_string(), expected))
    }

    fn pass_at(&self, format: &FrameFormat, quality: u8) -> Result<Pass, Error> {
        Pass::new(
            &self.path,
            *format,
            self.plan(format, quality),
            &self.options,
        )
    }

    /// The file of this quality, when it is small enough; its trailer is still to be written.
    fn fitting(
        &self,
        format: &FrameFormat,
        quality: u8,
        spill: &mut Spill,
        most: u64,
    ) -> Result<Option<Pass>, Error> {
        let mut pass = self.pass_at(format, quality)?;
        if !self.show(&mut pass, spill, 0, Some(most))? {
            return Ok(None);
        }
        pass.flush()?;
        // One more byte is the trailer.
        Ok((pass.bytes() < most).then_some(pass))
    }

    fn notes(&self, pass: &Pass) -> Vec<String> {
        let mut notes = Vec::new();
        if pass.reduced() > 0 {
            let most = pass.colors();
            notes.push(format!(
                "the colours of {} frame(s) were reduced to at most {most} each",
                pass.reduced()
            ));
        }
        if self.partial > 0 {
            notes.push(format!("GIF has no half transparent pixels: those of {} frame(s) were made opaque or transparent", self.partial));
        }
        notes.extend(self.clock.notes());
        notes
    }
}

/// What cannot be: a writer that has begun without a place for its frames.
fn lost() -> Error {
    Error::Internal {
        part: "the GIF writer".to_owned(),
        reason: "it has no frames to write".to_owned(),
    }
}
