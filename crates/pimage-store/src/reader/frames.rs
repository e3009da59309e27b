//! The frames of a store by their index, whatever their chunks are.

use std::sync::Arc;

use pimage_core::{Error, Frame};
use pimage_pool::{Ahead, threads};

use super::images::Scratch;
use super::plan::Plan;
#[cfg(feature = "ffmpeg")]
use super::videos::Videos;
use super::{Opened, StoreOptions, images};

/// Where frames come from.
#[derive(Debug)]
pub(super) enum Frames {
    /// Files of one image each, decoded ahead on all cores; and how many.
    Images(Ahead, u64),
    /// Videos of many.
    #[cfg(feature = "ffmpeg")]
    Videos(Box<Videos>),
}

impl Frames {
    pub(super) fn new(opened: &Arc<Opened>, plan: Arc<Plan>, options: &StoreOptions) -> Self {
        #[cfg(feature = "ffmpeg")]
        if opened.metadata.class.is_video() {
            return Self::Videos(Box::new(Videos::new(opened, plan, options)));
        }
        let count = opened.index.len();
        let workers = threads(options.threads).min(usize::try_from(count).unwrap_or(usize::MAX));
        let frame_bytes = plan.output.frame_bytes().unwrap_or(usize::MAX);
        let opened = Arc::clone(opened);
        let ahead = Ahead::new("the image decoder", workers, frame_bytes, move || {
            let (opened, plan) = (Arc::clone(&opened), Arc::clone(&plan));
            let mut scratch = Scratch::default();
            move |index: u64, frame: &mut Frame| {
                images::fill(&opened, &plan, index, &mut scratch, frame)
            }
        });
        Self::Images(ahead, count)
    }

    /// Fills `frame` with the pixels of frame `index`.
    pub(super) fn read(&mut self, index: u64, frame: &mut Frame) -> Result<(), Error> {
        match self {
            Self::Images(ahead, count) => ahead.read(index, *count, frame),
            #[cfg(feature = "ffmpeg")]
            Self::Videos(videos) => videos.read(index, frame),
        }
    }
}
