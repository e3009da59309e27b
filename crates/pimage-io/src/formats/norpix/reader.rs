//! Frames by their index, whatever their coding.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::{
    Clock, Color, Damage, Error, Frame, FrameCount, FrameFormat, FrameRate, FrameReader, Limits,
    OnDamage, SeekFrames, Stamp, StreamInfo, Timebase, Timestamp, keys,
};
use pimage_fs::MappedFile;

use super::compressed::{self, Coding, End, Place};
use super::demosaic::Mosaic;
use super::header::{self, Header};
use super::pixels::{Kind, name_of};
use crate::ReadOptions;
use crate::bytes::{u16_at, u32_at};

/// Metadata name of the note that header and file disagree on the number of frames.
const DISAGREEMENT: &str = "norpix_frames_disagree";

/// Suggested rates this close to the measured one are taken as meant.
const RATE_TOLERANCE: f64 = 0.005;

/// Where the frames are.
enum Images {
    /// At equal distances.
    Flat(Kind),
    /// Each where the walk found it.
    Coded(Coding, Vec<Place>),
}

/// What the file lacks at its end.
struct Missing {
    /// Frames.
    count: u64,
    /// Bytes that are there of the first of them, and that it should have; `None` when it is no frame.
    bytes: Option<(u64, u64)>,
    reason: String,
}

/// A NorPix recording.
struct NorpixReader {
    info: StreamInfo,
    header: Header,
    limits: Limits,
    on_damage: OnDamage,
    file: MappedFile,
    images: Images,
    /// Format of the frames as they are stored.
    stored: FrameFormat,
    mosaic: Option<Mosaic>,
    /// The raw frame, when it is not what is delivered.
    raw: Frame,
    count: u64,
    /// Stored index of the first frame.
    first: u64,
    missing: Option<Missing>,
    next: u64,
    damage: Vec<Damage>,
}

/// Opens a recording.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn FrameReader>, Error> {
    let mut file = MappedFile::open(path)?;
    let header = Header::parse(path, file.slice(0, header::BYTES)?)?;
    let limits = options.limits;
    let (images, stored, count, missing) = match Coding::of(path, &header)? {
        Some(coding) => {
            let stored = coding.format(&header);
            expect_size(path, &header, &stored, &limits)?;
            let (places, end) = compressed::walk(&mut file, &header, coding, &limits)?;
            let count = places.len() as u64;
            let missing = missing_of_walk(&header, count, end);
            (Images::Coded(coding, places), stored, count, missing)
        }
        None => {
            let kind = Kind::of(path, &header)?;
            let stored = kind.format(&header);
            expect_size(path, &header, &stored, &limits)?;
            let (count, missing) = count_flat(path, &header, kind, file.len())?;
            limits.check_frames(count)?;
            (Images::Flat(kind), stored, count, missing)
        }
    };
    let is_bayer = match &images {
        Images::Flat(kind) => kind.is_bayer,
        Images::Coded(..) => matches!(header.image_format, 101 | 103),
    };
    let mosaic = mosaic_of(path, &header, is_bayer && options.demosaic)?;
    let mut reader = NorpixReader {
        info: StreamInfo::new("norpix", stored, FrameCount::Exact(count)),
        first: if u64::from(header.oldest) < count {
            u64::from(header.oldest)
        } else {
            0
        },
        limits,
        on_damage: options.on_damage,
        file,
        images,
        stored,
        mosaic,
        raw: Frame::empty(),
        count,
        missing,
        next: 0,
        damage: Vec::new(),
        header,
    };
    reader.describe(is_bayer)?;
    Ok(Box::new(reader))
}

fn expect_size(
    path: &Path,
    header: &Header,
    format: &FrameFormat,
    limits: &Limits,
) -> Result<(), Error> {
    if header.width == 0 || header.height == 0 {
        let reason = format!("its frames are {}x{}", header.width, header.height);
        return Err(Error::malformed("NorPix", path, reason));
    }
    limits.check_format(format)
}

fn mosaic_of(path: &Path, header: &Header, is_wanted: bool) -> Result<Option<Mosaic>, Error> {
    if !is_wanted {
        return Ok(None);
    }
    let mosaic = header.bayer_pattern().and_then(Mosaic::of);
    if mosaic.is_none() {
        let code = header.bayer_code;
        let reason = format!("its Bayer pattern has the code {code}: pimage knows 0 to 3");
        return Err(Error::unsupported(path, reason));
    }
    Ok(mosaic)
}

