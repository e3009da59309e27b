//! One-dimensional tables in `.cube` files, as programs that grade films write them.

use std::path::Path;

use pimage_core::Error;

use super::file::{Numbers, malformed};
use super::text::{columns, numbers};

/// Whether this is such a file.
pub(super) fn is_cube(path: &Path, text: &str) -> bool {
    let extension = path.extension().unwrap_or_default();
    extension.eq_ignore_ascii_case("cube") || text.contains("LUT_1D_SIZE")
}

/// Key words, then lines of red, green and blue, 1 being the full scale.
pub(super) fn parse(path: &Path, text: &str) -> Result<Numbers, Error> {
    let mut size = None;
    let (mut low, mut high) = (vec![0.0; 3], vec![1.0; 3]);
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let wrong = |found: &str| {
            let reason = format!(
                "line {} is `{found}`: expected three numbers or a key word with its numbers",
                number + 1
            );
            malformed(path, reason)
        };
        let values = |count: usize, rest| {
            let values = numbers(rest).map_err(&wrong)?;
            match values.len() == count {
                true => Ok(values),
                false => Err(wrong(line)),
            }
        };
        match word {
            "" | "TITLE" => {}
            "LUT_3D_SIZE" => {
                let reason = "it is a table of three dimensions; pimage takes those of one";
                return Err(Error::unsupported(path, reason));
            }
            "LUT_1D_SIZE" => size = values(1, rest)?.first().copied(),
            "DOMAIN_MIN" => low = values(3, rest)?,
            "DOMAIN_MAX" => high = values(3, rest)?,
            "LUT_1D_INPUT_RANGE" => {
                let ends = values(2, rest)?;
                low.fill(ends.first().copied().unwrap_or(0.0));
                high.fill(ends.last().copied().unwrap_or(1.0));
            }
            _ => lines.push(values(3, line)?),
        }
    }
    let found = lines.len();
    if let Some(size) = size
        && (size - found as f64).abs() > 0.0
    {
        return Err(malformed(path, format!("it has {found} of {size} entries")));
    }
    let domains: Vec<_> = low.into_iter().zip(high).collect();
    if domains.iter().any(|(low, high)| low >= high) {
        return Err(malformed(path, "its domain ends where it begins or before"));
    }
    Ok(Numbers {
        columns: columns(&lines),
        top: Some(1.0),
        domains,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_words_and_colours() {
        let text = "TITLE \"film\"\n# made by hand\nLUT_1D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 0.5\n\n0 0.1 0.2\n1 0.9 0.8\n";
        let numbers = parse(Path::new("a.cube"), text).expect("is a table");
        assert_eq!(numbers.columns, [[0.0, 1.0], [0.1, 0.9], [0.2, 0.8]]);
        assert_eq!(numbers.domains, [(0.0, 1.0), (0.0, 1.0), (0.0, 0.5)]);
        let error = parse(Path::new("a.cube"), "LUT_1D_SIZE 2\n0 0\n").err();
        assert_eq!(
            error.expect("has two numbers").to_string(),
            "`a.cube` is not valid table: line 2 is `0 0`: expected three numbers or a key word with its numbers"
        );
        assert!(parse(Path::new("a.cube"), "DOMAIN_MAX 0 0 0\n0 0 0\n1 1 1\n").is_err());
    }
}
