//! The conversion: threads, channels and the end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use pimage_core::{Damage, Error, FrameReader, FrameWriter, WriteSummary};

use crate::budget::Budget;
use crate::stages::{Shared, guarded, read_frames, transform_frames, write_frames};
use crate::{ConvertError, ConvertOptions, Progress};

/// Bytes of stack of each thread. Decoders that recurse (JPEG 2000, some plug-ins) were written for 8 MiB main threads.
const STACK_BYTES: usize = 8 << 20;

/// What a conversion did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConvertSummary {
    /// What the writer reports.
    pub written: WriteSummary,
    /// Frames that the reader found missing or damaged; see [`OnDamage`](pimage_core::OnDamage).
    pub damage: Vec<Damage>,
    /// From the call to the finished output.
    pub elapsed: Duration,
}

/// Passes every frame of `reader` through the transforms of `options` to `writer`, and finishes it.
///
/// The reader has a thread of its own, the transforms have [`ConvertOptions::threads`], the writer has the caller's.
/// Frames arrive in order, and their memory is reused. When anything fails, `writer` is dropped unfinished:
/// nothing stands under the final name of its output.
///
/// # Errors
///
/// [`ConvertError`]: which stage failed first, with its error; a panic in a stage is an
/// [`Error::Internal`](pimage_core::Error::Internal) of that stage.
pub fn convert(
    reader: &mut dyn FrameReader,
    mut writer: Box<dyn FrameWriter>,
    options: &ConvertOptions<'_>,
    progress: &dyn Progress,
) -> Result<ConvertSummary, ConvertError> {
    let begun = Instant::now();
    let total = reader.info().frame_count.get();
    let workers = match options.transforms.len() {
        0 => 0,
        _ => options.worker_count(),
    };
    let depth = 2 * options.worker_count() + 2;
    let budget = Budget::new(depth, options.memory_bytes);
    let shared = Shared::new(budget, &options.cancel);

    let written = std::thread::scope(|scope| {
        let (read, to_transform) = bounded(depth);
        let (give_back, returned) = bounded(depth);
        let mut to_write = to_transform.clone();
        let shared = &shared;
        let reader = &mut *reader;
        let mut spawned = spawn(scope, "reader", move || {
            read_frames(reader, &read, &returned, shared);
        });
        if workers > 0 {
            let (transformed, ordered_later) = bounded(depth);
            for _ in 0..workers {
                let (frames, done) = (to_transform.clone(), transformed.clone());
                spawned = spawned.and_then(|()| {
                    spawn(scope, "transform", move || {
                        transform_frames(&options.transforms, &frames, &done, shared);
                    })
                });
            }
            to_write = ordered_later;
        }
        // The channel must have no receiver but the workers, or the reader would not notice their end.
        drop(to_transform);
        if let Err(source) = spawned {
            shared.fail(ConvertError::Read { source });
            return 0;
        }
        write_frames(&mut *writer, &to_write, &give_back, shared, progress, total)
    });
    finish(writer, written, &shared).map(|written| ConvertSummary {
        written,
        damage: reader.damage().to_vec(),
        elapsed: begun.elapsed(),
    })
}

/// Starts a thread of the conversion.
fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    body: impl FnOnce() + Send + 'scope,
) -> Result<(), Error> {
    Builder::new()
        .name(name.to_owned())
        .stack_size(STACK_BYTES)
        .spawn_scoped(scope, body)
        .map(|_| ())
        .map_err(|error| Error::Internal {
            part: format!("starting the {name} thread"),
            reason: error.to_string(),
        })
}

/// Finishes the writer, or drops it unfinished and says why.
fn finish(
    writer: Box<dyn FrameWriter>,
    written: u64,
    shared: &Shared<'_>,
) -> Result<WriteSummary, ConvertError> {
    let error = match shared.take_error() {
        Some(error) => error,
        None if shared.is_stopped() => ConvertError::Stopped { written },
        None => {
            return guarded("the writer", || writer.finish())
                .map_err(|source| ConvertError::Write { source });
        }
    };
    // A writer that panics while it cleans up must not hide the cause.
    let _ = catch_unwind(AssertUnwindSafe(move || drop(writer)));
    Err(error)
}