/// How many uncompressed frames there are, and what is missing.
fn count_flat(
    path: &Path,
    header: &Header,
    kind: Kind,
    length: u64,
) -> Result<(u64, Option<Missing>), Error> {
    let malformed = |reason: String| Error::malformed("NorPix", path, reason);
    let image = u64::from(header.image_bytes);
    let needed = kind.image_bytes(header).unwrap_or(u64::MAX);
    if image < needed {
        let (width, height) = (header.width, header.height);
        return Err(malformed(format!(
            "its images have {image} bytes: {width}x{height} {} needs {needed}",
            name_of(header.image_format)
        )));
    }
    let stride = u64::from(header.stride);
    if stride < image {
        let reason = format!("its images of {image} bytes are {stride} bytes apart");
        return Err(malformed(reason));
    }
    let there = length.saturating_sub(header.data_start());
    let (mut whole, mut rest) = (there / stride, there % stride);
    // Nothing is missing from a frame that lacks only its padding.
    let expected = (image + header.time_bytes() as u64).min(stride);
    if rest >= expected {
        (whole, rest) = (whole + 1, 0);
    }
    let allocated = u64::from(header.allocated);
    if allocated > 0 && allocated <= whole {
        return Ok((allocated, None));
    }
    // A promise alone may be of frames that were never taken; an end in mid-air shows that they were.
    let is_cut = rest > 0 || (allocated > 0 && (whole == 0 || !there.is_multiple_of(stride)));
    let missing = is_cut.then(|| Missing {
        count: allocated.saturating_sub(whole).max(1),
        bytes: Some((rest, expected)),
        reason: format!("the file ends after {rest} of {expected} bytes"),
    });
    Ok((whole, missing))
}

fn missing_of_walk(header: &Header, count: u64, end: End) -> Option<Missing> {
    let promised = u64::from(header.allocated).saturating_sub(count).max(1);
    match end {
        End::Whole if count == 0 && header.allocated > 0 => Some(Missing {
            count: promised,
            bytes: None,
            reason: "the file ends before it".to_owned(),
        }),
        End::Whole => None,
        End::Cut { found, expected } => Some(Missing {
            count: promised,
            bytes: Some((found, expected)),
            reason: format!("the file ends after {found} of {expected} bytes"),
        }),
        End::NoFrame { offset } => Some(Missing {
            count: promised,
            bytes: None,
            reason: format!("no image begins at byte {offset}"),
        }),
    }
}

impl NorpixReader {
    /// Completes the description, which needs the times of the first and last frame.
    fn describe(&mut self, is_bayer: bool) -> Result<(), Error> {
        let mut metadata = self.header.metadata(is_bayer);
        let promised = u64::from(self.header.allocated);
        let there = self.there();
        if promised != there {
            let note = if promised == 0 {
                format!("the header was never finished, the file holds {there}")
            } else {
                format!("the header promises {promised}, the file holds {there}")
            };
            metadata.insert(DISAGREEMENT.to_owned(), note.into());
        }
        if self.mosaic.is_some() {
            self.info.format.color = Color::Rgb;
            if let Some(pattern) = metadata.remove(keys::BAYER_PATTERN) {
                metadata.insert("demosaiced_from".to_owned(), pattern);
            }
        }
        self.info.metadata = metadata;
        self.info.clock = Clock::LocalEpoch;
        let (codec, pixel_format) = match &self.images {
            Images::Flat(_) => ("raw", Some(name_of(self.header.image_format).to_owned())),
            Images::Coded(coding, _) => (coding.name(), None),
        };
        self.info.codec = Some(codec.to_owned());
        self.info.pixel_format = pixel_format;
        self.info.rate = self.rate()?;
        Ok(())
    }

    /// Frames that the file has room for, whatever the header promises.
    fn there(&self) -> u64 {
        let Images::Flat(_) = self.images else {
            return self.count;
        };
        let stride = u64::from(self.header.stride).max(1);
        let there = self.file.len().saturating_sub(self.header.data_start());
        (there / stride).max(self.count)
    }

