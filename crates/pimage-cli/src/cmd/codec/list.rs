//! `pimage codec list`: every codec, what it takes, and whether it works here.

use std::process::ExitCode;

use pimage_codec::{CODECS, Choice, Codec, Loss, Scale};
use pimage_core::Error;
use serde_json::{Value, json};

use crate::cmd::codec::settings::parse_codec;
use crate::report::safe;
use crate::term::Term;

const EXAMPLES: &str = "\
Examples:
  pimage codec list
  pimage codec list jpeg webp                          everything about these
  pimage codec list --json | jq -r '.codecs[] | select(.available) | .name'";

/// List the codecs of still images, and whether each works here.
///
/// With names: also what each takes, its scales of quality, its options with what they take and what is usual.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only these, with all details.
    #[arg(value_name = "NAME", value_parser = parse_codec)]
    names: Vec<&'static Codec>,
}

/// Runs the verb.
pub(super) fn run(args: &Args, term: &Term) -> anyhow::Result<ExitCode> {
    let chosen = match args.names.is_empty() {
        true => CODECS,
        false => args.names.as_slice(),
    };
    if term.json {
        let codecs: Vec<Value> = chosen.iter().map(|codec| described(codec)).collect();
        term.json(&json!({ "codecs": codecs }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for (place, codec) in chosen.iter().enumerate() {
        if args.names.is_empty() {
            let missing = codec.available().err();
            let state = missing.map_or_else(String::new, |error| format!(" ({})", short(&error)));
            term.line(&safe(&format!("{:<10} {}{state}", codec.name, codec.title)))?;
        } else {
            if place > 0 {
                term.line("")?;
            }
            for line in details(codec) {
                term.line(&safe(&line))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is missing, in a few words.
fn short(error: &Error) -> String {
    match error {
        Error::NotBuilt { feature, .. } => format!("not built: it needs the feature `{feature}`"),
        other => other.to_string(),
    }
}

/// How much can be lost, in words.
const fn loss_text(codec: &Codec) -> &'static str {
    match codec.loss {
        Loss::Never => "lossless",
        Loss::WithQuality => "lossless unless a quality is given",
        Loss::UnlessAsked => "lossy, lossless with --lossless",
        Loss::Always => "lossy",
    }
}

fn names<T>(of: &[T], name: impl Fn(&T) -> &'static str) -> String {
    let names: Vec<_> = of.iter().map(name).collect();
    names.join(", ")
}

fn details(codec: &'static Codec) -> Vec<String> {
    let available = match codec.available() {
        Ok(()) if codec.can_encode() => "yes".to_owned(),
        Ok(()) => "reading only".to_owned(),
        Err(error) => format!("no: {}", short(&error)),
    };
    let mut lines = vec![
        format!("{}: {}", codec.name, codec.title),
        format!("  available   {available}"),
        format!("  loss        {}", loss_text(codec)),
        format!("  files       {}", extensions(codec)),
        format!(
            "  samples     {}",
            names(codec.samples, |sample| sample.name())
        ),
        format!(
            "  colours     {}",
            names(codec.colors, |color| color.name())
        ),
        format!("  payload     {}", codec.payload),
    ];
    let scales = codec.scales.iter().enumerate();
    lines.extend(scales.map(|(place, scale)| {
        let heading = if place == 0 { "quality" } else { "" };
        let usual = scale.usual;
        format!(
            "  {heading:<11} {}={scale}, {usual} unless given: {}",
            scale.name, scale.help
        )
    }));
    let options = codec.options.iter().enumerate();
    lines.extend(options.map(|(place, option)| {
        let heading = if place == 0 { "options" } else { "" };
        format!(
            "  {heading:<11} {}: {}; {}, {} unless given",
            option.name,
            option.help,
            option.values,
            usual(option)
        )
    }));
    lines
}

/// The extensions of files, as they are typed.
fn extensions(codec: &Codec) -> String {
    let names: Vec<_> = codec
        .extensions
        .iter()
        .map(|name| format!(".{name}"))
        .collect();
    match names.is_empty() {
        true => format!(".{}", codec.extension()),
        false => names.join(", "),
    }
}

const fn usual(option: &Choice) -> &'static str {
    if option.usual.is_empty() {
        "chosen by the codec"
    } else {
        option.usual
    }
}

fn described(codec: &'static Codec) -> Value {
    let missing = codec.available().err();
    let scale = |scale: &Scale| {
        json!({
            "name": scale.name,
            "help": scale.help,
            "range": [scale.range.0, scale.range.1],
            "whole": scale.is_whole,
            "rising": scale.is_rising(),
            "default": scale.usual,
            "steps": scale.steps,
        })
    };
    let option = |option: &Choice| {
        json!({
            "name": option.name,
            "help": option.help,
            "values": option.values.to_string(),
            "default": (!option.usual.is_empty()).then_some(option.usual),
        })
    };
    json!({
        "name": codec.name,
        "title": codec.title,
        "available": missing.is_none(),
        "encodes": missing.is_none() && codec.can_encode(),
        "missing": missing.map(|error| error.to_string()),
        "feature": codec.feature,
        "loss": loss_text(codec),
        "lossless": codec.loss != Loss::Always,
        "extensions": codec.extensions,
        "samples": codec.samples.iter().map(|sample| sample.name()).collect::<Vec<_>>(),
        "colors": codec.colors.iter().map(|color| color.name()).collect::<Vec<_>>(),
        "bits": [codec.bits.0, codec.bits.1],
        "max_side": codec.max_side,
        "payload": codec.payload,
        "quality": codec.scales.iter().map(scale).collect::<Vec<_>>(),
        "options": codec.options.iter().map(option).collect::<Vec<_>>(),
    })
}
