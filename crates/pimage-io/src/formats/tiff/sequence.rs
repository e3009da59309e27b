//! Which frames a file has, and where each of them is.

use std::path::{Path, PathBuf};

use pimage_codec::tiff::Flaw;
use pimage_codec::tiff::chain::End;
use pimage_codec::tiff::ifd::{Header, Ifd};
use pimage_codec::tiff::page::{Numbers, Packed, Page};
use pimage_codec::tiff::tags;
use pimage_core::{Axis, Error, FrameCount, FrameFormat, FrameRate, StreamInfo, Timestamp, keys};

use super::describe::{self, Description, text};
use super::file::{Pieces, TiffFile};
use super::ome::{self, Files, Table};
use super::{imagej, lsm, shaped, stk};
use crate::ReadOptions;

/// Metadata name of the note that description and pages disagree on the number of frames.
const DISAGREEMENT: &str = "tiff_frames_disagree";

/// Files beyond this length have offsets that 32 bits do not hold.
const CLASSIC_END: u64 = 1 << 32;

/// Where a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a page.
    Page {
        file: usize,
        /// Of its directory.
        offset: u64,
        plane: usize,
        wrapped_base: Option<u64>,
        /// Bytes from the page's pixels to those that are meant.
        shift: u64,
    },
    /// Bytes behind one another, of which only the first have a directory.
    Flat { offset: u64 },
    /// Nowhere, nor are those before `end`.
    Nowhere { end: u64 },
}

/// Where all frames are.
#[derive(Debug)]
enum Places {
    Pages(Vec<u64>),
    /// The same with what is to be added to the offsets of each page.
    Wrapped(Vec<(u64, u64)>),
    Flat {
        start: u64,
        step: u64,
        count: u64,
    },
    /// Planes behind that of the only directory, each to be decoded as it is.
    Behind {
        directory: u64,
        step: u64,
        count: u64,
    },
    Table(Vec<ome::Entry>),
}

impl Places {
    /// Pages up to the last, those that are missing between others counted.
    fn pages(&self) -> u64 {
        match self {
            Self::Pages(pages) => pages.len() as u64,
            Self::Wrapped(pages) => pages.len() as u64,
            Self::Flat { count, .. } | Self::Behind { count, .. } => *count,
            Self::Table(entries) => entries.last().map_or(0, |entry| entry.plane + 1),
        }
    }

    /// Pages that are missing between others.
    fn holes(&self) -> u64 {
        match self {
            Self::Table(entries) => self.pages().saturating_sub(entries.len() as u64),
            _ => 0,
        }
    }
}

/// A file that frames are in.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) header: Header,
}

/// Frames that the file should have behind the last one.
#[derive(Debug, Clone)]
pub(super) struct Missing {
    /// How many; 0 when nobody knows.
    pub(super) count: u64,
    pub(super) reason: String,
}

/// The frames of a file, which several threads may read at once.
#[derive(Debug)]
pub(super) struct Sequence {
    pub(super) parts: Vec<Part>,
    pub(super) format: FrameFormat,
    /// The first page.
    pub(super) page: Page,
    /// Whether each sample is a frame, whatever it means.
    pub(super) is_split: bool,
    pub(super) count: u64,
    /// Frames in a page.
    planes: u64,
    places: Places,
    /// Why frames between others are missing.
    pub(super) hole: String,
    times: Vec<Timestamp>,
    rate: Option<FrameRate>,
    /// Frames in a step of time, and steps.
    time: (u64, u64),
}

impl Sequence {
    /// Where frame `index` is; `None` behind the last.
    pub(super) fn place(&self, index: u64) -> Option<Place> {
        if index >= self.count {
            return None;
        }
        let number = index / self.planes;
        let plane = usize::try_from(index % self.planes).ok()?;
        let at = usize::try_from(number).ok()?;
        let of_page = |offset: u64, file: usize, wrapped_base: Option<u64>| Place::Page {
            file,
            offset,
            plane,
            wrapped_base,
            shift: 0,
        };
        Some(match &self.places {
            Places::Pages(pages) => of_page(*pages.get(at)?, 0, None),
            Places::Wrapped(pages) => {
                let (offset, base) = *pages.get(at)?;
                of_page(offset, 0, Some(base))
            }
            Places::Flat { start, step, .. } => Place::Flat {
                offset: number.checked_mul(*step)?.checked_add(*start)?,
            },
            Places::Behind {
                directory, step, ..
            } => Place::Page {
                file: 0,
                offset: *directory,
                plane,
                wrapped_base: None,
                shift: number.checked_mul(*step)?,
            },
            Places::Table(entries) => {
                let found = entries.partition_point(|entry| entry.plane < number);
                let entry = entries.get(found)?;
                if entry.plane == number {
                    of_page(entry.offset, entry.file as usize, None)
                } else {
                    let end = entry.plane.saturating_mul(self.planes);
                    Place::Nowhere { end }
                }
            }
        })
    }

