//! Closed chunks whose video is cut or damaged: made anew of the frames that decode, the old one kept aside.

use std::path::Path;

use pimage_core::Error;

use super::content::{Left, left_of};
use super::mend::{Found, Mended, Mender, is_there, name_of};
use crate::chunks::stem;
use crate::writer::paths::place;
use crate::{ChunkIndex, journal_path};

/// Lost frames that are named one by one.
const NAMED: usize = 20;

/// Rates at which the milliseconds of a container still tell frames apart.
const MOST_RATE: f64 = 500.0;

impl Left {
    /// The frames from the first on, when all that decode are these, none is missing between them, and those that were `flushed` are
    /// whole: of a process that was killed the last frame is cut.
    pub(super) fn first_whole(&self, flushed: Option<u64>, fps: f64) -> Option<u64> {
        let first = self.whole.len() as u64;
        let is_first = first == self.count || flushed.is_some_and(|flushed| first >= flushed);
        let is_torn = |damage: &pimage_core::Damage| damage.frames.start < first;
        let is_moved = |timed: Vec<(u64, u64)>| timed.iter().any(|(index, row)| index != row);
        let is_whole = is_first
            && !self.damage.iter().any(is_torn)
            && !self.timed_rows(u64::MAX, fps).is_some_and(is_moved);
        is_whole.then_some(first)
    }

    /// Each whole frame and its row among `rows` by its own time in a recording of this rate, where that is to be believed.
    fn timed_rows(&self, rows: u64, fps: f64) -> Option<Vec<(u64, u64)>> {
        let timed: Vec<(u64, u64)> = self
            .whole
            .iter()
            .copied()
            .zip(self.times.iter().map(|secs| (secs * fps).round() as u64))
            .collect();
        let is_first_known = timed.first().is_some_and(|(index, row)| index == row);
        let is_rising = timed.is_sorted_by(|left, right| left.1 < right.1);
        let is_behind = timed.iter().all(|(index, row)| row >= index && *row < rows);
        let is_known = timed.len() == self.whole.len() && fps <= MOST_RATE;
        let is_known = is_known && is_first_known && is_rising && is_behind;
        is_known.then_some(timed)
    }

    /// Each whole frame and its row in an index of `rows`, as far as that is certain.
    ///
    /// Where the container itself is torn, nobody knows how many frames are missing there; behind a single tear of a file whose end is
    /// whole, frames are counted from the end, unless it is not known (`is_end_known`) which frame was the last.
    fn rows(&self, rows: u64, is_end_known: bool) -> Vec<(u64, u64)> {
        if self.count >= rows && is_end_known {
            return self.whole.iter().map(|index| (*index, *index)).collect();
        }
        let tears = self.damage.iter().filter(|damage| damage.frames.is_empty());
        let mut tears = tears.map(|damage| damage.frames.start);
        let (first, more) = (tears.next(), tears.next().is_some());
        let is_cut = self
            .damage
            .iter()
            .any(|damage| damage.frames.end > self.count);
        let is_cut = is_cut || !is_end_known;
        let missing = rows.saturating_sub(self.count);
        let row = |index: u64| match first {
            Some(tear) if index >= tear && (more || is_cut) => None,
            Some(tear) if index >= tear => Some(index + missing),
            _ => Some(index),
        };
        let placed = self
            .whole
            .iter()
            .filter_map(|index| Some((*index, row(*index)?)));
        placed.filter(|(_, row)| *row < rows).collect()
    }
}

