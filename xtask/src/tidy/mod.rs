//! The house's own rules: all complaints at once, each with its place and what to do.

mod crates;
mod sources;

use std::fmt;
use std::path::Path;

use anyhow::bail;
use xshell::Shell;

use crate::{flags, workspace};

impl flags::Tidy {
    pub(crate) fn run(self, _sh: &Shell) -> anyhow::Result<()> {
        let complaints = complaints()?;
        for complaint in &complaints {
            println!("{complaint}");
        }
        let failures = complaints.iter().filter(|c| c.is_failure).count();
        if failures > 0 {
            bail!("{failures} places are against the rules");
        }
        println!(
            "tidy: {} notes, nothing against the rules",
            complaints.len()
        );
        Ok(())
    }
}

/// Something that is not as it should be.
#[derive(Debug)]
struct Complaint {
    /// Relative to the root.
    path: String,
    /// From 1.
    line: usize,
    /// The rule, and what to do.
    rule: String,
    /// Whether it must be mended; a note otherwise.
    is_failure: bool,
}

impl Complaint {
    fn failure(path: &Path, line: usize, rule: impl Into<String>) -> Self {
        Self {
            path: workspace::shown(path),
            line,
            rule: rule.into(),
            is_failure: true,
        }
    }

    fn note(path: &Path, line: usize, rule: impl Into<String>) -> Self {
        Self {
            is_failure: false,
            ..Self::failure(path, line, rule)
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_failure { "error" } else { "note" };
        write!(f, "{}:{}: {kind}: {}", self.path, self.line, self.rule)
    }
}

fn complaints() -> anyhow::Result<Vec<Complaint>> {
    let mut complaints = sources::complaints()?;
    complaints.extend(crates::complaints()?);
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let failures: Vec<_> = complaints()
            .expect("the sources can be read")
            .iter()
            .filter(|complaint| complaint.is_failure)
            .map(ToString::to_string)
            .collect();
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    }
}
