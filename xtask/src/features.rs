//! Checks each crate alone: without features, with each feature, with all.

use anyhow::bail;
use xshell::{Shell, cmd};

use crate::{flags, workspace};

impl flags::Features {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        let mut failed = Vec::new();
        let mut checked = 0;
        for member in workspace::members()? {
            for choice in &choices(&member.features()) {
                let package = member.name();
                let call = cmd!(sh, "cargo check --quiet --package {package} {choice...}").quiet();
                checked += 1;
                let shown = format!("{package} {}", choice.join(" "));
                println!("check {shown}");
                if call.run().is_err() {
                    failed.push(shown);
                }
            }
        }
        if !failed.is_empty() {
            bail!(
                "{} of {checked} do not build: {}",
                failed.len(),
                failed.join("; ")
            );
        }
        println!("{checked} combinations build");
        Ok(())
    }
}

/// The arguments of each check for a crate with these features.
fn choices(features: &[&str]) -> Vec<Vec<String>> {
    let none = || vec!["--no-default-features".to_owned()];
    let mut choices = vec![none()];
    for feature in features {
        let mut choice = none();
        choice.extend(["--features".to_owned(), (*feature).to_owned()]);
        choices.push(choice);
    }
    // With one feature, alone and all are the same.
    if features.len() > 1 {
        choices.push(vec!["--all-features".to_owned()]);
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_checked_alone() {
        assert_eq!(choices(&[]), [["--no-default-features"]]);
        let two: Vec<_> = choices(&["a", "b"]).iter().map(|c| c.join(" ")).collect();
        assert_eq!(
            two,
            [
                "--no-default-features",
                "--no-default-features --features a",
                "--no-default-features --features b",
                "--all-features"
            ]
        );
    }
}
