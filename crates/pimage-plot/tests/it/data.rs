//! Data files that are damaged, and tables that come back as they were written.

use std::fmt::Write as _;
use std::path::Path;

use pimage_core::{Cancel, Error, Limits};
use pimage_plot::{Table, read_table_from};
use pimage_testkit::survive;
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<Table, Error> {
    let limits = Limits {
        max_frame_bytes: 1 << 20,
        ..Limits::default()
    };
    read_table_from(Path::new("a.csv"), bytes, &limits, &Cancel::new())
}

fn array() -> Vec<u8> {
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (40, 3), }\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend([text.len() as u8, 0]);
    bytes.extend(text.as_bytes());
    bytes.extend((0..120u8).flat_map(|value| f32::from(value).to_le_bytes()));
    bytes
}

#[test]
fn damaged_files_are_answered_with_an_error_or_a_table() {
    let mut text = "# made by hand\ntime (s);speed [m/s];\"when\"\n".to_owned();
    for row in 0..40 {
        writeln!(text, "{row};{}e-3;2024-05-01T12:00:{row:02}Z", row * row).expect("is a string");
    }
    for original in [text.into_bytes(), array()] {
        survive(&original, 3_000, 17, |bytes| {
            if let Ok(table) = read(bytes) {
                let rows = table.rows();
                assert!(
                    table
                        .columns
                        .iter()
                        .all(|column| column.values.len() == rows),
                    "columns are even"
                );
            }
        });
    }
}

proptest! {
    #[test]
    fn numbers_come_back_to_the_bit(
        rows in proptest::collection::vec((any::<f64>(), any::<f64>()), 1..50),
        separator in prop_oneof![Just(','), Just(';'), Just('\t'), Just(' ')],
        has_header in any::<bool>(),
    ) {
        let mut text = String::new();
        if has_header {
            writeln!(text, "first{separator}second").expect("is a string");
        }
        for (first, second) in &rows {
            writeln!(text, "{first:e}{separator}{second:?}").expect("is a string");
        }
        let is_number = rows.iter().any(|row| !row.0.is_nan()) && rows.iter().any(|row| !row.1.is_nan());
        prop_assume!(is_number);
        let table = read(text.as_bytes()).expect("is sound");
        prop_assert_eq!(table.columns.len(), 2);
        prop_assert_eq!(table.columns[0].name.as_str(), if has_header { "first" } else { "column 0" });
        for (row, (first, second)) in rows.iter().enumerate() {
            for (column, value) in table.columns.iter().zip([first, second]) {
                let found = column.values[row];
                prop_assert!(found.to_bits() == value.to_bits() || (found.is_nan() && value.is_nan()));
            }
        }
    }
}
