//! A colour map: colours in a row, by name or of one's own.

use std::fmt;
use std::sync::Arc;

use pimage_core::{Error, Paint};

use crate::tables::{FAMILIES, Family, Row};

/// What a map is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// From little to much.
    Sequential,
    /// Away from a middle, both ways.
    Diverging,
    /// The end is the beginning: angles, phases.
    Cyclic,
    /// Colours that differ and have no order: labels.
    Qualitative,
    /// Everything else, rainbows included.
    Miscellaneous,
}

impl Kind {
    /// `sequential`, `diverging` and so on.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Diverging => "diverging",
            Self::Cyclic => "cyclic",
            Self::Qualitative => "qualitative",
            Self::Miscellaneous => "miscellaneous",
        }
    }
}

/// A map that has a name, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// How it is written: `viridis`, `cmo.thermal`, `cmc.batlow`. With `_r` at its end it is reversed.
    pub name: String,
    /// Whose it is: `matplotlib`, `cmocean` or `Crameri`.
    pub family: &'static str,
    /// What it is good for.
    pub kind: Kind,
}

/// The most colours of a map.
pub(crate) const MOST_COLORS: usize = 4000;

/// Colours in a row, from that of the lowest values to that of the highest.
///
/// ```
/// use pimage_colormap::Colormap;
/// use pimage_core::Paint;
///
/// let viridis = Colormap::by_name("viridis")?;
/// assert_eq!(viridis.colors().len(), 256);
/// assert_eq!(viridis.colors()[0], Paint::rgb(68, 1, 84));
/// assert_eq!(viridis.reversed(), Colormap::by_name("viridis_r")?);
/// assert_eq!(viridis.reversed().reversed(), viridis);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Colormap {
    name: String,
    colors: Arc<[Paint]>,
    source: Source,
}

/// Where the colours are from, which says what the reversed map is.
#[derive(Clone, Copy)]
enum Source {
    Table {
        family: &'static Family,
        row: &'static Row,
        is_reversed: bool,
    },
    Own,
}

impl Colormap {
    /// The map of this name, equal to the last bit to that of its package as 8-bit colours.
    ///
    /// The maps of cmocean and Crameri have the prefixes `cmo.` and `cmc.`, which may be left out where matplotlib has not the name too;
    /// upper and lower case matter only where the same letters name two maps.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when there is none.
    pub fn by_name(name: &str) -> Result<Self, Error> {
        let trimmed = name.trim();
        let is_exact = |known: &str, name: &str| known == name;
        let is_alike = |known: &str, name: &str| known.eq_ignore_ascii_case(name);
        find(trimmed, is_exact)
            .or_else(|| find(trimmed, is_alike))
            .ok_or_else(|| unknown(trimmed))
    }

    fn of_row(family: &'static Family, row: &'static Row, is_reversed: bool) -> Self {
        let suffix = if is_reversed { "_r" } else { "" };
        let colors = family.colors(row, is_reversed).into_iter();
        Self {
            name: format!("{}{}{suffix}", family.prefix, row.name()),
            colors: colors
                .map(|[red, green, blue]| Paint::rgb(red, green, blue))
                .collect(),
            source: Source::Table {
                family,
                row,
                is_reversed,
            },
        }
    }

    /// A map of these colours; `name` is how it is called.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for fewer than 2 colours or more than 4,000.
    pub fn from_colors(name: impl Into<String>, colors: Vec<Paint>) -> Result<Self, Error> {
        let name = name.into();
        if !(2..=MOST_COLORS).contains(&colors.len()) {
            return Err(Error::bad_option(
                format!("the colour map `{name}`"),
                format!("one of {} colour(s)", colors.len()),
                format!("2 to {MOST_COLORS}"),
            ));
        }
        Ok(Self {
            name,
            colors: colors.into(),
            source: Source::Own,
        })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn rename(&mut self, name: impl Into<String>) {
        self.name = name.into();
    }

    /// Its colours, that of the lowest values first.
    #[must_use]
    pub fn colors(&self) -> &[Paint] {
        &self.colors
    }

    /// The same from its end to its beginning.
    ///
    /// For some maps of matplotlib a colour differs by one level from that of the mirrored map, as it does there.
    #[must_use]
    pub fn reversed(&self) -> Self {
        match self.source {
            Source::Table {
                family,
                row,
                is_reversed,
            } => Self::of_row(family, row, !is_reversed),
            Source::Own => Self {
                name: match self.name.strip_suffix("_r") {
                    Some(name) => name.to_owned(),
                    None => format!("{}_r", self.name),
                },
                colors: self.colors.iter().rev().copied().collect(),
                source: Source::Own,
            },
        }
    }

    /// All maps that have a name, family by family; the reversed ones are not listed.
    pub fn names() -> impl Iterator<Item = Named> {
        let named = |family: &'static Family| {
            family.rows.iter().map(|row| Named {
                name: format!("{}{}", family.prefix, row.name()),
                family: family.title,
                kind: row.kind(),
            })
        };
        FAMILIES.iter().flat_map(named)
    }
}

