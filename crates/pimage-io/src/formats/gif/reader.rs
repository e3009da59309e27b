//! Frames by their index: whole canvases, whatever parts of them the pictures draw.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use gif::DisposalMethod;
use pimage_core::{
    Color, Damage, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, Limits, OnDamage,
    SampleType, SeekFrames, Stamp, StreamInfo, Timestamp, keys,
};
use pimage_fs::MappedFile;

use super::blocks::{End, Picture, Walk, walk};
use super::compose::{Canvas, Checkpoints};
use super::pictures::Pictures;
use super::timing::hundredths;
use crate::ReadOptions;

/// Pictures that are looked at for transparent pixels, and pixels of those beyond the first one.
const LOOKED_AT: u64 = 64;
const LOOKED_AT_PIXELS: u64 = 1 << 27;

/// An animated GIF.
struct GifReader {
    info: StreamInfo,
    limits: Limits,
    on_damage: OnDamage,
    pictures: Pictures,
    canvas: Canvas,
    /// The picture to draw next on the canvas.
    draws: u64,
    /// The last picture that depends on no other, for each one.
    keys: Vec<u32>,
    checkpoints: Checkpoints,
    end: Option<String>,
    /// Frames that are known to be missing at the end: none when nobody knows.
    missing: u64,
    next: u64,
    damage: Vec<Damage>,
}

/// Opens a file.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let mut file = MappedFile::open(path)?;
    let limits = options.limits;
    let mut walk = walk(&mut file, path, &limits)?;
    let (width, height) = canvas_size(&mut walk);
    if width == 0 || height == 0 {
        let reason = format!("its frames are {width}x{height}");
        return Err(Error::malformed("GIF", path, reason));
    }
    // Four channels at first, until it is known that fewer do.
    let format = FrameFormat::new(width, height, Color::Rgba, SampleType::U8);
    limits.check_format(&format)?;
    let info = describe(&walk, format);
    let (end, missing) = end_of(&walk);
    let keys = keys_of(&walk.pictures, width, height);
    let mut reader = GifReader {
        info,
        limits,
        on_damage: options.on_damage,
        pictures: Pictures::new(
            file,
            walk.pictures,
            &limits,
            pimage_pool::threads(options.threads),
        ),
        // Opacity is all that is looked at before the channels are known.
        canvas: Canvas::new(width, height, Color::GrayAlpha),
        draws: 0,
        keys,
        checkpoints: Checkpoints::none(),
        end,
        missing,
        next: 0,
        damage: Vec::new(),
    };
    let color = reader.color()?;
    reader.info.format.color = color;
    reader.canvas = Canvas::new(width, height, color);
    let canvas_bytes = reader.info.format.frame_bytes().unwrap_or(usize::MAX);
    reader.checkpoints = Checkpoints::new(canvas_bytes);
    reader.draws = 0;
    Ok(Box::new(reader))
}

/// The size of the screen, enlarged where the first picture does not fit; a picture without a size has that of the screen.
fn canvas_size(walk: &mut Walk) -> (u32, u32) {
    let (mut width, mut height) = (u32::from(walk.width), u32::from(walk.height));
    if let Some(first) = walk.pictures.first() {
        width = width.max(u32::from(first.left) + u32::from(first.width));
        height = height.max(u32::from(first.top) + u32::from(first.height));
    }
    for picture in &mut walk.pictures {
        if picture.width == 0 || picture.height == 0 {
            picture.width = u16::try_from(width).unwrap_or(u16::MAX);
            picture.height = u16::try_from(height).unwrap_or(u16::MAX);
        }
    }
    (width, height)
}

/// What the blocks say of the clip.
fn describe(walk: &Walk, format: FrameFormat) -> StreamInfo {
    let count = walk.pictures.len() as u64;
    let mut info = StreamInfo::new("gif", format, FrameCount::Exact(count));
    info.codec = Some("lzw".to_owned());
    info.pixel_format = Some("palette".to_owned());
    let delays = || walk.pictures.iter().map(|picture| picture.delay);
    let total: u64 = delays().map(u64::from).sum();
    info.rate = mean_rate(count, total);
    let metadata = &mut info.metadata;
    if walk
        .pictures
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.delay != b.delay))
    {
        metadata.insert(keys::VARIABLE_RATE.to_owned(), true.into());
    }
    let short = delays().filter(|delay| *delay < 2).count();
    if short > 0 && count > 1 {
        let note = format!(
            "{short} frame(s) have a delay of 0 or 1 hundredths of a second, which browsers show as 10"
        );
        metadata.insert("gif_short_delays".to_owned(), note.into());
    }
    metadata.insert("gif_loops".to_owned(), walk.shows.into());
    if let Some(comment) = &walk.comment {
        metadata.insert("comment".to_owned(), comment.clone().into());
    }
    if let End::Trailer(rest @ 1..) = walk.end {
        let note = format!("{rest} byte(s) behind the end are not part of it");
        metadata.insert("gif_trailing_bytes".to_owned(), note.into());
    }
    info
}

