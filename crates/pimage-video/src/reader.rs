//! A video as a reader of frames, decoded by FFmpeg.

use std::path::Path;

use pimage_core::{Damage, Error, Frame, FrameReader, OnDamage, SeekFrames, Stamp, StreamInfo};

use crate::decode::{Obtained, PictureSource};
use crate::describe::{FrameClock, Pictures, stream_info, tag_of};
use crate::options::VideoOptions;
use crate::source::PacketSource;
use crate::unpack::{UnpackSettings, Unpacker};

/// A video, frame by frame and by index.
///
/// Frame *i* is the same pixels whether it is reached in order, backwards or at random.
#[derive(Debug)]
pub(crate) struct VideoReader {
    pictures: PictureSource,
    unpacker: Unpacker,
    clock: FrameClock,
    info: StreamInfo,
    options: VideoOptions,
    next: u64,
    losses: Losses,
}

/// Damage met so far, each frame noted once.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    list: Vec<Damage>,
    end_noted: bool,
}

impl Losses {
    pub(crate) fn list(&self) -> &[Damage] {
        &self.list
    }

    /// Notes a frame; an error when the caller wants none.
    pub(crate) fn note(
        &mut self,
        path: &Path,
        index: u64,
        reason: String,
        on_damage: OnDamage,
    ) -> Result<(), Error> {
        if on_damage == OnDamage::Fail {
            return Err(Error::Damaged {
                path: path.to_path_buf(),
                frame: index,
                reason,
            });
        }
        let is_known = |damage: &Damage| damage.frames.contains(&index);
        if !self.list.iter().any(is_known) {
            Damage::frame(index, reason).add_to(&mut self.list);
        }
        Ok(())
    }

    /// At the end: what the container promised beyond the last frame.
    pub(crate) fn note_end(
        &mut self,
        source: &PacketSource,
        on_damage: OnDamage,
    ) -> Result<(), Error> {
        let table = source.table();
        if std::mem::replace(&mut self.end_noted, true) {
            return Ok(());
        }
        let count = table.frame_count();
        for (index, said) in table.torn().filter(|&(index, _)| index < count) {
            let reason = format!(
                "the container is damaged before this frame, so that others may be missing here: {said}"
            );
            if on_damage == OnDamage::Fail {
                let path = source.path().to_path_buf();
                return Err(Error::Damaged {
                    path,
                    frame: index,
                    reason,
                });
            }
            self.list.push(Damage {
                frames: index..index,
                reason,
            });
        }
        if table.promised == 0 && table.broke_off.is_none() {
            return Ok(());
        }
        let reason = table.broke_off.clone().map_or_else(
            || "the file ends before its header says".to_owned(),
            |reason| format!("the file cannot be read beyond this: {reason}"),
        );
        if on_damage == OnDamage::Fail {
            let path = source.path().to_path_buf();
            return Err(Error::Damaged {
                path,
                frame: count,
                reason,
            });
        }
        self.list.push(Damage {
            frames: count..count + table.promised.max(1),
            reason,
        });
        Ok(())
    }
}

impl VideoReader {
    pub(crate) fn new(packets: PacketSource, options: &VideoOptions) -> Result<Self, Error> {
        let tag = tag_of(packets.parameters());
        let mut pictures = PictureSource::open(packets, options)?;
        let first = first_picture(&mut pictures, options)?;
        let parameters = pictures.packets.parameters();
        let rotation = if options.no_rotation {
            0
        } else {
            parameters.rotation
        };
        let settings = UnpackSettings {
            gray: options.gray,
            holds_gray: tag.is_gray || parameters.is_monochrome,
            is_limited: tag.is_limited,
            turns: rotation / 90,
            size: tag.size,
            bit_depth: tag.bit_depth,
        };
        let path = pictures.packets.path().to_path_buf();
        let decoded = pictures.current(first).map(|decoded| &decoded.picture);
        let unpacker = decoded
            .ok_or_else(|| "the first picture is gone".to_owned())
            .and_then(|picture| Unpacker::new(picture, settings))
            .map_err(|reason| Error::unsupported(&path, reason))?;
        options.limits.check_format(unpacker.format())?;
        let described = Pictures {
            format: *unpacker.format(),
            pixel_format: unpacker.source(),
            colors: unpacker.colors(),
            yuv: unpacker
                .is_yuv()
                .then_some((unpacker.matrix, unpacker.range)),
            rotation,
            decoder: "FFmpeg",
        };
        let info = stream_info(&pictures.packets, &tag, &described);
        let clock = FrameClock::new(&pictures.packets, &tag);
        Ok(Self {
            pictures,
            unpacker,
            clock,
            info,
            options: options.clone(),
            next: 0,
            losses: Losses::default(),
        })
    }

