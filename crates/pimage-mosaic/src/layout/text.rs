//! Values of a file that are written as text: colours, rates, names.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

/// Text, or a number as it would be written.
struct Scalar(String);

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a number")
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ScalarVisitor)
    }
}

pub(super) fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub(super) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    let text = Scalar::deserialize(from)?;
    text.0.parse().map_err(D::Error::custom)
}

/// The same for what may be absent.
pub(super) mod optional {
    use super::{Deserializer, Display, FromStr, Serializer};

    #[expect(clippy::ref_option, reason = "is what `serde` calls")]
    pub(in crate::layout) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(in crate::layout) fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        super::deserialize(from).map(Some)
    }
}

/// The same for methods of resizing, of which `auto` is none.
pub(super) mod method {
    use pimage_transform::Method;

    use super::{Deserialize as _, Deserializer, Scalar, Serializer};
    use crate::layout::method::{method_named, name_of_method};

    #[expect(clippy::ref_option, reason = "is what `serde` calls")]
    pub(in crate::layout) fn serialize<S: Serializer>(
        method: &Option<Method>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(name_of_method(*method))
    }

    pub(in crate::layout) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Method>, D::Error> {
        let name = Scalar::deserialize(from)?;
        method_named(&name.0).map_err(serde::de::Error::custom)
    }
}
