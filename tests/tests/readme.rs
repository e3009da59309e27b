//! The README keeps up with the formats.

use pimage_io::FORMATS;

const README: &str = include_str!("../../README.md");

#[test]
fn every_format_is_in_the_readme() {
    let missing: Vec<_> = FORMATS
        .iter()
        .filter(|format| format.open.is_some() || format.create.is_some())
        .flat_map(|format| format.extensions)
        .filter(|extension| !README.contains(&format!("`.{extension}`")))
        .collect();
    assert!(
        missing.is_empty(),
        "the table of formats in README.md has no row for {missing:?}"
    );
}