/// Frames in a second, when so many take so many hundredths.
fn mean_rate(count: u64, hundredths: u64) -> Option<FrameRate> {
    if hundredths == 0 {
        return None;
    }
    let (mut numerator, mut denominator) = (count.checked_mul(100)?, hundredths);
    let (mut a, mut b) = (numerator, denominator);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    (numerator, denominator) = (numerator / a, denominator / a);
    match (u32::try_from(numerator), u32::try_from(denominator)) {
        (Ok(numerator), Ok(denominator)) => FrameRate::new(numerator, denominator),
        _ => FrameRate::from_fps(count as f64 * 100.0 / hundredths as f64),
    }
}

/// What is wrong with the end, and how many frames are missing for certain.
fn end_of(walk: &Walk) -> (Option<String>, u64) {
    match walk.end {
        End::Trailer(_) => (None, 0),
        End::Cut if walk.is_cut_in_picture => {
            (Some("the file ends in the middle of it".to_owned()), 1)
        }
        End::Cut => (Some("the file ends before its trailer".to_owned()), 0),
        End::NoBlock(offset, byte) => (
            Some(format!(
                "no block begins with {byte:#04x}, at byte {offset}"
            )),
            0,
        ),
    }
}

/// For each picture the last one, itself included, that leaves nothing of those before it.
fn keys_of(pictures: &[Picture], width: u32, height: u32) -> Vec<u32> {
    let mut last = 0;
    let keys = (0u32..).zip(pictures).map(|(place, picture)| {
        if is_key(picture, width, height) {
            last = place;
        }
        last
    });
    keys.collect()
}

fn covers(picture: &Picture, left: u32, top: u32, right: u32, bottom: u32) -> bool {
    u32::from(picture.left) <= left
        && u32::from(picture.top) <= top
        && u32::from(picture.left) + u32::from(picture.width) >= right
        && u32::from(picture.top) + u32::from(picture.height) >= bottom
}

/// Whether every index has a colour, so that no pixel of its rectangle stays as it was.
fn is_opaque(picture: &Picture) -> bool {
    let indices = 1u32
        .checked_shl(u32::from(picture.code_size))
        .unwrap_or(u32::MAX);
    let has_color = picture
        .table
        .is_some_and(|table| u32::from(table.colors) >= indices);
    has_color
        && picture
            .transparent
            .is_none_or(|index| u32::from(index) >= indices)
}

fn is_key(picture: &Picture, width: u32, height: u32) -> bool {
    covers(picture, 0, 0, width, height)
        && is_opaque(picture)
        && picture.disposal != DisposalMethod::Previous
}

/// Whether pictures after the first may leave a hole in a canvas that had none.
fn may_uncover(pictures: &[Picture]) -> bool {
    pictures.windows(2).enumerate().any(|(place, pair)| {
        let [now, next] = pair else { return false };
        let (left, top) = (u32::from(now.left), u32::from(now.top));
        let (right, bottom) = (left + u32::from(now.width), top + u32::from(now.height));
        match now.disposal {
            DisposalMethod::Any | DisposalMethod::Keep => false,
            DisposalMethod::Background => {
                let is_covered = covers(next, left, top, right, bottom) && is_opaque(next);
                !is_covered || next.disposal == DisposalMethod::Previous
            }
            // Before the first picture there was nothing.
            DisposalMethod::Previous => place == 0,
        }
    })
}

impl GifReader {
    /// The fewest channels: gray when all palettes are, opacity when a pixel of a frame is transparent.
    fn color(&mut self) -> Result<Color, Error> {
        let is_gray = self.pictures.are_gray()?;
        let has_alpha = self.has_alpha()?;
        Ok(match (is_gray, has_alpha) {
            (true, false) => Color::Gray,
            (true, true) => Color::GrayAlpha,
            (false, false) => Color::Rgb,
            (false, true) => Color::Rgba,
        })
    }

