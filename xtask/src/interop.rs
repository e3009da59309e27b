//! Other software reads what pimage writes, and the other way round.

use std::path::PathBuf;

use anyhow::{Context, bail};
use xshell::{Shell, cmd};

use crate::venv::Venv;
use crate::workspace::{root, target_dir};
use crate::{cargo, flags, setup};

/// What the scripts import, as PyPI calls it.
const PACKAGES: [&str; 25] = [
    "numpy",
    "opencv-python-headless",
    "av",
    "Pillow",
    "imageio",
    "tifffile",
    "imagecodecs",
    "zarr",
    "xarray",
    "scikit-image",
    "scipy",
    "blend_modes",
    "matplotlib",
    "cmocean",
    "cmcrameri",
    "imgstore",
    "bloscpack",
    "pyarrow",
    "bjontegaard",
    "sewar",
    "netCDF4",
    "h5py",
    "h5netcdf",
    "eccodes",
    "cfgrib",
];

impl flags::Interop {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        setup::ensure(sh, false)?;
        let program = cargo::build_program(sh)?;
        let venv = Venv::ensure(sh, "interop")?;
        for package in PACKAGES {
            venv.install(sh, package)?;
        }
        let python = venv.python();
        let scripts = scripts(self.only.as_deref())?;
        let mut failed = Vec::new();
        for script in &scripts {
            let name = script
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                .unwrap_or_default();
            let work = target_dir().join("interop").join(&name);
            println!("== {name}");
            if cmd!(sh, "{python} {script} --program {program} --work {work}")
                .quiet()
                .run()
                .is_err()
            {
                failed.push(name);
            } else {
                // What a script wrote is looked at only where it failed.
                sh.remove_path(&work)?;
            }
        }
        if !failed.is_empty() {
            bail!(
                "{} of {} scripts found differences: {}",
                failed.len(),
                scripts.len(),
                failed.join(", ")
            );
        }
        println!("interop: all {} scripts agree", scripts.len());
        Ok(())
    }
}

/// The scripts, sorted; what begins with `_` is shared by them.
fn scripts(only: Option<&str>) -> anyhow::Result<Vec<PathBuf>> {
    let folder = root().join("tests").join("interop");
    let listing = std::fs::read_dir(&folder)
        .with_context(|| format!("cannot list `{}`", folder.display()))?;
    let mut scripts = Vec::new();
    for entry in listing {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let is_wanted = only.is_none_or(|only| name.contains(only));
        if name.ends_with(".py") && !name.starts_with('_') && is_wanted {
            scripts.push(path);
        }
    }
    if scripts.is_empty() {
        bail!("no script in `{}` fits", folder.display());
    }
    scripts.sort();
    Ok(scripts)
}
