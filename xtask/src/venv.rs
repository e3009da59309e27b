//! A Python environment under the target folder, for tests and benches against other software.

use std::path::{Path, PathBuf};

use anyhow::Context;
use xshell::{Shell, cmd};

use crate::workspace::target_dir;

/// A Python environment of its own.
#[derive(Debug)]
pub(crate) struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// Makes the environment `name`, or finds it.
    pub(crate) fn ensure(sh: &Shell, name: &str) -> anyhow::Result<Self> {
        let venv = Self {
            folder: target_dir().join("venv").join(name),
        };
        if !venv.python().is_file() {
            let folder = &venv.folder;
            cmd!(sh, "python3 -m venv --clear {folder}").run().context(
                "cannot make a Python environment; `cargo xtask setup` installs what that needs",
            )?;
        }
        Ok(venv)
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        let (folder, program) = if cfg!(windows) {
            ("Scripts", "python.exe")
        } else {
            ("bin", "python")
        };
        self.folder.join(folder).join(program)
    }

    /// Installs a package unless it is there.
    pub(crate) fn install(&self, sh: &Shell, package: &str) -> anyhow::Result<()> {
        let done = self.folder.join(format!(".installed-{package}"));
        if done.is_file() {
            return Ok(());
        }
        let python = self.python();
        println!("installing {package} into {}", shown(&self.folder));
        cmd!(
            sh,
            "{python} -m pip install --quiet --disable-pip-version-check {package}"
        )
        .quiet()
        .run()
        .with_context(|| format!("cannot install the Python package `{package}`"))?;
        std::fs::write(&done, "").with_context(|| format!("cannot write `{}`", done.display()))
    }
}

fn shown(path: &Path) -> String {
    crate::workspace::shown(path)
}