    /// When frame `index` was taken.
    pub(super) fn time(&self, index: u64) -> Option<Timestamp> {
        if !self.times.is_empty() {
            let page = usize::try_from(index / self.planes).ok()?;
            return self.times.get(page).copied();
        }
        let (frames, steps) = self.time;
        let step = index / frames.max(1) % steps.max(1);
        self.rate.map(|rate| rate.time_of(step))
    }
}

/// A sequence, what it says of itself, and what is missing.
pub(super) type Opened = (Sequence, StreamInfo, Option<Missing>);

/// What is found out before the frames are counted.
struct Draft {
    file: TiffFile,
    ifd: Ifd,
    page: Page,
    pages: Vec<u64>,
    description: Description,
    source: Pieces,
}

/// Finds the frames of a file.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Opened, Error> {
    let file = TiffFile::open(path, &options.limits)?;
    let wrong = |flaw: Flaw| flaw.into_file_error(path);
    let mut source = Pieces::open(path)?;
    let front = file.directory(0, &mut source).map_err(wrong)?;
    let most = options.limits.max_metadata_bytes;
    let said = text(
        &front,
        tags::IMAGE_DESCRIPTION,
        file.header,
        &mut source,
        most,
    );
    let said = said.unwrap_or_default();
    if ome::is_ome(&said) {
        match open_ome(&said, file.clone(), options)? {
            Ok(opened) => return Ok(opened),
            Err(reason) => {
                let (sequence, mut info, missing) = open_pages(file, "", options)?;
                let note = format!("its OME description is left out: {reason}");
                info.metadata.insert("ome_ignored".to_owned(), note.into());
                return Ok((sequence, info, missing));
            }
        }
    }
    open_pages(file, &said, options)
}

/// The number that `path:N` asks for.
fn series(options: &ReadOptions) -> Result<Option<u64>, Error> {
    let Some(text) = &options.variable else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(Error::bad_option(
            "series",
            format!("`{text}`"),
            "a number: 0 is the first sequence of a TIFF file",
        )),
    }
}

fn open_ome(
    said: &str,
    file: TiffFile,
    options: &ReadOptions,
) -> Result<Result<Opened, String>, Error> {
    let limits = &options.limits;
    let path = file.path.clone();
    let number = series(options)?.unwrap_or(0);
    let (_, first) = file.page(0).map_err(|flaw| flaw.into_file_error(&path))?;
    let samples = first.samples as u64;
    let planes = match ome::read(said, number, samples, Files::new(file), limits)? {
        Ok(planes) => planes,
        Err(reason) => return Ok(Err(reason)),
    };
    let Table {
        files,
        entries,
        missing,
    } = planes.table;
    let Some(front) = entries.first() else {
        return Ok(Err(missing));
    };
    let Some(file) = files.all.get(front.file as usize).cloned() else {
        return Ok(Err(missing));
    };
    let wrong = |flaw: Flaw| flaw.into_file_error(&file.path);
    let mut source = Pieces::open(&file.path)?;
    let ifd = Ifd::read(file.header, &mut source, front.offset).map_err(wrong)?;
    let page = Page::parse(&ifd, file.header, &mut source).map_err(wrong)?;
    let ends: Vec<_> = files
        .all
        .iter()
        .filter_map(|file| broken(&file.chain.end))
        .collect();
    let parts = files.all.iter().map(part).collect();
    let draft = Draft {
        ifd,
        page,
        pages: Vec::new(),
        description: planes.description,
        source,
        file,
    };
    let reason = ends.first().cloned().unwrap_or_else(|| missing.clone());
    finish(
        draft,
        parts,
        Places::Table(entries),
        missing,
        Some(reason),
        options,
    )
    .map(Ok)
}