/// The map whose name is equal to `name` in the sense of `is_same`, with or without the family's prefix.
fn find(name: &str, is_same: impl Fn(&str, &str) -> bool) -> Option<Colormap> {
    // cmocean names the inverted lightness of a reversed map in this order too.
    let (plain, is_reversed) = match (name.strip_suffix("_r_i"), name.strip_suffix("_r")) {
        (Some(plain), _) => (format!("{plain}_i"), true),
        (None, Some(plain)) => (plain.to_owned(), true),
        (None, None) => (name.to_owned(), false),
    };
    FAMILIES.iter().find_map(|family| {
        let own = match plain.get(..family.prefix.len()) {
            Some(prefix) if prefix.eq_ignore_ascii_case(family.prefix) => {
                plain.get(family.prefix.len()..).unwrap_or_default()
            }
            _ => &plain,
        };
        let row = family.rows.iter().find(|row| is_same(row.name(), own))?;
        Some(Colormap::of_row(family, row, is_reversed))
    })
}

fn unknown(name: &str) -> Error {
    let wanted = name.to_lowercase();
    let begins_alike = |known: &str| {
        let known = known.to_lowercase();
        let common = known.bytes().zip(wanted.bytes());
        common.take_while(|(first, second)| first == second).count() >= 3
    };
    let near: Vec<_> = FAMILIES
        .iter()
        .flat_map(|family| family.rows)
        .map(Row::name)
        .filter(|known| !known.ends_with("_i") && begins_alike(known))
        .take(3)
        .collect();
    let expected = match near.as_slice() {
        [] => "one of those that `pimage colormaps` lists, such as viridis, gray, cmo.thermal or cmc.batlow".to_owned(),
        near => format!("one of those that `pimage colormaps` lists, such as {}", near.join(", ")),
    };
    Error::bad_option("a colour map", format!("`{name}`"), expected)
}

impl PartialEq for Colormap {
    /// Whether the colours are the same, whatever they are called.
    fn eq(&self, other: &Self) -> bool {
        self.colors == other.colors
    }
}

impl Eq for Colormap {}

impl fmt::Debug for Colormap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Colormap({}, {} colours)", self.name, self.colors.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_with_and_without_their_prefix() {
        let name = |text: &str| match Colormap::by_name(text) {
            Ok(map) => map.name().to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(name("thermal"), "cmo.thermal");
        assert_eq!(name("cmo.thermal_r"), "cmo.thermal_r");
        assert_eq!(name("batlow"), "cmc.batlow");
        assert_eq!(name("cmo.gray"), "cmo.gray");
        assert_eq!(name("gray"), "gray");
        assert_eq!(name("grayC"), "cmc.grayC");
        assert_eq!(name("VIRIDIS"), "viridis");
        assert_eq!(name("cmo.ice_r_i"), "cmo.ice_i_r");
        assert_eq!(
            name("virids"),
            "a colour map is `virids`: expected one of those that `pimage colormaps` lists, such as viridis"
        );
    }

    #[test]
    fn reversing_twice_changes_nothing_and_once_mirrors() {
        for named in Colormap::names() {
            let map = Colormap::by_name(&named.name).expect("has this name");
            assert_eq!(map.name(), named.name);
            let reversed = map.reversed();
            assert_eq!(reversed.reversed(), map, "{}", named.name);
            assert_eq!(reversed.colors().len(), map.colors().len());
            for (first, second) in reversed.colors().iter().rev().zip(map.colors()) {
                assert!(first.red.abs_diff(second.red) <= 1, "{}", named.name);
                assert!(first.green.abs_diff(second.green) <= 1, "{}", named.name);
                assert!(first.blue.abs_diff(second.blue) <= 1, "{}", named.name);
            }
        }
        assert!(Colormap::names().count() > 170);
    }

    #[test]
    fn gray_rises() {
        let gray = Colormap::by_name("gray").expect("is there");
        let levels = gray.colors().iter().map(|paint| paint.red);
        assert!(
            levels
                .clone()
                .zip(levels.skip(1))
                .all(|(a, b)| a < b || a + 1 >= b && a <= b)
        );
        // Those of matplotlib are truncated.
        for (level, paint) in gray.colors().iter().enumerate() {
            assert!(level.abs_diff(usize::from(paint.red)) <= 1, "{level}");
        }
    }
}
