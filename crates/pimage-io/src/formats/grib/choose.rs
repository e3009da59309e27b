//! Which of the variables of a file is read: the one that is named, or the only one.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::path::Path;

use pimage_core::Error;

use super::parameter::{self, Parameter};
use super::product::Product;
use super::scan::Variable;

/// Most variables that an error lists.
const MOST_LISTED: usize = 20;

/// A name as it is typed: `t`, `t,850`, `0.0.0,850,member=3`, `#7`.
#[derive(Debug, Clone, PartialEq)]
struct Wanted<'a> {
    name: &'a str,
    level: Option<f64>,
    member: Option<u8>,
}

impl<'a> Wanted<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(',');
        let mut wanted = Self {
            name: parts.next()?.trim(),
            level: None,
            member: None,
        };
        for part in parts {
            match part.trim().split_once('=') {
                Some(("member", number)) => wanted.member = Some(number.parse().ok()?),
                Some(_) => return None,
                None => wanted.level = Some(part.trim().parse().ok()?),
            }
        }
        Some(wanted)
    }

    fn fits(&self, place: usize, variable: &Variable) -> bool {
        let product = &variable.product;
        let level = || product.level().value.unwrap_or(0.0);
        let is_level = self
            .level
            .is_none_or(|wanted| (level() - wanted).abs() <= wanted.abs() * 1e-6);
        is_level
            && (self.member.is_none() || self.member == product.member)
            && (self.name == format!("#{}", place + 1)
                || names_of(product)
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(self.name)))
    }
}

/// The parameter of a product, when it has a name, and its names where it is.
fn named(
    product: &Product,
) -> (
    Option<&'static Parameter>,
    Option<(&'static str, &'static str)>,
) {
    let level = product.level();
    let metres = level.value.filter(|_| level.kind == "heightAboveGround");
    let at_height = metres.and_then(|metres| parameter::at_height(product.codes, metres));
    (parameter::find(product.codes), at_height)
}

/// Every name of a variable, the best one first.
fn names_of(product: &Product) -> Vec<String> {
    let (parameter, at_height) = named(product);
    let (discipline, category, number) = product.codes;
    let mut names: Vec<_> = at_height
        .into_iter()
        .flat_map(|(short, cf)| [short, cf])
        .chain(
            parameter
                .into_iter()
                .flat_map(|row| [row.short, row.abbreviation]),
        )
        .map(str::to_owned)
        .collect();
    names.push(format!("{discipline}.{category}.{number}"));
    names
}

/// ecCodes' short name, or the codes of what has none.
pub(super) fn short_name(product: &Product) -> String {
    names_of(product).swap_remove(0)
}

/// The name of the variable of cfgrib; `None` for a parameter that has no name.
pub(super) fn variable_name(product: &Product) -> Option<&'static str> {
    let (parameter, at_height) = named(product);
    let at_height = at_height.map(|(_, variable)| variable);
    at_height.or_else(|| parameter.map(|row| row.short))
}

/// The parameter in words, and its unit.
pub(super) fn title_and_units(product: &Product) -> Option<(&'static str, &'static str)> {
    parameter::find(product.codes).map(|row| (row.title, row.units))
}

/// The index of the variable that `wanted` names, or of the only one.
///
/// # Errors
///
/// [`Error::Unsupported`] when there is none or are several; both list what there is.
pub(super) fn choose(
    path: &Path,
    variables: &[Variable],
    wanted: Option<&str>,
) -> Result<usize, Error> {
    let file = path.file_name().unwrap_or_default().display();
    let all = || {
        variables
            .iter()
            .enumerate()
            .map(|(place, _)| place)
            .collect::<Vec<_>>()
    };
    let Some(text) = wanted else {
        return match variables {
            [_] => Ok(0),
            _ => {
                let there = listed(variables, &all());
                let reason = format!(
                    "it has several variables, of which one must be named, as `{file}:NAME`: {there}"
                );
                Err(Error::unsupported(path, reason))
            }
        };
    };
    let Some(parsed) = Wanted::parse(text) else {
        let expected = "NAME, NAME,LEVEL or NAME,LEVEL,member=N";
        return Err(Error::bad_option(
            "the name after `:`",
            format!("`{text}`"),
            expected,
        ));
    };
    let fitting = matching(variables, &parsed);
    match fitting.as_slice() {
        [only] => Ok(*only),
        [] => {
            let there = listed(variables, &all());
            let reason = format!("it has no variable `{text}`; there are {there}");
            Err(Error::unsupported(path, reason))
        }
        several => {
            let there = listed(variables, several);
            let reason =
                format!("`{text}` is several variables, of which one must be named: {there}");
            Err(Error::unsupported(path, reason))
        }
    }
}

fn matching(variables: &[Variable], wanted: &Wanted<'_>) -> Vec<usize> {
    let fitting = variables
        .iter()
        .enumerate()
        .filter(|(place, variable)| wanted.fits(*place, variable));
    fitting.map(|(place, _)| place).collect()
}

/// The shortest name by which no other variable is called.
fn label(variables: &[Variable], place: usize) -> String {
    let Some(variable) = variables.get(place) else {
        return String::new();
    };
    let short = short_name(&variable.product);
    let with_level = format!("{short},{}", variable.product.level().text());
    let mut candidates = vec![short, with_level.clone()];
    candidates.extend(
        variable
            .product
            .member
            .map(|member| format!("{with_level},member={member}")),
    );
    candidates
        .into_iter()
        .find(|text| {
            Wanted::parse(text).is_some_and(|wanted| matching(variables, &wanted) == [place])
        })
        .unwrap_or_else(|| format!("#{}", place + 1))
}

/// Names of variables, with what they are and how many frames they have.
fn listed(variables: &[Variable], places: &[usize]) -> String {
    let shown = places.iter().take(MOST_LISTED);
    let mut texts: Vec<_> = shown
        .filter_map(|place| Some((*place, variables.get(*place)?)))
        .map(|(place, variable)| {
            let product = &variable.product;
            let title = title_and_units(product).map_or("no known parameter", |(title, _)| title);
            let process = match product.step_type() {
                "instant" => String::new(),
                other if product.is_from_reference() => {
                    format!(" ({other} from the reference time)")
                }
                other => format!(" ({other})"),
            };
            let (level, count) = (product.level(), variable.count);
            format!(
                "`{}` {title}{process} at {level}, {count} frame(s)",
                label(variables, place)
            )
        })
        .collect();
    if places.len() > MOST_LISTED {
        texts.push(format!("{} more", places.len() - MOST_LISTED));
    }
    texts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_levels_and_members() {
        let wanted = Wanted::parse("t, 850,member=3").expect("is a name");
        assert_eq!(
            (wanted.name, wanted.level, wanted.member),
            ("t", Some(850.0), Some(3))
        );
        assert_eq!(
            Wanted::parse("0.0.0").map(|wanted| wanted.name),
            Some("0.0.0")
        );
        for text in ["t,high", "t,850,member=x", "t,step=3"] {
            assert_eq!(Wanted::parse(text), None, "{text}");
        }
    }
}
