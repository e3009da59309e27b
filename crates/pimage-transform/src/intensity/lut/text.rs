//! Tables of numbers as text.

use std::path::Path;

use pimage_core::Error;

use super::file::{Numbers, malformed};

/// Numbers between spaces, commas, semicolons or lines, `#` before comments; three columns when every line of several has three.
pub(super) fn parse(path: &Path, text: &str) -> Result<Numbers, Error> {
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let numbers = numbers(line).map_err(|word| {
            malformed(
                path,
                format!("line {} has `{word}`: expected numbers", number + 1),
            )
        })?;
        if !numbers.is_empty() {
            lines.push(numbers);
        }
    }
    let are_colors = lines.len() > 1 && lines.iter().all(|line| line.len() == 3);
    let columns = match are_colors {
        true => columns(&lines),
        false => vec![lines.concat()],
    };
    Ok(Numbers {
        domains: vec![(0.0, 1.0); columns.len()],
        columns,
        top: None,
    })
}

/// The numbers of a line; the first word that is none is the error.
pub(super) fn numbers(line: &str) -> Result<Vec<f64>, &str> {
    line.split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|word| !word.is_empty())
        .map(|word| {
            word.parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .ok_or(word)
        })
        .collect()
}

/// Red, green and blue of lines of three.
pub(super) fn columns(lines: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let column = |place| {
        lines
            .iter()
            .filter_map(|line| line.get(place).copied())
            .collect()
    };
    (0..3).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns_of(text: &str) -> Vec<Vec<f64>> {
        let numbers = parse(Path::new("a.txt"), text);
        numbers.expect("is a table").columns
    }

    #[test]
    fn numbers_stand_as_one_likes() {
        let expected = [[0.0, 1.5, 2e2, -3.0]];
        assert_eq!(columns_of("0 1.5\t2e2,-3"), expected);
        assert_eq!(columns_of("# x\n0\n1.5 # y\n\n200;-3\r\n"), expected);
        assert_eq!(
            columns_of("1 2 3\n4 5 6\n"),
            [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
        );
        assert_eq!(columns_of("1 2 3"), [[1.0, 2.0, 3.0]]);
    }
}
