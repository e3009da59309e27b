//! Frames by index out of a decoder that only knows packets in order.

use std::collections::{BTreeMap, BTreeSet};

use pimage_core::Error;

use crate::ffi::{Decoder, DecoderSettings, Packet, Picture, Received};
use crate::ffv1;
use crate::options::VideoOptions;
use crate::source::{PacketSource, codec_error};

/// Packets after which a picture that has not come out will not come any more: more than codecs and threads hold back.
const PATIENCE: u32 = 96;

/// Bytes of decoded pictures that are kept while stepping backwards.
const KEPT_BYTES: usize = 96 << 20;

/// A picture that came out of the decoder.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) picture: Picture,
    /// What is wrong with it, if anything is.
    pub(crate) damage: Option<String>,
    row: u32,
}

/// What asking for a frame gave.
#[derive(Debug)]
pub(crate) enum Obtained {
    /// The picture is in [`PictureSource::current`].
    Picture,
    /// The decoder gives no picture for it.
    Missing(String),
}

/// Decoded pictures by frame index, whatever the codec's order.
#[derive(Debug)]
pub(crate) struct PictureSource {
    pub(crate) packets: PacketSource,
    decoder: Decoder,
    packet: Packet,
    scratch: Picture,
    /// The next packet to hand over.
    next_row: u32,
    /// The decoder was told that there are no more packets.
    is_draining: bool,
    has_ended: bool,
    /// Where decoding began.
    begun_at: u32,
    /// Pictures that came out and were not asked for yet.
    ready: BTreeMap<u64, Decoded>,
    /// The greatest frame index that came out since decoding began.
    reached: Option<u64>,
    /// Packets of which nothing right came out, since decoding began.
    broken: Vec<(u32, String)>,
    /// Frames below this index are not wanted.
    wanted_from: u64,
    /// Whether pictures before the wanted one are kept, for stepping backwards.
    keeps_past: bool,
    skips_unreferenced: bool,
    /// Whether packets carry checksums of FFV1: those of the first one were right.
    has_checksums: Option<bool>,
    last_asked: Option<u64>,
    /// The frame for which decoding was begun earlier than should be needed, and how often.
    retried: Option<(u64, u32)>,
    /// What the decoder said last of a packet that it could not decode; with several threads nobody knows which.
    last_error: String,
    /// Errors since the decoder last took a packet or gave a picture.
    errors_in_a_row: u32,
}

impl PictureSource {
    /// A decoder at the start of a video.
    pub(crate) fn open(packets: PacketSource, options: &VideoOptions) -> Result<Self, Error> {
        let settings = DecoderSettings {
            threads: options.thread_count(),
            max_pixels: options.limits.max_pixels,
        };
        let codec = packets.parameters().codec_name.clone();
        let failed = |error| codec_error(packets.path(), &codec, None, &error);
        let decoder = Decoder::open(packets.demuxer(), settings).map_err(failed)?;
        let (packet, scratch) = Packet::new()
            .and_then(|packet| Ok((packet, Picture::new()?)))
            .map_err(failed)?;
        let mut source = Self {
            packets,
            decoder,
            packet,
            scratch,
            next_row: 0,
            is_draining: false,
            has_ended: false,
            begun_at: 0,
            ready: BTreeMap::new(),
            reached: None,
            broken: Vec::new(),
            wanted_from: 0,
            keeps_past: false,
            // Others number frames or layers in ways in which a picture without references still matters.
            skips_unreferenced: matches!(
                codec.as_str(),
                "h264" | "mpeg4" | "mpeg2video" | "mpeg1video"
            ),
            has_checksums: (codec == "ffv1").then_some(true),
            last_asked: None,
            retried: None,
            last_error: String::new(),
            errors_in_a_row: 0,
        };
        source.hide_leading()?;
        Ok(source)
    }

    /// Takes out of the table the frames before the first key frame that the decoder does not give for want of what they refer to.
    fn hide_leading(&mut self) -> Result<(), Error> {
        let leading = self.packets.table().leading_rows();
        if leading.is_empty() {
            return Ok(());
        }
        let last = leading.iter().copied().max().unwrap_or(0);
        let mut came_out = BTreeSet::new();
        while !self.has_ended && self.next_row <= last.saturating_add(PATIENCE) {
            self.pump()?;
            came_out.extend(self.ready.values().map(|decoded| decoded.row));
            self.ready.clear();
        }
        let absent: Vec<u32> = leading
            .into_iter()
            .filter(|row| !came_out.contains(row))
            .collect();
        if !absent.is_empty() {
            self.packets.hide(&absent);
        }
        self.begin_at(0);
        Ok(())
    }

