//! Prepares a release: versions, changelog section, order of crates, packaging check, tag.

use std::fs;

use anyhow::{Context, bail};
use xshell::{Shell, cmd};

use crate::manifest::Manifest;
use crate::{flags, workspace};

/// The heading under which changes gather.
const UNRELEASED: &str = "## Unreleased";

impl flags::Release {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        if self.dry_run == self.execute {
            bail!("say either `--dry-run` or `--execute`");
        }
        check_version(&self.version)?;
        let members = workspace::members()?;
        let order = publishing_order(&members)?;
        let root = workspace::root();
        let (manifest_path, changelog_path) = (root.join("Cargo.toml"), root.join("CHANGELOG.md"));
        let read = |path: &std::path::Path| {
            fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
        };
        let manifest = with_version(&read(&manifest_path)?, &self.version)?;
        let date = cmd!(sh, "date -u +%Y-%m-%d").quiet().read()?;
        let changelog = with_section(&read(&changelog_path)?, &self.version, &date)?;
        let changes = cmd!(sh, "git status --porcelain").quiet().read()?;

        println!("Version {} of: {}", self.version, order.join(", "));
        println!("Changelog:\n{}\n", section(&changelog, &self.version));
        package(sh, &order)?;
        if self.dry_run {
            if !changes.is_empty() {
                println!("Not committed yet, so `--execute` would refuse:\n{changes}");
            }
            println!("Nothing was changed: that was a dry run.");
            return Ok(());
        }
        if !changes.is_empty() {
            bail!("there are changes that are not committed:\n{changes}");
        }
        fs::write(&manifest_path, manifest)?;
        fs::write(&changelog_path, changelog)?;
        let (version, tag) = (&self.version, format!("v{}", self.version));
        cmd!(sh, "cargo update --workspace --quiet").run()?;
        cmd!(sh, "git add Cargo.toml Cargo.lock CHANGELOG.md").run()?;
        cmd!(sh, "git commit --quiet --message {tag}").run()?;
        cmd!(sh, "git tag --annotate {tag} --message {tag}").run()?;
        println!("Tagged {tag}. Next: `git push --follow-tags`, then, in this order:");
        for name in order {
            println!("  cargo publish --package {name}    # {version}");
        }
        Ok(())
    }
}

fn check_version(version: &str) -> anyhow::Result<()> {
    let numbers: Vec<_> = version.split('.').map(str::parse::<u32>).collect();
    if numbers.len() != 3 || numbers.iter().any(Result::is_err) {
        bail!("`{version}` is no version; expected three numbers, such as 0.2.0");
    }
    Ok(())
}

/// The published crates, each after those that it uses.
fn publishing_order(members: &[Manifest]) -> anyhow::Result<Vec<String>> {
    let published: Vec<_> = members
        .iter()
        .filter(|member| member.is_published())
        .collect();
    let mut order: Vec<String> = Vec::new();
    while order.len() < published.len() {
        let is_ready = |member: &Manifest| {
            !order.iter().any(|name| name == member.name())
                && member
                    .dependencies("dependencies")
                    .filter(|name| published.iter().any(|other| other.name() == *name))
                    .all(|name| order.iter().any(|done| done == name))
        };
        let Some(next) = published.iter().find(|member| is_ready(member)) else {
            bail!("the crates use one another in a circle");
        };
        order.push(next.name().to_owned());
    }
    Ok(order)
}

/// The workspace's manifest with `version` for the workspace and for its own crates.
fn with_version(manifest: &str, version: &str) -> anyhow::Result<String> {
    let old = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version = "))
        .context("the workspace's manifest has no version")?
        .trim_matches('"');
    let lines: Vec<_> = manifest
        .lines()
        .map(|line| {
            if line.starts_with("version = ") || line.starts_with("pimage-") {
                line.replace(
                    &format!("version = \"{old}\""),
                    &format!("version = \"{version}\""),
                )
            } else {
                line.to_owned()
            }
        })
        .collect();
    Ok(lines.join("\n") + "\n")
}

/// The changelog with the gathered changes under a heading of their own.
fn with_section(changelog: &str, version: &str, date: &str) -> anyhow::Result<String> {
    let heading = format!("## {version}");
    if changelog.contains(&heading) {
        bail!("the changelog has a section for {version} already");
    }
    let gathered = section(changelog, "Unreleased");
    if gathered.trim().is_empty() {
        bail!("the changelog has nothing under `{UNRELEASED}`");
    }
    Ok(changelog.replacen(
        UNRELEASED,
        &format!("{UNRELEASED}\n\n{heading} ({date})"),
        1,
    ))
}

/// What stands under the heading that begins with `name`.
fn section<'a>(changelog: &'a str, name: &str) -> &'a str {
    let heading = format!("## {name}");
    let Some(start) = changelog.find(&heading) else {
        return "";
    };
    let body = &changelog[start..];
    let body = body.split_once('\n').map_or("", |(_, body)| body);
    body.find("\n## ").map_or(body, |end| &body[..end]).trim()
}

/// Packs every crate as the registry would get it; nothing is sent.
fn package(sh: &Shell, order: &[String]) -> anyhow::Result<()> {
    let packages = order.iter().flat_map(|name| ["--package", name]);
    cmd!(
        sh,
        "cargo package --quiet --no-verify --allow-dirty {packages...}"
    )
    .run()
    .context("a crate cannot be packed")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str =
        "# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n";

    #[test]
    fn changes_move_under_the_version() {
        let new = with_section(CHANGELOG, "0.2.0", "2026-02-02").expect("a section");
        assert!(
            new.contains("## Unreleased\n\n## 0.2.0 (2026-02-02)\n\n- New.\n"),
            "{new}"
        );
        assert_eq!(section(&new, "0.2.0"), "- New.");
        assert_eq!(section(&new, "Unreleased"), "");
        with_section(&new, "0.3.0", "2026-03-03").expect_err("nothing is gathered");
        with_section(CHANGELOG, "0.1.0", "2026-03-03").expect_err("it is there already");
    }

    #[test]
    fn versions_change_everywhere_they_are_written() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\n[workspace.dependencies]\n\
                        pimage-core = { path = \"x\", version = \"0.1.0\" }\nother = { version = \"0.1.0\" }\n";
        let new = with_version(manifest, "0.2.0").expect("a version");
        assert_eq!(new.matches("0.2.0").count(), 2, "{new}");
        assert_eq!(new.matches("0.1.0").count(), 1, "{new}");
    }

    #[test]
    fn a_crate_comes_after_what_it_uses() {
        let crates = |text: &str| Manifest::parse(std::path::Path::new("Cargo.toml"), text);
        let members = [
            crates("[package]\nname = \"b\"\n[dependencies]\na.workspace = true\n"),
            crates("[package]\nname = \"x\"\npublish = false\n"),
            crates("[package]\nname = \"a\"\n"),
        ];
        assert_eq!(publishing_order(&members).expect("an order"), ["a", "b"]);
        check_version("1.2.3").expect("a version");
        check_version("1.2").expect_err("two numbers");
    }
}
