//! Pages packed on several threads, in order.

use pimage_codec::tiff::encode::{Compression, PageTags, StripEncoder, Strips};
use pimage_core::{Error, Frame};
use pimage_pool::OrderedPool;

/// A page whose pixels are packed.
#[derive(Debug)]
pub(super) struct PackedPage {
    pub(super) tags: PageTags,
    pub(super) strips: Strips,
}

/// A frame, what its page says, and memory for its strips.
type Job = (Frame, PageTags, Strips);

/// Packs pages on several threads.
#[derive(Debug)]
pub(super) struct Packing {
    pool: OrderedPool<Job, PackedPage>,
    /// Memory of pages that are written.
    spare: Vec<Strips>,
}

impl Packing {
    pub(super) fn start(compression: Compression, threads: usize) -> Result<Self, Error> {
        let pool = OrderedPool::start("the TIFF encoder", threads, || {
            // Started by its first page, so that a failure has somebody to be told to.
            let mut encoder = None;
            move |(frame, tags, mut strips): Job| {
                let started = match encoder.take() {
                    Some(started) => started,
                    None => StripEncoder::new(compression)?,
                };
                encoder.insert(started).encode(&frame, &mut strips)?;
                Ok(PackedPage { tags, strips })
            }
        })?;
        Ok(Self {
            pool,
            spare: Vec::new(),
        })
    }

    /// Hands in a frame, whose pixels are shared until they are packed.
    pub(super) fn submit(&mut self, frame: &Frame, tags: PageTags) {
        let strips = self.spare.pop().unwrap_or_default();
        self.pool.submit((frame.clone(), tags, strips));
    }

    /// The next page in order: if it is there or too many are on their way, or, when `wait` is set, if there is one.
    pub(super) fn take(&mut self, wait: bool) -> Option<Result<PackedPage, Error>> {
        if wait {
            self.pool.next()
        } else {
            self.pool.ready()
        }
    }

    /// Keeps the memory of a page that is written.
    pub(super) fn give_back(&mut self, page: PackedPage) {
        self.spare.push(page.strips);
    }
}
