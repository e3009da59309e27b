//! `pimage transforms`: the steps of `--transform`.

use std::fmt::Write as _;
use std::process::ExitCode;

use pimage_transform::{GROUPS, Operator, Parameter, Presence, operator};
use serde_json::json;

use crate::term::Term;

const EXAMPLES: &str = "\
Examples:
  pimage transforms
  pimage transforms resize
  pimage convert in.seq out.mp4 -t crop=100,50,320,256 -t rotate=90 -t resize=0.5
  pimage convert in.seq out.mp4 -t 'clahe=clip:8,tiles:5x5 | gamma=1.5'
  pimage convert in.seq out.mp4 -t @steps.txt";

/// List the steps that --transform takes, with their parameters, units and defaults.
///
/// A step is `name`, `name=value,value` or `name=key:value,key:value`; values without a key are the parameters in their order,
/// and a value after a key belongs to it too (weights:0.2,0.7,0.1). Text with a comma, a bar or a colon is quoted: annotate='a, b'.
/// Steps are applied in the order given; several may stand in one, with | between them, or on lines of a file, @steps.txt.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Tell all of these steps only.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// Runs the verb.
pub(crate) fn run(args: &Args, term: &Term) -> anyhow::Result<ExitCode> {
    let named: Result<Vec<_>, _> = args.names.iter().map(|name| operator(name)).collect();
    let named = named?;
    if term.json {
        let groups = GROUPS.iter().flat_map(|group| {
            let operators = group.operators.iter();
            operators.map(|operator| (group.title, operator))
        });
        let listed: Vec<_> = groups
            .filter(|(_, operator)| {
                args.names.is_empty() || args.names.iter().any(|name| name == operator.name)
            })
            .map(|(group, operator)| json_of(group, operator))
            .collect();
        term.json(&json!(listed))?;
        return Ok(ExitCode::SUCCESS);
    }
    if named.is_empty() {
        term.line(overview().trim_end())?;
    }
    for (place, operator) in named.into_iter().enumerate() {
        if place > 0 {
            term.line("")?;
        }
        term.line(details(operator).trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One line for each step.
fn overview() -> String {
    let mut text = String::new();
    for group in GROUPS.iter().filter(|group| !group.operators.is_empty()) {
        let _ = writeln!(text, "{}", group.title);
        for operator in group.operators {
            let _ = writeln!(text, "  {:<12} {}", operator.name, operator.title);
        }
        text.push('\n');
    }
    text.push_str("`pimage transforms NAME` tells the parameters of a step.\n");
    text
}

/// Everything about one step.
fn details(operator: &Operator) -> String {
    let mut text = format!("{}: {}\n", operator.name, operator.title);
    for parameter in operator.parameters {
        let _ = writeln!(
            text,
            "  {:<12} {} [{}]{}",
            parameter.name,
            parameter.title,
            parameter.unit,
            presence(parameter)
        );
    }
    if !operator.notes.is_empty() {
        let _ = writeln!(text, "{}", operator.notes);
    }
    let _ = writeln!(text, "Examples:");
    for example in operator.examples {
        let _ = writeln!(text, "  -t {}", quoted(example));
    }
    text
}

/// How a shell must be given it.
fn quoted(text: &str) -> String {
    let is_plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "=,.:_-+/%@".contains(c));
    match is_plain {
        true => text.to_owned(),
        false if text.contains('\'') => format!("\"{text}\""),
        false => format!("'{text}'"),
    }
}

fn presence(parameter: &Parameter) -> String {
    match parameter.presence {
        Presence::Required => ", must be given".to_owned(),
        Presence::Default(value) => format!(", default {value}"),
        Presence::Optional(otherwise) => format!(", otherwise {otherwise}"),
    }
}

fn json_of(group: &str, operator: &Operator) -> serde_json::Value {
    let parameters: Vec<_> = operator
        .parameters
        .iter()
        .map(|parameter| {
            let (default, otherwise) = match parameter.presence {
                Presence::Default(value) => (Some(value), None),
                Presence::Optional(otherwise) => (None, Some(otherwise)),
                Presence::Required => (None, None),
            };
            json!({
                "name": parameter.name,
                "title": parameter.title,
                "unit": parameter.unit,
                "required": parameter.presence == Presence::Required,
                "default": default,
                "otherwise": otherwise,
                "list": parameter.is_list,
            })
        })
        .collect();
    json!({
        "name": operator.name,
        "group": group,
        "title": operator.title,
        "parameters": parameters,
        "notes": operator.notes,
        "examples": operator.examples,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_quoted_for_a_shell() {
        assert_eq!(quoted("crop=10,20"), "crop=10,20");
        assert_eq!(quoted("annotate={index}"), "'annotate={index}'");
        assert_eq!(quoted("annotate='a b'"), "\"annotate='a b'\"");
    }

    #[test]
    fn every_step_is_told_with_its_parameters() {
        let overview = overview();
        for operator in pimage_transform::operators() {
            assert!(
                overview.contains(&format!("  {:<12} {}", operator.name, operator.title)),
                "{overview}"
            );
            let details = details(operator);
            for parameter in operator.parameters {
                assert!(details.contains(parameter.title), "{details}");
            }
        }
    }
}
