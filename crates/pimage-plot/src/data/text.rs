//! Tables of text: CSV, with whatever stands between the cells.

use std::io::Read;
use std::path::Path;

use pimage_core::{Cancel, Error, Limits};

use super::cell::{Cell, EPOCH_SECONDS, with_comma};
use super::dialect::{Dialect, is_header, latin, name_and_unit};
use super::{HEAD_BYTES, check_bytes, check_columns, unnamed};
use crate::{Column, Table};

/// Rows between two looks at whether to stop.
const ROWS: u64 = 4_096;

/// The longest words of a cell that an error repeats.
const SHOWN: usize = 40;

/// Whether a file that begins so is text.
pub(super) fn is_text(head: &[u8]) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c);
    !head.is_empty() && !head.iter().any(is_control)
}

/// A column that is being read.
#[derive(Default)]
struct Found {
    column: Column,
    has_values: bool,
    has_times: bool,
    /// Where the first words were: line and what they are.
    words: Option<(u64, String)>,
}

/// Reads what follows `head`, which was looked at.
pub(super) fn read(
    name: &Path,
    head: &[u8],
    rest: impl Read,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Table, Error> {
    if head.is_empty() {
        return Err(Error::malformed("CSV", name, "it is empty"));
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if !is_text(head) {
        let reason = "it is neither text nor a numpy array";
        return Err(Error::malformed("CSV", name, reason));
    }
    let dialect = Dialect::of(head, head.len() < HEAD_BYTES);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(dialect.separator)
        .comment(Some(b'#'))
        .has_headers(false)
        .flexible(true)
        .from_reader(head.chain(rest));
    let mut rows = Rows {
        name,
        limits,
        has_commas: dialect.has_commas(),
        spelling: None,
        found: Vec::new(),
        count: 0,
    };
    let mut record = csv::ByteRecord::new();
    let mut is_first = true;
    while reader.read_byte_record(&mut record).map_err(failed(name))? {
        let line = record.position().map_or(0, csv::Position::line);
        check_bytes(reader.position().byte(), limits)?;
        if line.is_multiple_of(ROWS) && cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let cells: Vec<_> = record.iter().map(latin).collect();
        let mut cells: Vec<_> = cells.iter().map(String::as_str).collect();
        if dialect.is_blank() {
            cells.retain(|cell| !cell.trim().is_empty());
        }
        if is_first {
            is_first = false;
            if rows.begin(&cells, &dialect)? {
                continue;
            }
        }
        rows.add(&cells, line)?;
    }
    rows.finish()
}

fn failed(name: &Path) -> impl FnOnce(csv::Error) -> Error + '_ {
    move |error| match error.into_kind() {
        csv::ErrorKind::Io(source) => Error::io("read", name)(source),
        other => Error::malformed("CSV", name, format!("{other:?}")),
    }
}

/// What stands before the fractions of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Point,
    Comma,
}

/// The rows read so far.
struct Rows<'a> {
    name: &'a Path,
    limits: &'a Limits,
    /// Whether numbers may have decimal commas.
    has_commas: bool,
    /// That of all numbers with a fraction so far: what has both may mean thousands by one of them.
    spelling: Option<Spelling>,
    found: Vec<Found>,
    count: u64,
}

