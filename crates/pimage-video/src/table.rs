//! The exact table of a video's frames, made from one pass over its packets; nothing is decoded.

use pimage_core::Limits;

use crate::ffi::{
    Demuxer, Inspected, NO_TIME, Packet, Parser, PictureKind, ReadError, StreamParameters,
    take_own_error,
};

/// One packet of the stream, in decoding order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) pts: i64,
    pub(crate) dts: i64,
    pub(crate) position: i64,
    pub(crate) size: u32,
    /// Decoding can begin here.
    pub(crate) is_key: bool,
    /// Decoded for the sake of others, never shown.
    pub(crate) is_hidden: bool,
    /// The container knows it to be cut or damaged.
    pub(crate) is_corrupt: bool,
}

/// Every frame of a video: where it is coded and when it is shown.
#[derive(Debug, Default)]
pub(crate) struct FrameTable {
    /// Packets in decoding order.
    pub(crate) rows: Vec<Row>,
    /// Row of each frame, by frame index.
    order: Vec<u32>,
    /// Frame index of each row; `NOT_SHOWN` for rows that are never shown.
    rank: Vec<u32>,
    /// Time of each frame in ticks of the stream, by frame index.
    times: Vec<i64>,
    /// Rows at which decoding can begin, in order.
    keys: Vec<u32>,
    /// Frames that the container's header promises beyond the last one found.
    pub(crate) promised: u64,
    /// Why the packets ended early, if they did.
    pub(crate) broke_off: Option<String>,
    /// Rows before which the container itself is damaged, so that packets may be missing there, and what was said of it.
    torn: Vec<(u32, String)>,
}

const NOT_SHOWN: u32 = u32::MAX;

/// Packets over which a codec reorders pictures at most, and more.
const REACH: u32 = 64;

/// Containers whose demuxers log an error only where the file is damaged.
const TELLING: &[&str] = &["matroska,webm", "avi"];

/// Codecs that draw each frame over the one before, whatever the container says of key frames.
const CUMULATIVE: &[&str] = &["gif", "apng", "flic"];

impl FrameTable {
    /// Reads all packets of the stream.
    pub(crate) fn scan(
        demuxer: &mut Demuxer,
        parameters: &StreamParameters,
        limits: &Limits,
    ) -> Result<Self, ScanError> {
        let mut packet = Packet::new().map_err(ReadError::Failed)?;
        let mut parser = if parameters.intra_only {
            None
        } else {
            Parser::open(demuxer).map_err(ReadError::Failed)?
        };
        let mut rows = Vec::new();
        let mut shapes = Vec::new();
        let mut empty = 0u64;
        let mut broke_off = None;
        let mut torn = Vec::new();
        let tells = TELLING.contains(&parameters.container.as_str());
        loop {
            take_own_error();
            let read = demuxer.read(&mut packet);
            if let Some(said) = take_own_error().filter(|_| tells && !packet.is_corrupt()) {
                torn.push((rows.len() as u32, said));
            }
            match read {
                Ok(true) => {}
                Ok(false) => break,
                Err(ReadError::Io(error)) => return Err(ReadError::Io(error).into()),
                Err(ReadError::Failed(error)) => {
                    broke_off = Some(error.to_string());
                    break;
                }
            }
            if packet.data().is_empty() {
                // A place without a picture: the container repeats the one before.
                empty += 1;
                continue;
            }
            if rows.len() as u64 >= limits.max_frames.min(u64::from(NOT_SHOWN)) {
                return Err(ScanError::TooMany);
            }
            let mut row = row_of(&packet, parameters);
            if let Some(parser) = &mut parser {
                let shape = parser.inspect(&packet);
                row.is_key = can_begin(row.is_key, &shape);
                shapes.push(shape);
            }
            rows.push(row);
        }
        if CUMULATIVE.contains(&parameters.codec_name.as_str()) {
            for row in rows.iter_mut().skip(1) {
                row.is_key = false;
            }
        }
        if parser.is_none() && parameters.container == "avi" && rows.iter().all(|row| row.is_key) {
            // Without an index every packet is flagged, and nobody contradicts.
            for row in rows.iter_mut().skip(1) {
                row.is_key = parameters.intra_only;
            }
        }
        if demuxer.promised_frames() == 0 {
            hide_undecodable(&mut rows);
        } else if let Some(first) = rows.first_mut() {
            // The container counts them all: those that do not decode are damaged, not absent.
            first.is_key = true;
        }
        let counted = demuxer
            .promised_frames()
            .saturating_sub(rows.len() as u64 + empty);
        let promised = counted.max(missing_at_end(demuxer, parameters, &rows));
        let mut table = Self::from_rows(rows, &shapes, promised, broke_off);
        table.torn = torn;
        Ok(table)
    }

