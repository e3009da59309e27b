//! Columns of values of one type each.

use serde_json::{Map, Value};

/// The values of a column; `None` in rows that do not have it.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Numbers.
    Float(Vec<Option<f64>>),
    /// Yes or no.
    Bool(Vec<Option<bool>>),
    /// Lists of whole numbers.
    Ints(Vec<Option<Vec<i64>>>),
    /// Lists of numbers.
    Floats(Vec<Option<Vec<f64>>>),
    /// Text; maps, and lists of something else than numbers, as JSON.
    Text(Vec<Option<String>>),
}

impl Values {
    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Int(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Ints(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A value as JSON; nothing where the row does not have it.
    #[must_use]
    pub fn get(&self, row: usize) -> Value {
        let value = match self {
            Self::Int(values) => values.get(row).copied().flatten().map(Value::from),
            Self::Float(values) => values.get(row).copied().flatten().map(Value::from),
            Self::Bool(values) => values.get(row).copied().flatten().map(Value::from),
            Self::Ints(values) => values.get(row).cloned().flatten().map(Value::from),
            Self::Floats(values) => values.get(row).cloned().flatten().map(Value::from),
            Self::Text(values) => values.get(row).cloned().flatten().map(Value::from),
        };
        value.unwrap_or(Value::Null)
    }

    /// No value for any of so many rows, of the type that holds `first`.
    fn nothing(first: &Value, rows: usize) -> Self {
        match first {
            Value::Number(number) if number.is_i64() => Self::Int(vec![None; rows]),
            Value::Number(_) => Self::Float(vec![None; rows]),
            Value::Bool(_) => Self::Bool(vec![None; rows]),
            Value::Array(_) if ints(first).is_some() => Self::Ints(vec![None; rows]),
            Value::Array(_) if floats(first).is_some() => Self::Floats(vec![None; rows]),
            _ => Self::Text(vec![None; rows]),
        }
    }

    fn push_nothing(&mut self) {
        match self {
            Self::Int(values) => values.push(None),
            Self::Float(values) => values.push(None),
            Self::Bool(values) => values.push(None),
            Self::Ints(values) => values.push(None),
            Self::Floats(values) => values.push(None),
            Self::Text(values) => values.push(None),
        }
    }

    /// Adds a value; the column becomes one of a wider type when it has to.
    fn push(&mut self, value: Value) {
        match (&mut *self, &value) {
            (_, Value::Null) => self.push_nothing(),
            (Self::Int(values), Value::Number(number)) if number.is_i64() => {
                values.push(number.as_i64());
            }
            (Self::Int(values), Value::Number(_)) if values.iter().flatten().all(is_exact) => {
                let wider = values.iter().map(|value| value.map(|value| value as f64));
                *self = Self::Float(wider.collect());
                self.push(value);
            }
            (Self::Float(values), Value::Number(number))
                if number.as_i64().is_none_or(|value| is_exact(&value)) =>
            {
                values.push(number.as_f64());
            }
            (Self::Bool(values), Value::Bool(value)) => values.push(Some(*value)),
            (Self::Ints(values), Value::Array(_)) if ints(&value).is_some() => {
                values.push(ints(&value));
            }
            (Self::Ints(values), Value::Array(_)) if floats(&value).is_some() => {
                let wide = |list: &Vec<i64>| list.iter().map(|value| *value as f64).collect();
                let wider = values.iter().map(|list| list.as_ref().map(wide));
                *self = Self::Floats(wider.collect());
                self.push(value);
            }
            (Self::Floats(values), Value::Array(_)) if floats(&value).is_some() => {
                values.push(floats(&value));
            }
            (Self::Text(values), Value::String(text)) => values.push(Some(text.clone())),
            (Self::Text(values), _) => values.push(Some(value.to_string())),
            _ => {
                let rows = 0..self.len();
                let texts = rows.map(|row| match self.get(row) {
                    Value::Null => None,
                    other => Some(other.to_string()),
                });
                *self = Self::Text(texts.collect());
                self.push(value);
            }
        }
    }
}

/// Whether a whole number is the same as a float: stamps in nanoseconds are not.
const fn is_exact(value: &i64) -> bool {
    value.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS
}

/// A list of whole numbers.
fn ints(value: &Value) -> Option<Vec<i64>> {
    value.as_array()?.iter().map(Value::as_i64).collect()
}

/// A list of numbers.
fn floats(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// One value a row.
    pub values: Values,
}

/// Columns of the same length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExtraTable {
    columns: Vec<Column>,
    rows: usize,
}

impl ExtraTable {
    /// The columns, in the order in which they were met.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Values> {
        let column = self.columns.iter().find(|column| column.name == name);
        column.map(|column| &column.values)
    }

    /// Adds a row.
    pub fn push(&mut self, mut row: Map<String, Value>) {
        for column in &mut self.columns {
            let value = row.shift_remove(&column.name).unwrap_or(Value::Null);
            column.values.push(value);
        }
        for (name, value) in row {
            let mut values = Values::nothing(&value, self.rows);
            values.push(value);
            self.columns.push(Column { name, values });
        }
        self.rows += 1;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stamps_do_not_lose_their_last_digits() {
        let stamp = 1_700_000_000_123_456_789_i64;
        for values in [[json!(stamp), json!(0.5)], [json!(0.5), json!(stamp)]] {
            let mut table = ExtraTable::default();
            for value in &values {
                table.push([("a".to_owned(), value.clone())].into_iter().collect());
            }
            let texts = values.map(|value| Some(value.to_string())).to_vec();
            assert_eq!(table.column("a"), Some(&Values::Text(texts)));
        }
    }

    #[test]
    fn columns_widen_and_keep_their_rows() {
        let mut table = ExtraTable::default();
        for row in [
            json!({"a": 1, "b": "x", "v": [1, 2], "w": [1]}),
            json!({"a": 1.5, "c": true, "v": [0.5], "w": ["x"]}),
            json!({"b": [1], "c": 3}),
        ] {
            if let Value::Object(row) = row {
                table.push(row);
            }
        }
        assert_eq!(table.len(), 3);
        assert_eq!(
            table.column("a"),
            Some(&Values::Float(vec![Some(1.0), Some(1.5), None]))
        );
        let lists = vec![Some(vec![1.0, 2.0]), Some(vec![0.5]), None];
        assert_eq!(table.column("v"), Some(&Values::Floats(lists)));
        let texts = |values: [Option<&str>; 3]| {
            Some(Values::Text(
                values.map(|text| text.map(str::to_owned)).to_vec(),
            ))
        };
        assert_eq!(
            table.column("b").cloned(),
            texts([Some("x"), None, Some("[1]")])
        );
        assert_eq!(
            table.column("c").cloned(),
            texts([None, Some("true"), Some("3")])
        );
        assert_eq!(
            table.column("w").cloned(),
            texts([Some("[1]"), Some("[\"x\"]"), None])
        );
    }
}
