//! `pimage colormaps`: the colormaps that have a name.

use std::collections::BTreeMap;
use std::process::ExitCode;

use pimage_colormap::{Colormap, Named};
use serde_json::json;

use crate::term::Term;

const EXAMPLES: &str = "\
Examples:
  pimage colormaps
  pimage colormaps --json
  pimage convert field.npy field.mp4 --colormap viridis
  pimage convert field.npy field.mp4 --colormap RdBu_r,range:symmetric,bar:right,label:'v (m/s)'
  pimage convert recording.seq hot.mp4 --colormap 'black,#800,orange,white'";

/// List the colormaps that --colormap takes by name.
///
/// Each is there reversed too, with _r behind its name. A list of colours makes a map of one's own;
/// `pimage transforms colormap` tells ranges, norms, colours for what is not a number, and the colour bar.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// Runs the verb.
pub(crate) fn run(_args: &Args, term: &Term) -> anyhow::Result<ExitCode> {
    if term.json {
        let maps: Vec<_> = Colormap::names()
            .map(|named| json!({"name": named.name, "family": named.family, "kind": named.kind.name()}))
            .collect();
        term.json(&json!(maps))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lists: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for Named { name, family, kind } in Colormap::names() {
        lists.entry((family, kind.name())).or_default().push(name);
    }
    for ((family, kind), names) in &lists {
        term.line(&format!("{family}, {kind}"))?;
        for line in lines(names) {
            term.line(&format!("  {line}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Columns of a line of names.
const WIDTH: usize = 76;

/// The words on lines that are not too long.
fn lines(words: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_filled_and_no_word_is_lost() {
        let words: Vec<String> = (0..40).map(|number| format!("map{number}")).collect();
        let lines = lines(&words);
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
        assert_eq!(lines.join(" "), words.join(" "));
    }
}
