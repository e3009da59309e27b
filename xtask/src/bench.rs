//! Measures pimage beside its peers, in one run; the measuring itself is `tests/bench/run.py`.

use std::path::Path;

use xshell::{Shell, cmd};

use crate::venv::Venv;
use crate::workspace::{root, target_dir};
use crate::{cargo, flags, setup};

/// What the inputs and the measuring need.
const NEEDED: [&str; 1] = ["numpy"];
/// The peers, as PyPI calls them; one that cannot be installed is left out of the table, by name.
const PEERS: [&str; 17] = [
    "opencv-python-headless",
    "av",
    "decord",
    "easimage",
    "tifffile",
    "imagecodecs",
    "Pillow",
    "zarr",
    "scikit-image",
    "matplotlib",
    "imgstore",
    "imageio",
    "pysz",
    "zfpy",
    "blosc2",
    "netCDF4",
    "eccodes",
];

impl flags::Bench {
    pub(crate) fn run(self, sh: &Shell, typed_in: &Path) -> anyhow::Result<()> {
        setup::ensure(sh, false)?;
        let program = cargo::build_program(sh)?;
        let example = cargo::build_example(sh, "pimage-io", "random_access")?;
        let throughput = cargo::build_example(sh, "pimage-transform", "throughput")?;
        let plotting = cargo::build_example(sh, "pimage-plot", "plot_throughput")?;
        let storing = cargo::build_example(sh, "pimage-store", "store_throughput")?;
        let applying = cargo::build_example(sh, "pimage-codec", "apply_throughput")?;
        let venv = Venv::ensure(sh, "bench")?;
        for package in NEEDED {
            venv.install(sh, package)?;
        }
        for package in PEERS {
            if let Err(error) = venv.install(sh, package) {
                println!("{error:#}: left out");
            }
        }
        let python = venv.python();
        let script = root().join("tests").join("bench").join("run.py");
        let work = target_dir().join("bench");
        let mut args = vec![];
        for row in &self.only {
            args.extend(["--only".to_owned(), row.clone()]);
        }
        if self.small {
            args.push("--small".to_owned());
        }
        if self.strict {
            args.push("--strict".to_owned());
        }
        if let Some(count) = self.repeat {
            args.extend(["--repeat".to_owned(), count.to_string()]);
        }
        if let Some(file) = &self.json {
            args.push("--json".to_owned());
            args.push(typed_in.join(file).display().to_string());
        }
        cmd!(
            sh,
            "{python} {script} --program {program} --example {example} --throughput {throughput} --plotting {plotting} --storing {storing} --applying {applying} --work {work} {args...}"
        )
        .quiet()
        .run()?;
        Ok(())
    }
}
