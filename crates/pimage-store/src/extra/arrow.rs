//! Extra data as a file of Apache Arrow's IPC format: typed columns, nothing where a row has no value.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, ListBuilder};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, Field, Schema};

use super::{ExtraTable, Values};

impl ExtraTable {
    /// Writes a file that `pyarrow.ipc.open_file`, polars and others read: `int64`, `float64`, `bool`, `utf8` and lists of the first two.
    ///
    /// # Errors
    ///
    /// Whatever writing answers.
    pub fn write_arrow(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns: Vec<_> = self
            .columns()
            .iter()
            .map(|column| array(&column.values))
            .collect();
        let fields: Vec<_> = self
            .columns()
            .iter()
            .zip(&columns)
            .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let options = RecordBatchOptions::new().with_row_count(Some(self.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options);
        let mut writer = FileWriter::try_new(out, &schema).map_err(failed)?;
        writer.write(&batch.map_err(failed)?).map_err(failed)?;
        writer.finish().map_err(failed)
    }
}

fn array(values: &Values) -> ArrayRef {
    match values {
        Values::Int(values) => Arc::new(values.iter().copied().collect::<Int64Array>()),
        Values::Float(values) => Arc::new(values.iter().copied().collect::<Float64Array>()),
        Values::Bool(values) => Arc::new(values.iter().copied().collect::<BooleanArray>()),
        Values::Text(values) => {
            let texts = values.iter().map(Option::as_deref);
            Arc::new(texts.collect::<StringArray>())
        }
        Values::Ints(lists) => {
            let mut builder = ListBuilder::new(Int64Builder::new());
            for list in lists {
                let values = list.iter().flatten().copied();
                values.for_each(|value| builder.values().append_value(value));
                builder.append(list.is_some());
            }
            Arc::new(builder.finish())
        }
        Values::Floats(lists) => {
            let mut builder = ListBuilder::new(Float64Builder::new());
            for list in lists {
                let values = list.iter().flatten().copied();
                values.for_each(|value| builder.values().append_value(value));
                builder.append(list.is_some());
            }
            Arc::new(builder.finish())
        }
    }
}

fn failed(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_have_types_and_holes() {
        let mut table = ExtraTable::default();
        for row in [
            json!({"i": 1, "f": 0.5, "b": true, "t": "x", "v": [1.5, 2], "n": [1]}),
            json!({"i": 2}),
        ] {
            if let serde_json::Value::Object(row) = row {
                table.push(row);
            }
        }
        let mut bytes = Vec::new();
        table.write_arrow(&mut bytes).expect("is written");
        assert_eq!(bytes.get(..6), Some(&b"ARROW1"[..]));
        let file = arrow_ipc::reader::FileReader::try_new(io::Cursor::new(bytes), None);
        let mut batches = file.expect("is one");
        let batch = batches.next().expect("has a batch").expect("is whole");
        assert_eq!((batch.num_rows(), batch.num_columns()), (2, 6));
        let types: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| column.data_type().to_string())
            .collect();
        assert_eq!(
            types.get(..4),
            Some(&["Int64", "Float64", "Boolean", "Utf8"].map(str::to_owned)[..])
        );
        let holes: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| column.null_count())
            .collect();
        assert_eq!(holes, [0, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn a_table_without_rows_is_a_file_too() {
        let mut bytes = Vec::new();
        ExtraTable::default()
            .write_arrow(&mut bytes)
            .expect("is written");
        assert!(arrow_ipc::reader::FileReader::try_new(io::Cursor::new(bytes), None).is_ok());
    }
}
