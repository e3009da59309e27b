//! What was prepared for frames of one format, kept for the next frame.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use pimage_core::FrameFormat;

/// A plan for frames of one format, made by the first frame of it and shared by all threads.
pub(super) struct Kept<P>(Mutex<Option<(FrameFormat, Arc<P>)>>);

impl<P> Kept<P> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The plan for frames of `format`, made by `make` if the last one was for another.
    pub(super) fn get(&self, format: &FrameFormat, make: impl FnOnce() -> P) -> Arc<P> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((known, plan)) if known == format => Arc::clone(plan),
            _ => {
                let plan = Arc::new(make());
                *kept = Some((*format, Arc::clone(&plan)));
                plan
            }
        }
    }
}

impl<P> Clone for Kept<P> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<P> fmt::Debug for Kept<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept(..)")
    }
}