    fn from_rows(
        rows: Vec<Row>,
        shapes: &[Inspected],
        promised: u64,
        broke_off: Option<String>,
    ) -> Self {
        let mut order: Vec<u32> = (0..rows.len() as u32)
            .filter(|&row| !rows[row as usize].is_hidden)
            .collect();
        let mut times: Vec<i64>;
        if order.iter().all(|&row| rows[row as usize].pts != NO_TIME) {
            let sections = sections(&rows);
            order.sort_by_key(|&row| (sections[row as usize], rows[row as usize].pts));
            times = order.iter().map(|&row| rows[row as usize].pts).collect();
        } else {
            let positions = output_positions(&rows, shapes);
            order.sort_by_key(|&row| positions[row as usize]);
            times = order
                .iter()
                .map(|&row| {
                    let Row { pts, dts, .. } = rows[row as usize];
                    if dts == NO_TIME { pts } else { dts }
                })
                .collect();
            // Decoding times are in order by definition: the n-th one is when the n-th picture is due.
            times.sort_unstable();
        }
        let mut rank = vec![NOT_SHOWN; rows.len()];
        for (index, &row) in order.iter().enumerate() {
            rank[row as usize] = index as u32;
        }
        let keys = (0..rows.len() as u32)
            .filter(|&row| rows[row as usize].is_key)
            .collect();
        Self {
            rows,
            order,
            rank,
            times,
            keys,
            promised,
            broke_off,
            torn: Vec::new(),
        }
    }

    /// Leaves out frames that the decoder does not give, after a trial (see `hide_leading`).
    pub(crate) fn hide(mut self, rows: &[u32]) -> Self {
        for &row in rows {
            if let Some(row) = self.rows.get_mut(row as usize) {
                row.is_hidden = true;
            }
        }
        let shown: Vec<(u32, i64)> = self
            .order
            .iter()
            .copied()
            .zip(self.times.iter().copied())
            .filter(|(row, _)| {
                !self
                    .rows
                    .get(*row as usize)
                    .is_some_and(|row| row.is_hidden)
            })
            .collect();
        (self.order, self.times) = shown.into_iter().unzip();
        self.rank.fill(NOT_SHOWN);
        for (index, &row) in self.order.iter().enumerate() {
            if let Some(rank) = self.rank.get_mut(row as usize) {
                *rank = index as u32;
            }
        }
        self
    }

    /// Number of frames.
    pub(crate) const fn frame_count(&self) -> u64 {
        self.order.len() as u64
    }

    /// The packet of a frame.
    pub(crate) fn row_of(&self, index: u64) -> Option<u32> {
        self.order.get(usize::try_from(index).ok()?).copied()
    }

    /// The frame of a packet, if it is shown.
    pub(crate) fn index_of(&self, row: u32) -> Option<u64> {
        match self.rank.get(row as usize) {
            Some(&NOT_SHOWN) | None => None,
            Some(&index) => Some(u64::from(index)),
        }
    }

    /// The time of a frame in ticks of the stream; `None` when nobody says.
    pub(crate) fn time_of(&self, index: u64) -> Option<i64> {
        let time = self.times.get(usize::try_from(index).ok()?).copied()?;
        (time != NO_TIME).then_some(time)
    }

    /// Times of all frames, in order; empty when the container has none.
    pub(crate) fn times(&self) -> &[i64] {
        if self.times.contains(&NO_TIME) {
            &[]
        } else {
            &self.times
        }
    }

    /// Places where the container is damaged and packets may be missing: the frame that follows, and what was said.
    pub(crate) fn torn(&self) -> impl Iterator<Item = (u64, &str)> {
        self.torn.iter().map(|(row, said)| {
            let index = self.index_of(*row).unwrap_or(self.frame_count());
            (index, said.as_str())
        })
    }

