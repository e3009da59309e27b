//! The index of a chunk made anew: from its journal, and where that ends in the manner of the frames before.

use pimage_core::Error;

use super::index_of;
use super::mend::{Found, Mended, Mender, is_there, name_of};
use crate::ChunkIndex;
use crate::chunks::stem;
use crate::writer::paths::{ChunkPaths, place_index};

impl Mender<'_> {
    /// Writes the index of a chunk of so many frames, a torn one moved aside.
    pub(super) fn rebuild_index(
        &self,
        found: &Found,
        frames: u64,
        mended: &mut Mended,
    ) -> Result<(), Error> {
        let name = stem(found.paths.number);
        for torn in [found.paths.index(), found.paths.old_index()] {
            if is_there(&torn) {
                let aside = self.move_aside(&torn)?;
                mended.done.push(format!(
                    "chunk {name}: the torn index `{}` is moved to `{}`",
                    name_of(&torn),
                    name_of(&aside)
                ));
            }
        }
        let known = match &found.journal {
            Some(journal) => journal.first(frames),
            None => ChunkIndex::default(),
        };
        let kept = known.len() as u64;
        let index = self.continued(found.paths.number, known, frames);
        place_index(
            &self.storage,
            &found.paths,
            &index,
            self.metadata,
            self.syncs,
        )?;
        let flushed = found.journal.as_ref().map_or(0, |journal| journal.flushed);
        if flushed > frames {
            mended.left.push(format!(
                "chunk {name}: {flushed} frames were flushed, {} of them are lost",
                flushed - frames
            ));
        }
        mended.done.push(if kept == frames {
            format!("chunk {name}: its index is rebuilt from the journal, {frames} frames")
        } else {
            format!(
                "chunk {name}: its index is rebuilt, numbers and times of {} of {frames} frames are made up",
                frames - kept
            )
        });
        Ok(())
    }

    /// An index continued to `frames` frames, in the manner of the frames before.
    pub(super) fn continued(&self, number: u64, mut index: ChunkIndex, frames: u64) -> ChunkIndex {
        let before = number
            .checked_sub(1)
            .map(|before| ChunkPaths::new(self.folder, before, self.metadata))
            .and_then(|paths| index_of(&paths, &self.limits).ok().flatten())
            .unwrap_or_default();
        let last = |index: &ChunkIndex| {
            let time = index.times.last().copied();
            index.numbers.last().copied().zip(time)
        };
        let step = step_of(&index.times)
            .or_else(|| step_of(&before.times))
            .or_else(|| self.metadata.rate.map(|rate| 1.0 / rate.fps()))
            .unwrap_or(1.0 / 25.0);
        let created = self.metadata.created.as_millisecond() as f64 / 1000.0;
        let mut next = last(&index)
            .or_else(|| last(&before))
            .map_or((0, created), |(number, time)| {
                (number.saturating_add(1), time + step)
            });
        while (index.len() as u64) < frames {
            index.numbers.push(next.0);
            index.times.push(next.1);
            next = (next.0.saturating_add(1), next.1 + step);
        }
        index
    }
}

/// The median time from frame to frame.
fn step_of(times: &[f64]) -> Option<f64> {
    let mut steps: Vec<_> = times
        .windows(2)
        .filter_map(|pair| Some(pair.get(1)? - pair.first()?))
        .filter(|step| step.is_finite() && *step > 0.0)
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied()
}
