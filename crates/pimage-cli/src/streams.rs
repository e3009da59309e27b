//! Opening inputs and outputs, files and standard streams alike.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pimage_convert::Cancel;
use pimage_core::{Damage, Error, FrameReader, FrameWriter, StreamInfo};
use pimage_io::{ReadOptions, WriteOptions};
use pimage_store::{METADATA_FILE, has_extra_data};
use serde_json::json;

use crate::report::Hinted;
use crate::term::Term;

/// What standard input and output are called in messages.
const STDIN: &str = "standard input";
const STDOUT: &str = "standard output";

/// Bytes of frames gathered for one write to a pipe.
const PIPE_BUFFER_BYTES: usize = 64 << 10;

/// Whether `path` means a standard stream.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Opens a recording, or standard input for `-`.
pub(crate) fn open(
    path: &Path,
    options: &ReadOptions,
    cancel: &Cancel,
) -> anyhow::Result<Box<dyn FrameReader>> {
    if !is_standard(path) {
        return pimage_io::open(path, options).map_err(|error| renamed(error).into());
    }
    if io::stdin().is_terminal() {
        return Err(Hinted::new(
            "standard input is a terminal, not a stream of frames",
            "pipe y4m into it, or raw frames with --raw WIDTHxHEIGHT:TYPE",
        )
        .into());
    }
    let source = standard_input(cancel.clone());
    Ok(pimage_io::open_stream(STDIN, source, options)?)
}

/// The library knows one `--format`; here the input's has a name of its own.
fn renamed(error: Error) -> Error {
    match error {
        Error::BadOption {
            name,
            found,
            expected,
        } if name == "--format" => Error::bad_option("--input-format", found, expected),
        other => other,
    }
}

/// Prepares an output by its extension, or standard output for `-`.
pub(crate) fn create(
    path: &Path,
    info: &StreamInfo,
    options: &WriteOptions,
) -> anyhow::Result<Box<dyn FrameWriter>> {
    if !is_standard(path) {
        return Ok(pimage_io::create(path, info, options)?);
    }
    refuse_terminal()?;
    let target = standard_output().map_err(Error::io("open", STDOUT))?;
    Ok(pimage_io::create_stream(STDOUT, target, info, options)?)
}

/// Files that options and arguments had read: lists of indices, of names, of steps.
static LISTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Remembers a list that was read, so that no output replaces it.
pub(crate) fn note_list(path: &Path) {
    let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    lists.push(path.to_path_buf());
}

/// An error when the output would replace a file that is read, or become a part of the input.
///
/// `files` are those that are read beside the input.
pub(crate) fn refuse_input(
    input: &Path,
    files: &[PathBuf],
    output: &Path,
    options: &WriteOptions,
) -> anyhow::Result<()> {
    if is_standard(output) {
        return Ok(());
    }
    let named = pimage_io::split_variable(input).map(|(file, _)| file);
    let lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut read = vec![named.as_deref().unwrap_or(input)];
    read.extend(files.iter().chain(&lists).map(PathBuf::as_path));
    let names = input.to_str().and_then(|name| name.strip_prefix('@'));
    read.extend(names.map(Path::new));
    for written in written_files(output, options.format.as_deref()) {
        let found = read
            .iter()
            .find(|read| pimage_io::writes_over(&written, options, read));
        if let Some(read) = found {
            let text = format!(
                "`{}` would be both read and written, by `{}`",
                read.display(),
                written.display()
            );
            return Err(Hinted::new(text, "write to another name and rename it afterwards").into());
        }
    }
    if let Some(store) = store_of(input).filter(|store| is_within(output, store)) {
        let text = format!(
            "`{}` would be written into the recording store `{}`, which is read",
            output.display(),
            store.display()
        );
        return Err(Hinted::new(text, "write into another folder").into());
    }
    if joins(input, files, output) {
        let text = format!(
            "`{}` would be taken for a part of the recording `{}`, whose files of frames begin so",
            output.display(),
            input.display()
        );
        return Err(Hinted::new(text, "write to another name or into another folder").into());
    }
    Ok(())
}

/// The folder of a recording store, of which `metadata.yaml` may be named.
pub(crate) fn store_folder(path: &Path) -> &Path {
    let is_metadata = path.file_name().is_some_and(|name| name == METADATA_FILE);
    if is_metadata { folder_of(path) } else { path }
}

/// The folder of a recording store; `None` for anything else.
fn store_of(input: &Path) -> Option<&Path> {
    let folder = store_folder(input);
    folder.join(METADATA_FILE).is_file().then_some(folder)
}

/// The folder of a recording store; an error that says what it is not.
pub(crate) fn expect_store(path: &Path) -> anyhow::Result<&Path> {
    if let Some(folder) = store_of(path) {
        return Ok(folder);
    }
    let _ = path.metadata().map_err(Error::io("open", path))?;
    let text = format!("`{}` is not a recording store", path.display());
    let advice = "`pimage info` tells what it is, `pimage store save` makes a store of a recording";
    Err(Hinted::new(text, advice).into())
}

/// What is said of a store whose extra data do not go along.
pub(crate) fn extra_note(input: &Path) -> Option<String> {
    let store = store_of(input).filter(|store| has_extra_data(store))?;
    Some(format!(
        "the extra data of `{}` do not go along: `pimage store extra` writes them as a table",
        store.display()
    ))
}