    /// The last key packet at or before `row`, in decoding order.
    pub(crate) fn key_before(&self, row: u32) -> u32 {
        let after = self.keys.partition_point(|&key| key <= row);
        let last = after.checked_sub(1).and_then(|last| self.keys.get(last));
        last.copied().unwrap_or(0)
    }

    /// The packet from which decoding must begin so that frame `index` comes out right.
    ///
    /// A frame that is shown before a key frame and coded after it refers to what was before: one key frame earlier is needed.
    pub(crate) fn start_for(&self, index: u64) -> u32 {
        let Some(row) = self.row_of(index) else {
            return 0;
        };
        let key = self.key_before(row);
        match self.index_of(key) {
            Some(key_index) if key_index > index && key > 0 => self.key_before(key - 1),
            _ => key,
        }
    }

    /// Rows that are shown before the first key frame and coded after it: whether they decode, only a trial can tell.
    pub(crate) fn leading_rows(&self) -> Vec<u32> {
        let Some(index) = self.keys.first().and_then(|&key| self.index_of(key)) else {
            return Vec::new();
        };
        let near = |row: &u32| *row < REACH * 2;
        let before = self.order.iter().take(index as usize).copied();
        before.filter(near).collect()
    }

    /// The greatest index of the frames that are coded up to `row` and not before its key packet.
    pub(crate) fn settled_at(&self, row: u32) -> u64 {
        (row.saturating_sub(REACH)..=row)
            .filter_map(|row| self.index_of(row))
            .max()
            .unwrap_or(0)
    }
}

/// Frames between the last one found and where the header says that the pictures end.
fn missing_at_end(demuxer: &Demuxer, parameters: &StreamParameters, rows: &[Row]) -> u64 {
    let last = rows
        .iter()
        .map(|row| row.pts)
        .filter(|&pts| pts != NO_TIME)
        .max();
    let (Some((end, fps)), Some(last)) = (demuxer.promised_end(), last) else {
        return 0;
    };
    let (numerator, denominator) = parameters.time_base;
    let last = last as f64 * f64::from(numerator) / f64::from(denominator.max(1));
    // The last frame takes one place itself; times are rounded to milliseconds.
    let places = ((end - last) * fps + 0.25).floor() - 1.0;
    if places >= 1.0 { places as u64 } else { 0 }
}

fn row_of(packet: &Packet, parameters: &StreamParameters) -> Row {
    let data = packet.data();
    // A VP8 frame says in its first byte whether it is shown (RFC 6386, section 9.1).
    let is_unseen =
        parameters.codec_name == "vp8" && data.first().is_some_and(|first| first & 0x10 == 0);
    Row {
        pts: packet.pts(),
        dts: packet.dts(),
        position: packet.position(),
        size: u32::try_from(data.len()).unwrap_or(u32::MAX),
        is_key: packet.is_key() || parameters.intra_only,
        is_hidden: packet.is_discarded() || is_unseen,
        is_corrupt: packet.is_corrupt(),
    }
}

/// Whether decoding can begin at a packet: what the container says is checked against the picture itself.
///
/// Some recorders flag every packet, some none. A picture that refers to others is no beginning, even at a recovery point:
/// after a gradual refresh it is only nearly the same.
fn can_begin(flagged: bool, shape: &Inspected) -> bool {
    match shape.kind {
        PictureKind::Intra => flagged || shape.is_key.unwrap_or(true),
        PictureKind::Unknown => flagged,
        PictureKind::Predicted | PictureKind::Bidirectional => false,
    }
}

/// Hides what comes before the first packet at which decoding can begin; a stream without any begins at its first.
fn hide_undecodable(rows: &mut [Row]) {
    match rows.iter().position(|row| row.is_key) {
        Some(first) => {
            for row in rows.iter_mut().take(first) {
                row.is_hidden = true;
            }
        }
        None => {
            if let Some(first) = rows.first_mut() {
                first.is_key = true;
            }
        }
    }
}

