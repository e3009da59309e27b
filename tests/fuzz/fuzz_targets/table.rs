//! Fuzzes the reader of tables: text and numpy arrays.
#![no_main]

use std::path::Path;

use pimage_core::{Cancel, Limits};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        max_frame_bytes: 16 << 20,
        ..Limits::default()
    };
    let table = pimage_plot::read_table_from(Path::new("fuzz"), bytes, &limits, &Cancel::new());
    if let Ok(table) = table {
        let rows = table.rows();
        assert!(table.columns.iter().all(|column| column.values.len() == rows), "columns are of one length");
    }
});
