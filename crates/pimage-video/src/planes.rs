//! The decoder's own planes, before any conversion: what ffmpeg's `framemd5` hashes.

use std::path::Path;

use pimage_core::{Damage, Error, OnDamage};

use crate::decode::{Obtained, PictureSource};
use crate::options::VideoOptions;
use crate::reader::{Losses, check_index};
use crate::source::{PacketSource, codec_error};

/// One decoded picture, its planes one after another without padding, as FFmpeg's `rawvideo` has them.
#[derive(Debug)]
pub struct Planes<'a> {
    /// Frame index.
    pub index: u64,
    /// Presentation time in ticks of the stream; `None` when the container has none.
    pub pts: Option<i64>,
    /// FFmpeg's name of the pixel format.
    pub pixel_format: String,
    /// All planes.
    pub bytes: &'a [u8],
}

/// A video's pictures as FFmpeg's decoder gives them: no rotation, no conversion, no true size.
#[derive(Debug)]
pub struct PlaneReader {
    pictures: PictureSource,
    on_damage: OnDamage,
    next: u64,
    bytes: Vec<u8>,
    losses: Losses,
}

impl PlaneReader {
    /// Opens a video.
    ///
    /// # Errors
    ///
    /// As [`open`](crate::open).
    pub fn open(path: impl AsRef<Path>, options: &VideoOptions) -> Result<Self, Error> {
        let packets = PacketSource::open(path.as_ref(), &options.limits)?;
        Ok(Self {
            pictures: PictureSource::open(packets, options)?,
            on_damage: options.on_damage,
            next: 0,
            bytes: Vec::new(),
            losses: Losses::default(),
        })
    }

    /// Number of frames; exact.
    #[must_use]
    pub const fn frame_count(&self) -> u64 {
        self.pictures.packets.table().frame_count()
    }

    /// Seconds a tick of [`Planes::pts`], numerator and denominator.
    #[must_use]
    pub const fn time_base(&self) -> (i32, i32) {
        self.pictures.packets.parameters().time_base
    }

    /// Frames found missing or damaged so far.
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        self.losses.list()
    }

    /// Makes frame `index` the next one.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`].
    pub fn seek(&mut self, index: u64) -> Result<(), Error> {
        check_index(&self.pictures.packets, index)?;
        self.next = index;
        Ok(())
    }

    /// The next picture; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the caller wants no damage; [`Error::Io`].
    #[expect(
        clippy::should_implement_trait,
        reason = "it lends its memory, which an iterator cannot"
    )]
    pub fn next(&mut self) -> Result<Option<Planes<'_>>, Error> {
        while self.next < self.frame_count() {
            let index = self.next;
            self.next += 1;
            let damage = match self.pictures.obtain(index)? {
                Obtained::Missing(reason) => Some((reason, false)),
                Obtained::Picture => self.pictures.damage_of(index).map(|reason| (reason, true)),
            };
            let path = self.pictures.packets.path();
            if let Some((reason, has_picture)) = damage {
                self.losses.note(path, index, reason, self.on_damage)?;
                if !has_picture || self.on_damage != OnDamage::Keep {
                    continue;
                }
            }
            let Some(decoded) = self.pictures.current(index) else {
                continue;
            };
            let picture = &decoded.picture;
            picture
                .packed(&mut self.bytes)
                .map_err(|error| codec_error(path, "FFmpeg", Some(index), &error))?;
            return Ok(Some(Planes {
                index,
                pts: self.pictures.packets.table().time_of(index),
                pixel_format: picture.format().name(),
                bytes: &self.bytes,
            }));
        }
        self.losses
            .note_end(&self.pictures.packets, self.on_damage)?;
        Ok(None)
    }
}
