//! How the strips of a page are packed, and how that is asked for.

use pimage_core::{Error, SampleType};

use crate::tiff::tags::compression;
use crate::tiff_file::COMPRESSIONS;

/// The usual level of zstd.
const ZSTD_LEVEL: u8 = 3;

/// How the strips of a page are packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// zlib streams of this level; `None` is for each strip the fastest that packs about as well as level 6.
    Deflate(Option<u8>),
    /// Lempel, Ziv and Welch's codes, highest bit first.
    Lzw,
    /// Runs of equal bytes.
    PackBits,
    /// zstd frames of this level.
    Zstd(u8),
}

impl Compression {
    /// What `--compression` asks for; `None` is no compression.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`], which lists what there is; [`Error::NotBuilt`] for zstd without its feature.
    pub fn parse(text: Option<&str>) -> Result<Self, Error> {
        let Some(text) = text else {
            return Ok(Self::None);
        };
        let refused = || {
            let expected = format!("{COMPRESSIONS} for TIFF");
            Error::bad_option("--compression", format!("`{text}`"), expected)
        };
        let (name, level) = match text.split_once('=') {
            Some((name, level)) => (name, Some(level.parse::<u8>().ok().ok_or_else(refused)?)),
            None => (text, None),
        };
        let compression = match (name, level) {
            ("none", None) => Self::None,
            ("deflate", None) => Self::Deflate(None),
            ("deflate", Some(level @ 1..=9)) => Self::Deflate(Some(level)),
            ("lzw", None) => Self::Lzw,
            ("packbits", None) => Self::PackBits,
            ("zstd", None) => Self::Zstd(ZSTD_LEVEL),
            ("zstd", Some(level @ 1..=22)) => Self::Zstd(level),
            _ => return Err(refused()),
        };
        if matches!(compression, Self::Zstd(_)) && cfg!(not(feature = "zstd")) {
            return Err(Error::NotBuilt {
                format: "TIFF with zstd".to_owned(),
                feature: "zstd",
            });
        }
        Ok(compression)
    }

    /// The value of the tag Compression.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::None => compression::NONE,
            Self::Lzw => compression::LZW,
            Self::Deflate(_) => compression::DEFLATE,
            Self::PackBits => compression::PACK_BITS,
            Self::Zstd(_) => compression::ZSTD,
        }
    }

    /// The value of the tag Predictor for such samples: 1 none, 2 differences of integers, 3 differences of the bytes of floats.
    #[must_use]
    pub const fn predictor(self, sample: SampleType) -> u16 {
        match self {
            // Differences have no runs that the samples do not have, and libtiff knows no predictor here.
            Self::None | Self::PackBits => 1,
            _ if sample.is_float() => 3,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_levels_are_read() {
        let parse = |text| Compression::parse(Some(text)).expect("is known");
        assert_eq!(Compression::parse(None).ok(), Some(Compression::None));
        assert_eq!(parse("none"), Compression::None);
        assert_eq!(parse("deflate"), Compression::Deflate(None));
        assert_eq!(parse("deflate=9"), Compression::Deflate(Some(9)));
        assert_eq!(parse("lzw"), Compression::Lzw);
        assert_eq!(parse("packbits"), Compression::PackBits);
    }

    #[test]
    fn what_is_not_known_is_refused_with_the_list() {
        for text in [
            "zip",
            "deflate=0",
            "deflate=10",
            "lzw=3",
            "jpeg",
            "",
            "zstd=23",
        ] {
            let error = Compression::parse(Some(text)).expect_err(text).to_string();
            assert!(error.contains("expected none, deflate"), "{error}");
        }
    }

    #[test]
    #[cfg(feature = "zstd")]
    fn zstd_has_levels() {
        assert_eq!(
            Compression::parse(Some("zstd=22")).ok(),
            Some(Compression::Zstd(22))
        );
    }

    #[test]
    #[cfg(not(feature = "zstd"))]
    fn zstd_names_its_feature() {
        let error = Compression::parse(Some("zstd")).expect_err("not built");
        assert!(error.to_string().contains("`zstd` feature"), "{error}");
    }
}
