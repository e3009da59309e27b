//! Options of codecs beside the quality: which there are, and which values they take.

use std::fmt;

/// One option of a codec.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// Short lower-case name.
    pub name: &'static str,
    /// One line for people.
    pub help: &'static str,
    /// What it takes.
    pub values: Values,
    /// The value when none is given; empty when the codec chooses by the frame and the quality.
    pub usual: &'static str,
}

/// What an option takes.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// `true` or `false`.
    Flag,
    /// A whole number from the first to the last.
    Whole(i64, i64),
    /// A number from the first to the last.
    Real(f64, f64),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Text of a form of its own: what is accepted, and whether this is.
    Text(&'static str, fn(&str) -> bool),
}

impl Values {
    /// Whether this value is taken.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        match self {
            Self::Flag => parse_flag(value).is_some(),
            Self::Whole(low, high) => value
                .parse()
                .is_ok_and(|value: i64| (*low..=*high).contains(&value)),
            Self::Real(low, high) => value
                .parse()
                .is_ok_and(|value: f64| (*low..=*high).contains(&value)),
            Self::OneOf(names) => names.contains(&value),
            Self::Text(_, takes) => takes(value),
        }
    }
}

/// `true` or `false`, also as `1` or `0`.
pub(crate) fn parse_flag(value: &str) -> Option<bool> {
    match value {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// The values that are taken, for messages and help.
impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("true or false"),
            Self::Whole(low, high) => write!(f, "a whole number from {low} to {high}"),
            Self::Real(low, high) => write!(f, "a number from {low} to {high}"),
            Self::OneOf(names) => f.write_str(&names.join(", ")),
            Self::Text(accepted, _) => f.write_str(accepted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked() {
        assert!(Values::Flag.takes("true") && !Values::Flag.takes("maybe"));
        assert!(Values::Whole(0, 6).takes("6") && !Values::Whole(0, 6).takes("7"));
        assert!(Values::Real(0.0, 1.0).takes("0.5") && !Values::Real(0.0, 1.0).takes("nan"));
        assert!(Values::OneOf(&["a", "b"]).takes("b") && !Values::OneOf(&["a"]).takes("c"));
        assert_eq!(Values::OneOf(&["a", "b"]).to_string(), "a, b");
    }
}
