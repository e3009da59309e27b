//! Numbers of every frame: mean, extremes, deviation, sharpness and the difference to the frame before, of all or of parts of it.

mod measure;
mod planes;
mod region;
mod rows;
mod tally;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::path::PathBuf;

use pimage_core::{
    Cancel, Color, Damage, Error, Frame, FrameFormat, FrameReader, Stamp, StreamInfo,
};
use pimage_pool::OrderedPool;

pub use measure::Measure;
pub use region::Region;

/// What is measured, and with how much.
#[derive(Debug, Clone)]
pub struct StatsOptions {
    /// The parts of each frame that are measured; all of it when there are none.
    pub regions: Vec<Region>,
    /// What is measured of each part, in this order; [`Measure::usual`] when there are none.
    pub measures: Vec<Measure>,
    /// Measuring threads; `None` is one for each core. The caller's reads.
    pub threads: Option<usize>,
    /// Bytes of frames that may be on their way. Two frames always may.
    pub memory_bytes: u64,
    /// Stops it from outside.
    pub cancel: Cancel,
}

impl Default for StatsOptions {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            measures: Vec::new(),
            threads: None,
            memory_bytes: 256 << 20,
            cancel: Cancel::default(),
        }
    }
}

/// One of the numbers of each frame.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatsColumn {
    /// The measure, the channel where there are several colours, the region where it has a name or is one of several: `mean_r_eye`.
    pub name: String,
    /// What is measured.
    pub measure: Measure,
    /// Of which channel, from 0.
    pub channel: usize,
    /// Of which region, from 0.
    pub region: usize,
}

/// The numbers of one frame.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StatsRow {
    /// Where the frame stands.
    pub stamp: Stamp,
    /// A number for each of [`Stats::columns`]; `None` for a difference to a frame that is not there.
    pub values: Vec<Option<f64>>,
}

/// Measures the frames of a reader one after another, on all cores, in memory that does not grow.
///
/// Sums of integers are exact; floats are added with compensation. Red, green and blue are measured each for itself, opacity is left out.
/// A region is measured as if it were a frame of its own.
///
/// ```
/// use pimage_convert::{Measure, Stats, StatsOptions};
/// use pimage_core::{Color, Error, FrameFormat, SampleType};
/// use pimage_testkit::SyntheticReader;
///
/// let format = FrameFormat::new(16, 8, Color::Rgb, SampleType::U8);
/// let options = StatsOptions {
///     measures: vec![Measure::Mean, Measure::Difference],
///     regions: vec!["eye=4,2,8,4".parse().expect("is a region")],
///     ..StatsOptions::default()
/// };
/// let mut stats = Stats::new(Box::new(SyntheticReader::new(format, 3)), &options)?;
/// assert_eq!(stats.columns()[1].name, "difference_r_eye");
/// let rows: Result<Vec<_>, Error> = stats.by_ref().collect();
/// let rows = rows?;
/// assert_eq!((rows.len(), rows[0].values[1]), (3, None));
/// assert!(rows[2].values[1] > Some(0.0));
/// # Ok::<(), Error>(())
/// ```
pub struct Stats {
    reader: Box<dyn FrameReader>,
    columns: Vec<StatsColumn>,
    pool: OrderedPool<Job, StatsRow>,
    /// The frames of the jobs that were handed in and the one before them, in order.
    used: VecDeque<Frame>,
    free: Vec<Frame>,
    /// How many jobs may wait.
    depth: usize,
    /// Whether the reader may have more.
    is_reading: bool,
    /// What the reader failed with, to be told behind the rows before it.
    failed: Option<Error>,
    cancel: Cancel,
}

impl fmt::Debug for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stats")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

/// A frame to be measured.
struct Job {
    frame: Frame,
    before: Option<Frame>,
}

impl Stats {
    /// Prepares the measuring; nothing is read yet.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for a region that is not within the frame, and for two columns of one name.
    pub fn new(reader: Box<dyn FrameReader>, options: &StatsOptions) -> Result<Self, Error> {
        let format = reader.info().format;
        let measures = match options.measures.is_empty() {
            true => Measure::usual(format.sample),
            false => options.measures.clone(),
        };
        let regions = match options.regions.is_empty() {
            true => vec![Region::whole(&format)],
            false => options.regions.clone(),
        };
        for region in &regions {
            region.check(&format)?;
        }
        let columns = columns(&format, &measures, &regions)?;
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = options.threads.unwrap_or_else(cores).max(1);
        let bytes = format.frame_bytes().unwrap_or(usize::MAX).max(1) as u64;
        // One is being read, another is the one before the first that waits.
        let depth = (options.memory_bytes / bytes).saturating_sub(2);
        let pool = OrderedPool::start("measuring", threads, || {
            let (regions, measures) = (regions.clone(), measures.clone());
            let mut room = planes::Room::new();
            move |job: Job| measured(&job, &regions, &measures, &mut room)
        })?;
        Ok(Self {
            reader,
            columns,
            pool,
            used: VecDeque::new(),
            free: Vec::new(),
            depth: usize::try_from(depth).unwrap_or(usize::MAX).max(1),
            is_reading: true,
            failed: None,
            cancel: options.cancel.clone(),
        })
    }

