//! What the program says, and to whom: data to standard output, talk to standard error.

use std::io::{self, IsTerminal, Write};

use pimage_core::Error;
use serde_json::Value;

use crate::report::safe;

/// The two outputs of the program.
#[derive(Debug)]
pub(crate) struct Term {
    is_quiet: bool,
    /// Whether results are to be JSON.
    pub(crate) json: bool,
}

impl Term {
    pub(crate) const fn new(is_quiet: bool, json: bool) -> Self {
        Self { is_quiet, json }
    }

    /// A line of results.
    pub(crate) fn line(&self, text: &str) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        let written = out
            .write_all(text.as_bytes())
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush());
        written.map_err(Error::io("write", "standard output"))
    }

    /// A JSON value of results, on a line of its own.
    pub(crate) fn json(&self, value: &Value) -> Result<(), Error> {
        self.line(&value.to_string())
    }

    /// A line for the person who watches; nothing when they asked for quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_quiet {
            // Nobody is left to be told when standard error is closed.
            let _ = writeln!(io::stderr(), "{}", safe(text));
        }
    }

    /// A line that nobody may miss, such as frames that were lost: told also when quiet was asked for.
    pub(crate) fn warn(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", safe(text));
    }

    /// Whether something that moves may be drawn.
    pub(crate) fn may_draw(&self) -> bool {
        !self.is_quiet && io::stderr().is_terminal()
    }
}
