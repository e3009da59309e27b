//! The README keeps up with the formats and the transforms.
//!
//! `PIMAGE_BLESS=1` in the environment writes the tables anew.
#![expect(clippy::expect_used, reason = "a test reports by panicking")]

use std::fs;
use std::path::Path;

use pimage_io::{FORMATS, Format};
use pimage_transform::GROUPS;

/// A part of the README that is made from a table of the program.
struct Part {
    begin: &'static str,
    end: &'static str,
    text: fn() -> String,
}

const FORMATS_PART: Part = Part {
    begin: "<!-- formats: made from the table of formats; PIMAGE_BLESS=1 cargo test -p pimage-tests --test readme -->\n",
    end: "<!-- formats end -->\n",
    text: formats,
};

const TRANSFORMS_PART: Part = Part {
    begin: "<!-- transforms: made from the table of operations; PIMAGE_BLESS=1 cargo test -p pimage-tests --test readme -->\n",
    end: "<!-- transforms end -->\n",
    text: transforms,
};

fn format_row(format: &Format) -> String {
    let extensions: Vec<_> = format
        .extensions
        .iter()
        .map(|extension| format!("`.{extension}`"))
        .collect();
    format!(
        "| {} | {} | {} | {} |\n",
        format.title,
        extensions.join(" "),
        format.reads,
        format.writes
    )
}

fn formats() -> String {
    let rows: String = FORMATS.iter().map(|format| format_row(format)).collect();
    format!("| format | extensions | reads | writes |\n|---|---|---|---|\n{rows}")
}

fn transforms() -> String {
    let rows: String = GROUPS
        .iter()
        .map(|group| {
            let names: Vec<_> = group
                .operators
                .iter()
                .map(|operator| format!("`{}`", operator.name))
                .collect();
            format!("| {} | {} |\n", group.title, names.join(" "))
        })
        .collect();
    format!("| group | steps |\n|---|---|\n{rows}")
}

impl Part {
    /// `readme` with this part as the table has it.
    fn put_into(&self, readme: &str) -> String {
        let (before, rest) = readme.split_once(self.begin).expect("the part begins");
        let (_, after) = rest.split_once(self.end).expect("the part ends");
        let (begin, end, text) = (self.begin, self.end, (self.text)());
        format!("{before}{begin}\n{text}\n{end}{after}")
    }
}

#[test]
fn the_readmes_tables_are_those_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).expect("the README is there");
    let expected = TRANSFORMS_PART.put_into(&FORMATS_PART.put_into(&readme));
    if std::env::var_os("PIMAGE_BLESS").is_some() {
        fs::write(&path, expected).expect("writes");
    } else {
        assert!(
            readme == expected,
            "the tables in README.md are not those of the program; PIMAGE_BLESS=1 writes them anew"
        );
    }
}

#[test]
fn what_is_done_with_a_format_is_said_of_it() {
    for format in FORMATS {
        // What is not compiled in here has its row all the same.
        if format.open.is_some() {
            assert!(!format.reads.is_empty(), "{}", format.name);
            assert_eq!(
                format.create.is_some(),
                !format.writes.is_empty(),
                "{}",
                format.name
            );
        }
    }
}
