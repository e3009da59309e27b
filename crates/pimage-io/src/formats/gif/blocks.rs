//! The blocks of a file, walked once without decoding.
//!
//! The walk is pimage's own because the crate `gif` cannot make it: its `StreamingDecoder` ends for good at a block that it does not know
//! (an extension, a second end of a chain) or that is damaged (a code size, a length), and its `Decoder`, which can be told to pass over
//! some of them, does not say where in the file a picture lies.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use gif::streaming_decoder::Block;
use gif::{DisposalMethod, Extension};
use pimage_core::{Error, Limits};
use pimage_fs::MappedFile;

use super::timing::NETSCAPE;
use crate::bytes::u16_at;

/// Bytes that are looked at in one go.
const WINDOW_BYTES: usize = 64 << 10;
/// The header and the description of the screen.
const HEADER_BYTES: usize = 13;

/// A table of colours in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) offset: u64,
    pub(super) colors: u16,
}

impl Table {
    /// The table that the flags of a block tell of, if they do.
    fn of(flags: u8, offset: u64) -> Option<Self> {
        let colors = 2u16 << (flags & 7);
        (flags & 0x80 != 0).then_some(Self { offset, colors })
    }

    /// Its length in bytes.
    pub(super) fn bytes(self) -> usize {
        usize::from(self.colors) * 3
    }
}

/// What a block before a picture says of it.
#[derive(Debug, Clone, Copy)]
struct Control {
    delay: u16,
    disposal: DisposalMethod,
    transparent: Option<u8>,
}

impl Control {
    /// Where no block says anything.
    const NONE: Self = Self {
        delay: 0,
        disposal: DisposalMethod::Keep,
        transparent: None,
    };
}

/// One picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture {
    pub(super) left: u16,
    pub(super) top: u16,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) is_interlaced: bool,
    pub(super) delay: u16,
    pub(super) disposal: DisposalMethod,
    pub(super) transparent: Option<u8>,
    /// Its own table, or the file's.
    pub(super) table: Option<Table>,
    /// The size of its codes; not checked.
    pub(super) code_size: u8,
    /// Where its data blocks begin and end.
    pub(super) data: (u64, u64),
    /// When it is shown, hundredths of a second since the start.
    pub(super) time: i64,
}

/// How the walk ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// At the trailer; so many bytes follow it.
    Trailer(u64),
    /// In mid-air, perhaps in a picture.
    Cut,
    /// At a byte that begins no block.
    NoBlock(u64, u8),
}

/// What a file holds.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) width: u16,
    pub(super) height: u16,
    /// How often it is shown, 0 for ever.
    pub(super) shows: u32,
    pub(super) comment: Option<String>,
    pub(super) pictures: Vec<Picture>,
    pub(super) end: End,
    /// Whether the end is inside a picture.
    pub(super) is_cut_in_picture: bool,
}

/// Bytes in order.
struct Cursor<'a> {
    file: &'a mut MappedFile,
    window: Vec<u8>,
    start: u64,
    at: u64,
}

impl Cursor<'_> {
    /// The next `count` bytes, which are few; `None` when the file ends before.
    fn take(&mut self, count: usize) -> Result<Option<&[u8]>, Error> {
        let end = self.at.saturating_add(count as u64);
        if self.at < self.start || end > self.start + self.window.len() as u64 {
            self.window.clear();
            self.window
                .extend(self.file.slice(self.at, WINDOW_BYTES.max(count))?);
            self.start = self.at;
        }
        let from = usize::try_from(self.at - self.start).unwrap_or(usize::MAX);
        let bytes = self.window.get(from..).and_then(|rest| rest.get(..count));
        if bytes.is_some() {
            self.at = end;
        }
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<Option<u8>, Error> {
        Ok(self.take(1)?.and_then(|bytes| bytes.first().copied()))
    }

    /// Passes over bytes; `None` when the file ends before.
    fn skip(&mut self, count: usize) -> Result<Option<()>, Error> {
        self.at = self.at.saturating_add(count as u64);
        Ok((self.at <= self.file.len()).then_some(()))
    }

    /// The next data block, empty at the end of its chain.
    fn block(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(length) = self.byte()? else {
            return Ok(None);
        };
        Ok(self.take(usize::from(length))?.map(<[u8]>::to_vec))
    }

    /// Passes over data blocks and the end of their chain.
    fn skip_blocks(&mut self) -> Result<Option<()>, Error> {
        loop {
            match self.byte()? {
                None => return Ok(None),
                Some(0) => return Ok(Some(())),
                Some(length) => {
                    if self.skip(usize::from(length))?.is_none() {
                        return Ok(None);
                    }
                }
            }
        }
    }
}

/// What the blocks so far said.
struct Walker<'a> {
    cursor: Cursor<'a>,
    table: Option<Table>,
    control: Control,
    walk: Walk,
    time: i64,
    limits: Limits,
    comment: Vec<u8>,
}

