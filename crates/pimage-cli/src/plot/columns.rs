//! Which columns of a table are drawn, and what its x is.

use std::collections::BTreeSet;
use std::sync::Arc;

use pimage_core::Error;
use pimage_plot::{Axis, Column, EPOCH_SECONDS, Table};

/// Names of columns that count or tell the time, and are x rather than y.
const COUNTERS: [&str; 11] = [
    "index",
    "number",
    "frame",
    "frames",
    "time",
    "times",
    "t",
    "timestamp",
    "timestamps",
    "date",
    "datetime",
];

/// The most names of columns that an error lists.
const LISTED: usize = 20;

/// What stands along the x axis.
#[derive(Debug, Clone)]
pub(crate) struct Horizontal {
    pub(crate) label: String,
    pub(crate) unit: Option<String>,
    pub(crate) values: Arc<[f64]>,
    /// Which column that is; `None` for the number of the row.
    pub(crate) column: Option<usize>,
    /// Seconds in one of its numbers; `None` when it is no time.
    pub(crate) seconds: Option<f64>,
}

impl Horizontal {
    /// The column that was named, else one that is a time, else the first of several if it rises, else the number of the row.
    pub(crate) fn of(table: &Table, name: Option<&str>) -> Result<Self, Error> {
        let place = match name {
            Some(name) => Some(find(table, name, "--x")?),
            None => usual(table),
        };
        let rows = (0..table.rows()).map(|row| row as f64);
        let Some((place, column)) =
            place.and_then(|place| Some((place, table.columns.get(place)?)))
        else {
            return Ok(Self {
                label: "row".to_owned(),
                unit: None,
                values: rows.collect(),
                column: None,
                seconds: None,
            });
        };
        Ok(Self {
            label: column.name.clone(),
            unit: column.unit.clone(),
            values: column.values.as_slice().into(),
            column: Some(place),
            seconds: seconds(column),
        })
    }

    /// Whether it counts seconds since 1970.
    pub(crate) fn is_date(&self) -> bool {
        self.unit.as_deref() == Some(EPOCH_SECONDS)
    }

    /// The axis for it.
    pub(crate) fn axis(&self, label: Option<&str>) -> Axis {
        let axis = Axis::new(label.unwrap_or(&self.label));
        match &self.unit {
            _ if self.is_date() => axis.with_dates(),
            // A label of one's own has its unit.
            Some(unit) if label.is_none() => axis.with_unit(unit.clone()),
            _ => axis,
        }
    }

    /// The distance of its numbers when that is the same everywhere, to a hundredth.
    pub(crate) fn step(&self) -> Option<f64> {
        let (first, last) = (*self.values.first()?, *self.values.last()?);
        let step = (last - first) / (self.values.len() as f64 - 1.0);
        let is_even = |pair: &[f64]| match pair {
            [before, after] => (after - before - step).abs() <= step * 1e-2,
            _ => true,
        };
        (step.is_finite() && step > 0.0 && self.values.windows(2).all(is_even)).then_some(step)
    }
}

fn usual(table: &Table) -> Option<usize> {
    let is_whole = |column: &Column| column.values.iter().all(|value| value.is_finite());
    let rises = |column: &Column| {
        column
            .values
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a < b))
    };
    let tells_time = |column: &Column| {
        let name = column.name.to_lowercase();
        let is_time = COUNTERS
            .get(4..)
            .is_some_and(|names| names.contains(&name.as_str()));
        (is_time || column.unit.as_deref() == Some(EPOCH_SECONDS)) && is_whole(column)
    };
    let first = table.columns.first()?;
    table
        .columns
        .iter()
        .position(tells_time)
        .or_else(|| (table.columns.len() > 1 && is_whole(first) && rises(first)).then_some(0))
}

/// Seconds in one of the numbers of a column.
fn seconds(column: &Column) -> Option<f64> {
    match column.unit.as_deref() {
        Some("s" | "sec" | "second" | "seconds") => Some(1.0),
        Some(unit) if unit == EPOCH_SECONDS => Some(1.0),
        Some("ms") => Some(1e-3),
        Some("us" | "µs" | "μs") => Some(1e-6),
        Some("ns") => Some(1e-9),
        Some("min") => Some(60.0),
        Some("h") => Some(3600.0),
        Some(_) => None,
        None => ["time", "t"]
            .iter()
            .any(|name| column.name.eq_ignore_ascii_case(name))
            .then_some(1.0),
    }
}

/// The families of columns that `pimage stats` writes, of unlike units, the one that is drawn first.
const MEASURES: [&str; 7] = [
    "mean",
    "min",
    "max",
    "std",
    "sharpness",
    "difference",
    "nan",
];

/// So many families make a table one of `pimage stats`, of which nobody chose columns.
const MOST_CHOSEN: usize = 3;