fn part(file: &TiffFile) -> Part {
    Part {
        path: file.path.clone(),
        header: file.header,
    }
}

fn broken(end: &End) -> Option<String> {
    match end {
        End::Whole => None,
        End::Broken(reason) => Some(reason.clone()),
    }
}

fn open_pages(file: TiffFile, said: &str, options: &ReadOptions) -> Result<Opened, Error> {
    let path = file.path.clone();
    let wrong = |flaw: Flaw| flaw.into_file_error(&path);
    let kind = kind(&file, options)?;
    let pages = file.pages_of(kind);
    let mut source = Pieces::open(&path)?;
    let first = pages.first().copied().unwrap_or(file.header.first);
    let ifd = Ifd::read(file.header, &mut source, first).map_err(wrong)?;
    let page = Page::parse(&ifd, file.header, &mut source).map_err(wrong)?;
    let mut draft = Draft {
        description: Description::default(),
        file,
        ifd,
        page,
        pages,
        source,
    };
    draft
        .describe(said, kind, options.limits.max_metadata_bytes)
        .map_err(wrong)?;
    let places = draft.places().map_err(wrong)?;
    draft.note_others(kind);
    let parts = vec![part(&draft.file)];
    let reason = broken(&draft.file.chain.end);
    let reason = match &places {
        Places::Flat { .. } | Places::Behind { .. } => Some("the file ends before it".to_owned()),
        _ => reason,
    };
    finish(draft, parts, places, String::new(), reason, options)
}

/// The kind of pages that is read.
fn kind(file: &TiffFile, options: &ReadOptions) -> Result<u32, Error> {
    let Some(number) = series(options)? else {
        return Ok(file.chain.main_kind());
    };
    let count = file.chain.kinds.len();
    match u32::try_from(number) {
        Ok(kind) if number < count as u64 => Ok(kind),
        _ => Err(Error::bad_option(
            "series",
            number.to_string(),
            format!("a sequence from 0 to {}", count.saturating_sub(1)),
        )),
    }
}

impl Draft {
    /// Finds out the dialect; tables of more than `most` bytes are left out.
    fn describe(&mut self, said: &str, kind: u32, most: u64) -> Result<(), Flaw> {
        let (header, ifd) = (self.file.header, &self.ifd);
        let is_main = kind == self.file.chain.main_kind();
        if ifd.get(tags::CZ_LSM_INFO).is_some() {
            self.page.split();
            let frames = self.page.frames();
            if let Some(found) = lsm::read(ifd, header, &mut self.source, frames) {
                self.description = found;
            }
            return Ok(());
        }
        if let Some(found) = stk::read(ifd, header, &mut self.source, most)? {
            self.description = found;
            return Ok(());
        }
        if !is_main {
            return Ok(());
        }
        let source = &mut self.source;
        let x = describe::fraction(ifd, tags::X_RESOLUTION, header, source);
        let y = describe::fraction(ifd, tags::Y_RESOLUTION, header, source);
        let page = &self.page;
        let shape = [
            u64::from(page.height),
            u64::from(page.width),
            page.samples as u64,
        ];
        let found = imagej::read(said, x.zip(y))
            .or_else(|| shaped::read(said, shape, self.pages.len() as u64));
        if let Some(found) = found {
            self.description = found;
        } else if !said.is_empty() && said.len() <= 4096 {
            let said = said.to_owned();
            self.description
                .metadata
                .insert("description".to_owned(), said.into());
        }
        Ok(())
    }

