//! Encoders whose frames stand alone, one frame a worker, in order.

use std::path::{Path, PathBuf};

use pimage_core::{Error, Frame};

use crate::ffi::{AvError, Encoder, EncoderSettings, Packet, Picture};
use crate::pack::{PackError, Packer};
use crate::plan::Plan;
use crate::source::codec_error;
use pimage_pool::OrderedPool;

/// A frame to be coded, and when it is shown.
#[derive(Debug)]
struct Job {
    frame: Frame,
    time: i64,
    index: u64,
}

/// Frames to packets on several threads, each with an encoder of its own; for codecs that refer to no other frame.
#[derive(Debug)]
pub(crate) struct FrameEncoders {
    pool: OrderedPool<Job, Packet>,
}

impl FrameEncoders {
    /// Starts `threads` workers; the first one takes over `first`, the others open encoders with the same settings.
    pub(crate) fn start(
        first: Encoder,
        settings: &EncoderSettings,
        plan: &Plan,
        threads: usize,
        path: &Path,
    ) -> Result<Self, Error> {
        let mut first = Some(first);
        let pool = OrderedPool::start("the encoder", threads, || {
            let mut worker = Worker {
                encoder: first.take(),
                settings: settings.clone(),
                packer: Packer::new(plan.clone()),
                path: path.to_path_buf(),
            };
            move |job| worker.encode(&job)
        })?;
        Ok(Self { pool })
    }

    /// Hands in a frame to be shown at `time`.
    pub(crate) fn submit(&mut self, frame: &Frame, time: i64, index: u64) {
        let frame = frame.clone();
        self.pool.submit(Job { frame, time, index });
    }

    /// The next packet, if it is done or if more work would have to wait for it.
    pub(crate) fn ready(&mut self) -> Result<Option<Packet>, Error> {
        self.pool.ready().transpose()
    }

    /// The next packet; `None` when all are out.
    pub(crate) fn wait(&mut self) -> Result<Option<Packet>, Error> {
        self.pool.next().transpose()
    }
}

struct Worker {
    encoder: Option<Encoder>,
    settings: EncoderSettings,
    packer: Packer,
    path: PathBuf,
}

impl Worker {
    fn encode(&mut self, job: &Job) -> Result<Packet, Error> {
        let codec = self.settings.encoder;
        let failed = |error: AvError| codec_error(&self.path, codec, Some(job.index), &error);
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(Encoder::open(&self.settings).map_err(failed)?),
        };
        let mut picture = packed(&self.packer, &job.frame, job.index, codec, &self.path)?;
        picture.set_pts(job.time);
        encoder.send(Some(&picture)).map_err(failed)?;
        let mut packet = Packet::new().map_err(failed)?;
        if encoder.receive(&mut packet).map_err(failed)? {
            Ok(packet)
        } else {
            Err(Error::Internal {
                part: format!("the {codec} encoder"),
                reason: "it holds a frame back".to_owned(),
            })
        }
    }
}

/// A picture of a frame, or why there can be none, in terms of the frame.
pub(crate) fn packed(
    packer: &Packer,
    frame: &Frame,
    index: u64,
    codec: &str,
    path: &Path,
) -> Result<Picture, Error> {
    packer.pack(frame).map_err(|error| match error {
        PackError::TooDeep { value } => Error::CannotHold {
            target: codec.to_owned(),
            format: *frame.format(),
            hint: format!(
                "frame {index} has a sample of {value}, which is more than its {} bits",
                frame.format().bit_depth
            ),
        },
        PackError::Failed(error) => codec_error(path, codec, Some(index), &error),
        PackError::NoPlanes => Error::Internal {
            part: "the packer".to_owned(),
            reason: format!(
                "{} has no planes for {}",
                packer.plan().pixel_format.name(),
                frame.format()
            ),
        },
    })
}
