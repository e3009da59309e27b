//! Installs the system packages that are missing; quick and silent when none is.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, bail};
use xshell::{Shell, cmd};

use crate::flags;
use crate::packages::{Manager, NEEDS, Need, answers};

impl flags::Setup {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        if !ensure(sh, self.yes)? {
            println!("Everything that pimage needs is installed.");
        }
        println!("Next: `cargo xtask demo`, `cargo xtask test`.");
        Ok(())
    }
}

/// Installs what is missing; `false` when nothing was.
pub(crate) fn ensure(sh: &Shell, is_agreed: bool) -> anyhow::Result<bool> {
    let missing = missing(sh);
    if missing.is_empty() {
        return Ok(false);
    }
    println!("Missing on this machine:");
    for need in &missing {
        println!("  {}", need.what);
    }
    let Some(manager) = Manager::find(sh) else {
        bail!("{}", advice(&missing));
    };
    let packages = packages(&missing, manager);
    let call = Call::new(sh, manager)?;
    println!("To be installed: {} {}", call.shown(), packages.join(" "));
    if !is_agreed && std::io::stdin().is_terminal() && !is_confirmed()? {
        bail!(
            "nothing was installed; run `{} {}` yourself, then again",
            call.shown(),
            packages.join(" ")
        );
    }
    call.install(sh, &packages)?;
    let still = self::missing(sh);
    if !still.is_empty() {
        let names: Vec<_> = still.iter().map(|need| need.what).collect();
        bail!("installed, but still not found: {}", names.join("; "));
    }
    Ok(true)
}

fn missing(sh: &Shell) -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| !need.is_met(sh)).collect()
}

/// The packages of `missing`, each once.
fn packages(missing: &[&Need], manager: Manager) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in missing.iter().flat_map(|need| need.packages(manager)) {
        if !names.contains(name) {
            names.push(*name);
        }
    }
    names
}

fn advice(missing: &[&Need]) -> String {
    let mut text = "no package manager that is known here; install:".to_owned();
    for manager in Manager::ALL {
        let names = packages(missing, manager).join(" ");
        text.push_str(&format!("\n  {}: {names}", manager.program()));
    }
    text
}

fn is_confirmed() -> anyhow::Result<bool> {
    print!("Install them? [Y/n] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_lowercase().as_str(),
        "" | "y" | "yes"
    ))
}

/// How a package manager is called here, through `sudo` where that is needed.
#[derive(Debug)]
struct Call {
    manager: Manager,
    /// `sudo`, or nothing.
    prefix: Vec<&'static str>,
}

impl Call {
    fn new(sh: &Shell, manager: Manager) -> anyhow::Result<Self> {
        let is_root = cmd!(sh, "id -u").quiet().read().is_ok_and(|id| id == "0");
        let prefix = if !manager.needs_root() || is_root {
            vec![]
        } else if answers(sh, &["sudo", "--version"]) {
            vec!["sudo"]
        } else {
            let missing = missing(sh);
            bail!(
                "root is needed and `sudo` is not here; as root, run `{} {} {}`",
                manager.program(),
                manager.install_args().join(" "),
                packages(&missing, manager).join(" ")
            );
        };
        Ok(Self { manager, prefix })
    }

    fn shown(&self) -> String {
        let words = self
            .prefix
            .iter()
            .copied()
            .chain([self.manager.program()])
            .chain(self.manager.install_args().iter().copied());
        words.collect::<Vec<_>>().join(" ")
    }

    fn install(&self, sh: &Shell, packages: &[&str]) -> anyhow::Result<()> {
        let _env = sh.push_env("DEBIAN_FRONTEND", "noninteractive");
        if self.manager != Manager::Apt {
            return self.run(sh, self.manager.install_args(), packages);
        }
        let is_updated = !knows_all(sh, packages);
        if is_updated {
            self.run(sh, &["update"], &[])?;
        }
        match self.run(sh, self.manager.install_args(), packages) {
            // Old lists name versions that are gone from the mirror.
            Err(_) if !is_updated => {
                self.run(sh, &["update"], &[])?;
                self.run(sh, self.manager.install_args(), packages)
            }
            result => result,
        }
    }

    fn run(&self, sh: &Shell, args: &[&str], packages: &[&str]) -> anyhow::Result<()> {
        let mut words = self.prefix.clone();
        words.push(self.manager.program());
        let program = words.remove(0);
        cmd!(sh, "{program} {words...} {args...} {packages...}")
            .run()
            .with_context(|| format!("`{}` failed", self.manager.program()))
    }
}

/// Whether apt's lists are there and name every package.
fn knows_all(sh: &Shell, packages: &[&str]) -> bool {
    Path::new("/var/lib/apt/lists").exists()
        && packages
            .iter()
            .all(|package| answers(sh, &["apt-cache", "show", package]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_once() {
        let all: Vec<_> = NEEDS.iter().collect();
        let names = packages(&all, Manager::Pacman);
        let count = names.iter().filter(|name| **name == "ffmpeg").count();
        assert_eq!(count, 1, "{names:?}");
        assert!(packages(&all, Manager::Apt).contains(&"libavformat-dev"));
    }

    #[test]
    fn advice_names_every_manager() {
        let all: Vec<_> = NEEDS.iter().collect();
        let text = advice(&all);
        for manager in Manager::ALL {
            assert!(text.contains(manager.program()), "{text}");
        }
    }
}
