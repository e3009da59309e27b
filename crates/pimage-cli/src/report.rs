//! How the program ends: one line for an error, at most one hint, and the exit code.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use pimage_convert::ConvertError;
use pimage_core::Error;

/// The answer is no: a comparison differs, a check found problems.
pub(crate) const ANSWER_IS_NO: u8 = 1;
/// An error or wrong usage.
pub(crate) const FAILED: u8 = 2;
/// Interrupted by Ctrl-C or SIGTERM.
pub(crate) const INTERRUPTED: u8 = 130;

/// An error of the program itself, with what to do about it.
#[derive(Debug)]
pub(crate) struct Hinted {
    text: String,
    hint: &'static str,
}

impl Hinted {
    pub(crate) fn new(text: impl Into<String>, hint: &'static str) -> Self {
        Self {
            text: text.into(),
            hint,
        }
    }
}

impl std::fmt::Display for Hinted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Hinted {}

/// Keeps the text of a panic off the screen: whoever catches it reports it in one line.
///
/// With `RUST_BACKTRACE` set, the text is printed as usual.
pub(crate) fn silence_panics() {
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|value| value == "0") {
        std::panic::set_hook(Box::new(|_| {}));
    }
}

/// `text` with control characters escaped, so that a file name cannot write on the terminal.
pub(crate) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_invisible(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Characters that turn the direction of text, by which a name could pass for another.
const fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Prints an error and answers with its exit code. A broken pipe is no error: whoever read has seen enough.
pub(crate) fn error(error: &anyhow::Error) -> ExitCode {
    for cause in error.chain() {
        let is_stopped = matches!(cause.downcast_ref(), Some(ConvertError::Stopped { .. }))
            || matches!(core_error(cause), Some(Error::Stopped));
        if is_stopped {
            return ExitCode::from(INTERRUPTED);
        }
        if let Some(io) = cause.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::BrokenPipe
        {
            return ExitCode::SUCCESS;
        }
    }
    print(&chain(error), hint(error).as_deref());
    ExitCode::from(FAILED)
}

/// The texts of an error and its causes, without those that only repeat the one before.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut line = String::new();
    let mut last = String::new();
    for cause in error.chain() {
        let text = match core_error(cause) {
            // Its advice becomes the hint.
            Some(Error::CannotHold { target, format, .. }) => {
                format!("{target} cannot hold {format} frames")
            }
            Some(Error::CannotTake { step, format, .. }) => {
                format!("{step} does not take {format} frames")
            }
            _ => cause.to_string(),
        };
        if text != last {
            let separator = if line.is_empty() { "" } else { ": " };
            // Writing to a string does not fail.
            let _ = write!(line, "{separator}{text}");
        }
        last = text;
    }
    line
}

/// The library's error, also where a stage of the conversion stands for it.
fn core_error<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a Error> {
    if let Some(error) = cause.downcast_ref::<Error>() {
        return Some(error);
    }
    match cause.downcast_ref::<ConvertError>() {
        Some(ConvertError::Read { source } | ConvertError::Write { source }) => Some(source),
        _ => None,
    }
}

fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(hinted) = cause.downcast_ref::<Hinted>() {
            return Some(hinted.hint.to_owned());
        }
        let text = match core_error(cause)? {
            Error::CannotHold { hint, .. } | Error::CannotTake { hint, .. } => hint.as_str(),
            Error::Codec { reason, .. } if reason.contains("moov atom not found") => {
                "the file is cut or its recording was not finished: an .mp4 has its index at the end"
            }
            Error::Exists { .. } => "add --overwrite to replace it",
            Error::NotBuilt { .. } => "`pimage doctor` lists what this build can do",
            Error::Unrecognized { path, .. } if is_table(path) => {
                "`pimage plot` draws tables of numbers"
            }
            Error::Unrecognized { .. } => {
                "`pimage doctor` lists the formats; --raw WIDTHxHEIGHT:TYPE reads frames without a header"
            }
            Error::Truncated { .. } | Error::Damaged { .. } => {
                "without --strict the frames that are whole are read; --damaged keep delivers the others as they are"
            }
            _ => return None,
        };
        Some(text.to_owned())
    })
}

/// Whether a file is one of numbers by its name.
fn is_table(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["csv", "tsv"]
        .iter()
        .any(|table| extension.eq_ignore_ascii_case(table))
}

/// Prints what clap says of the arguments: help and version as they are, an error in our form.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return match error.print() {
            Err(failed) if failed.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(FAILED),
            _ => ExitCode::SUCCESS,
        };
    }
    let text = error.render().to_string();
    let first_paragraph: Vec<_> = text
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect();
    let line = first_paragraph.join(" ");
    // The blank before a range that counts from the end is not the user's.
    let line = line.replace("' -", "'-");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    let advice = text.lines().find_map(|line| {
        let line = line.trim();
        let tip = line.strip_prefix("tip: ");
        // What begins with a hyphen is hardly ever meant as a name.
        let tip = tip.filter(|tip| !tip.contains("use '-- "));
        tip.map(str::to_owned).or_else(|| {
            line.strip_prefix("Usage: ")
                .map(|usage| format!("usage: {usage}"))
        })
    });
    print(line, advice.as_deref());
    ExitCode::from(FAILED)
}

fn print(line: &str, hint: Option<&str>) {
    let mut err = io::stderr().lock();
    // Nobody is left to be told when standard error is closed.
    let _ = writeln!(err, "pimage: {}", safe(line));
    if let Some(hint) = hint {
        let _ = writeln!(err, "hint: {}", safe(hint));
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use pimage_core::{Color, FrameFormat, SampleType};

    use super::*;

    #[test]
    fn control_characters_of_names_are_escaped() {
        assert_eq!(safe("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\nb");
        assert_eq!(safe("évènement 日本"), "évènement 日本");
        assert_eq!(safe("gpj.\u{202e}iva"), "gpj.\\u{202e}iva");
    }

    #[test]
    fn a_stage_does_not_repeat_its_cause() {
        let source = Error::io("open", "a.seq")(io::ErrorKind::NotFound.into());
        let error = anyhow::Error::from(ConvertError::Read { source });
        assert_eq!(chain(&error), "cannot open `a.seq`: entity not found");
    }

    #[test]
    fn a_stage_that_was_stopped_is_no_error() {
        let source = Error::Stopped;
        let stopped = error(&ConvertError::Write { source }.into());
        assert_eq!(stopped, ExitCode::from(INTERRUPTED));
    }

    #[test]
    fn advice_of_an_error_becomes_the_hint() {
        let source = Error::CannotHold {
            target: "mjpeg".into(),
            format: FrameFormat::new(4, 3, Color::Gray, SampleType::U16),
            hint: "add `--range auto`".into(),
        };
        let error = anyhow::Error::from(ConvertError::Write { source }).context("cannot write");
        assert_eq!(
            chain(&error),
            "cannot write: mjpeg cannot hold 4x3 gray uint16 frames"
        );
        assert_eq!(hint(&error).as_deref(), Some("add `--range auto`"));
        let exists = Error::Exists {
            path: PathBuf::from("a"),
        };
        let advice = hint(&anyhow::Error::from(exists));
        assert_eq!(advice.as_deref(), Some("add --overwrite to replace it"));
    }
}