impl Mender<'_> {
    /// Decodes a closed chunk and, when frames are lost, makes a new one of the others; how many it has then.
    pub(super) fn mend_damaged(
        &self,
        found: &Found,
        index: &ChunkIndex,
        mended: &mut Mended,
    ) -> Result<u64, Error> {
        let rows = index.len() as u64;
        if !found.paths.is_video() {
            return Ok(rows);
        }
        let name = stem(found.paths.number);
        let video = found.paths.content();
        let left = match left_of(&video, &self.limits, &self.cancel)? {
            Ok(left) => left,
            Err(error) => {
                mended.left.push(format!(
                    "chunk {name}: its video cannot be opened and stays as it is: {error}"
                ));
                return Ok(rows);
            }
        };
        if left.count > rows {
            mended.left.push(format!(
                "chunk {name}: its video has {} frames, its index {rows}; nothing is lost, and both stay as they are",
                left.count
            ));
            return Ok(rows);
        }
        let kept = left.rows(rows, true);
        if kept.len() as u64 == rows {
            return Ok(rows);
        }
        if kept.is_empty() {
            mended.left.push(format!(
                "chunk {name}: no frame of `{}` can be placed, it stays as it is",
                name_of(&video)
            ));
            return Ok(rows);
        }
        let made = self.make_anew(found, &video, index, &left, &kept, mended)?;
        Ok(if made { kept.len() as u64 } else { rows })
    }

    /// Makes the chunk of a recording of which not all frames decode, or are placed; how many it has, `None` when none can be placed.
    pub(super) fn mend_torn(
        &self,
        found: &Found,
        video: &Path,
        left: &Left,
        mended: &mut Mended,
    ) -> Result<Option<u64>, Error> {
        let name = stem(found.paths.number);
        let (known, flushed, is_end_known) = match &found.journal {
            Some(journal) => {
                let is_end_known =
                    left.is_end_whole && journal.flushed == journal.index.len() as u64;
                let all = journal.flushed.max(left.count);
                (journal.first(all), journal.flushed, is_end_known)
            }
            None => (ChunkIndex::default(), 0, false),
        };
        let index = self.continued(found.paths.number, known, left.count.max(flushed));
        let rows = index.len() as u64;
        let timed = left.timed_rows(rows, self.recorded_rate());
        let mut kept = timed.unwrap_or_else(|| left.rows(rows, is_end_known));
        if !self.make_anew(found, video, &index, left, &kept, mended)? {
            // Those up to the first that cannot be taken out.
            let is_first = |(place, (whole, _)): &(u64, &(u64, u64))| place == whole;
            let first = (0u64..).zip(&kept).take_while(is_first).count();
            kept.truncate(first);
            let only = Left {
                whole: (0..first as u64).collect(),
                count: first as u64,
                ..Left::default()
            };
            if first == 0 || !self.make_anew(found, video, &index, &only, &kept, mended)? {
                return Ok(None);
            }
        }
        let unplaced = (left.whole.len() as u64).saturating_sub(kept.len() as u64);
        if unplaced > 0 {
            mended.left.push(format!(
                "chunk {name}: {unplaced} frames behind what is lost decode, but nobody knows their numbers: they are in the video moved aside"
            ));
        }
        mended.left.push(format!(
            "chunk {name}: {} of the {} frames of the recording are kept, of which {flushed} were flushed; the recording and its journal are kept aside",
            kept.len(),
            index.len()
        ));
        mended.rows = kept.last().map(|(_, row)| row.saturating_add(1));
        let journal = journal_path(self.folder, found.paths.number);
        if is_there(&journal) {
            self.move_aside(&journal)?;
        }
        Ok(Some(kept.len() as u64))
    }

    /// Puts a video of the frames that are kept, and their rows, in place of another; whether that is done.
    fn make_anew(
        &self,
        found: &Found,
        video: &Path,
        index: &ChunkIndex,
        left: &Left,
        kept: &[(u64, u64)],
        mended: &mut Mended,
    ) -> Result<bool, Error> {
        let name = stem(found.paths.number);
        let is_absent = |index: &u64| {
            kept.binary_search_by_key(index, |(whole, _)| *whole)
                .is_err()
        };
        let left_out: Vec<u64> = (0..left.count).filter(is_absent).collect();
        let lost = lost_text(index, kept);
        if let Err(error) = self.copy_whole(found, video, left.count, &left_out) {
            if matches!(
                error,
                Error::Stopped | Error::Io { .. } | Error::NotBuilt { .. } | Error::TooLarge { .. }
            ) {
                return Err(error);
            }
            mended.left.push(format!(
                "chunk {name}: {lost}, and the others cannot be taken out of its video: {error}"
            ));
            return Ok(false);
        }
        let bytes = chosen(index, kept).to_npz(self.metadata)?;
        let rebuilt = found.paths.rebuilt_index();
        place(&self.storage, &rebuilt, &bytes, self.syncs)?;
        self.finish_rebuilt(found, mended)?;
        mended.done.push(format!(
            "chunk {name}: made anew of {} frames that decode; {lost}",
            kept.len()
        ));
        Ok(true)
    }

    /// Puts a chunk that was made anew in place of the old one, which moves aside; also when a repair was killed in the middle of that.
    pub(super) fn finish_rebuilt(&self, found: &Found, mended: &mut Mended) -> Result<(), Error> {
        let paths = &found.paths;
        let (video, index) = (paths.rebuilt_video(), paths.rebuilt_index());
        if !paths.is_video() {
            return Ok(());
        }
        if !is_there(&index) {
            // Of which the index was not written yet: it is begun again.
            return match is_there(&video) {
                true => self
                    .storage
                    .remove(&video)
                    .map_err(Error::io("remove", &video)),
                false => Ok(()),
            };
        }
        if !is_there(&video) && !is_there(&paths.content()) {
            // Of a video that was never put in.
            let removed = self.storage.remove(&index);
            return removed.map_err(Error::io("remove", &index));
        }
        let open = paths.open_video();
        if is_there(&open) {
            let aside = self.move_aside(&open)?;
            let (name, open, aside) = (stem(paths.number), name_of(&open), name_of(&aside));
            mended.done.push(format!(
                "chunk {name}: `{open}`, of which not all frames decode, is moved to `{aside}`"
            ));
        }
        for (new, old) in [(video, paths.content()), (index, paths.index())] {
            if !is_there(&new) {
                continue;
            }
            if is_there(&old) {
                let aside = self.move_aside(&old)?;
                let (name, old, aside) = (stem(paths.number), name_of(&old), name_of(&aside));
                mended.done.push(format!(
                    "chunk {name}: `{old}`, of which not all frames decode, is moved to `{aside}`"
                ));
            }
            let renamed = self.storage.rename(&new, &old, false);
            renamed.map_err(Error::io("rename", &new))?;
        }
        Ok(())
    }

    #[cfg(feature = "ffmpeg")]
    fn copy_whole(
        &self,
        found: &Found,
        video: &Path,
        count: u64,
        left_out: &[u64],
    ) -> Result<(), Error> {
        let options = pimage_video::Remux {
            overwrite: true,
            sync: self.syncs,
            storage: std::sync::Arc::clone(&self.storage),
            most: count.saturating_sub(left_out.len() as u64),
            leave_out: left_out.to_vec(),
            limits: self.limits,
            cancel: self.cancel.clone(),
            ..pimage_video::Remux::default()
        };
        let expected = options.most;
        let rebuilt = found.paths.rebuilt_video();
        let copied = pimage_video::remux(&[video], &rebuilt, &options)?.frames;
        if copied == expected {
            return Ok(());
        }
        let removed = self.storage.remove(&rebuilt);
        removed.map_err(Error::io("remove", &rebuilt))?;
        let reason = format!("{copied} of {expected} frames could be copied");
        Err(Error::malformed("video", video, reason))
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn copy_whole(
        &self,
        _found: &Found,
        _video: &Path,
        _count: u64,
        _left_out: &[u64],
    ) -> Result<(), Error> {
        Err(crate::video_not_built(self.metadata))
    }
}

