//! What an operation was given, checked against what it takes.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Bound, RangeBounds};
use std::path::PathBuf;
use std::str::FromStr;

use pimage_core::Error;

use crate::operator::{Operator, Presence, nearest};
use crate::{Parameter, Spec};

/// The values of an operation's parameters, given or by default.
///
/// Every getter names the operation and the parameter in its error, with what was found and what is accepted.
#[derive(Debug)]
pub struct Arguments<'a> {
    operator: &'static Operator,
    /// The values of each parameter that was given, in the order of the operator's parameters.
    given: Vec<Option<&'a [String]>>,
    /// What [`Arguments::reads`] was told.
    files: RefCell<Vec<PathBuf>>,
}

impl<'a> Arguments<'a> {
    /// Sorts the values of `spec` to the parameters of `operator`.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for an unknown key, too many values, one that is given twice, and one that is missing.
    pub fn new(operator: &'static Operator, spec: &'a Spec) -> Result<Self, Error> {
        let mut arguments = Self {
            operator,
            given: vec![None; operator.parameters.len()],
            files: RefCell::default(),
        };
        arguments.take_values(&spec.values)?;
        for (key, values) in &spec.keys {
            let known = operator
                .parameters
                .iter()
                .position(|known| known.name == key);
            let slot = known.and_then(|known| {
                Some((
                    operator.parameters.get(known)?,
                    arguments.given.get_mut(known)?,
                ))
            });
            match slot {
                Some((_, Some(_))) => return Err(arguments.bad(key, "given twice", "once")),
                Some((parameter, slot)) if parameter.is_list || values.len() == 1 => {
                    *slot = Some(values);
                }
                Some(_) => {
                    return Err(arguments.bad(key, values.join(","), "one value"));
                }
                None => return Err(arguments.unknown(key)),
            }
        }
        for (known, given) in operator.parameters.iter().zip(&arguments.given) {
            if known.presence == Presence::Required && given.is_none() {
                return Err(arguments.bad(known.name, "missing", known.unit));
            }
        }
        Ok(arguments)
    }

    /// Values without a key go to the parameters in their order; a list takes all that are left.
    fn take_values(&mut self, values: &'a [String]) -> Result<(), Error> {
        let mut rest = values;
        for (known, slot) in self.operator.parameters.iter().zip(&mut self.given) {
            if rest.is_empty() {
                break;
            }
            let count = if known.is_list { rest.len() } else { 1 };
            let (own, others) = rest.split_at(count);
            *slot = Some(own);
            rest = others;
        }
        match rest.first() {
            None => Ok(()),
            Some(value) => Err(Error::bad_option(
                self.operator.name,
                format!("`{value}` too many"),
                format!("{} value(s) at most", self.operator.parameters.len()),
            )),
        }
    }

    fn unknown(&self, key: &str) -> Error {
        let known = self.operator.parameters.iter().map(|known| known.name);
        let expected = match (nearest(key, known.clone()), self.operator.parameters) {
            (_, []) => "no parameters".to_owned(),
            (Some(near), _) => format!("`{near}`, perhaps; quote text that has a colon"),
            (None, _) => known.collect::<Vec<_>>().join(", "),
        };
        Error::bad_option(self.operator.name, format!("given `{key}`"), expected)
    }

    /// An error about one parameter.
    #[must_use]
    pub fn bad(&self, name: &str, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::bad_option(format!("{} {name}", self.operator.name), found, expected)
    }