    /// Where the frames are.
    fn places(&mut self) -> Result<Places, Flaw> {
        let header = self.file.header;
        let length = self.file.length;
        let is_lsm = self.ifd.get(tags::CZ_LSM_INFO).is_some();
        if is_lsm && (length > CLASSIC_END || self.page.packed != Packed::None) {
            return self.wrapped();
        }
        let claimed = self.description.count.unwrap_or(1);
        let is_stack = self.description.dialect == "MetaMorph";
        if self.pages.len() > 1 || claimed <= 1 || is_lsm && self.page.frames() > 1 {
            return Ok(Places::Pages(std::mem::take(&mut self.pages)));
        }
        let Some((start, end)) = self.page.piece(header, &mut self.source)? else {
            if is_stack {
                return Err(Flaw::Unsupported(format!(
                    "its {claimed} planes are packed ({}) or not in one piece",
                    self.page.codec()
                )));
            }
            return Ok(Places::Pages(std::mem::take(&mut self.pages)));
        };
        let step = (end - start).max(1);
        let all_end = claimed.saturating_mul(step).saturating_add(start);
        let is_before = self.pages.first().is_some_and(|ifd| *ifd < start);
        let is_clean = self.file.chain.end == End::Whole;
        // Pixels of all planes are in one piece when the directory stands before them and the next one, if any, behind all of them.
        let is_flat = is_stack
            || is_clean && all_end <= length
            || is_clean && is_before && end.saturating_add(step) <= length
            || !is_clean && is_before && self.ifd.next.is_some_and(|next| next >= all_end);
        if !is_flat {
            return Ok(Places::Pages(std::mem::take(&mut self.pages)));
        }
        let whole = length.saturating_sub(start) / step;
        let count = claimed.min(whole);
        if self.page.is_plain() && self.page.frames() == 1 {
            return Ok(Places::Flat { start, step, count });
        }
        let directory = self.pages.first().copied().unwrap_or(header.first);
        Ok(Places::Behind {
            directory,
            step,
            count,
        })
    }

    /// Pages whose offsets were counted with 32 bits in a longer file: each is behind the one before.
    fn wrapped(&mut self) -> Result<Places, Flaw> {
        let (mut base, mut before) = (0u64, 0u64);
        let mut pages = Vec::new();
        let mut ifd = Ifd::default();
        for &offset in &self.pages {
            ifd.refill(self.file.header, &mut self.source, offset)?;
            let page = Page::parse(&ifd, self.file.header, &mut self.source)?;
            let first = page.first_offset(self.file.header, &mut self.source)?;
            if first < before {
                base = base.saturating_add(CLASSIC_END);
            }
            before = first;
            pages.push((offset, base));
        }
        Ok(Places::Wrapped(pages))
    }

    /// Lists pages of other kinds, which are left out.
    fn note_others(&mut self, kind: u32) {
        let chain = &self.file.chain;
        if chain.kinds.len() < 2 {
            return;
        }
        let mut counts = vec![0u64; chain.kinds.len()];
        for page in &chain.pages {
            if let Some(count) = counts.get_mut(page.kind as usize) {
                *count += 1;
            }
        }
        let kinds = chain.kinds.iter().zip(counts).enumerate();
        let others = kinds.filter(|(place, _)| *place != kind as usize);
        let others: Vec<_> = others
            .take(16)
            .map(|(place, (kind, count))| format!(":{place} has {count} of {}", kind.describe()))
            .collect();
        let note = format!(
            "only the pages like the first are read here, the others are sequences of their own: {}",
            others.join("; ")
        );
        self.description
            .metadata
            .insert(keys::SERIES.to_owned(), note.into());
    }
}

/// Counts the frames and describes them.
fn finish(
    draft: Draft,
    parts: Vec<Part>,
    places: Places,
    hole: String,
    reason: Option<String>,
    options: &ReadOptions,
) -> Result<Opened, Error> {
    let Draft {
        file,
        ifd,
        page,
        description,
        mut source,
        ..
    } = draft;
    let wrong = |flaw: Flaw| flaw.into_file_error(&file.path);
    page.check(&options.limits).map_err(wrong)?;
    let planes = page.frames() as u64;
    let pages = places.pages();
    let count = pages.saturating_mul(planes);
    options.limits.check_frames(count)?;
    let claimed = description.count.unwrap_or(pages);
    let missing = reason.and_then(|reason| {
        let lacking = claimed.saturating_sub(pages).saturating_mul(planes);
        let is_counted = lacking > 0;
        let is_table = !matches!(places, Places::Pages(_) | Places::Wrapped(_));
        (is_counted || !is_table).then_some(Missing {
            count: lacking,
            reason,
        })
    });
    let format = format_of(&page, description.depth);
    let mut info = StreamInfo::new("tiff", format, FrameCount::Exact(count));
    info.codec = Some(page.codec().to_owned());
    info.pixel_format = describe::pixel_format(&page);
    info.clock = description.clock;
    info.metadata = describe::tags_of(&ifd, &page, file.header, &mut source, &options.limits);
    info.metadata.extend(description.metadata);
    if !description.dialect.is_empty() {
        info.metadata
            .insert("dialect".to_owned(), description.dialect.into());
    }
    if let Some((name, note)) = note_of_count(&places, &hole, missing.as_ref(), claimed) {
        info.metadata.insert(name.to_owned(), note.into());
    }
    info.axes = axes(description.axes, pages, claimed, &page);
    let time = time_steps(&info.axes, count, planes);
    info.rate = description.rate.filter(|_| time.is_some());
    let times = description.times;
    let is_timed = times.len() as u64 >= pages && pages > 0;
    let sequence = Sequence {
        parts,
        format,
        is_split: ifd.get(tags::CZ_LSM_INFO).is_some(),
        page,
        count,
        planes,
        places,
        hole,
        times: if is_timed { times } else { Vec::new() },
        rate: info.rate,
        time: time.unwrap_or((1, 1)),
    };
    Ok((sequence, info, missing))
}

