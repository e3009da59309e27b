//! Which variable of a file has the frames.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;
use std::path::Path;

use netcdf_reader::{NcGroup, NcType, NcVariable};
use pimage_core::Error;

use super::attributes::text;
use super::packing::Kind;

/// Most variables that an error lists.
const MOST_LISTED: usize = 20;

/// Deepest group that is looked at.
const DEEPEST: usize = 64;

/// A variable and where it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    /// The group that it is in, with the file's root first.
    pub(super) variable: &'a NcVariable,
    pub(super) kind: Kind,
}

/// The path of a variable and what it is; groups are parted by `/`.
///
/// `hidden` gives the places and types of what is in the file but no variable.
pub(super) fn find<'a>(
    path: &Path,
    root: &'a NcGroup,
    name: Option<&str>,
    hidden: &dyn Fn() -> Vec<(String, String)>,
) -> Result<(String, Found<'a>), Error> {
    let mut all = Vec::new();
    collect(root, "", 0, &mut all);
    let Some(name) = name else {
        return only(path, &all, hidden);
    };
    let wanted = name.trim_matches('/');
    let found = all.iter().find(|(place, _)| place == wanted);
    let Some((place, variable)) = found else {
        let hidden = hidden();
        let reason = match hidden.iter().find(|(place, _)| place == wanted) {
            Some((_, kind)) => format!("`{name}` holds {kind}, which pimage does not read"),
            None => {
                let there = listed(&all);
                format!("it has no variable `{name}`; there are {there}")
            }
        };
        return Err(Error::unsupported(path, reason));
    };
    let Some(kind) = Kind::of(variable.dtype()) else {
        let reason = format!(
            "`{name}` holds {}, which pimage does not read",
            type_in_words(variable)
        );
        return Err(Error::unsupported(path, reason));
    };
    if variable.ndim() < 2 {
        let reason = format!(
            "{} has {} dimension(s): frames need two or more",
            described(place, variable),
            variable.ndim()
        );
        return Err(Error::unsupported(path, reason));
    }
    Ok((place.clone(), Found { variable, kind }))
}

/// All variables with their paths, those of a group before those of its groups.
fn collect<'a>(
    group: &'a NcGroup,
    prefix: &str,
    depth: usize,
    all: &mut Vec<(String, &'a NcVariable)>,
) {
    for variable in &group.variables {
        all.push((format!("{prefix}{}", variable.name()), variable));
    }
    if depth < DEEPEST {
        for inner in &group.groups {
            let prefix = format!("{prefix}{}/", inner.name);
            collect(inner, &prefix, depth + 1, all);
        }
    }
}

/// The only variable of two or more dimensions that describes no other.
fn only<'a>(
    path: &Path,
    all: &[(String, &'a NcVariable)],
    hidden: &dyn Fn() -> Vec<(String, String)>,
) -> Result<(String, Found<'a>), Error> {
    let helpers: BTreeSet<String> = all
        .iter()
        .flat_map(|(_, variable)| {
            [
                "coordinates",
                "bounds",
                "climatology",
                "grid_mapping",
                "cell_measures",
            ]
            .into_iter()
            .filter_map(|name| text(variable, name))
        })
        .flat_map(|names| {
            let names = names.split_whitespace().map(str::to_owned);
            names.collect::<Vec<_>>()
        })
        .collect();
    let candidates: Vec<_> = all
        .iter()
        .filter(|(_, variable)| variable.ndim() >= 2 && !helpers.contains(variable.name()))
        .filter_map(|(place, variable)| {
            let kind = Kind::of(variable.dtype())?;
            Some((place, Found { variable, kind }))
        })
        .collect();
    if let [(place, found)] = candidates.as_slice() {
        return Ok(((*place).clone(), *found));
    }
    let name = path.file_name().unwrap_or_default().display();
    let reason = if candidates.is_empty() {
        let hidden = hidden();
        let places = hidden.iter().take(MOST_LISTED);
        let mut there: Vec<_> = places
            .map(|(place, kind)| format!("`{place}` holds {kind}"))
            .collect();
        if !all.is_empty() || there.is_empty() {
            there.insert(0, listed(all));
        }
        let there = there.join(", ").replace(char::is_control, " ");
        format!("none of its variables has two dimensions or more of plain numbers: {there}")
    } else {
        let candidates: Vec<_> = candidates
            .iter()
            .map(|(place, found)| ((*place).clone(), found.variable))
            .collect();
        format!(
            "it has several variables, of which one must be named, as `{name}:NAME`: {}",
            listed(&candidates)
        )
    };
    Err(Error::unsupported(path, reason))
}

/// What a variable of no plain numbers holds.
fn type_in_words(variable: &NcVariable) -> String {
    let NcType::Enum { members, .. } = variable.dtype() else {
        return format!("no plain numbers but {}", type_name(variable));
    };
    let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
    match names.as_slice() {
        ["FALSE", "TRUE"] => "truth values (an enum of FALSE and TRUE)".to_owned(),
        _ => format!("an enum of {} names", names.len()),
    }
}

fn type_name(variable: &NcVariable) -> String {
    match Kind::of(variable.dtype()) {
        Some(kind) => kind.name().to_owned(),
        None => {
            let full = format!("{:?}", variable.dtype()).to_lowercase();
            let end = full.find(|c: char| !c.is_alphanumeric());
            full.get(..end.unwrap_or(full.len()))
                .unwrap_or_default()
                .to_owned()
        }
    }
}

/// `` `t2m` (time 8, latitude 61, longitude 121) int16 ``.
fn described(place: &str, variable: &NcVariable) -> String {
    let dimensions = variable.dimensions().iter();
    let dimensions = dimensions.map(|dimension| format!("{} {}", dimension.name, dimension.size));
    let dimensions: Vec<_> = dimensions.collect();
    let kind = type_name(variable);
    format!("`{place}` ({}) {kind}", dimensions.join(", "))
}

fn listed(all: &[(String, &NcVariable)]) -> String {
    let mut texts: Vec<_> = all
        .iter()
        .take(MOST_LISTED)
        .map(|(place, variable)| described(place, variable))
        .collect();
    if all.len() > MOST_LISTED {
        texts.push(format!("{} more", all.len() - MOST_LISTED));
    }
    if texts.is_empty() {
        return "none".to_owned();
    }
    texts.join(", ").replace(char::is_control, " ")
}
