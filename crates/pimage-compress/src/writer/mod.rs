//! Packs frames into a file, groups on all cores.

#[cfg(feature = "ffmpeg")]
mod base;
mod options;
mod output;
mod pack;
mod plan;
mod planes;
mod preview;
mod psnr;
mod timing;

pub use options::{CompressOptions, Layer, Preview};

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pimage_core::{
    Clock, Error, Frame, FrameFormat, FrameWriter, Limits, StreamInfo, WriteSummary, keys,
};
use pimage_pool::OrderedPool;

use self::output::Output;
use self::pack::{Job, Packed, Packer};
use self::plan::Plan;
use self::planes::Planes;
use self::preview::PreviewPlan;
use self::timing::Timing;
use crate::file::description::{Description, VideoRole};
use crate::goal::Goal;
use crate::matroska::cluster::{self, Block};
use crate::matroska::head::Track;
use crate::setting::VideoCodec;

/// Bytes that packing takes for each value of a group, beside the value and what it is compared with; measured with and without video.
const VALUE_BYTES: u64 = 20;

/// Prepares a file at `path`; nothing is created before the first frames.
///
/// `info` is what the source says of its frames.
///
/// ```
/// use pimage_compress::{CompressOptions, Goal, OpenOptions, create, open};
/// use pimage_core::{Color, Frame, FrameCount, FrameFormat, FrameReader, FrameWriter, SampleType, StreamInfo};
///
/// let folder = tempfile::tempdir().expect("a folder");
/// let path = folder.path().join("field.mkv");
/// let format = FrameFormat::new(32, 24, Color::Gray, SampleType::F32);
/// let info = StreamInfo::new("memory", format, FrameCount::Exact(3));
/// let options = CompressOptions {
///     goal: Goal::MaxError(0.01),
///     ..CompressOptions::default()
/// };
/// let mut writer = Box::new(create(&path, &info, options)?);
/// for _ in 0..3 {
///     writer.write(&Frame::zeroed(format))?;
/// }
/// assert_eq!(writer.finish()?.frames, 3);
/// assert_eq!(open(&path, &OpenOptions::default())?.info().format, format);
/// # Ok::<(), pimage_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::BadOption`] for numbers that make no sense; [`Error::Exists`].
pub fn create(
    path: impl AsRef<Path>,
    info: &StreamInfo,
    options: CompressOptions,
) -> Result<CompressWriter, Error> {
    let path = path.as_ref();
    options.goal.check(info.format.sample)?;
    if options.group_frames == Some(0) {
        let expected = "a number from 1 on";
        return Err(Error::bad_option("group_frames", "0", expected));
    }
    if path.symlink_metadata().is_ok() && !options.overwrite {
        let path = path.to_path_buf();
        return Err(Error::Exists { path });
    }
    let mut info = info.clone();
    if options.rate.is_some() {
        info.rate = options.rate;
        info.clock = Clock::Start;
    }
    // What its source lost is not what this file lacks.
    info.metadata.remove(keys::CUT);
    Ok(CompressWriter {
        path: path.to_path_buf(),
        info,
        options,
        state: None,
        frames: 0,
        has_failed: false,
    })
}

/// Packs frames into a file; see [`create`].
pub struct CompressWriter {
    path: PathBuf,
    info: StreamInfo,
    options: CompressOptions,
    state: Option<State>,
    frames: u64,
    has_failed: bool,
}

impl fmt::Debug for CompressWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressWriter")
            .field("path", &self.path)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

/// What there is once the first frame came.
struct State {
    pool: OrderedPool<Job, Packed>,
    /// Groups that may be under way.
    most: usize,
    format: FrameFormat,
    capacity: usize,
    /// The group that is being gathered.
    planes: Planes,
    /// Index of its first frame.
    first: u64,
    /// Memory of groups that were packed.
    spare: Vec<Frame>,
    file: Option<File>,
    /// Values beyond the range that was given for the video.
    clipped: u64,
}

/// What there is once the first group was packed.
struct File {
    output: Output,
    plan: Arc<Plan>,
    timing: Timing,
}

