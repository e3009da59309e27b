//! What is done to the frames of every verb that reads them.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use pimage_core::{Error, FrameReader, Limits};
use pimage_io::ReadOptions;
use pimage_transform::{Chain, Step, Surroundings, TransformingReader};

use crate::args::ReadArgs;
use crate::interrupt::Interrupt;

/// The longest file of steps that is read, bytes.
const MAX_STEPS_BYTES: u64 = 1 << 20;

/// Steps in the order given, then the colormap.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Transforms")]
pub(crate) struct TransformArgs {
    /// What to do to each frame, such as crop=100,50,320,256, rotate=90, resize=0.5 or clahe=clip:8,tiles:5x5; `pimage transforms` lists all.
    ///
    /// Can be given several times: steps are applied in the order given, to the part of the recording that the options above choose.
    /// Several may stand in one SPEC, with | between them; @FILE reads them from a file, one a line, where ` # ` begins a comment.
    #[arg(short = 't', long = "transform", value_name = "SPEC", value_parser = parse_steps)]
    pub(crate) transforms: Vec<Chain>,

    /// Colour gray frames with a colormap of this name, such as viridis, magma or RdBu,range:symmetric; short for a last step colormap=NAME.
    #[arg(long, value_name = "NAME", value_parser = parse_colormap)]
    pub(crate) colormap: Option<Step>,
}

/// Steps as typed, or from a file.
pub(crate) fn parse_steps(text: &str) -> Result<Chain, String> {
    let chain = read_chain(text)?;
    // An empty variable of a script should not pass for a step.
    match chain.is_empty() {
        true => Err("it has no step".to_owned()),
        false => Ok(chain),
    }
}

fn read_chain(text: &str) -> Result<Chain, String> {
    let Some(file) = text.strip_prefix('@') else {
        return text.parse().map_err(said);
    };
    let steps =
        read_steps(Path::new(file)).map_err(|error| format!("cannot read `{file}`: {error}"))?;
    crate::streams::note_list(Path::new(file));
    Chain::from_lines(&steps).map_err(|error| format!("`{file}`, {error}"))
}

fn read_steps(file: &Path) -> std::io::Result<String> {
    use std::io::Read as _;

    let mut text = String::new();
    let source = std::fs::File::open(file)?;
    let length = source.take(MAX_STEPS_BYTES + 1).read_to_string(&mut text)?;
    if length as u64 > MAX_STEPS_BYTES {
        let reason = format!("more than {MAX_STEPS_BYTES} bytes are no list of steps");
        return Err(std::io::Error::new(
            std::io::ErrorKind::FileTooLarge,
            reason,
        ));
    }
    Ok(text)
}

/// The step of a colormap.
pub(crate) fn parse_colormap(name: &str) -> Result<Step, String> {
    format!("colormap={name}").parse().map_err(said)
}

#[expect(clippy::needless_pass_by_value, reason = "is a function for `map_err`")]
fn said(error: Error) -> String {
    error.to_string()
}

impl TransformArgs {
    /// Whether nothing is to be done.
    pub(crate) const fn is_none(&self) -> bool {
        self.transforms.is_empty() && self.colormap.is_none()
    }

    /// All steps as one chain.
    fn chain(&self) -> Chain {
        let mut chain = Chain::new();
        for part in &self.transforms {
            chain.extend(part.steps().iter().cloned());
        }
        chain.extend(self.colormap.clone());
        chain
    }

    /// The frames of `reader` after all steps.
    pub(crate) fn of(
        &self,
        reader: Box<dyn FrameReader>,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn FrameReader>, Error> {
        if self.is_none() {
            return Ok(reader);
        }
        let reader = TransformingReader::new(reader, &self.chain(), surroundings)?;
        Ok(Box::new(reader))
    }
}

/// What the steps of this run work in.
pub(crate) fn surroundings(read: &ReadArgs, limits: Limits, interrupt: &Interrupt) -> Surroundings {
    let options = ReadOptions {
        limits,
        threads: read.threads,
        ..ReadOptions::default()
    };
    Surroundings {
        threads: read.threads,
        // The other half is for what stands between the steps and the output.
        memory_bytes: read.memory / 2,
        limits,
        cancel: interrupt.cancel.clone(),
        open: Some(Arc::new(move |path: &Path| pimage_io::open(path, &options))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_keep_their_order_and_the_colormap_is_last() {
        let args = TransformArgs {
            transforms: vec![
                parse_steps("crop=10 | flip=both").expect("parses"),
                parse_steps("flip=vertical").expect("parses"),
            ],
            colormap: None,
        };
        assert_eq!(
            args.chain().to_string(),
            "crop=10 | flip=both | flip=vertical"
        );
    }

    #[test]
    fn steps_come_from_a_file() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let file = folder.path().join("steps.txt");
        std::fs::write(&file, "# smaller\ncrop=10\nflip=both\n").expect("writes");
        let chain = parse_steps(&format!("@{}", file.display())).expect("parses");
        assert_eq!(chain.to_string(), "crop=10 | flip=both");
        std::fs::write(&file, "crop=10 # the rim\n\nflip=up\n").expect("writes");
        let error = parse_steps(&format!("@{}", file.display())).expect_err("no direction");
        assert!(
            error.contains("steps.txt`, line 3: flip direction is `up`"),
            "{error}"
        );
        let error = parse_steps("@nothing.txt").expect_err("is not there");
        assert!(error.starts_with("cannot read `nothing.txt`"), "{error}");
        // The last step of a file that is too long must not go missing.
        std::fs::write(&file, format!("crop=10\n{}flip\n", "\n".repeat(1 << 20))).expect("writes");
        let error = parse_steps(&format!("@{}", file.display())).expect_err("is too long");
        assert!(error.contains("more than 1048576 bytes"), "{error}");
    }
}
