//! The progress bar.

use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pimage_convert::Progress;

use crate::term::Term;

/// Below this many frames a bar would only flicker.
const WORTH_A_BAR: u64 = 100;

/// A bar on standard error; nothing where it is not a terminal or the job is short.
#[derive(Debug)]
pub(crate) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    pub(crate) fn new(term: &Term, total: Option<u64>) -> Self {
        if !term.may_draw() || total.is_some_and(|total| total <= WORTH_A_BAR) {
            return Self {
                bar: ProgressBar::hidden(),
            };
        }
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::no_length(),
        };
        let template = match total {
            Some(_) => "{bar:40} {human_pos}/{human_len} frames, {per_sec}, {eta} left",
            None => "{human_pos} frames, {per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        Self { bar }
    }
}

impl Progress for Bar {
    fn frame_written(&self, done: u64, total: Option<u64>) -> ControlFlow<()> {
        // A stream of unknown length earns its bar when it turns out to be long.
        if total.is_some() || done > WORTH_A_BAR {
            self.bar.set_position(done);
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