/// The format of a page's frames, of the depth that the description says.
fn format_of(page: &Page, depth: Option<u8>) -> FrameFormat {
    let format = page.format();
    let is_shallower = |depth: &u8| *depth < page.bits && *depth > 0;
    match depth.filter(is_shallower) {
        Some(depth) if page.numbers == Numbers::Unsigned && format.sample == page.sample() => {
            format.with_bit_depth(depth)
        }
        _ => format,
    }
}

/// The name and text of the note that pages are missing, or others than were `claimed` are there.
fn note_of_count(
    places: &Places,
    hole: &str,
    missing: Option<&Missing>,
    claimed: u64,
) -> Option<(&'static str, String)> {
    let (pages, holes) = (places.pages(), places.holes());
    if holes > 0 {
        let note = format!("{holes} of {pages} planes are missing: {hole}");
        return Some((keys::CUT, note));
    }
    if let Some(missing) = missing {
        return Some((keys::CUT, missing.reason.clone()));
    }
    (claimed != pages).then(|| {
        let note = format!("the description speaks of {claimed} pages, the file holds {pages}");
        (DISAGREEMENT, note)
    })
}

/// The axes of the frames that are there: those described, the slowest shorter when the file is cut, and the planes of a page.
fn axes(mut axes: Vec<Axis>, pages: u64, claimed: u64, page: &Page) -> Vec<Axis> {
    let product = |axes: &[Axis]| pimage_core::frames_of(axes);
    if axes.is_empty() || product(&axes) != Some(claimed) {
        axes.clear();
    }
    if let (Some((slowest, faster)), true) = (axes.split_first_mut(), claimed != pages) {
        let step = product(faster).unwrap_or(0);
        if step > 0 && pages > 0 && pages.is_multiple_of(step) && pages < claimed {
            slowest.length = pages / step;
            slowest.labels.truncate(0);
        } else {
            axes.clear();
        }
    }
    if page.frames() > 1 {
        if axes.is_empty() && pages > 1 {
            axes.push(Axis::new(Axis::TIME, pages));
        }
        let is_taken = axes.iter().any(|axis| axis.name == Axis::CHANNEL);
        let name = if is_taken { "s" } else { Axis::CHANNEL };
        axes.push(describe::plane_axis(page, name));
    }
    axes
}

/// Frames in a step of time, and steps; `None` when the frames have axes and time is none of them.
fn time_steps(axes: &[Axis], count: u64, planes: u64) -> Option<(u64, u64)> {
    if axes.is_empty() {
        return Some((planes, count.max(1)));
    }
    let place = axes.iter().position(|axis| axis.name == Axis::TIME)?;
    let faster = pimage_core::frames_of(axes.get(place + 1..)?)?;
    Some((faster, axes.get(place)?.length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_follow_the_axis_of_time() {
        let axes = [Axis::new("t", 4), Axis::new("z", 3), Axis::new("c", 2)];
        assert_eq!(time_steps(&axes, 24, 1), Some((6, 4)));
        assert_eq!(time_steps(&axes[1..], 6, 1), None);
        assert_eq!(time_steps(&[], 9, 1), Some((1, 9)));
    }
}
