//! Numbers in named columns: what data files hold and plots are made of.

/// Columns of equal length.
///
/// ```
/// use pimage_plot::{Column, Table};
///
/// let table = Table::new(vec![Column::new("time", vec![0.0, 0.5]).with_unit("s"), Column::new("x", vec![1.0, f64::NAN])]);
/// assert_eq!(table.column("time").expect("is there").unit.as_deref(), Some("s"));
/// assert_eq!(table.rows(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The columns, in the order of their file.
    pub columns: Vec<Column>,
    /// Sentences about what its file has beside them.
    pub notes: Vec<String>,
}

/// The numbers of one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// What its numbers are counted in, where that is known.
    pub unit: Option<String>,
    /// One number a row; what is missing is not a number.
    pub values: Vec<f64>,
}

impl Table {
    /// A table of these columns.
    #[must_use]
    pub const fn new(columns: Vec<Column>) -> Self {
        Self {
            columns,
            notes: Vec::new(),
        }
    }

    /// The first column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Rows of the longest column.
    #[must_use]
    pub fn rows(&self) -> usize {
        let lengths = self.columns.iter().map(|column| column.values.len());
        lengths.max().unwrap_or(0)
    }
}

impl Column {
    /// A column without a unit.
    #[must_use]
    pub fn new(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self {
            name: name.into(),
            unit: None,
            values,
        }
    }

    /// The same with a unit.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }
}
