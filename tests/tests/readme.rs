//! The README keeps up with the formats.
//!
//! `PIMAGE_BLESS=1` in the environment writes the table anew.

use std::fs;
use std::path::Path;

use pimage_io::{FORMATS, Format};

const BEGIN: &str = "<!-- formats: made from the table of formats; PIMAGE_BLESS=1 cargo test -p pimage-tests --test readme -->\n";
const END: &str = "<!-- formats end -->\n";

fn row(format: &Format) -> String {
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

fn table() -> String {
    let rows: String = FORMATS.iter().map(|format| row(format)).collect();
    format!("{BEGIN}\n| format | extensions | reads | writes |\n|---|---|---|---|\n{rows}\n{END}")
}

#[test]
fn the_readmes_table_is_that_of_the_formats() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).expect("the README is there");
    let (before, rest) = readme
        .split_once(BEGIN)
        .expect("has the beginning of the table");
    let (_, after) = rest.split_once(END).expect("has the end of the table");
    let expected = format!("{before}{}{after}", table());
    if std::env::var_os("PIMAGE_BLESS").is_some() {
        fs::write(&path, expected).expect("writes");
    } else {
        assert!(
            readme == expected,
            "the table in README.md is not:\n{}",
            table()
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
