//! Numbers of bytes, as people type and read them.

/// `1500`, `64K`, `256M`, `2G`, each also with `B` or `iB`; letters count in powers of 1,024.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let refused =
        || format!("`{text}` is not a size: expected bytes, such as 1500, 64K, 256M or 2G");
    let digits_end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(digits_end).ok_or_else(refused)?;
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(refused()),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(refused)
}

/// `512 B`, `1.5 kB`, `328.0 MB`: powers of 1,000.
pub(crate) fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1_000.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    // 999.95 would be printed as 1000.0.
    while value >= 999.95 {
        match units.next() {
            Some(next) => unit = Some(next),
            None => break,
        }
        value /= 1_000.0;
    }
    format!("{value:.1} {}", unit.unwrap_or(&"PB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_parse_and_print() {
        for (text, bytes) in [
            ("1500", 1_500),
            ("64K", 65_536),
            ("256M", 256 << 20),
            ("2GiB", 2 << 30),
            ("1 mb", 1 << 20),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "M",
            "1T5",
            "-1",
            "1.5G",
            "99999999999999999999",
            "18446744073709551615K",
        ] {
            let error = parse_bytes(text).expect_err(text);
            assert!(error.contains("is not a size"), "{error}");
        }
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_500, "1.5 kB"),
            (327_680_000, "327.7 MB"),
            (999_999, "1.0 MB"),
            (u64::MAX, "18446.7 PB"),
        ] {
            assert_eq!(human_bytes(bytes), text);
        }
    }
}
