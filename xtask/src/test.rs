//! The whole test suite, after the set-up.

use std::ffi::OsString;

use xshell::{Shell, cmd};

use crate::packages::answers;
use crate::{flags, setup, workspace};

impl flags::Test {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        setup::ensure(sh, self.yes)?;
        run(sh, &self.args)
    }
}

/// All tests of all crates with everything compiled in: nextest where it is installed, and the examples in the documentation.
fn run(sh: &Shell, args: &[OsString]) -> anyhow::Result<()> {
    let everything = ["--workspace", "--all-features"];
    // Built once here, so that the tests of the program do not each ask for it.
    cmd!(sh, "cargo build --package pimage-cli").run()?;
    let program =
        workspace::target_dir().join(format!("debug/pimage{}", std::env::consts::EXE_SUFFIX));
    let _program = sh.push_env("PIMAGE_BIN", program);
    if answers(sh, &["cargo", "nextest", "--version"]) {
        cmd!(
            sh,
            "cargo nextest run --no-fail-fast {everything...} {args...}"
        )
        .run()?;
        // A filter for nextest means nothing to the examples.
        if args.is_empty() {
            cmd!(sh, "cargo test {everything...} --doc").run()?;
        }
    } else {
        cmd!(sh, "cargo test --no-fail-fast {everything...} {args...}").run()?;
    }
    Ok(())
}