    /// Fills `frame` from the picture of frame `index`; `false` when it is left out for damage.
    fn deliver(&mut self, index: u64, frame: &mut Frame) -> Result<bool, Error> {
        let on_damage = self.options.on_damage;
        if let Obtained::Missing(reason) = self.pictures.obtain(index)? {
            let path = self.pictures.packets.path();
            self.losses.note(path, index, reason, on_damage)?;
            return Ok(false);
        }
        let path = self.pictures.packets.path();
        if let Some(reason) = self.pictures.damage_of(index) {
            self.losses.note(path, index, reason, on_damage)?;
            if on_damage != OnDamage::Keep {
                return Ok(false);
            }
        }
        let Some(decoded) = self.pictures.current(index) else {
            return Ok(false);
        };
        let describe = |reason| Error::Malformed {
            format: "video",
            path: path.to_path_buf(),
            frame: Some(index),
            reason,
        };
        self.unpacker
            .unpack(&decoded.picture, frame, &self.options.limits, describe)?;
        frame.stamp = Stamp {
            index,
            number: None,
            time: self.clock.time_of(&self.pictures.packets, index),
            name: None,
        };
        Ok(true)
    }
}

/// The index of the first frame that decodes.
fn first_picture(pictures: &mut PictureSource, options: &VideoOptions) -> Result<u64, Error> {
    /// Frames tried before a video is given up.
    const TRIES: u64 = 1000;
    let count = pictures.packets.table().frame_count();
    let mut reason = String::new();
    for index in 0..count.min(TRIES) {
        match pictures.obtain(index)? {
            Obtained::Picture => return Ok(index),
            Obtained::Missing(why) => reason = why,
        }
        if options.on_damage == OnDamage::Fail {
            break;
        }
    }
    Err(Error::Damaged {
        path: pictures.packets.path().to_path_buf(),
        frame: 0,
        reason,
    })
}

impl FrameReader for VideoReader {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let count = self.pictures.packets.table().frame_count();
        while self.next < count {
            let index = self.next;
            let delivered = self.deliver(index, frame)?;
            self.next = index + 1;
            if delivered {
                return Ok(true);
            }
        }
        self.losses
            .note_end(&self.pictures.packets, self.options.on_damage)?;
        Ok(false)
    }

    fn damage(&self) -> &[Damage] {
        self.losses.list()
    }

    fn as_seek(&mut self) -> Option<&mut dyn SeekFrames> {
        Some(self)
    }
}

impl SeekFrames for VideoReader {
    fn frame_count(&self) -> u64 {
        self.pictures.packets.table().frame_count()
    }

    fn seek(&mut self, index: u64) -> Result<(), Error> {
        check_index(&self.pictures.packets, index)?;
        self.next = index;
        Ok(())
    }

    fn stamp_of(&mut self, index: u64) -> Result<Option<Stamp>, Error> {
        check_index(&self.pictures.packets, index)?;
        Ok((index < self.frame_count()).then(|| Stamp {
            time: self.clock.time_of(&self.pictures.packets, index),
            ..Stamp::at(index)
        }))
    }
}

/// An error unless `index` is a frame or the end.
pub(crate) fn check_index(source: &PacketSource, index: u64) -> Result<(), Error> {
    let frame_count = source.table().frame_count();
    if index <= frame_count {
        return Ok(());
    }
    Err(Error::OutOfRange {
        path: source.path().to_path_buf(),
        frame: index,
        frame_count,
    })
}
