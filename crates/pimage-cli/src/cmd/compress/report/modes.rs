//! What `--modes` takes: promises, the modes of `numpy_compress`, and what arrays are usually kept in.

use std::str::FromStr;

use super::baseline::{BASELINES, Baseline};
use crate::cmd::compress::promise::{Promise, parse_share};

/// What the share of the range follows that ZFP may be off by.
const ZFP: &str = "zfp=";

/// One way to pack an array.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mode {
    /// As it was typed.
    pub(super) name: String,
    pub(super) way: Way,
}

/// How it is packed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Way {
    /// By pimage, with a promise.
    Promise(Promise),
    /// By ZFP, with a promise.
    Zfp(Promise),
    /// In a format of others.
    Baseline(&'static Baseline),
}

impl Mode {
    /// What it is, in one line.
    pub(super) fn title(&self) -> String {
        match &self.way {
            Way::Promise(promise) => promise.title(),
            Way::Zfp(promise) => format!("ZFP, {}", promise.title()),
            Way::Baseline(baseline) => baseline.title.to_owned(),
        }
    }

    /// What its file is called; characters that some file systems refuse become lines.
    pub(super) fn file_stem(&self) -> String {
        let is_usual =
            |character: &char| character.is_ascii_alphanumeric() || "-+.=".contains(*character);
        let name = self.name.chars();
        name.map(|character| if is_usual(&character) { character } else { '_' })
            .collect()
    }

    /// The extension of what is written.
    pub(super) const fn extension(&self) -> &'static str {
        match &self.way {
            Way::Promise(_) | Way::Zfp(_) => "mkv",
            Way::Baseline(baseline) => baseline.extension,
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.trim().to_owned();
        let baseline = BASELINES.iter().find(|baseline| baseline.name == name);
        let others = BASELINES.iter().map(|known| known.name);
        let way = match (baseline, name.strip_prefix(ZFP)) {
            (Some(baseline), _) => Way::Baseline(baseline),
            (None, Some(share)) => Way::Zfp(Promise::RelError(parse_share(share)?)),
            (None, None) => Way::Promise(Promise::named(&name, others.chain(["zfp=NUMBER"]))?),
        };
        Ok(Self { name, way })
    }
}

/// What is compared unless something else is asked for.
pub(super) fn usual() -> Vec<Mode> {
    let names = [
        "exact",
        "rel-error=1e-4",
        "rel-error=1e-3",
        "rel-error=1e-2",
        "psnr=60",
        "max",
        "high",
        "avg",
        "C4-JP2K",
        "zfp=1e-3",
        "blosc",
        "netcdf-zlib",
        "grib-ccsds",
        "raw-16-bit",
        "half-resolution",
    ];
    names.iter().filter_map(|name| name.parse().ok()).collect()
}