    /// The name of the operation.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.operator.name
    }

    /// Whether a parameter was written.
    #[must_use]
    pub fn is_given(&self, name: &str) -> bool {
        self.find(name).is_some_and(|(_, given)| given.is_some())
    }

    /// Says that the operation reads this file by itself: no output may replace it.
    ///
    /// What is opened by [`Surroundings::open`](crate::Surroundings::open) need not be said.
    pub fn reads(&self, file: impl Into<PathBuf>) {
        self.files.borrow_mut().push(file.into());
    }

    /// The files that the operation reads by itself.
    pub(crate) fn into_files(self) -> Vec<PathBuf> {
        self.files.into_inner()
    }

    fn find(&self, name: &str) -> Option<(&'static Parameter, Option<&'a [String]>)> {
        let mut parameters = self.operator.parameters.iter().zip(&self.given);
        let (known, given) = parameters.find(|(known, _)| known.name == name)?;
        Some((known, *given))
    }

    /// The values of a list, or the one value, as text; empty when it is absent.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<&'a str> {
        match self.find(name) {
            Some((_, Some(given))) => given.iter().map(String::as_str).collect(),
            Some((known, None)) => match known.presence {
                Presence::Default(value) => value.split(',').collect(),
                _ => Vec::new(),
            },
            None => Vec::new(),
        }
    }

    /// A value as text; `None` when it is absent.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.texts(name).first().copied()
    }

    /// A value of a type that knows how it is written; `None` when it is absent.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is written in another way; `T`'s own text is not shown, the parameter's unit is.
    pub fn optional<T: FromStr>(&self, name: &str) -> Result<Option<T>, Error> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let expected = self.find(name).map_or("", |(known, _)| known.unit);
        match text.trim().parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(self.bad(name, format!("`{text}`"), expected)),
        }
    }

    /// A value of a type that knows how it is written.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is absent or written in another way.
    pub fn value<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        self.optional(name)?.ok_or_else(|| {
            let expected = self.find(name).map_or("", |(known, _)| known.unit);
            self.bad(name, "missing", expected)
        })
    }

    /// A finite number or a count within `range`; `None` when it is absent.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is no such number, with the range.
    pub fn optional_in<T: Number>(
        &self,
        name: &str,
        range: impl RangeBounds<T>,
    ) -> Result<Option<T>, Error> {
        let Some(number) = self.optional::<T>(name)? else {
            return Ok(None);
        };
        if number.is_finite() && range.contains(&number) {
            return Ok(Some(number));
        }
        Err(self.bad(name, number.to_string(), within(&range)))
    }

    /// A finite number or a count within `range`.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is absent or no such number, with the range.
    pub fn number<T: Number>(&self, name: &str, range: impl RangeBounds<T>) -> Result<T, Error> {
        match self.optional_in(name, range)? {
            Some(number) => Ok(number),
            None => self.value(name),
        }
    }

    /// All finite numbers of a list; empty when it is absent.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when one of them is none, or out of `range`.
    pub fn numbers<T: Number>(
        &self,
        name: &str,
        range: impl RangeBounds<T>,
    ) -> Result<Vec<T>, Error> {
        let number = |text: &&str| {
            let number = text.trim().parse::<T>().ok();
            number
                .filter(|number| number.is_finite() && range.contains(number))
                .ok_or_else(|| self.bad(name, format!("`{text}`"), within(&range)))
        };
        self.texts(name).iter().map(number).collect()
    }

    /// Yes or no.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is neither.
    pub fn flag(&self, name: &str) -> Result<bool, Error> {
        self.choice(
            name,
            &[
                ("yes", true),
                ("no", false),
                ("true", true),
                ("false", false),
            ],
        )
    }

    /// The value of one of several words.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is none of them, with all of them.
    pub fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<T, Error> {
        let text: String = self.value(name)?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.bad(
                name,
                format!("`{text}`"),
                format!("one of {}", words.join(", ")),
            )
        })
    }

    /// Width and height, or whatever else comes in twos: `5x5`, or `5` for both.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when it is written in another way or out of `range`.
    pub fn pair<T: Number>(&self, name: &str, range: impl RangeBounds<T>) -> Result<(T, T), Error> {
        let text: String = self.value(name)?;
        let number = |text: &str| {
            let number = text.trim().parse::<T>().ok();
            number.filter(|number| number.is_finite() && range.contains(number))
        };
        let pair = match text.split_once('x') {
            Some((first, second)) => number(first).zip(number(second)),
            None => number(&text).zip(number(&text)),
        };
        pair.ok_or_else(|| {
            let expected = format!("a number or two such as 5x5, {}", within(&range));
            self.bad(name, format!("`{text}`"), expected)
        })
    }

    /// The error of an operation that is not compiled in.
    #[must_use]
    pub fn not_built(&self, feature: &'static str) -> Error {
        Error::NotBuilt {
            format: self.operator.name.to_owned(),
            feature,
        }
    }
}