/// Whether a new file of this name is somewhere in the folder.
pub(crate) fn is_within(output: &Path, folder: &Path) -> bool {
    let existing = folder_of(output)
        .ancestors()
        .map(|above| match above.as_os_str().is_empty() {
            true => Path::new("."),
            false => above,
        })
        .find_map(|above| above.canonicalize().ok());
    match (existing, folder.canonicalize()) {
        (Some(existing), Ok(folder)) => existing.starts_with(folder),
        _ => false,
    }
}

/// The files that an output of this name consists of.
fn written_files(output: &Path, format: Option<&str>) -> Vec<PathBuf> {
    let mut written = vec![output.to_path_buf()];
    let is_hiris = format.map_or_else(|| has_extension(output, "seq"), |name| name == "hiris");
    if is_hiris {
        written.push(output.with_extension("bin"));
    }
    written
}

/// Whether a new file of this name is one that the reader of `input` would take for another of `files`.
fn joins(input: &Path, files: &[PathBuf], output: &Path) -> bool {
    let begins_alike = || {
        let stem = input.file_stem().unwrap_or_default().to_string_lossy();
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&*stem)
    };
    let folder = folder_of(output);
    let is_beside = |file: &PathBuf| {
        has_extension(file, "bin") && pimage_fs::same_file(folder_of(file), folder)
    };
    has_extension(output, "bin") && begins_alike() && files.iter().any(is_beside)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    let found = path.extension();
    found.is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// An error when standard output is a terminal, which frames would only confuse.
pub(crate) fn refuse_terminal() -> anyhow::Result<()> {
    if io::stdout().is_terminal() {
        return Err(Hinted::new(
            "standard output is a terminal, and frames are not text",
            "pipe it into another program, or give a file name",
        )
        .into());
    }
    Ok(())
}

/// How many frames are missing; `None` when that is not known.
pub(crate) fn lost_count(damage: &[Damage]) -> Option<u64> {
    Damage::is_counted(damage).then(|| Damage::count(damage))
}

/// `7 lost`, or that nobody knows how many; `None` when no frame is missing.
pub(crate) fn lost_text(damage: &[Damage]) -> Option<String> {
    match lost_count(damage) {
        Some(0) => None,
        Some(lost) => Some(format!("{lost} lost")),
        None => Some("an unknown number lost".to_owned()),
    }
}

/// The runs of frames that are missing, as JSON has them.
pub(crate) fn lost_json(damage: &[Damage]) -> Vec<serde_json::Value> {
    let runs = damage.iter();
    runs.map(|run| json!({"start": run.frames.start, "stop": run.frames.end, "reason": run.reason}))
        .collect()
}

/// Lists the frames that are missing, each run on a line.
pub(crate) fn note_damage(term: &Term, path: &Path, damage: &[Damage]) {
    for run in damage {
        term.warn(&format!("lost in `{}`: {run}", path.display()));
    }
}

#[cfg(unix)]
fn standard_output() -> io::Result<Box<dyn Write + Send>> {
    use std::os::fd::AsFd;

    // `io::stdout` looks for line ends in everything it writes.
    let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    Ok(Box::new(BufWriter::with_capacity(PIPE_BUFFER_BYTES, file)))
}

#[cfg(not(unix))]
fn standard_output() -> io::Result<Box<dyn Write + Send>> {
    Ok(Box::new(BufWriter::with_capacity(
        PIPE_BUFFER_BYTES,
        io::stdout(),
    )))
}

#[cfg(unix)]
fn standard_input(cancel: Cancel) -> Box<dyn Read + Send> {
    Box::new(patient::PatientStdin::new(cancel))
}

#[cfg(not(unix))]
fn standard_input(_cancel: Cancel) -> Box<dyn Read + Send> {
    Box::new(io::stdin())
}

#[cfg(unix)]
mod patient {
    //! Standard input that can be told to stop waiting.

    use std::fs::File;
    use std::io::{self, Read};
    use std::os::fd::AsFd;

    use pimage_convert::Cancel;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    /// How long one wait for data lasts.
    const WAIT: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 50_000_000,
    };

    /// Standard input; a read ends with an error soon after the token is used.
    #[derive(Debug)]
    pub(super) struct PatientStdin {
        file: Option<File>,
        cancel: Cancel,
    }

    impl PatientStdin {
        pub(super) fn new(cancel: Cancel) -> Self {
            let file = io::stdin()
                .as_fd()
                .try_clone_to_owned()
                .ok()
                .map(File::from);
            Self { file, cancel }
        }
    }

    impl Read for PatientStdin {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let Some(file) = &mut self.file else {
                return Err(io::Error::other("it is closed"));
            };
            loop {
                if self.cancel.is_cancelled() {
                    return Err(io::Error::other("interrupted"));
                }
                let ready = poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&WAIT));
                match ready {
                    Ok(0) | Err(rustix::io::Errno::INTR) => {}
                    // Files of some kinds cannot be polled, but never keep a reader waiting either.
                    Ok(_) | Err(_) => return file.read(bytes),
                }
            }
        }
    }
}
