//! Everything that a change must pass, in the order that fails fastest.

use std::time::Instant;

use anyhow::Context;
use xshell::{Shell, cmd};

use crate::{flags, lint, workspace};

/// One step, with its name.
type Step = (&'static str, fn(&Shell) -> anyhow::Result<()>);

/// Steps that take at most a few minutes.
const QUICK: [Step; 5] = [
    ("format", lint::format),
    ("tidy", |sh| flags::Tidy {}.run(sh)),
    ("clippy", lint::clippy),
    ("docs", lint::docs),
    ("test", |sh| test().run(sh)),
];

/// Steps that build the program for release, or everything many times.
const THOROUGH: [Step; 3] = [
    ("demo", |sh| demo().run(sh, &workspace::root())),
    ("interop", |sh| flags::Interop { only: None }.run(sh)),
    ("features", |sh| flags::Features {}.run(sh)),
];

/// `cargo xtask test`, as the README has it.
const fn test() -> flags::Test {
    flags::Test {
        yes: false,
        args: Vec::new(),
    }
}

/// `cargo xtask demo`, as the README has it.
const fn demo() -> flags::Demo {
    flags::Demo {
        yes: false,
        output: None,
        frames: None,
    }
}

/// Removes what the step built and no later one needs.
fn clean_after(sh: &Shell, step: &str) -> anyhow::Result<()> {
    match step {
        "test" => cmd!(sh, "cargo clean --workspace").run()?,
        "interop" => {
            cmd!(sh, "cargo clean --release").run()?;
            sh.remove_path(workspace::target_dir().join("venv").join("interop"))?;
        }
        _ => {}
    }
    Ok(())
}

impl flags::Ci {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        let mut steps = QUICK.to_vec();
        if !self.quick {
            steps.extend(THOROUGH);
        }
        let mut times = Vec::new();
        for (name, step) in steps {
            println!("\n== {name}");
            let start = Instant::now();
            step(sh).with_context(|| format!("the step `{name}` failed"))?;
            times.push(format!("{name} {} s", start.elapsed().as_secs()));
            if self.lean {
                clean_after(sh, name)?;
            }
        }
        println!("\nci: passed ({})", times.join(", "));
        Ok(())
    }
}
