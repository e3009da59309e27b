//! Builds the program, runs it, installs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use xshell::{Shell, cmd};

use crate::flags;
use crate::workspace::target_dir;

impl flags::Run {
    pub(crate) fn run(self, sh: &Shell, typed_in: &Path) -> anyhow::Result<()> {
        let program = build_program(sh)?;
        let status = Command::new(&program)
            .args(&self.args)
            .current_dir(typed_in)
            .status()
            .with_context(|| format!("cannot run `{}`", program.display()))?;
        // The program has said what is wrong; its exit code is passed on.
        std::process::exit(status.code().unwrap_or(130));
    }
}

impl flags::Install {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        cmd!(sh, "cargo install --locked --path crates/pimage-cli").run()?;
        Ok(())
    }
}

/// Builds the release program and returns where it is.
pub(crate) fn build_program(sh: &Shell) -> anyhow::Result<PathBuf> {
    cmd!(sh, "cargo build --release --package pimage-cli")
        .quiet()
        .run()
        .context(
            "the program does not build; `cargo xtask setup` says whether something is missing",
        )?;
    built(&release_dir().join(format!("pimage{}", std::env::consts::EXE_SUFFIX)))
}

/// Builds a release example and returns where it is.
pub(crate) fn build_example(sh: &Shell, package: &str, example: &str) -> anyhow::Result<PathBuf> {
    cmd!(
        sh,
        "cargo build --release --package {package} --all-features --example {example}"
    )
    .quiet()
    .run()?;
    let name = format!("{example}{}", std::env::consts::EXE_SUFFIX);
    built(&release_dir().join("examples").join(name))
}

fn release_dir() -> PathBuf {
    target_dir().join("release")
}

fn built(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_file() {
        bail!("the build left no `{}`", path.display());
    }
    Ok(path.to_owned())
}
