//! Closed chunks whose video is cut or damaged: made anew of the frames that decode, the old one kept aside.

use pimage_core::{Damage, Error, Frame, FrameReader, OnDamage, SeekFrames as _};

use super::mend::{Found, Mended, Mender, is_there, name_of};
use crate::ChunkIndex;
use crate::chunks::stem;
use crate::writer::paths::place;

/// Lost frames that are named one by one.
const NAMED: usize = 20;

/// What is left of a video.
#[derive(Debug, Default)]
struct Left {
    /// Frames of the file that decode, by their index in it.
    whole: Vec<u64>,
    /// Frames that the file has, whole or not.
    count: u64,
    /// What the reader found wrong.
    damage: Vec<Damage>,
}

impl Left {
    /// Each whole frame and its row in an index of `rows`, as far as that is certain.
    ///
    /// Where the container itself is torn, nobody knows how many frames are missing there; behind a single tear of a file whose end is
    /// whole, frames are counted from the end.
    fn rows(&self, rows: u64) -> Vec<(u64, u64)> {
        let tears = self.damage.iter().filter(|damage| damage.frames.is_empty());
        let mut tears = tears.map(|damage| damage.frames.start);
        let (first, more) = (tears.next(), tears.next().is_some());
        let is_cut = self
            .damage
            .iter()
            .any(|damage| damage.frames.end > self.count);
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
        let left = self.left_of(found)?;
        if left.count > rows {
            mended.left.push(format!(
                "chunk {name}: its video has {} frames, its index {rows}; nothing is lost, and both stay as they are",
                left.count
            ));
            return Ok(rows);
        }
        let kept = left.rows(rows);
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
        let absent = |index: &u64| !kept.iter().any(|(whole, _)| whole == index);
        let left_out: Vec<u64> = (0..left.count).filter(absent).collect();
        let lost = lost_text(index, &kept);
        if let Err(error) = self.copy_whole(found, &left_out) {
            if matches!(
                error,
                Error::Stopped | Error::Io { .. } | Error::NotBuilt { .. }
            ) {
                return Err(error);
            }
            mended.left.push(format!(
                "chunk {name}: {lost}, and the others cannot be taken out of its video: {error}"
            ));
            return Ok(rows);
        }
        let bytes = chosen(index, &kept).to_npz(self.metadata)?;
        let rebuilt = found.paths.rebuilt_index();
        place(&self.storage, &rebuilt, &bytes, self.syncs)?;
        self.finish_rebuilt(found, mended)?;
        mended.done.push(format!(
            "chunk {name}: made anew of the {} frames that decode; {lost}",
            kept.len()
        ));
        Ok(kept.len() as u64)
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
    fn left_of(&self, found: &Found) -> Result<Left, Error> {
        let options = pimage_video::VideoOptions {
            limits: self.limits,
            on_damage: OnDamage::Skip,
            ..pimage_video::VideoOptions::default()
        };
        let mut left = Left::default();
        let Ok(mut reader) = pimage_video::open(found.paths.content(), &options) else {
            return Ok(left);
        };
        left.count = reader.frame_count();
        let mut frame = Frame::empty();
        // An error that skipping does not help against: what follows is as good as lost.
        while reader.read_into(&mut frame).unwrap_or(false) {
            if self.cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            left.whole.push(frame.stamp.index);
        }
        left.damage = reader.damage().to_vec();
        Ok(left)
    }

    #[cfg(feature = "ffmpeg")]
    fn copy_whole(&self, found: &Found, left_out: &[u64]) -> Result<(), Error> {
        let options = pimage_video::Remux {
            sync: self.syncs,
            storage: std::sync::Arc::clone(&self.storage),
            leave_out: left_out.to_vec(),
            limits: self.limits,
            cancel: self.cancel.clone(),
            ..pimage_video::Remux::default()
        };
        let video = found.paths.content();
        pimage_video::remux(&[&video], &found.paths.rebuilt_video(), &options).map(|_| ())
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn left_of(&self, _found: &Found) -> Result<Left, Error> {
        Err(crate::video_not_built(self.metadata))
    }

    #[cfg(not(feature = "ffmpeg"))]
    fn copy_whole(&self, _found: &Found, _left_out: &[u64]) -> Result<(), Error> {
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
        }
    }

    #[test]
    fn frames_keep_the_rows_that_are_certain() {
        let rows = |left: &Left| {
            left.rows(6)
                .into_iter()
                .map(|(_, row)| row)
                .collect::<Vec<_>>()
        };
        assert_eq!(rows(&left(6, &[])), [0, 1, 2, 3, 4, 5]);
        assert_eq!(rows(&left(4, &[])), [0, 1, 2, 3]);
        assert_eq!(rows(&left(4, &[(2, 2)])), [0, 1, 4, 5]);
        assert_eq!(rows(&left(4, &[(2, 2), (3, 3)])), [0, 1]);
        assert_eq!(rows(&left(4, &[(2, 2), (4, 5)])), [0, 1]);
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