/// Walks over all blocks of a file.
pub(super) fn walk(file: &mut MappedFile, path: &Path, limits: &Limits) -> Result<Walk, Error> {
    let mut cursor = Cursor {
        file,
        window: Vec::new(),
        start: 0,
        at: 0,
    };
    let header = cursor.take(HEADER_BYTES)?.unwrap_or_default();
    let (true, Some(width), Some(height), Some(flags)) = (
        header.starts_with(b"GIF8"),
        u16_at(header, 6),
        u16_at(header, 8),
        header.get(10).copied(),
    ) else {
        return Err(Error::malformed("GIF", path, "its header is not whole"));
    };
    let table = Table::of(flags, HEADER_BYTES as u64);
    let mut walker = Walker {
        table,
        control: Control::NONE,
        walk: Walk {
            width,
            height,
            shows: 1,
            comment: None,
            pictures: Vec::new(),
            end: End::Cut,
            is_cut_in_picture: false,
        },
        time: 0,
        limits: *limits,
        comment: Vec::new(),
        cursor,
    };
    if let Some(end) = walker.blocks()? {
        walker.walk.end = end;
    }
    let comment = std::mem::take(&mut walker.comment);
    walker.walk.comment =
        (!comment.is_empty()).then(|| String::from_utf8_lossy(&comment).into_owned());
    Ok(walker.walk)
}

impl Walker<'_> {
    /// Walks to the end of the blocks; `None` when the file ends before.
    fn blocks(&mut self) -> Result<Option<End>, Error> {
        if let Some(table) = self.table
            && self.cursor.skip(table.bytes())?.is_none()
        {
            return Ok(None);
        }
        loop {
            let Some(kind) = self.cursor.byte()? else {
                return Ok(None);
            };
            let passed = match Block::from_u8(kind) {
                Some(Block::Extension) => self.extension()?,
                Some(Block::Image) => {
                    self.walk.is_cut_in_picture = true;
                    let passed = self.picture()?;
                    self.walk.is_cut_in_picture = passed.is_none();
                    passed
                }
                Some(Block::Trailer) => {
                    let rest = self.cursor.file.len().saturating_sub(self.cursor.at);
                    return Ok(Some(End::Trailer(rest)));
                }
                // Some programs end a chain of blocks twice.
                None if kind == 0 => Some(()),
                None => return Ok(Some(End::NoBlock(self.cursor.at - 1, kind))),
            };
            if passed.is_none() {
                return Ok(None);
            }
        }
    }

    fn extension(&mut self) -> Result<Option<()>, Error> {
        let Some(label) = self.cursor.byte()? else {
            return Ok(None);
        };
        let Some(first) = self.cursor.block()? else {
            return Ok(None);
        };
        match Extension::from_u8(label) {
            _ if first.is_empty() => return Ok(Some(())),
            Some(Extension::Control) => self.control = control_of(&first),
            Some(Extension::Comment) => {
                self.comment(&first);
                loop {
                    match self.cursor.block()? {
                        None => return Ok(None),
                        Some(block) if block.is_empty() => return Ok(Some(())),
                        Some(block) => self.comment(&block),
                    }
                }
            }
            Some(Extension::Application) if NETSCAPE.contains(&first.as_slice()) => {
                let Some(block) = self.cursor.block()? else {
                    return Ok(None);
                };
                if block.is_empty() {
                    return Ok(Some(()));
                }
                // It says how often it is shown again.
                if let (Some(1), Some(again)) = (block.first(), u16_at(&block, 1)) {
                    self.walk.shows = if again == 0 { 0 } else { u32::from(again) + 1 };
                }
            }
            _ => {}
        }
        self.cursor.skip_blocks()
    }

    fn comment(&mut self, block: &[u8]) {
        let most = usize::try_from(self.limits.max_header_bytes).unwrap_or(usize::MAX);
        let room = most.saturating_sub(self.comment.len());
        self.comment.extend(block.iter().take(room));
    }

    fn picture(&mut self) -> Result<Option<()>, Error> {
        let Some(bytes) = self.cursor.take(9)? else {
            return Ok(None);
        };
        let side = |at: usize| u16_at(bytes, at).unwrap_or(0);
        let (left, top, width, height) = (side(0), side(2), side(4), side(6));
        let flags = bytes.get(8).copied().unwrap_or(0);
        let own = Table::of(flags, self.cursor.at);
        if let Some(table) = own
            && self.cursor.skip(table.bytes())?.is_none()
        {
            return Ok(None);
        }
        let Some(code_size) = self.cursor.byte()? else {
            return Ok(None);
        };
        let start = self.cursor.at;
        if self.cursor.skip_blocks()?.is_none() {
            return Ok(None);
        }
        let control = std::mem::replace(&mut self.control, Control::NONE);
        self.limits
            .check_frames(self.walk.pictures.len() as u64 + 1)?;
        self.walk.pictures.push(Picture {
            left,
            top,
            width,
            height,
            is_interlaced: flags & 0x40 != 0,
            delay: control.delay,
            disposal: control.disposal,
            transparent: control.transparent,
            table: own.or(self.table),
            code_size,
            data: (start, self.cursor.at),
            time: self.time,
        });
        self.time += i64::from(control.delay);
        Ok(Some(()))
    }
}

fn control_of(block: &[u8]) -> Control {
    let flags = block.first().copied().unwrap_or(0);
    let index = block.get(3).copied();
    Control {
        delay: u16_at(block, 1).unwrap_or(0),
        disposal: match (flags >> 2) & 7 {
            // Some programs write 4 where they mean 3, and browsers take it so.
            4 => DisposalMethod::Previous,
            method => DisposalMethod::from_u8(method).unwrap_or(DisposalMethod::Any),
        },
        transparent: index.filter(|_| flags & 1 != 0),
    }
}