impl State {
    fn new(format: FrameFormat, options: &CompressOptions) -> Result<Self, Error> {
        check_video(&format, options)?;
        check_zfp(&format, options)?;
        let capacity = planes::capacity_of(&format, options.group_frames)?;
        let planes = Planes::new(format, capacity, None)?;
        let values = (planes.plane() * capacity) as u64;
        let sample = format.sample.bytes() as u64;
        let of_group = values * (VALUE_BYTES + sample * (1 + format.color.channels() as u64));
        let fitting = usize::try_from(options.memory / of_group.max(1)).unwrap_or(usize::MAX);
        let threads = pimage_pool::threads(options.threads).min(fitting.max(1));
        let packer = Packer {
            goal: options.goal.clone(),
            layer: options.layer,
            threads,
            check: options.check,
            cancel: options.cancel.clone(),
        };
        let pool = OrderedPool::start("packing", threads, || {
            let packer = packer.clone();
            move |job| packer.pack(job)
        })?;
        Ok(Self {
            pool,
            most: threads + usize::from(threads > 1),
            format,
            capacity,
            planes,
            first: 0,
            spare: Vec::new(),
            file: None,
            clipped: 0,
        })
    }

    /// Hands the gathered frames to the threads, and stores what is packed.
    fn close_group(&mut self, context: &Context<'_>) -> Result<(), Error> {
        if self.planes.frames() == 0 {
            return Ok(());
        }
        let next = Planes::new(self.format, self.capacity, self.spare.pop())?;
        let planes = std::mem::replace(&mut self.planes, next);
        let first = self.first;
        self.first += planes.frames() as u64;
        let plan = self.file.as_ref().map(|file| Arc::clone(&file.plan));
        let is_first = plan.is_none();
        self.pool.submit(Job {
            first,
            planes,
            plan,
        });
        // The first group is the sample by which the video of the file is chosen.
        while is_first || self.pool.pending() >= self.most {
            let Some(packed) = self.pool.next() else {
                break;
            };
            self.store(packed?, context)?;
        }
        while let Some(packed) = self.pool.try_next() {
            self.store(packed?, context)?;
        }
        Ok(())
    }

    /// Writes a group, after the header if it is the first.
    fn store(&mut self, mut packed: Packed, context: &Context<'_>) -> Result<(), Error> {
        let file = match self.file.take() {
            Some(file) => self.file.insert(file),
            None => {
                let file = context.create(&mut packed, self.capacity)?;
                self.file.insert(file)
            }
        };
        file.push(&packed)?;
        self.clipped += packed.clipped;
        if self.spare.len() <= self.most {
            self.spare.push(packed.planes.into_memory());
        }
        Ok(())
    }
}

impl File {
    /// Adds the cluster of a group.
    fn push(&mut self, packed: &Packed) -> Result<(), Error> {
        let stamps = (packed.first..).zip(&packed.planes.stamps);
        let times = stamps.map(|(index, stamp)| self.timing.show(index, stamp));
        let times: Vec<u64> = times.collect();
        let start = times.first().copied().unwrap_or(0);
        let blocks = packed.pictures.iter().map(|picture| {
            let frame = picture.frame as usize;
            let ticks = times.get(frame).map_or(0, |ticks| ticks - start);
            // Times far apart are shown as far as 16 bits go, in their order.
            let most = i16::MAX as u64 - (times.len() - frame.min(times.len())) as u64;
            Block {
                ticks: ticks.min(most) as i16,
                is_key: picture.is_key,
                bytes: &picture.bytes,
            }
        });
        let blocks: Vec<_> = blocks.collect();
        let cluster = cluster::build(start, &packed.data, &blocks);
        self.output.push(start, &cluster)
    }
}

/// What of the writer a group needs to know.
struct Context<'a> {
    path: &'a Path,
    info: &'a StreamInfo,
    options: &'a CompressOptions,
}

impl Context<'_> {
    /// Creates the file for what the first group turned out to be; small pictures are made here.
    fn create(&self, packed: &mut Packed, capacity: usize) -> Result<File, Error> {
        let planes = &packed.planes;
        let format = *planes.format();
        let plan = match packed.base.take() {
            Some(base) => Plan::Base(base),
            None => {
                let bytes = packed.data.len();
                let plan = PreviewPlan::new(planes, self.options.preview, bytes)?;
                packed.pictures = plan.pictures(planes)?;
                Plan::Preview(plan)
            }
        };
        let timing = Timing::new(self.info, &planes.stamps, capacity);
        let display = [format.width, format.height];
        let (video, shown) = match &plan {
            Plan::Base(base) => (VideoRole::Base, base.shown),
            Plan::Preview(plan) => (VideoRole::Preview, plan.shown),
        };
        let track = Track {
            codec: codec_of(&plan).to_owned(),
            private: match &plan {
                Plan::Base(base) => base.private.clone(),
                Plan::Preview(_) => Vec::new(),
            },
            size: match &plan {
                Plan::Base(_) => display,
                Plan::Preview(plan) => plan.size,
            },
            display,
            tick: timing.tick,
            period: timing.regular().filter(|_| match &plan {
                Plan::Base(_) => true,
                Plan::Preview(plan) => plan.is_of_all(),
            }),
        };
        let mut info = self.info.clone();
        info.format = format;
        let description = Description {
            frames: None,
            goal: self.options.goal.clone(),
            video,
            shown,
            info,
        };
        Ok(File {
            output: Output::create(self.path, track, description, self.options)?,
            plan: Arc::new(plan),
            timing,
        })
    }
}

