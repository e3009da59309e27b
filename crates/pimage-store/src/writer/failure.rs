//! What is done when writing fails: the chunk is closed with what fitted, and the error says what is safe.

use std::io;

use pimage_core::Error;

use super::{Started, StoreWriter};
use crate::repair::Mender;

impl StoreWriter {
    /// Closes the open chunk with what fitted, after something failed; the error says what is safe.
    pub(super) fn give_up(&mut self, error: Error) -> Error {
        let Some(mut store) = self.store.take() else {
            return error;
        };
        if store.has_failed {
            self.store = Some(store);
            return error;
        }
        store.has_failed = true;
        // What was not flushed may still be whole: the journal has its number and time.
        let open = store.chunk.take().map(|chunk| chunk.number());
        store.maker.settle();
        if let Some(number) = open.or(store.torn) {
            self.mend(&mut store, number);
        }
        let safe = store.closed;
        let all = self.written;
        self.store = Some(store);
        with_safe_frames(error, safe, all)
    }

    /// Makes an ordinary chunk of what an open one left, if that is possible now.
    fn mend(&self, store: &mut Started, number: u64) {
        let mender = Mender::new(&self.folder, &store.metadata, &self.options);
        match mender.mend(number) {
            Ok(mended) => {
                store.closed += mended.frames;
                if let Some(lock) = store.lock.take() {
                    // One that cannot be removed is seen to be stale by whoever comes next.
                    let _ = lock.release();
                }
            }
            // All of it stays as it is, for a repair when there is room again.
            Err(_) => store.closed += mender.readable(number),
        }
    }

    pub(super) fn expect_sound(&self) -> Result<(), Error> {
        match &self.store {
            Some(store) if store.has_failed => Err(Error::unsupported(
                &self.folder,
                format!("writing failed before: {} frames are safe", store.closed),
            )),
            _ => Ok(()),
        }
    }
}

/// The same error, with how many frames are safe where there is room to say it.
fn with_safe_frames(error: Error, safe: u64, all: u64) -> Error {
    match error {
        Error::Io { verb, path, source } => {
            let text = format!("{source}; {safe} of {all} frames are safe");
            Error::Io {
                verb,
                path,
                source: io::Error::new(source.kind(), text),
            }
        }
        other => other,
    }
}
