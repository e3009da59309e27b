//! `pimage mosaic`: many recordings in one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ArgAction;
use pimage_convert::RangeSpec;
use pimage_core::{Error, FrameReader, Limits};
use pimage_mosaic::{Align, BufferMode, Layout, LayoutCell, LayoutFile, Mosaic, MosaicOptions};

use super::mosaic_cells::CellArgs;
use super::mosaic_layout::LayoutArgs;
use super::mosaic_print::{print, relative};
use super::mosaic_sources::Opener;
use crate::args::{ReadArgs, WriteArgs, parse_index, parse_step};
use crate::interrupt::Interrupt;
use crate::job::Job;
use crate::part::PartArgs;
use crate::streams;
use crate::term::Term;
use crate::transform::{TransformArgs, surroundings};

const EXAMPLES: &str = "\
Examples:
  pimage mosaic left.avi right.avi -o both.mp4
  pimage mosaic cam?.avi -o grid.avi --columns 3 --padding 4 --max-size 1000
  pimage mosaic raw.avi filtered.avi -o pair.mp4 --pair horizontal --title raw --title filtered
  pimage mosaic scene.mp4 eye.seq -o both.mp4 --inset top-right,scale:0.25 -t 1:rotate=90
  pimage mosaic a.mkv b.mkv -o in_step.mkv --align nearest --offset 1:0.2s
  pimage mosaic a.avi b.avi --print-layout > pair.toml
  pimage mosaic --layout pair.toml -o pair.mp4";

/// Show many recordings in one: a grid, a pair, pictures in a picture, or cells of any place.
///
/// Sources may be of any format, size, rate and length; a .toml is another mosaic.
/// Gray sources stay gray when all are; samples must be of one type, which `-t N:rescale=8` and the like bring about.
/// Frames are brought together by their indices, unless --align says otherwise.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recordings, as for convert; - for standard input.
    #[arg(value_name = "SOURCE", required_unless_present = "layout")]
    sources: Vec<PathBuf>,

    /// The output, or - for standard output; with --print-layout a .toml file.
    #[arg(
        short,
        long,
        value_name = "OUT",
        required_unless_present = "print_layout"
    )]
    output: Option<PathBuf>,

    /// Read sources, places, steps and times from this file, which --print-layout writes; paths in it are relative to it.
    #[arg(long = "layout", value_name = "FILE", conflicts_with_all = ["sources", "layout_options"])]
    layout: Option<PathBuf>,

    /// Write the layout that was asked for as TOML, with the place of each cell in pixels, instead of any frame; into another folder with -o, which makes its paths relative to it.
    #[arg(long)]
    print_layout: bool,

    #[command(flatten)]
    places: LayoutArgs,

    #[command(flatten)]
    cells: CellArgs,

    #[command(flatten)]
    time: TimeArgs,

    #[command(flatten)]
    read: ReadArgs,

    /// Map samples linearly, as for convert: auto, full, pLO,HI or MIN,MAX.
    #[arg(
        long,
        value_name = "RANGE",
        allow_hyphen_values = true,
        help_heading = "Writing"
    )]
    range: Option<RangeSpec>,

    #[command(flatten)]
    write: WriteArgs,
}

/// When frames are shown, and which.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Time")]
struct TimeArgs {
    /// How frames of different sources are brought together: by their index, or by their times the nearest, the previous, or exact ones.
    #[arg(long, value_name = "HOW")]
    align: Option<Align>,

    /// Where resized frames are kept that are read more than once: auto, memory, zarr (compressed chunks on the disk) or none.
    #[arg(long, value_name = "WHERE", default_value_t = BufferMode::Auto)]
    buffer: BufferMode,

    /// The folder for buffers on the disk; the system's for temporary files unless given.
    #[arg(long, value_name = "DIR")]
    buffer_folder: Option<PathBuf>,

    /// Go on when a source that was opened fails, and show a cross in its place.
    #[arg(long, action = ArgAction::SetTrue)]
    keep_going: bool,

    /// The first frame of the mosaic.
    #[arg(long, value_name = "INDEX", default_value_t = 0, allow_negative_numbers = true, value_parser = parse_index)]
    start: u64,

    /// The frame of the mosaic before which to stop.
    #[arg(long, value_name = "INDEX", allow_negative_numbers = true, value_parser = parse_index)]
    stop: Option<u64>,

    /// Every N-th frame of the mosaic.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = parse_step)]
    step: u64,
}

impl TimeArgs {
    fn part(&self) -> PartArgs {
        PartArgs {
            start: self.start,
            stop: self.stop,
            step: self.step,
            select: Vec::new(),
            iterate: None,
            bundle: None,
            channel: None,
            transform: TransformArgs {
                transforms: Vec::new(),
                colormap: None,
            },
        }
    }
}

