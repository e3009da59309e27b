//! `cargo xtask`: everything that is done to this repository, from set-up to release.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program that talks to people"
)]

mod bench;
mod cargo;
mod ci;
mod demo;
mod digits;
mod features;
mod flags;
mod fuzz;
mod interop;
mod lint;
mod manifest;
mod packages;
mod recording;
mod release;
mod setup;
mod test;
mod tidy;
mod venv;
mod workspace;

use std::process::ExitCode;

use xshell::Shell;

use flags::{Xtask, XtaskCmd};

fn main() -> ExitCode {
    let flags = Xtask::from_env_or_exit();
    match run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: Xtask) -> anyhow::Result<()> {
    // Paths that were typed are relative to where they were typed; everything else to the root.
    let typed_in = std::env::current_dir()?;
    let sh = Shell::new()?;
    sh.change_dir(workspace::root());
    match flags.subcommand {
        XtaskCmd::Setup(task) => task.run(&sh),
        XtaskCmd::Demo(task) => task.run(&sh, &typed_in),
        XtaskCmd::Test(task) => task.run(&sh),
        XtaskCmd::Run(task) => task.run(&sh, &typed_in),
        XtaskCmd::Install(task) => task.run(&sh),
        XtaskCmd::Lint(task) => task.run(&sh),
        XtaskCmd::Tidy(task) => task.run(&sh),
        XtaskCmd::Features(task) => task.run(&sh),
        XtaskCmd::Interop(task) => task.run(&sh),
        XtaskCmd::Bench(task) => task.run(&sh, &typed_in),
        XtaskCmd::Fuzz(task) => task.run(&sh),
        XtaskCmd::Ci(task) => task.run(&sh),
        XtaskCmd::Release(task) => task.run(&sh),
    }
}
