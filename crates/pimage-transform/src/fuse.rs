//! Frame steps made ready for frames of one format: tables that follow each other become one.

use std::sync::Arc;

use pimage_core::{Error, Frame, FrameFormat, Limits, StreamInfo, Table, Transform};

use crate::bank::Bank;

/// One pass over a frame.
enum Pass {
    Table(Table),
    Transform(Arc<dyn Transform>),
}

/// Frame steps for frames of one format.
pub(crate) struct Fused {
    /// Each pass with the format that it makes.
    passes: Vec<(Pass, FrameFormat)>,
    input: FrameFormat,
    output: FrameFormat,
}

impl Fused {
    /// Prepares `steps` for the frames of a stream, and says what the stream is afterwards.
    pub(crate) fn new(
        steps: &[Arc<dyn Transform>],
        input: &StreamInfo,
        limits: &Limits,
    ) -> Result<(Self, StreamInfo), Error> {
        let mut info = input.clone();
        let mut passes: Vec<(Pass, FrameFormat)> = Vec::new();
        for step in steps {
            let table = step.table(&info.format);
            info = step.output_info(&info)?;
            limits.check_format(&info.format)?;
            let before = match passes.last() {
                Some((Pass::Table(before), _)) => Some(before),
                _ => None,
            };
            let both = before
                .zip(table.as_ref())
                .and_then(|(before, table)| before.then(table));
            let pass = match (both, table) {
                (Some(both), _) => {
                    passes.pop();
                    Pass::Table(both)
                }
                (None, Some(table)) => Pass::Table(table),
                (None, None) => Pass::Transform(Arc::clone(step)),
            };
            passes.push((pass, info.format));
        }
        let fused = Self {
            passes,
            input: input.format,
            output: info.format,
        };
        Ok((fused, info))
    }

    pub(crate) const fn input(&self) -> &FrameFormat {
        &self.input
    }

    pub(crate) const fn output(&self) -> &FrameFormat {
        &self.output
    }

    /// Whether all passes together cost less than handing a frame to another thread.
    pub(crate) fn is_light(&self) -> bool {
        self.passes.iter().all(|(pass, _)| match pass {
            Pass::Table(_) => false,
            Pass::Transform(transform) => transform.is_light(),
        })
    }

    /// Applies all passes to `frame`, with memory from `bank`.
    pub(crate) fn apply(&self, frame: &mut Frame, bank: &mut Bank) -> Result<(), Error> {
        self.input.expect_same(frame.format(), frame.stamp.index)?;
        for (pass, format) in &self.passes {
            let mut spare = bank.take(format);
            let stamp = frame.stamp.clone();
            match pass {
                Pass::Table(table) => table.apply(frame, &mut spare)?,
                Pass::Transform(transform) => transform.apply(frame, &mut spare)?,
            }
            frame.stamp = stamp;
            frame.set_bit_depth(format.bit_depth);
            format.expect_same(frame.format(), frame.stamp.index)?;
            bank.put(spare);
        }
        Ok(())
    }
}
