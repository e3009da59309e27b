//! Format, clippy and documentation, warnings denied.

use xshell::{Shell, cmd};

use crate::flags;

impl flags::Lint {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        if self.fix {
            cmd!(sh, "cargo fmt --all").run()?;
            cmd!(
                sh,
                "cargo clippy --workspace --all-targets --all-features --fix --allow-dirty --allow-staged"
            )
            .run()?;
        }
        format(sh)?;
        clippy(sh)?;
        docs(sh)
    }
}

/// Everything is formatted.
pub(crate) fn format(sh: &Shell) -> anyhow::Result<()> {
    cmd!(sh, "cargo fmt --all --check").run()?;
    Ok(())
}

/// Clippy has no complaint, with everything compiled in.
pub(crate) fn clippy(sh: &Shell) -> anyhow::Result<()> {
    cmd!(
        sh,
        "cargo clippy --workspace --all-targets --all-features -- --deny warnings"
    )
    .run()?;
    Ok(())
}

/// The documentation has no broken link.
pub(crate) fn docs(sh: &Shell) -> anyhow::Result<()> {
    let _env = sh.push_env("RUSTDOCFLAGS", "--deny warnings");
    cmd!(sh, "cargo doc --workspace --all-features --no-deps").run()?;
    Ok(())
}