impl Rows<'_> {
    /// Names the columns; whether the first row was one of names.
    fn begin(&mut self, cells: &[&str], dialect: &Dialect) -> Result<bool, Error> {
        check_columns(self.name, "CSV", cells.len() as u64)?;
        let is_named = is_header(cells, self.has_commas);
        let comment = dialect.comment.as_deref().unwrap_or_default();
        let comment = dialect.split(comment);
        let names = match is_named {
            true => cells,
            false if comment.len() == cells.len() && is_header(&comment, self.has_commas) => {
                &comment
            }
            false => &[],
        };
        self.found.resize_with(cells.len(), Found::default);
        for (place, found) in self.found.iter_mut().enumerate() {
            let (name, unit) = name_and_unit(names.get(place).copied().unwrap_or_default());
            found.column.unit = unit;
            found.column.name = match name.is_empty() {
                true => unnamed(place),
                false => name,
            };
        }
        Ok(is_named)
    }

    fn add(&mut self, cells: &[&str], line: u64) -> Result<(), Error> {
        let extra = cells.get(self.found.len()..).unwrap_or_default();
        // Some programs end each line but the first with a separator.
        let is_even =
            cells.len() >= self.found.len() && extra.iter().all(|cell| cell.trim().is_empty());
        if !is_even {
            let (found, expected) = (cells.len(), self.found.len());
            let reason = format!("line {line} has {found} cell(s): expected {expected}");
            return Err(Error::malformed("CSV", self.name, reason));
        }
        self.count += 1;
        check_bytes(
            self.count.saturating_mul(self.found.len() as u64 * 8),
            self.limits,
        )?;
        for (found, cell) in self.found.iter_mut().zip(cells) {
            let value = match Cell::parse(cell, self.has_commas) {
                Cell::Number(value) => {
                    let spelled = self.has_commas.then(|| spelling(cell)).flatten();
                    if is_mixed(&mut self.spelling, spelled) {
                        let (name, column) = (self.name, &found.column.name);
                        return Err(mixed_error(name, line, column, cell));
                    }
                    found.has_values = true;
                    value
                }
                Cell::Time(value) => {
                    found.has_values = true;
                    found.has_times = true;
                    value
                }
                Cell::Missing => f64::NAN,
                Cell::Words => {
                    let shown = || cell.trim().chars().take(SHOWN).collect();
                    found.words.get_or_insert_with(|| (line, shown()));
                    f64::NAN
                }
            };
            found.column.values.push(value);
            if let (true, Some((line, words))) = (found.has_values, &found.words) {
                return Err(bad_cell(self.name, *line, &found.column.name, words));
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Table, Error> {
        let (mut columns, mut notes) = (Vec::new(), Vec::new());
        for found in self.found {
            if let Some((line, words)) = &found.words {
                let column: String = found.column.name.chars().take(SHOWN).collect();
                notes.push(format!(
                    "column `{column}` is left out: it holds words, `{words}` in line {line}"
                ));
            }
            let is_nothing = found.words.is_none() && self.count > 0;
            let is_named = !found.column.name.starts_with("column ");
            // Words are no numbers, and a separator at the end of all lines makes no column.
            if !(found.has_values || is_nothing && is_named) {
                continue;
            }
            let mut column = found.column;
            if found.has_times {
                column.unit = Some(EPOCH_SECONDS.to_owned());
            }
            columns.push(column);
        }
        if columns.is_empty() {
            let why = notes
                .first()
                .map_or_else(String::new, |why| format!(": {why}"));
            let reason = format!("there is no number in it{why}");
            return Err(Error::malformed("CSV", self.name, reason));
        }
        Ok(Table { columns, notes })
    }
}

/// How the fraction of a number is spelled; `None` for one without.
fn spelling(cell: &str) -> Option<Spelling> {
    match cell.bytes().find(|byte| matches!(byte, b'.' | b',')) {
        Some(b'.') => Some(Spelling::Point),
        Some(_) => Some(Spelling::Comma),
        None => None,
    }
}

/// Whether a number is spelled otherwise than those before, which it joins.
fn is_mixed(before: &mut Option<Spelling>, cell: Option<Spelling>) -> bool {
    cell.is_some_and(|cell| *before.get_or_insert(cell) != cell)
}

fn mixed_error(name: &Path, line: u64, column: &str, cell: &str) -> Error {
    let column: String = column.chars().take(SHOWN).collect();
    let cell: String = cell.trim().chars().take(SHOWN).collect();
    let reason = format!(
        "`{cell}` in line {line}, column `{column}`: expected points or commas before all fractions, not both"
    );
    Error::malformed("CSV", name, reason)
}

fn bad_cell(name: &Path, line: u64, column: &str, words: &str) -> Error {
    let hint = match with_comma(words).is_some() {
        true => " with a point, not a comma",
        false => "",
    };
    let column: String = column.chars().take(SHOWN).collect();
    let reason = format!("`{words}` in line {line}, column `{column}`: expected a number{hint}");
    Error::malformed("CSV", name, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Table, Error> {
        let path = Path::new("a.csv");
        crate::read_table_from(path, text, &Limits::default(), &Cancel::new())
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Option<&str>, &[f64])]) {
        let table = read(text.as_bytes()).expect(text);
        assert_eq!(table.columns.len(), expected.len(), "{table:?}");
        for (column, (name, unit, values)) in table.columns.iter().zip(expected) {
            assert_eq!(
                (column.name.as_str(), column.unit.as_deref()),
                (*name, *unit)
            );
            assert_eq!(format!("{:?}", column.values), format!("{values:?}"));
        }
    }

    const NAN: f64 = f64::NAN;

    #[test]
    fn tables_of_many_programs_are_read() {
        check(
            "x,y\n1,2\n3,4\n",
            &[("x", None, &[1.0, 3.0]), ("y", None, &[2.0, 4.0])],
        );
        check(
            "\u{feff}time (s);speed [m/s]\r\n0;1.5\r\n\r\n0.1;\r\n",
            &[
                ("time", Some("s"), &[0.0, 0.1]),
                ("speed", Some("m/s"), &[1.5, NAN]),
            ],
        );
        check(
            "1\t2\n3\tnan\n",
            &[
                ("column 0", None, &[1.0, 3.0]),
                ("column 1", None, &[2.0, NAN]),
            ],
        );
        // numpy.savetxt with a header.
        check(
            "# made today\n# t v\n0.0e+00 1e1\n1 2\n",
            &[("t", None, &[0.0, 1.0]), ("v", None, &[10.0, 2.0])],
        );
        // pandas with its index, and ImageJ's results.
        check(
            ",a\n0,5\n1,6\n",
            &[("column 0", None, &[0.0, 1.0]), ("a", None, &[5.0, 6.0])],
        );
        check(
            " \tArea\tLabel\n1\t2.5\tcell\n",
            &[("column 0", None, &[1.0]), ("Area", None, &[2.5])],
        );
        check(
            "\"a, b\",\"c \"\"d\"\"\"\n1,\"2\"\n",
            &[("a, b", None, &[1.0]), ("c \"d\"", None, &[2.0])],
        );
        check(
            "a,b,\n1,2,\n3,4,\n",
            &[("a", None, &[1.0, 3.0]), ("b", None, &[2.0, 4.0])],
        );
        check("a,b\n1,2,\n", &[("a", None, &[1.0]), ("b", None, &[2.0])]);
        check("7\n8", &[("column 0", None, &[7.0, 8.0])]);
        check(
            "when,x\n1970-01-01T00:00:01Z,5\n",
            &[("when", Some(EPOCH_SECONDS), &[1.0]), ("x", None, &[5.0])],
        );
        check(
            "index,time,name,mean\n0,,a.png,1\n1,,b.png,2\n",
            &[
                ("index", None, &[0.0, 1.0]),
                ("time", None, &[NAN, NAN]),
                ("mean", None, &[1.0, 2.0]),
            ],
        );
    }

    #[test]
    fn decimal_commas_are_read_where_no_comma_separates() {
        check(
            "time;speed\n0;1,5\n1;-2,5e1\n",
            &[("time", None, &[0.0, 1.0]), ("speed", None, &[1.5, -25.0])],
        );
        check(
            "0,5\t1,5\n1\t2\n",
            &[
                ("column 0", None, &[0.5, 1.0]),
                ("column 1", None, &[1.5, 2.0]),
            ],
        );
    }

    #[test]
    fn columns_of_words_are_left_out_and_noted() {
        let table = read(b"a,b,name\n1,x,\n3,y,\n").expect("reads");
        assert_eq!(table.columns.len(), 2);
        let expected = "column `b` is left out: it holds words, `x` in line 2";
        assert_eq!(table.notes, [expected]);
    }

    #[test]
    fn names_in_latin_1_are_read() {
        let table = read(b"T (\xb0C),x\n1,2\n").expect("reads");
        assert_eq!(
            table.columns.first().expect("has one").unit.as_deref(),
            Some("°C")
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, expected) in [
            (
                "a,b\n1,2\n3,four\n",
                "`four` in line 3, column `b`: expected a number",
            ),
            ("a;b\nx;2\n3;4\n", "`x` in line 2, column `a`"),
            (
                "a,b\n1,2\n3,\"4,5\"\n",
                "expected a number with a point, not a comma",
            ),
            (
                "a;b\n0.5;1\n1.5;2,5\n",
                "`2,5` in line 3, column `b`: expected points or commas",
            ),
            ("a;b\n1;2,5\n3;1.234,5\n", "`1.234,5` in line 3"),
            (
                "a,b\n\"1,5\",x\n",
                "no number in it: column `a` is left out: it holds words, `1,5` in line 2",
            ),
            ("a,b\n1,2\n3\n", "line 3 has 1 cell(s): expected 2"),
            ("a,b\n1,2,3\n", "line 2 has 3 cell(s): expected 2"),
            ("a,b\n", "there is no number in it"),
            ("hello\nworld\n", "there is no number in it"),
            ("", "it is empty"),
            ("\0\u{1}", "neither text nor a numpy array"),
        ] {
            let error = read(text.as_bytes()).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let wide = "1,".repeat(20_000);
        let error = read(wide.as_bytes()).expect_err("is wide").to_string();
        assert!(error.contains("expected at most 10000"), "{error}");
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        let limits = Limits {
            max_frame_bytes: 100,
            ..Limits::default()
        };
        let path = Path::new("a.csv");
        let text = "1,2\n".repeat(10);
        let error = crate::read_table_from(path, text.as_bytes(), &limits, &Cancel::new());
        assert!(matches!(error, Err(Error::TooLarge { .. })), "{error:?}");
        let quoted = format!("\"{}", "x".repeat(1_000));
        let error = crate::read_table_from(path, quoted.as_bytes(), &limits, &Cancel::new());
        assert!(matches!(error, Err(Error::TooLarge { .. })), "{error:?}");
    }

    #[test]
    fn reading_stops_when_told_to() {
        let cancel = Cancel::new();
        cancel.cancel();
        let text = "1\n".repeat(10_000);
        let error =
            crate::read_table_from(Path::new("a"), text.as_bytes(), &Limits::default(), &cancel);
        assert!(matches!(error, Err(Error::Stopped)), "{error:?}");
    }
}