/// The rows of the frames that are kept.
fn chosen(index: &ChunkIndex, kept: &[(u64, u64)]) -> ChunkIndex {
    let rows = || {
        kept.iter()
            .filter_map(|(_, row)| usize::try_from(*row).ok())
    };
    let numbers = |from: &[i64]| rows().filter_map(|row| from.get(row).copied()).collect();
    ChunkIndex {
        numbers: numbers(&index.numbers),
        times: rows()
            .filter_map(|row| index.times.get(row).copied())
            .collect(),
        original_numbers: index.original_numbers.as_deref().map(numbers),
    }
}

/// `2 frames are lost, numbers 7, 8`.
fn lost_text(index: &ChunkIndex, kept: &[(u64, u64)]) -> String {
    let kept: std::collections::BTreeSet<u64> = kept.iter().map(|(_, row)| *row).collect();
    let lost = (0u64..)
        .zip(&index.numbers)
        .filter(|(row, _)| !kept.contains(row));
    let lost: Vec<String> = lost.map(|(_, number)| number.to_string()).collect();
    let named = lost.get(..NAMED).unwrap_or(&lost).join(", ");
    let more = if lost.len() > NAMED { ", …" } else { "" };
    match lost.len() {
        1 => format!("1 frame is lost, number {named}"),
        count => format!("{count} frames are lost, numbers {named}{more}"),
    }
}

#[cfg(test)]
mod tests {
    use pimage_core::Damage;

    use super::*;

    fn left(count: u64, damage: &[(u64, u64)]) -> Left {
        let damage = damage.iter().map(|(start, end)| Damage {
            frames: *start..*end,
            reason: "torn".to_owned(),
        });
        Left {
            whole: (0..count).collect(),
            count,
            damage: damage.collect(),
            ..Left::default()
        }
    }

    #[test]
    fn frames_keep_the_rows_that_are_certain() {
        let rows = |left: &Left| {
            left.rows(6, true)
                .into_iter()
                .map(|(_, row)| row)
                .collect::<Vec<_>>()
        };
        assert_eq!(rows(&left(6, &[])), [0, 1, 2, 3, 4, 5]);
        assert_eq!(rows(&left(4, &[])), [0, 1, 2, 3]);
        assert_eq!(rows(&left(4, &[(2, 2)])), [0, 1, 4, 5]);
        assert_eq!(rows(&left(4, &[(2, 2), (3, 3)])), [0, 1]);
        assert_eq!(rows(&left(4, &[(2, 2), (4, 5)])), [0, 1]);
        let open: Vec<_> = left(4, &[(2, 2)]).rows(6, false);
        assert_eq!(open, [(0, 0), (1, 1)], "the last frame may be any");
        let mut hole = left(6, &[(1, 3)]);
        hole.whole = vec![0, 3, 4, 5];
        assert_eq!(rows(&hole), [0, 3, 4, 5]);
    }

    #[test]
    fn lost_frames_are_named() {
        let index = ChunkIndex::new(vec![5, 6, 9], vec![0.0; 3]).expect("as many");
        assert_eq!(
            lost_text(&index, &[(0, 0), (1, 2)]),
            "1 frame is lost, number 6"
        );
        assert_eq!(chosen(&index, &[(0, 0), (1, 2)]).numbers, [5, 9]);
    }
}