    /// What the numbers of each row are: by region, channel and measure.
    #[must_use]
    pub fn columns(&self) -> &[StatsColumn] {
        &self.columns
    }

    /// What the recording says of itself.
    #[must_use]
    pub fn info(&self) -> &StreamInfo {
        self.reader.info()
    }

    /// Frames found missing or damaged so far.
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        self.reader.damage()
    }

    /// Every file that is read.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    /// Reads a frame and hands it in; `false` at the end.
    fn submit(&mut self) -> Result<bool, Error> {
        if self.cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let mut frame = self.free.pop().unwrap_or_else(Frame::empty);
        if !self.reader.read_into(&mut frame)? {
            return Ok(false);
        }
        let format = &self.reader.info().format;
        format.expect_same(frame.format(), frame.stamp.index)?;
        let before = self.used.back().filter(|before| {
            // After frames that are lost, nothing is known of the one before.
            before.stamp.index.checked_add(1) == Some(frame.stamp.index)
        });
        let before = before.cloned();
        self.used.push_back(frame.clone());
        self.pool.submit(Job { frame, before });
        Ok(true)
    }

    /// A row that is there already, or, when no more frames may be handed in, the next one that comes.
    fn take(&mut self, is_full: bool) -> Option<Result<StatsRow, Error>> {
        let row = match is_full {
            true => self.pool.next(),
            false => self.pool.try_next(),
        }?;
        // The frame of this row is still needed by the next.
        while self.used.len() > self.pool.pending() + 1 {
            self.free.extend(self.used.pop_front());
        }
        Some(row)
    }
}

/// The rows, each once; ends after an error.
impl Iterator for Stats {
    type Item = Result<StatsRow, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.is_reading {
            let is_full = self.pool.is_full() || self.pool.pending() >= self.depth;
            if let Some(row) = self.take(is_full) {
                return Some(row);
            }
            match self.submit() {
                Ok(more) => self.is_reading = more,
                Err(Error::Stopped) => {
                    self.is_reading = false;
                    self.pool.clear();
                    return Some(Err(Error::Stopped));
                }
                // The rows of the frames before come first.
                Err(error) => {
                    self.is_reading = false;
                    self.failed = Some(error);
                }
            }
        }
        let row = self.take(true);
        row.or_else(|| self.failed.take().map(Err))
    }
}

fn measured(
    job: &Job,
    regions: &[Region],
    measures: &[Measure],
    room: &mut planes::Room,
) -> Result<StatsRow, Error> {
    let mut values = Vec::new();
    for region in regions {
        for channel in 0..job.frame.format().color.intensities() {
            planes::measure(
                &job.frame,
                job.before.as_ref(),
                region,
                channel,
                measures,
                room,
                &mut values,
            )?;
        }
    }
    Ok(StatsRow {
        stamp: job.frame.stamp.clone(),
        values,
    })
}

/// The columns, each with a name of its own.
fn columns(
    format: &FrameFormat,
    measures: &[Measure],
    regions: &[Region],
) -> Result<Vec<StatsColumn>, Error> {
    let channels: &[&str] = match format.color {
        Color::Gray | Color::GrayAlpha => &[""],
        Color::Rgb | Color::Rgba => &["_r", "_g", "_b"],
    };
    let mut columns = Vec::new();
    let mut known = HashSet::new();
    for (region, place) in regions.iter().zip(0usize..) {
        let of = match &region.name {
            Some(name) => format!("_{name}"),
            None if regions.len() > 1 => format!("_{}", place + 1),
            None => String::new(),
        };
        for (suffix, channel) in channels.iter().zip(0..) {
            for measure in measures {
                let name = format!("{measure}{suffix}{of}");
                if !known.insert(name.clone()) {
                    let expected = "columns that differ in measure or in the name of their region";
                    return Err(Error::bad_option(
                        "a column",
                        format!("`{name}` twice"),
                        expected,
                    ));
                }
                columns.push(StatsColumn {
                    name,
                    measure: *measure,
                    channel,
                    region: place,
                });
            }
        }
    }
    Ok(columns)
}
