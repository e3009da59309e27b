//! Ctrl-C and SIGTERM: the first stops in good order, the second at once.

use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use pimage_convert::Cancel;

use crate::report::INTERRUPTED;

/// How long a conversion to a pipe may take to stop; a reader that has stalled would hold it for ever.
const PIPE_GRACE: Duration = Duration::from_secs(1);

/// Nothing to put in order: leave at once.
const LEAVE: u8 = 0;
/// An output file is to be removed first.
const CLEAN_UP: u8 = 1;
/// Frames go to a pipe: give it a moment.
const DRAIN: u8 = 2;

/// What an interrupt finds; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt {
    pub(crate) cancel: Cancel,
    manner: Arc<AtomicU8>,
}

impl Interrupt {
    /// Begins to listen. Until [`Interrupt::clean_up`] is called, an interrupt ends the program at once.
    pub(crate) fn watch() -> anyhow::Result<Self> {
        let interrupt = Self {
            cancel: Cancel::new(),
            manner: Arc::new(AtomicU8::new(LEAVE)),
        };
        let seen = interrupt.clone();
        ctrlc::set_handler(move || seen.interrupted()).context("cannot listen for interrupts")?;
        Ok(interrupt)
    }

    /// One that cancels nothing: for work whose source ends when it is interrupted, so that what was read is kept.
    pub(crate) fn ending_at_the_source(&self) -> Self {
        Self {
            cancel: Cancel::new(),
            manner: Arc::clone(&self.manner),
        }
    }

    /// From now on there is something to remove: an interrupt cancels, and the conversion ends by itself.
    pub(crate) fn clean_up(&self) {
        self.manner.store(CLEAN_UP, Ordering::SeqCst);
    }

    /// From now on frames go to a pipe: an interrupt cancels, and after a moment ends the program.
    pub(crate) fn drain(&self) {
        self.manner.store(DRAIN, Ordering::SeqCst);
    }

    fn interrupted(&self) {
        let manner = self.manner.load(Ordering::SeqCst);
        if manner == LEAVE || self.cancel.is_cancelled() {
            exit(i32::from(INTERRUPTED));
        }
        self.cancel.cancel();
        if manner == DRAIN {
            std::thread::sleep(PIPE_GRACE);
            exit(i32::from(INTERRUPTED));
        }
    }
}
