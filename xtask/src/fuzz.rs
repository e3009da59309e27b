//! Compiles the fuzz targets, or runs one.

use anyhow::bail;
use xshell::{Shell, cmd};

use crate::packages::answers;
use crate::workspace::root;
use crate::{flags, workspace};

impl flags::Fuzz {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        let folder = root().join("tests").join("fuzz");
        if !folder.join("Cargo.toml").is_file() {
            bail!("no fuzz targets in `{}`", workspace::shown(&folder));
        }
        let _dir = sh.push_dir(&folder);
        let has_cargo_fuzz = answers(sh, &["cargo", "fuzz", "--version"]);
        match self.target {
            Some(target) if has_cargo_fuzz => {
                let secs = self.secs.unwrap_or(60).to_string();
                cmd!(
                    sh,
                    "cargo +nightly fuzz run --fuzz-dir . {target} -- -max_total_time={secs}"
                )
                .run()?;
            }
            Some(target) => bail!(
                "running `{target}` needs cargo-fuzz and a nightly compiler: `cargo install cargo-fuzz`"
            ),
            None => cmd!(sh, "cargo check --bins").run()?,
        }
        Ok(())
    }
}
