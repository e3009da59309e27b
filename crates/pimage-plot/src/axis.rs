//! What an axis is asked to be: a label, a unit, a scale, a range.

use std::str::FromStr;

use pimage_core::Error;

/// How numbers are spread over an axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ScaleKind {
    /// Evenly.
    #[default]
    Linear,
    /// By their logarithms; what is not above 0 has no place.
    Log,
}

impl FromStr for ScaleKind {
    type Err = Error;

    /// `linear` or `log`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim() {
            "linear" => Ok(Self::Linear),
            "log" => Ok(Self::Log),
            _ => Err(Error::bad_option(
                "a scale",
                format!("`{text}`"),
                "linear or log",
            )),
        }
    }
}

/// What the numbers of an axis are.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Meaning {
    #[default]
    Numbers,
    /// Seconds since 1970 in UTC.
    Dates,
    /// Names of the places 0, 1, 2 ….
    Categories(Vec<String>),
}

/// An axis: a label, a unit, a scale and a range, which is that of the data unless it is given.
///
/// ```
/// use pimage_plot::Axis;
///
/// let axis = Axis::new("ΔF/F").with_unit("%").with_range(-5.0, 40.0)?;
/// assert_eq!(axis.title(), "ΔF/F (%)");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Axis {
    label: String,
    unit: Option<String>,
    scale: ScaleKind,
    range: Option<(f64, f64)>,
    meaning: Meaning,
}

impl Axis {
    /// An axis with a label, linear over the range of the data.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..Self::default()
        }
    }

    /// The same with a unit, which is written behind the label.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into()).filter(|unit: &String| !unit.is_empty());
        self
    }

    /// The same with another scale.
    #[must_use]
    pub const fn with_scale(mut self, scale: ScaleKind) -> Self {
        self.scale = scale;
        self
    }

    /// The same from `low` to `high`.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] unless both are finite and the first is less.
    pub fn with_range(mut self, low: f64, high: f64) -> Result<Self, Error> {
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(Error::bad_option(
                format!("the range of the axis `{}`", self.label),
                format!("{low} to {high}"),
                "two finite numbers in rising order",
            ));
        }
        self.range = Some((low, high));
        Ok(self)
    }

    /// The same for seconds since 1970, which are written as dates and times of day in UTC.
    #[must_use]
    pub fn with_dates(mut self) -> Self {
        self.meaning = Meaning::Dates;
        self
    }

    /// The same with names at the places 0, 1, 2 … instead of numbers.
    #[must_use]
    pub fn with_categories(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.meaning = Meaning::Categories(names.into_iter().map(Into::into).collect());
        self
    }

    /// Label and unit: `time (s)`.
    #[must_use]
    pub fn title(&self) -> String {
        match (&self.unit, self.label.is_empty()) {
            (Some(unit), true) => unit.clone(),
            (Some(unit), false) => format!("{} ({unit})", self.label),
            (None, _) => self.label.clone(),
        }
    }

    /// The unit.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// The scale.
    #[must_use]
    pub const fn scale(&self) -> ScaleKind {
        self.scale
    }

    /// The range that was given.
    #[must_use]
    pub const fn range(&self) -> Option<(f64, f64)> {
        self.range
    }

    pub(crate) const fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    /// An error when a range has no logarithms.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match (self.scale, self.range) {
            (ScaleKind::Log, Some((low, high))) if low <= 0.0 => Err(Error::bad_option(
                format!("the range of the logarithmic axis `{}`", self.label),
                format!("{low} to {high}"),
                "one above 0",
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_have_units_in_brackets() {
        assert_eq!(Axis::new("time").with_unit("s").title(), "time (s)");
        assert_eq!(Axis::default().with_unit("s").title(), "s");
        assert_eq!(Axis::new("x").with_unit("").title(), "x");
    }

    #[test]
    fn ranges_that_are_none_are_refused() {
        for (low, high) in [
            (1.0, 1.0),
            (2.0, 1.0),
            (f64::NAN, 1.0),
            (0.0, f64::INFINITY),
        ] {
            assert!(Axis::new("x").with_range(low, high).is_err());
        }
        let log = Axis::new("f").with_scale(ScaleKind::Log);
        let error = log
            .with_range(0.0, 5.0)
            .and_then(|axis| axis.check())
            .expect_err("has no logarithm");
        assert_eq!(
            error.to_string(),
            "the range of the logarithmic axis `f` is 0 to 5: expected one above 0"
        );
    }
}