    /// Decodes until the picture of frame `index` is at hand.
    pub(crate) fn obtain(&mut self, index: u64) -> Result<Obtained, Error> {
        self.prepare(index);
        loop {
            if self.is_at_hand(index) {
                self.drop_before(index);
                return Ok(Obtained::Picture);
            }
            if self.is_lost(index) {
                if self.can_retry(index) {
                    continue;
                }
                let reason = self.reason_for(index);
                // What refers to it is damaged too.
                if let Some(row) = self.packets.table().row_of(index)
                    && !self.broken.iter().any(|(broken, _)| *broken == row)
                {
                    self.broken.push((row, reason.clone()));
                }
                return Ok(Obtained::Missing(reason));
            }
            self.pump()?;
        }
    }

    /// Perhaps decoding began where it should not have: begins anew one key frame earlier, then two, then four.
    fn can_retry(&mut self, index: u64) -> bool {
        const TRIES: u32 = 3;
        let tried = match self.retried {
            Some((frame, tries)) if frame == index => tries,
            _ => 0,
        };
        let is_coded = self.packets.table().row_of(index).is_some();
        let is_hopeless = self.begun_at == 0 || self.packets.parameters().intra_only;
        if tried >= TRIES || is_hopeless || !is_coded {
            return false;
        }
        self.retried = Some((index, tried + 1));
        let table = self.packets.table();
        let earlier = (0..1 << tried).fold(self.begun_at, |row, _| {
            table.key_before(row.saturating_sub(1))
        });
        self.begin_at(earlier);
        true
    }

    /// The picture of a frame that [`PictureSource::obtain`] brought.
    pub(crate) fn current(&self, index: u64) -> Option<&Decoded> {
        self.ready.get(&index)
    }

    /// What is wrong with a frame that was brought, in itself or in what it refers to.
    pub(crate) fn damage_of(&self, index: u64) -> Option<String> {
        let decoded = self.ready.get(&index)?;
        if decoded.damage.is_some() {
            return decoded.damage.clone();
        }
        let table = self.packets.table();
        let key = table.key_before(decoded.row);
        // A leading picture also refers to the group before its key frame's.
        let from = table.start_for(index).min(key);
        self.broken
            .iter()
            .find(|(row, _)| *row >= from && *row < decoded.row)
            .and_then(|(row, _)| table.index_of(*row))
            .map(|broken| format!("it refers to frame {broken}, which is damaged"))
    }

    /// Decides whether decoding goes on from where it is or begins anew.
    fn prepare(&mut self, index: u64) {
        let asked_before = self.last_asked.replace(index);
        if self.ready.contains_key(&index) {
            self.wanted_from = index;
            return;
        }
        let start = self.packets.table().start_for(index);
        let row = self.packets.table().row_of(index).unwrap_or(0);
        let lies_ahead = self.reached.is_none_or(|reached| index > reached);
        let goes_on =
            lies_ahead && !self.has_ended && start <= self.next_row && self.begun_at <= row;
        // One or a few steps back: what is decoded on the way will be wanted next.
        self.keeps_past = asked_before.is_some_and(|before| index < before && before - index <= 8)
            || (self.keeps_past && asked_before.is_some_and(|before| index == before));
        self.wanted_from = if self.keeps_past {
            index.saturating_sub(self.frames_kept())
        } else {
            index
        };
        if !goes_on {
            self.begin_at(start);
        }
    }

    /// How many pictures fit into the memory for stepping backwards.
    fn frames_kept(&self) -> u64 {
        let parameters = self.packets.parameters();
        let pixels = parameters.width.max(1) as usize * parameters.height.max(1) as usize;
        (KEPT_BYTES / pixels.saturating_mul(3)).clamp(1, 256) as u64
    }

    fn is_at_hand(&self, index: u64) -> bool {
        let Some(decoded) = self.ready.get(&index) else {
            return false;
        };
        // What it refers to must have come out too, for only then is it known to be right.
        let settled = self.packets.table().settled_at(decoded.row);
        self.reached.is_some_and(|reached| reached >= settled) || self.is_overdue(decoded.row)
    }

    fn is_lost(&self, index: u64) -> bool {
        !self.ready.contains_key(&index)
            && self
                .packets
                .table()
                .row_of(index)
                .is_none_or(|row| self.is_overdue(row))
    }

    fn is_overdue(&self, row: u32) -> bool {
        self.has_ended || self.next_row > row.saturating_add(PATIENCE)
    }

    fn reason_for(&self, index: u64) -> String {
        let row = self.packets.table().row_of(index);
        self.broken
            .iter()
            .find(|(broken, _)| Some(*broken) == row)
            .map_or_else(
                || match self.last_error.as_str() {
                    "" => "the decoder gives no picture for it".to_owned(),
                    said => format!("the decoder gives no picture for it: {said}"),
                },
                |(_, reason)| reason.clone(),
            )
    }