/// Runs the verb.
pub(crate) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let work = Work::new(args, limits, interrupt)?;
    if args.print_layout {
        return print(args.output.as_deref(), &args.write, &work.said()?, term);
    }
    let Some(output) = &args.output else {
        return Err(Error::bad_option("-o", "missing", "the name of the output").into());
    };
    let name = work.name();
    let noted = std::cell::Cell::new(false);
    let open = || -> anyhow::Result<Box<dyn FrameReader>> {
        let (mosaic, opener, rates) = work.mosaic()?;
        if rates > 1 && work.is_by_index() && !noted.replace(true) {
            term.note(&format!(
                "note: the sources have {rates} different rates, and frame i of each is shown with frame i of the others; --align nearest brings them together by their times"
            ));
        }
        let reader = opener.finish(mosaic, &name);
        Ok(args
            .time
            .part()
            .of(&name, reader, &surroundings(&args.read, limits, interrupt))?)
    };
    let job = Job {
        input: &name,
        output,
        open: &open,
        range: args.range,
        threads: args.read.threads,
        memory: args.read.memory,
        write: &args.write,
        interrupt,
        term,
    };
    job.run()
}

/// A mosaic that was asked for.
struct Work<'a> {
    args: &'a Args,
    interrupt: &'a Interrupt,
    read: pimage_io::ReadOptions,
    options: MosaicOptions,
    /// What a file says, when there is one.
    file: Option<(&'a Path, LayoutFile)>,
    layout: Layout,
    cells: Vec<LayoutCell>,
}

impl<'a> Work<'a> {
    fn new(args: &'a Args, limits: Limits, interrupt: &'a Interrupt) -> anyhow::Result<Self> {
        let file = match &args.layout {
            Some(_) if !args.cells.is_none() => {
                let expected = "what the file says of each cell";
                return Err(
                    Error::bad_option("--layout", "given with options of cells", expected).into(),
                );
            }
            Some(path) => {
                let mut file = LayoutFile::read(path)?;
                file.align = args.time.align.unwrap_or(file.align);
                file.rate = args.write.fps.or(file.rate);
                Some((path.as_path(), file))
            }
            None => None,
        };
        let around = surroundings(&args.read, limits, interrupt);
        let options = MosaicOptions {
            threads: args.read.threads,
            memory_bytes: around.memory_bytes,
            limits,
            cancel: interrupt.cancel.clone(),
            open: around.open,
            keep_going: args.time.keep_going,
            align: args.time.align.unwrap_or_default(),
            rate: args.write.fps,
            buffer: args.time.buffer,
            buffer_folder: args.time.buffer_folder.clone(),
        };
        Ok(Self {
            args,
            interrupt,
            read: args.read.options(None, limits),
            options,
            layout: args.places.layout(),
            cells: args.cells.cells(&args.sources)?,
            file,
        })
    }

    fn mosaic(&self) -> anyhow::Result<(Mosaic, Opener<'_>, usize)> {
        let mut opener = Opener::new(&self.read, self.interrupt);
        let (mosaic, rates) = match &self.file {
            Some((path, file)) => opener.layout(path, file, &self.options)?,
            None => {
                let opened = opener.cells(&self.cells, &self.args.sources, &self.options)?;
                let mosaic = Mosaic::new(opened.cells, &self.layout, &self.options)?;
                (mosaic, opened.rates)
            }
        };
        Ok((mosaic, opener, rates))
    }

    /// The layout as a file says it, of which paths are relative to that of the output.
    fn said(&self) -> anyhow::Result<LayoutFile> {
        let (mosaic, _, _) = self.mosaic()?;
        let (cells, layout, folder) = match &self.file {
            Some((path, file)) => (&file.cells, file.layout(), path.parent()),
            None => (&self.cells, self.layout.clone(), None),
        };
        let folder = folder.unwrap_or_else(|| Path::new(""));
        let target = self.args.output.as_deref().and_then(Path::parent);
        let mut said = Vec::with_capacity(cells.len());
        for (at, cell) in cells.iter().enumerate() {
            let path = match self.args.sources.get(at) {
                Some(path) => path.clone(),
                None => cell.path(folder),
            };
            said.push(LayoutCell {
                source: relative(&path, target)?,
                ..cell.clone()
            });
        }
        Ok(LayoutFile {
            rate: self
                .file
                .as_ref()
                .map_or(self.options.rate, |(_, file)| file.rate),
            align: self
                .file
                .as_ref()
                .map_or(self.options.align, |(_, file)| file.align),
            ..LayoutFile::new(mosaic.plan(), mosaic.sizes(), said, &layout)
        })
    }

    fn is_by_index(&self) -> bool {
        let of_file = self.file.as_ref().map(|(_, file)| file.align);
        of_file.unwrap_or(self.options.align) == Align::Index
    }

    /// What the mosaic is called in messages.
    fn name(&self) -> PathBuf {
        let sources = self.args.sources.as_slice();
        // What can be read only once is said to be so.
        if let Some(once) = sources.iter().find(|source| streams::is_standard(source)) {
            return once.clone();
        }
        match (&self.file, sources) {
            (Some((path, _)), _) => path.to_path_buf(),
            (None, [only]) => only.clone(),
            (None, [first, others @ ..]) => {
                PathBuf::from(format!("{} and {} more", first.display(), others.len()))
            }
            (None, []) => PathBuf::new(),
        }
    }
}
