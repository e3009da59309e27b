//! What a word without quotes is: nothing, yes or no, a number, or text.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use serde_json::{Number, Value};

/// Not a number and the infinities, which a [`Value`] does not hold: they stay text, in this spelling.
pub(super) const NOT_FINITE: [&str; 3] = [".nan", ".inf", "-.inf"];

/// The value of a plain scalar.
///
/// Whole numbers beyond 64 bits and dates stay text.
pub(super) fn resolved(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    let number = integer(text).or_else(|| float(text));
    number.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Sign and what follows it.
fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    }
}

fn integer(text: &str) -> Option<Value> {
    let (is_negative, digits) = signed(text);
    let all = |digits: &str, allowed: fn(&u8) -> bool| {
        !digits.is_empty() && digits.bytes().all(|byte| byte == b'_' || allowed(&byte))
    };
    let (radix, digits) = if let Some(bits) = digits.strip_prefix("0b") {
        all(bits, |byte| matches!(byte, b'0' | b'1')).then_some((2, bits))?
    } else if let Some(hex) = digits.strip_prefix("0x") {
        all(hex, u8::is_ascii_hexdigit).then_some((16, hex))?
    } else if digits.len() > 1 && digits.starts_with('0') {
        all(digits, |byte| (b'0'..=b'7').contains(byte)).then_some((8, digits))?
    } else if digits.contains(':') {
        return (!digits.contains('.'))
            .then(|| sixtieths(digits))
            .flatten()
            .and_then(|value| whole(is_negative, value));
    } else {
        let starts_well = digits.starts_with(|first: char| first.is_ascii_digit());
        (starts_well && all(digits, u8::is_ascii_digit)).then_some((10, digits))?
    };
    let digits = digits.replace('_', "");
    whole(is_negative, u128::from_str_radix(&digits, radix).ok()?)
}

fn whole(is_negative: bool, value: u128) -> Option<Value> {
    let value = i128::try_from(value).ok()?;
    let value = if is_negative { -value } else { value };
    let number = i64::try_from(value)
        .map(Number::from)
        .or_else(|_| u64::try_from(value).map(Number::from));
    number.ok().map(Value::Number)
}

/// `1:30:00`, whose parts are each at most 59 but for the first.
fn sixtieths(text: &str) -> Option<u128> {
    let mut parts = text.split(':');
    let first = parts.next()?;
    if !first.starts_with(|first: char| ('1'..='9').contains(&first)) {
        return None;
    }
    let mut value: u128 = plain_digits(first)?.parse().ok()?;
    for part in parts {
        let next: u128 = plain_digits(part)?.parse().ok()?;
        if part.len() > 2 || next > 59 {
            return None;
        }
        value = value.checked_mul(60)?.checked_add(next)?;
    }
    Some(value)
}

fn plain_digits(text: &str) -> Option<String> {
    let digits = text.replace('_', "");
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

fn float(text: &str) -> Option<Value> {
    let (is_negative, rest) = signed(text);
    match rest {
        ".inf" | ".Inf" | ".INF" => {
            let [_, plus, minus] = NOT_FINITE;
            return Some(Value::from(if is_negative { minus } else { plus }));
        }
        ".nan" | ".NaN" | ".NAN" if rest.len() == text.len() => {
            return Some(Value::from(".nan"));
        }
        _ => {}
    }
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at)?, Some(rest.get(at + 1..)?)),
        None => (rest, None),
    };
    // A point is needed, and the exponent has a sign.
    let (whole, part) = mantissa.split_once('.')?;
    let is_digits = |text: &str| text.bytes().all(|b| b == b'_' || b.is_ascii_digit());
    let starts_well = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let is_number = is_digits(whole)
        && is_digits(part)
        && if whole.is_empty() {
            starts_well(part)
        } else {
            starts_well(whole)
        };
    let exponent_is_good = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !is_number || !exponent_is_good {
        return None;
    }
    let value: f64 = text.replace('_', "").parse().ok()?;
    Number::from_f64(value).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_what_pyyaml_takes_them_for() {
        for (text, expected) in [
            ("", Value::Null),
            ("~", Value::Null),
            ("yes", json!(true)),
            ("OFF", json!(false)),
            ("y", json!("y")),
            ("12", json!(12)),
            ("-1_000", json!(-1000)),
            ("0", json!(0)),
            ("010", json!(8)),
            ("08", json!("08")),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("1:30", json!(90)),
            ("1:75", json!("1:75")),
            ("1e5", json!("1e5")),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1.0e+100", json!(1e100)),
            ("1.0e5", json!("1.0e5")),
            ("1.", json!(1.0)),
            (".", json!(".")),
            ("-", json!("-")),
            (".NaN", json!(".nan")),
            ("-.INF", json!("-.inf")),
            ("18446744073709551615", json!(u64::MAX)),
            ("28446744073709551615", json!("28446744073709551615")),
            ("2020-01-01", json!("2020-01-01")),
            ("1234e5678", json!("1234e5678")),
        ] {
            assert_eq!(resolved(text), expected, "{text}");
        }
    }
}