    fn drop_before(&mut self, index: u64) {
        let from = if self.keeps_past {
            index.saturating_sub(self.frames_kept())
        } else {
            index
        };
        while let Some(entry) = self.ready.first_entry() {
            if *entry.key() >= from {
                break;
            }
            entry.remove();
        }
        // What is broken before the group of the oldest frame that is left concerns nobody any more.
        if self.broken.len() > PATIENCE as usize {
            let start = self.packets.table().start_for(from);
            self.broken.retain(|(row, _)| *row >= start);
        }
    }

    fn begin_at(&mut self, row: u32) {
        self.decoder.flush();
        self.next_row = row;
        self.begun_at = row;
        self.is_draining = false;
        self.has_ended = false;
        self.ready.clear();
        self.reached = None;
        self.broken.clear();
        self.errors_in_a_row = 0;
    }

    /// Takes a picture out of the decoder, or hands it a packet.
    fn pump(&mut self) -> Result<(), Error> {
        match self.decoder.receive(&mut self.scratch) {
            Ok(Received::Picture) => self.keep(),
            Ok(Received::NeedsPacket) => self.feed(),
            Ok(Received::End) => {
                self.has_ended = true;
                Ok(())
            }
            Err(error) => {
                // The frame that it was will be missing.
                self.note_error(&error);
                Ok(())
            }
        }
    }

    fn note_error(&mut self, error: &crate::ffi::AvError) {
        /// After so many errors without anything between, nothing else will come.
        const GIVE_UP: u32 = 100;
        self.last_error = error.to_string();
        self.errors_in_a_row += 1;
        if self.errors_in_a_row > GIVE_UP {
            self.has_ended = true;
        }
    }

    fn failed(&self, error: &crate::ffi::AvError) -> Error {
        let codec = &self.packets.parameters().codec_name;
        codec_error(self.packets.path(), codec, None, error)
    }

    fn keep(&mut self) -> Result<(), Error> {
        self.errors_in_a_row = 0;
        let row = u32::try_from(self.scratch.pts()).unwrap_or(u32::MAX);
        let Some(index) = self.packets.table().index_of(row) else {
            return Ok(());
        };
        self.reached = Some(self.reached.map_or(index, |reached| reached.max(index)));
        let is_cut = self
            .packets
            .table()
            .rows
            .get(row as usize)
            .is_some_and(|row| row.is_corrupt);
        let known = self.broken.iter().find(|(broken, _)| *broken == row);
        let damage = if is_cut {
            Some("the container says that its data are cut or damaged".to_owned())
        } else if let Some((_, reason)) = known {
            Some(reason.clone())
        } else if self.scratch.is_damaged() {
            Some("its data are damaged".to_owned())
        } else {
            None
        };
        if let Some(damage) = &damage
            && known.is_none()
        {
            self.broken.push((row, damage.clone()));
        }
        if index < self.wanted_from {
            return Ok(());
        }
        let picture = self.scratch.take().map_err(|error| self.failed(&error))?;
        self.ready.insert(
            index,
            Decoded {
                picture,
                damage,
                row,
            },
        );
        Ok(())
    }

    /// Notes a packet that fails its own checksum.
    fn check_sums(&mut self, row: u32, packet: &Packet) {
        if self.has_checksums != Some(true) || ffv1::is_sound(packet.data()) {
            return;
        }
        if row == 0 {
            // Version 1, or written without checksums.
            self.has_checksums = Some(false);
        } else {
            self.broken.push((row, "its checksum is wrong".to_owned()));
        }
    }

    fn feed(&mut self) -> Result<(), Error> {
        let row = self.next_row;
        let fresh = Packet::new().map_err(|error| self.failed(&error))?;
        let mut packet = std::mem::replace(&mut self.packet, fresh);
        let more = (row as usize) < self.packets.table().rows.len()
            && self.packets.read(row, &mut packet)?;
        if !more {
            self.is_draining = true;
            // An error here only says that it was told before.
            let _ = self.decoder.send(None);
            self.packet = packet;
            if (row as usize) < self.packets.table().rows.len() {
                self.next_row = self.packets.table().rows.len() as u32;
            }
            return Ok(());
        }
        self.next_row = row + 1;
        // The row travels through the decoder as the time, so that each picture says which packet it is.
        packet.set_times(i64::from(row), i64::from(row), 0);
        self.check_sums(row, &packet);
        let index = self.packets.table().index_of(row);
        let is_past = index.is_some_and(|index| index < self.wanted_from);
        self.decoder
            .skip_unreferenced(self.skips_unreferenced && is_past);
        match self.decoder.send(Some(&packet)) {
            Ok(()) => self.errors_in_a_row = 0,
            Err(error) => self.note_error(&error),
        }
        self.packet = packet;
        Ok(())
    }
}