    /// Whether a pixel is transparent in a frame: looks at the first one, and at more only where their blocks leave it open;
    /// where that takes too long one may be.
    fn has_alpha(&mut self) -> Result<bool, Error> {
        let count = self.pictures.count();
        if count == 0 {
            return Ok(false);
        }
        let is_open = may_uncover(self.pictures.all());
        let looked_at = if is_open { count } else { 1 };
        let mut pixels = 0u64;
        for index in 0..looked_at {
            if let Some(picture) = self.pictures.picture(index).filter(|_| index > 0) {
                pixels += u64::from(picture.width) * u64::from(picture.height);
            }
            if index >= LOOKED_AT || pixels > LOOKED_AT_PIXELS {
                return Ok(true);
            }
            self.draw(index)?;
            if self.canvas.has_holes() && self.canvas.taint().is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Draws picture `index` on the canvas as it is; what is wrong with it.
    fn draw(&mut self, index: u64) -> Result<Option<String>, Error> {
        self.canvas.dispose();
        self.checkpoints.offer(index, &self.canvas);
        if self
            .keys
            .get(usize::try_from(index).unwrap_or(usize::MAX))
            .is_some_and(|key| u64::from(*key) == index)
        {
            // Nothing of what was there may show where such a picture is cut short.
            self.canvas.clear();
        }
        // After an error the canvas is of no use.
        self.draws = u64::MAX;
        let Some(picture) = self.pictures.picture(index) else {
            return Ok(Some("it has no place".to_owned()));
        };
        let palette = self.pictures.palette(&picture)?;
        let decoded = self.pictures.read(index)?;
        let mut problem = decoded.problem.take();
        if picture.table.is_none() {
            problem = Some("there is no palette for it".to_owned());
        }
        let damaged = problem.is_some().then_some(index);
        self.canvas
            .draw(&picture, &palette, &decoded.indices, damaged);
        self.draws = index.saturating_add(1);
        Ok(problem)
    }

    /// Makes the canvas that of frame `index`; what is wrong with it.
    fn compose(&mut self, index: u64) -> Result<Option<String>, Error> {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        let key = self.keys.get(place).map_or(0, |key| u64::from(*key));
        let goes_on = (key..=index).contains(&self.draws);
        match self.checkpoints.before(index) {
            Some((kept, canvas)) if kept > key && !(goes_on && self.draws >= kept) => {
                self.canvas = canvas.clone();
                self.draws = kept;
            }
            _ if goes_on => {}
            _ => {
                self.canvas.clear();
                self.draws = key;
            }
        }
        let mut problem = None;
        while self.draws <= index {
            problem = self.draw(self.draws)?;
        }
        let taint = self.canvas.taint().filter(|taint| *taint != index);
        Ok(problem
            .or_else(|| taint.map(|taint| format!("it builds on frame {taint}, which is damaged"))))
    }

    fn at_end(&mut self) -> Result<bool, Error> {
        let Some(reason) = self.end.clone() else {
            return Ok(false);
        };
        let frame = self.pictures.count();
        if self.on_damage == OnDamage::Fail {
            let path = self.pictures.path().to_path_buf();
            return Err(Error::Damaged {
                path,
                frame,
                reason,
            });
        }
        let frames = frame..frame.saturating_add(self.missing);
        self.tell(Damage { frames, reason });
        Ok(false)
    }

    /// Adds to the list of damage what is not in it.
    fn tell(&mut self, damage: Damage) {
        let is_known = |known: &Damage| {
            known.frames.start <= damage.frames.start && damage.frames.end <= known.frames.end
        };
        if !self.damage.iter().any(is_known) {
            damage.add_to(&mut self.damage);
        }
    }
}

impl FrameReader for GifReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.next < self.pictures.count() {
            let index = self.next;
            let problem = self.compose(index)?;
            if let Some(reason) = problem {
                if self.on_damage == OnDamage::Fail {
                    let path = self.pictures.path().to_path_buf();
                    return Err(Error::Damaged {
                        path,
                        frame: index,
                        reason,
                    });
                }
                self.tell(Damage::frame(index, reason));
                if self.on_damage == OnDamage::Skip {
                    self.next += 1;
                    continue;
                }
            }
            self.next += 1;
            frame.reset(&self.info.format, &self.limits)?;
            frame.bytes_mut().copy_from_slice(self.canvas.samples());
            frame.stamp = Stamp::at(index);
            let time = self.pictures.picture(index).map(|picture| picture.time);
            frame.stamp.time = time.map(|time| Timestamp::new(time, hundredths()));
            return Ok(true);
        }
        self.at_end()
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for GifReader {
    fn frame_count(&self) -> u64 {
        self.pictures.count()
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        let frame_count = self.pictures.count();
        if index > frame_count {
            let path = self.pictures.path().to_path_buf();
            return Err(Error::OutOfRange {
                path,
                frame: index,
                frame_count,
            });
        }
        self.next = index;
        Ok(())
    }
}