/// The means of a table that `pimage stats` wrote; nothing of others.
fn means(table: &Table, measured: &[usize]) -> Vec<usize> {
    let family = |place: &usize| {
        let name = &table.columns.get(*place)?.name;
        let begin = name
            .split_once('_')
            .map_or(name.as_str(), |(begin, _)| begin);
        MEASURES.iter().position(|measure| *measure == begin)
    };
    let families: Option<BTreeSet<usize>> = measured.iter().map(family).collect();
    if families.is_none_or(|families| families.len() <= MOST_CHOSEN) {
        return Vec::new();
    }
    let is_mean = |place: &usize| family(place) == Some(0);
    measured.iter().copied().filter(is_mean).collect()
}

/// The columns that were named, else all but the x and what counts; of measures of frames the means.
pub(crate) fn vertical(
    table: &Table,
    names: &[String],
    horizontal: &Horizontal,
    option: &str,
) -> Result<Vec<usize>, Error> {
    if !names.is_empty() {
        return names.iter().map(|name| find(table, name, option)).collect();
    }
    let others = || (0..table.columns.len()).filter(|place| Some(*place) != horizontal.column);
    let counts = |place: &usize| {
        let name = table
            .columns
            .get(*place)
            .map(|column| column.name.to_lowercase());
        name.is_some_and(|name| COUNTERS.contains(&name.as_str()))
    };
    let measured: Vec<_> = others().filter(|place| !counts(place)).collect();
    match measured.is_empty() {
        true if others().next().is_none() => Ok(horizontal.column.into_iter().collect()),
        true => Ok(others().collect()),
        false => Ok(match means(table, &measured) {
            means if means.is_empty() => measured,
            means => means,
        }),
    }
}

/// The place of a column: by its name, else by its number from 0.
fn find(table: &Table, name: &str, option: &str) -> Result<usize, Error> {
    let columns = &table.columns;
    let exact = columns.iter().position(|column| column.name == name);
    let alike = || {
        columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name))
    };
    let numbered = || name.parse().ok().filter(|place| *place < columns.len());
    exact.or_else(alike).or_else(numbered).ok_or_else(|| {
        let mut names: Vec<_> = columns
            .iter()
            .take(LISTED)
            .map(|column| column.name.as_str())
            .collect();
        if columns.len() > LISTED {
            names.push("…");
        }
        let expected = format!(
            "one of the columns {}, or its number from 0",
            names.join(", ")
        );
        Error::bad_option(option, format!("`{name}`"), expected)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, &[f64])]) -> Table {
        let columns = columns
            .iter()
            .map(|(name, values)| Column::new(*name, values.to_vec()));
        Table::new(columns.collect())
    }

    #[track_caller]
    fn check(columns: &[(&str, &[f64])], x: Option<usize>, y: &[usize]) {
        let table = table(columns);
        let horizontal = Horizontal::of(&table, None).expect("is found");
        assert_eq!(horizontal.column, x);
        assert_eq!(
            vertical(&table, &[], &horizontal, "--y").expect("are found"),
            y
        );
    }

    #[test]
    fn the_usual_x_is_a_time_or_what_rises() {
        check(
            &[
                ("index", &[0.0, 1.0]),
                ("time", &[0.1, 0.2]),
                ("mean", &[5.0, 6.0]),
            ],
            Some(1),
            &[2],
        );
        check(
            &[
                ("index", &[0.0, 1.0]),
                ("time", &[f64::NAN; 2]),
                ("mean", &[5.0, 6.0]),
            ],
            Some(0),
            &[2],
        );
        check(&[("a", &[1.0, 2.0]), ("b", &[5.0, 6.0])], Some(0), &[1]);
        check(&[("a", &[2.0, 1.0]), ("b", &[5.0, 6.0])], None, &[0, 1]);
        check(&[("a", &[1.0, 2.0])], None, &[0]);
    }

    #[test]
    fn of_all_measures_the_means_are_drawn() {
        let (time, some): (&[f64], &[f64]) = (&[0.0, 1.0], &[5.0, 6.0]);
        let all = [
            ("time", time),
            ("mean_r_eye", some),
            ("min_r_eye", some),
            ("max_r_eye", some),
            ("std_r_eye", some),
            ("mean_g_eye", some),
        ];
        check(&all, Some(0), &[1, 5]);
        check(&all[..4], Some(0), &[1, 2, 3]);
        let others = [all[0], all[1], all[2], all[3], all[4], ("speed", some)];
        check(&others, Some(0), &[1, 2, 3, 4, 5]);
    }

    #[test]
    fn columns_are_found_by_name_and_by_number() {
        let table = table(&[("a", &[1.0]), ("Mean", &[2.0])]);
        let place = |name: &str| find(&table, name, "--y").map_err(|error| error.to_string());
        assert_eq!(
            (place("mean"), place("0"), place("1")),
            (Ok(1), Ok(0), Ok(1))
        );
        let error = place("std").expect_err("is not there");
        assert_eq!(
            error,
            "--y is `std`: expected one of the columns a, Mean, or its number from 0"
        );
    }

    #[test]
    fn even_steps_are_measured() {
        let step = |values: &[f64]| {
            Horizontal::of(&table(&[("time", values)]), None)
                .expect("is found")
                .step()
        };
        assert_eq!(step(&[0.0, 0.5, 1.0]), Some(0.5));
        assert_eq!(step(&[0.0, 0.5, 2.0]), None);
        assert_eq!(step(&[1.0]), None);
    }
}