/// A number for each row that grows where the clock was set back: one recording behind another, a wrapped counter.
///
/// Within a section times are in order; a reordering codec steps back by a few frames only, and never at a key packet.
fn sections(rows: &[Row]) -> Vec<u32> {
    let mut section = 0;
    let mut latest = i64::MIN;
    let mut span = 0;
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let dts = if row.dts == NO_TIME { row.pts } else { row.dts };
            // A reach of frames at the mean distance so far.
            let slack = span / (index as i64).max(1) * i64::from(REACH);
            if row.is_key && index > 0 && dts < latest.saturating_sub(slack) {
                section += 1;
                latest = dts;
            }
            if dts > latest {
                span += if latest == i64::MIN {
                    0
                } else {
                    dts.saturating_sub(latest).min(1 << 40)
                };
                latest = dts;
            }
            section
        })
        .collect()
}

/// A number for each row by which rows sort into display order, for streams without presentation times.
fn output_positions(rows: &[Row], shapes: &[Inspected]) -> Vec<(u64, i64)> {
    if shapes.len() != rows.len() {
        return (0..rows.len() as u64).map(|row| (row, 0)).collect();
    }
    let counted = shapes.iter().any(|shape| shape.output_order != 0);
    if counted {
        // Picture order counts, which begin anew at a key frame.
        let mut section = 0;
        let mut positions = Vec::with_capacity(rows.len());
        for (row, shape) in rows.iter().zip(shapes) {
            if row.is_key && shape.output_order <= 0 {
                section += 1;
            }
            positions.push((section, i64::from(shape.output_order)));
        }
        positions
    } else {
        // A picture that refers to later ones is shown at once, the others when the next such one comes.
        let mut positions = vec![(0, 0); rows.len()];
        let mut next = 0u64;
        let mut held: Option<usize> = None;
        for (row, shape) in shapes.iter().enumerate() {
            if shape.kind == PictureKind::Bidirectional {
                positions[row] = (next, 0);
                next += 1;
            } else if let Some(held) = held.replace(row) {
                positions[held] = (next, 0);
                next += 1;
            }
        }
        if let Some(held) = held {
            positions[held] = (next, 0);
        }
        positions
    }
}

/// Why no table could be made.
#[derive(Debug)]
pub(crate) enum ScanError {
    /// Reading failed.
    Read(ReadError),
    /// More frames than the limit allows.
    TooMany,
}

impl From<ReadError> for ScanError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pts: i64, dts: i64, is_key: bool) -> Row {
        Row {
            pts,
            dts,
            position: dts,
            size: 1,
            is_key,
            is_hidden: false,
            is_corrupt: false,
        }
    }

    fn table(rows: Vec<Row>, shapes: &[Inspected]) -> FrameTable {
        FrameTable::from_rows(rows, shapes, 0, None)
    }

    #[test]
    fn frames_are_in_order_of_presentation() {
        // I0 P3 B1 B2, then an open group: I6 B4 B5.
        let pts = [0, 3, 1, 2, 6, 4, 5];
        let rows = pts
            .iter()
            .enumerate()
            .map(|(dts, &pts)| row(pts, dts as i64, dts == 0 || dts == 4))
            .collect();
        let table = table(rows, &[]);
        let order: Vec<_> = (0..7).map(|index| table.row_of(index)).collect();
        assert_eq!(order, [0, 2, 3, 1, 5, 6, 4].map(Some));
        assert_eq!(table.start_for(6), 4, "the key frame itself");
        assert_eq!(
            table.start_for(4),
            0,
            "a leading picture needs the group before"
        );
        assert_eq!(
            table.settled_at(2),
            3,
            "a picture settles when what it refers to is out"
        );
    }

    #[test]
    fn without_times_the_codec_tells_the_order() {
        let kinds = [
            PictureKind::Intra,
            PictureKind::Predicted,
            PictureKind::Bidirectional,
            PictureKind::Bidirectional,
            PictureKind::Predicted,
        ];
        let shapes: Vec<_> = kinds
            .into_iter()
            .map(|kind| Inspected {
                kind,
                ..Inspected::default()
            })
            .collect();
        let rows = (0..5).map(|dts| row(NO_TIME, dts, dts == 0)).collect();
        let found = table(rows, &shapes);
        let order: Vec<_> = (0..5).map(|index| found.row_of(index)).collect();
        assert_eq!(order, [0, 2, 3, 1, 4].map(Some));
        assert_eq!(found.time_of(1), Some(1));
    }
}
