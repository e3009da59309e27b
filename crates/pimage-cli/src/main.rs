//! The `pimage` program: parses, dispatches, prints the error, answers with the exit code.

mod args;
mod cmd;
mod compare;
mod interrupt;
mod job;
mod limits;
mod part;
mod plot;
mod progress;
mod report;
mod selection;
mod sizes;
mod streams;
mod term;
mod transform;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::Cli;
use crate::term::Term;

fn main() -> ExitCode {
    report::silence_panics();
    if std::env::args_os().len() < 2 {
        // Nothing was asked: the answer is what could be.
        return match Cli::command().print_help() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(report::FAILED),
        };
    }
    let cli = match Cli::try_parse_from(std::env::args_os().map(selection::as_argument)) {
        Ok(cli) => cli,
        Err(error) => return report::usage(&error),
    };
    let mut term = Term::new(cli.quiet, cli.json);
    // Threads catch their own panics; this is for the rest.
    match catch_unwind(AssertUnwindSafe(|| cmd::run(&cli, &mut term))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => report::error(&error),
        Err(panic) => report::error(&pimage_core::Error::from_panic("pimage", &*panic).into()),
    }
}