/// How Matroska calls the codec of a video.
fn codec_of(plan: &Plan) -> &'static str {
    let Plan::Base(base) = plan else {
        return "V_MJPEG";
    };
    match base.setting.codec {
        VideoCodec::X265 => "V_MPEGH/ISO/HEVC",
        VideoCodec::Ffv1 => "V_FFV1",
        VideoCodec::Jpeg2000 => "V_MS/VFW/FOURCC",
    }
}

/// An error where a video is asked for that cannot be made.
fn check_video(format: &FrameFormat, options: &CompressOptions) -> Result<(), Error> {
    let is_asked = options.layer == Layer::Video || matches!(options.goal, Goal::Quantised(_));
    if !is_asked {
        return Ok(());
    }
    if cfg!(not(feature = "ffmpeg")) {
        return Err(Error::NotBuilt {
            format: "an array packed as a video".to_owned(),
            feature: "ffmpeg",
        });
    }
    if format.color.channels() != 1 {
        return Err(Error::CannotHold {
            target: "a video of values".to_owned(),
            format: *format,
            hint: "it takes gray frames".to_owned(),
        });
    }
    Ok(())
}

/// An error where ZFP is asked for that cannot be used.
fn check_zfp(format: &FrameFormat, options: &CompressOptions) -> Result<(), Error> {
    if options.layer != Layer::Zfp {
        return Ok(());
    }
    if cfg!(not(feature = "zfp")) {
        return Err(Error::NotBuilt {
            format: "an array packed by ZFP".to_owned(),
            feature: "zfp",
        });
    }
    let is_bounded = matches!(options.goal, Goal::MaxError(bound) if bound > 0.0);
    if !is_bounded || !format.sample.is_float() {
        let expected = "floats and a largest error above 0 for it";
        return Err(Error::bad_option("layer", "zfp", expected));
    }
    Ok(())
}

impl CompressWriter {
    fn push(&mut self, frame: &Frame) -> Result<(), Error> {
        if self.options.cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let state = match self.state.take() {
            Some(state) => self.state.insert(state),
            None => self
                .state
                .insert(State::new(*frame.format(), &self.options)?),
        };
        state.format.expect_same(frame.format(), self.frames)?;
        state.planes.push(frame);
        if self.options.rate.is_some()
            && let Some(stamp) = state.planes.stamps.last_mut()
        {
            stamp.time = None;
        }
        self.frames += 1;
        if state.planes.is_full() {
            state.close_group(&Context {
                path: &self.path,
                info: &self.info,
                options: &self.options,
            })?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<WriteSummary, Error> {
        let Some(mut state) = self.state.take() else {
            let mut summary = WriteSummary::new(0, 0);
            summary
                .notes
                .push("there were no frames: nothing was written".to_owned());
            return Ok(summary);
        };
        let context = Context {
            path: &self.path,
            info: &self.info,
            options: &self.options,
        };
        state.close_group(&context)?;
        while let Some(packed) = state.pool.next() {
            state.store(packed?, &context)?;
        }
        let Some(File { output, timing, .. }) = state.file.take() else {
            return Ok(WriteSummary::new(0, 0));
        };
        let most = Limits::default().max_metadata_bytes;
        let described = output.description_bytes();
        let bytes = output.finish(self.frames, timing.end(), &self.options.cancel)?;
        let mut summary = WriteSummary::new(self.frames, bytes);
        if state.clipped > 0 {
            summary.notes.push(format!(
                "{} values lie outside the range that was given and became its ends",
                state.clipped
            ));
        }
        if described > most {
            summary.notes.push(format!(
                "its metadata take {described} bytes: it opens with `--limit metadata-bytes={described}` only"
            ));
        }
        Ok(summary)
    }
}

impl FrameWriter for CompressWriter {
    fn write(&mut self, frame: &Frame) -> Result<(), Error> {
        let result = self.push(frame);
        // A frame of another format changes nothing.
        self.has_failed |= result.is_err() && !matches!(result, Err(Error::FormatMismatch { .. }));
        result
    }

    fn finish(mut self: Box<Self>) -> Result<WriteSummary, Error> {
        if self.has_failed {
            let source = std::io::Error::other("an earlier write failed");
            return Err(Error::io("finish", &self.path)(source));
        }
        self.close()
    }
}