/// Numbers that parameters take.
pub trait Number: FromStr + PartialOrd + Display + Copy {
    /// Whether it is neither infinite nor not a number.
    fn is_finite(&self) -> bool {
        true
    }
}

impl Number for u32 {}
impl Number for u64 {}
impl Number for i64 {}
impl Number for usize {}
impl Number for f64 {
    fn is_finite(&self) -> bool {
        Self::is_finite(*self)
    }
}

/// A range in words: `0 to 100`, `above 0`.
fn within<T: Display + Copy>(range: &impl RangeBounds<T>) -> String {
    let low = match range.start_bound() {
        Bound::Included(low) => Some((*low, "at least")),
        Bound::Excluded(low) => Some((*low, "above")),
        Bound::Unbounded => None,
    };
    let high = match range.end_bound() {
        Bound::Included(high) => Some((*high, "at most")),
        Bound::Excluded(high) => Some((*high, "below")),
        Bound::Unbounded => None,
    };
    match (low, high) {
        (Some((low, "at least")), Some((high, "at most"))) => format!("{low} to {high}"),
        (Some((low, from)), Some((high, to))) => format!("{from} {low} and {to} {high}"),
        (Some((low, from)), None) => format!("{from} {low}"),
        (None, Some((high, to))) => format!("{to} {high}"),
        (None, None) => "a number".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation;

    static OPERATOR: Operator = Operator {
        name: "test",
        title: "Tests",
        parameters: &[
            Parameter::new("size", "how large", "pixels", Presence::Required),
            Parameter::new("mode", "how", "soft|hard", Presence::Default("soft")),
            Parameter::new(
                "weights",
                "what counts",
                "numbers",
                Presence::Optional("none"),
            )
            .list(),
        ],
        examples: &[],
        notes: "",
        build: |arguments| Err::<Operation, _>(arguments.not_built("test")),
    };

    fn check(text: &str, expected: &str) {
        let spec: Spec = text.parse().expect("parses");
        let told = Arguments::new(&OPERATOR, &spec).and_then(|arguments| {
            let (first, second) = arguments.pair("size", 1..=9u32)?;
            let is_hard = arguments.choice("mode", &[("soft", false), ("hard", true)])?;
            let weights = arguments.numbers("weights", 0.0..)?;
            Ok(format!("{first}x{second} {is_hard} {weights:?}"))
        });
        assert_eq!(
            told.unwrap_or_else(|error: Error| error.to_string()),
            expected
        );
    }

    #[test]
    fn values_find_their_parameters() {
        check("test=3", "3x3 false []");
        check("test=3x4,hard,0.5,1", "3x4 true [0.5, 1.0]");
        check("test=mode:hard,size:2,weights:1,2", "2x2 true [1.0, 2.0]");
    }

    #[test]
    fn errors_say_what_is_accepted() {
        check("test", "test size is missing: expected pixels");
        check(
            "test=10",
            "test size is `10`: expected a number or two such as 5x5, 1 to 9",
        );
        check(
            "test=1,loud",
            "test mode is `loud`: expected one of soft, hard",
        );
        check(
            "test=1,soft,-1",
            "test weights is `-1`: expected at least 0",
        );
        check(
            "test=1,weights:nan",
            "test weights is `nan`: expected at least 0",
        );
        check("test=1,size:2", "test size is given twice: expected once");
        check(
            "test=1,mode:soft,hard",
            "test mode is soft,hard: expected one value",
        );
        check(
            "test=1,mod:soft",
            "test is given `mod`: expected `mode`, perhaps; quote text that has a colon",
        );
        check(
            "test=1,zzzzzz:soft",
            "test is given `zzzzzz`: expected size, mode, weights",
        );
    }
}
