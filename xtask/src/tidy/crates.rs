//! Rules about manifests: what a crate inherits, and which crates it may use.

use super::Complaint;
use crate::manifest::Manifest;
use crate::workspace;

/// The floors of the house, lowest first: a crate uses only crates of lower floors.
const FLOORS: [(&str, u8); 20] = [
    ("pimage-core", 0),
    ("pimage-yuv", 0),
    ("pimage-fs", 1),
    ("pimage-metrics", 1),
    ("pimage-pool", 1),
    ("pimage-range", 1),
    ("pimage-text", 1),
    ("pimage-video", 2),
    ("pimage-colormap", 2),
    ("pimage-testkit", 2),
    ("pimage-codec", 3),
    ("pimage-transform", 4),
    ("pimage-plot", 4),
    ("pimage-compress", 4),
    ("pimage-store", 4),
    ("pimage-io", 5),
    ("pimage-mosaic", 5),
    ("pimage-convert", 6),
    ("pimage-view", 6),
    ("pimage-cli", 7),
];

/// What every crate takes from the workspace.
const INHERITED: [&str; 6] = [
    "version",
    "edition",
    "rust-version",
    "license",
    "authors",
    "keywords",
];

/// What is wrong in any manifest.
pub(super) fn complaints() -> anyhow::Result<Vec<Complaint>> {
    let root = Manifest::read(&workspace::root().join("Cargo.toml"))?;
    let mut found = alphabet(&root);
    for member in workspace::members()? {
        found.extend(inheritance(&member));
        found.extend(features(&member));
        found.extend(arrows(&member));
    }
    Ok(found)
}

fn inheritance(member: &Manifest) -> Vec<Complaint> {
    let mut found = Vec::new();
    for key in INHERITED {
        if member.value("package", &format!("{key}.workspace")) != Some("true") {
            let rule = format!("`{key}.workspace = true` is missing in `[package]`");
            found.push(Complaint::failure(&member.path, 1, rule));
        }
    }
    if member.value("package", "description").is_none() {
        found.push(Complaint::failure(
            &member.path,
            1,
            "a crate has a description",
        ));
    }
    if member.value("lints", "workspace") != Some("true") {
        found.push(Complaint::failure(
            &member.path,
            1,
            "`[lints]` has `workspace = true`",
        ));
    }
    for entry in &member.entries {
        let is_inherited = entry.key.ends_with(".workspace")
            || entry.value.contains("workspace = true")
            || entry.value.contains("path = ") && !entry.value.contains("version");
        if entry.table.ends_with("dependencies") && !is_inherited {
            let rule = format!(
                "the version of `{}` belongs into the workspace's manifest",
                entry.crate_name()
            );
            found.push(Complaint::failure(&member.path, entry.line, rule));
        }
    }
    found
}

fn features(member: &Manifest) -> Vec<Complaint> {
    member
        .table("features")
        .filter(|entry| entry.key != "default" && !entry.is_described)
        .map(|entry| {
            let rule = format!(
                "a comment above `{}` says what the feature is for",
                entry.key
            );
            Complaint::failure(&member.path, entry.line, rule)
        })
        .collect()
}

fn arrows(member: &Manifest) -> Vec<Complaint> {
    let own = member.name();
    member
        .table("dependencies")
        .filter(|entry| entry.crate_name().starts_with("pimage-"))
        .filter_map(|entry| {
            let used = entry.crate_name();
            let rule = match own {
                "xtask" => format!("xtask links no pimage crate, so not `{used}`"),
                "pimage-tests" => return None,
                _ => match (floor(own), floor(used)) {
                    (Some(own), Some(used)) if used < own => return None,
                    (Some(_), Some(_)) => {
                        format!("`{own}` stands no higher than `{used}` and cannot use it")
                    }
                    _ => format!("`{own}` or `{used}` has no floor in the rules"),
                },
            };
            Some(Complaint::failure(&member.path, entry.line, rule))
        })
        .collect()
}

fn floor(name: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, floor)| *floor)
}

/// The workspace's dependencies are in order, pimage's own first.
fn alphabet(root: &Manifest) -> Vec<Complaint> {
    let sorted_by = |name: &str| (!name.starts_with("pimage-"), name.to_owned());
    let entries: Vec<_> = root.table("workspace.dependencies").collect();
    entries
        .windows(2)
        .filter_map(|pair| match pair {
            [before, after] if sorted_by(before.crate_name()) > sorted_by(after.crate_name()) => {
                let rule = format!(
                    "`{}` comes before `{}` in the alphabet",
                    after.crate_name(),
                    before.crate_name()
                );
                Some(Complaint::failure(&root.path, after.line, rule))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        Manifest::parse(std::path::Path::new("Cargo.toml"), text)
    }

    #[test]
    fn arrows_point_down() {
        let upward =
            "[package]\nname = \"pimage-core\"\n[dependencies]\npimage-io.workspace = true\n";
        let found = arrows(&manifest(upward));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].line, 4);
        let downward =
            "[package]\nname = \"pimage-io\"\n[dependencies]\npimage-core.workspace = true\n";
        assert!(arrows(&manifest(downward)).is_empty());
        let linked = "[package]\nname = \"xtask\"\n[dependencies]\npimage-core.workspace = true\n";
        assert_eq!(arrows(&manifest(linked)).len(), 1);
    }

    #[test]
    fn versions_and_features_are_checked() {
        let text = "[dependencies]\nx = \"1\"\ny.workspace = true\n[features]\nbare = []\n";
        let found = inheritance(&manifest(text));
        assert!(
            found.iter().any(|c| c.rule.contains("version of `x`")),
            "{found:?}"
        );
        assert!(!found.iter().any(|c| c.rule.contains("`y`")), "{found:?}");
        assert_eq!(features(&manifest(text)).len(), 1);
    }

    #[test]
    fn the_alphabet_is_kept() {
        let text = "[workspace.dependencies]\npimage-b = \"1\"\nb = \"1\"\na = \"1\"\n";
        assert_eq!(alphabet(&manifest(text)).len(), 1);
    }
}