    /// The mean rate by the times, or the header's suggestion where it says the same or there are no times.
    fn rate(&mut self) -> Result<Option<FrameRate>, Error> {
        let suggested = FrameRate::from_fps(self.header.suggested_fps);
        if self.count < 2 {
            return Ok(suggested);
        }
        let (first, last) = (self.time(0)?, self.time(self.count - 1)?);
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(suggested);
        };
        let micros = last.ticks.saturating_sub(first.ticks);
        if micros <= 0 {
            return Ok(suggested);
        }
        let measured = (self.count - 1) as f64 * 1e6 / micros as f64;
        let is_close = |rate: &FrameRate| (rate.fps() / measured - 1.0).abs() <= RATE_TOLERANCE;
        Ok(suggested
            .filter(is_close)
            .or_else(|| FrameRate::from_fps(measured)))
    }

    /// Offset and length of frame `index`, and the offset of its time.
    fn place(&self, index: u64) -> Option<(u64, usize, u64)> {
        if index >= self.count {
            return None;
        }
        let stored = (index + self.first) % self.count;
        match &self.images {
            Images::Flat(kind) => {
                let stride = u64::from(self.header.stride);
                let offset = self.header.data_start() + stored.checked_mul(stride)?;
                let length = usize::try_from(kind.image_bytes(&self.header)?).ok()?;
                let time = offset + u64::from(self.header.image_bytes);
                Some((offset, length, time))
            }
            Images::Coded(_, places) => {
                let place = places.get(usize::try_from(stored).ok()?)?;
                let time = place.offset + u64::from(place.length);
                Some((place.offset, place.length as usize, time))
            }
        }
    }

    /// When frame `index` was taken; `None` when nothing is written there.
    fn time(&mut self, index: u64) -> Result<Option<Timestamp>, Error> {
        let Some((_, _, offset)) = self.place(index) else {
            return Ok(None);
        };
        // Without room behind the image there are no times.
        let room = u64::from(self.header.stride).saturating_sub(u64::from(self.header.image_bytes));
        let length = self.header.time_bytes();
        if matches!(self.images, Images::Flat(_)) && room < length as u64 {
            return Ok(None);
        }
        let bytes = self.file.slice(offset, length)?;
        let (Some(secs), Some(millis)) = (u32_at(bytes, 0), u16_at(bytes, 4)) else {
            return Ok(None);
        };
        let micros = u16_at(bytes, 6).unwrap_or(0);
        if secs == 0 && millis == 0 && micros == 0 {
            return Ok(None);
        }
        let ticks = i64::from(secs) * 1_000_000
            + i64::from(millis) * 1000
            + i64::from(micros)
            + i64::from(self.header.time_offset_us);
        Ok(Some(Timestamp::new(ticks, Timebase::MICROSECONDS)))
    }

    /// Fills `frame` with frame `index`; why not, in words, when it is damaged.
    fn fill(&mut self, index: u64, frame: &mut Frame) -> Result<Result<(), String>, Error> {
        let Some((offset, length, _)) = self.place(index) else {
            return Ok(Err("it has no place".to_owned()));
        };
        let bytes = self.file.slice(offset, length)?;
        if bytes.len() < length {
            return Ok(Err("the file was cut while it was read".to_owned()));
        }
        let target = if self.mosaic.is_some() {
            &mut self.raw
        } else {
            &mut *frame
        };
        match &self.images {
            Images::Flat(kind) => {
                target.reset(&self.stored, &self.limits)?;
                kind.unpack(bytes, target);
            }
            Images::Coded(coding, _) => {
                let is_strict = self.on_damage != OnDamage::Keep;
                let decoded = coding.decode(bytes, &self.stored, target, &self.limits, is_strict);
                if decoded.is_err() {
                    return Ok(decoded);
                }
            }
        }
        if let Some(mosaic) = self.mosaic {
            mosaic.interpolate(&self.raw, frame, &self.limits)?;
        }
        frame.stamp = Stamp::at(index);
        frame.stamp.time = self.time(index)?;
        Ok(Ok(()))
    }

    fn at_end(&mut self) -> Result<bool, Error> {
        let Some(missing) = &self.missing else {
            return Ok(false);
        };
        let path = self.file.path().to_path_buf();
        let frame = self.count;
        if self.on_damage == OnDamage::Fail {
            return Err(match missing.bytes {
                Some((found, expected)) => Error::Truncated {
                    path,
                    frame,
                    expected,
                    found,
                },
                None => Error::Damaged {
                    path,
                    frame,
                    reason: missing.reason.clone(),
                },
            });
        }
        let frames = frame..frame.saturating_add(missing.count);
        let reason = missing.reason.clone();
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

impl FrameReader for NorpixReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        while self.next < self.count {
            let index = self.next;
            let filled = self.fill(index, frame)?;
            self.next += 1;
            let Err(reason) = filled else {
                return Ok(true);
            };
            if self.on_damage == OnDamage::Fail {
                self.next = index;
                return Err(Error::Damaged {
                    path: self.file.path().to_path_buf(),
                    frame: index,
                    reason,
                });
            }
            self.tell(Damage::frame(index, reason));
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

impl SeekFrames for NorpixReader {
    fn frame_count(&self) -> u64 {
        self.count
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        if index > self.count {
            return Err(Error::OutOfRange {
                path: self.file.path().to_path_buf(),
                frame: index,
                frame_count: self.count,
            });
        }
        self.next = index;
        Ok(())
    }
}
