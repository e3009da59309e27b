//! The shapes of characters.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use ab_glyph::{Font as _, FontArc, FontVec, GlyphId, Outline};
use pimage_core::Error;

/// `DejaVu Sans`, see `fonts/README.md`.
static BUNDLED: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");

/// A font: the shapes of characters and their widths; cheap to clone.
///
/// ```
/// use pimage_text::Font;
///
/// let font = Font::bundled();
/// assert!(font.has('µ'));
/// assert!(!font.has('\u{1f41f}'));
/// ```
#[derive(Clone)]
pub struct Font {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    font: FontArc,
    /// Glyph and advance of each character of ASCII.
    ascii: Vec<(GlyphId, f32)>,
    /// What is added between two of them: the rows are those of the left one.
    kerning: Vec<f32>,
}

/// The longest file that is read: twice the largest fonts of Chinese that there are.
const MOST_BYTES: u64 = 128 << 20;

/// Characters of ASCII.
const ASCII: usize = 128;

impl Font {
    /// `DejaVu Sans` with Latin, Greek and Cyrillic letters, punctuation, units and mathematical signs; its digits are of one width.
    #[must_use]
    pub fn bundled() -> Self {
        static FONT: OnceLock<Font> = OnceLock::new();
        FONT.get_or_init(loaded).clone()
    }

    /// The font of a TTF or OTF file, the first one of a collection.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be read, [`Error::Malformed`] when it is no such font.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(Error::io("open", path))?;
        file.take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(Error::io("read", path))?;
        if bytes.len() as u64 > MOST_BYTES {
            let reason = format!("it is longer than {MOST_BYTES} bytes");
            return Err(Error::malformed("TTF or OTF", path, reason));
        }
        Self::from_bytes(&path.to_string_lossy(), bytes).map_err(|error| error.at_path(path, None))
    }

    /// The font that the content of a TTF or OTF file is; `name` is how messages call it.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] when it is no such font.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, Error> {
        let reason = "no tables of shapes and widths were found";
        let refused = |_| Error::malformed("TTF or OTF", "", reason);
        let font = FontVec::try_from_vec_and_index(bytes, 0).map_err(refused)?;
        // Sizes are divided by these.
        let has_sizes =
            font.units_per_em().is_some_and(|units| units > 0.0) && font.height_unscaled() > 0.0;
        if !has_sizes {
            return Err(Error::malformed(
                "TTF or OTF",
                "",
                "its characters have no height",
            ));
        }
        Ok(Self::new(name, FontArc::new(font)))
    }

    fn new(name: &str, font: FontArc) -> Self {
        let glyphs = (0..ASCII as u8).map(|byte| font.glyph_id(char::from(byte)));
        let ascii: Vec<_> = glyphs
            .map(|glyph| (glyph, font.h_advance_unscaled(glyph)))
            .collect();
        let row = |(left, _): &(GlyphId, f32)| {
            let left = *left;
            let font = &font;
            ascii
                .iter()
                .map(move |(right, _)| font.kern_unscaled(left, *right))
        };
        let kerning = ascii.iter().flat_map(row).collect();
        Self {
            inner: Arc::new(Inner {
                name: name.to_owned(),
                font,
                ascii,
                kerning,
            }),
        }
    }

    /// What it is called: the name of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Whether it has a shape of its own for this character.
    #[must_use]
    pub fn has(&self, character: char) -> bool {
        self.inner.font.glyph_id(character) != GlyphId(0)
    }

    /// Which glyph a character is, and how far the next one is, in units; glyph 0 is the box for those that are missing.
    pub(crate) fn glyph(&self, character: char) -> (GlyphId, f32) {
        let known = self.inner.ascii.get(character as usize).copied();
        known.unwrap_or_else(|| {
            let glyph = self.inner.font.glyph_id(character);
            (glyph, self.inner.font.h_advance_unscaled(glyph))
        })
    }

    /// Pixels in a unit of the font at a size in pixels an em.
    pub(crate) fn pixels_from_units(&self, size: f64) -> f32 {
        // Present and positive: checked when the font was made.
        size as f32 / self.inner.font.units_per_em().unwrap_or(1.0)
    }

    /// How far above and below the base line the characters reach, in units; both positive.
    pub(crate) fn ascent_and_descent(&self) -> (f32, f32) {
        (
            self.inner.font.ascent_unscaled(),
            -self.inner.font.descent_unscaled(),
        )
    }

    /// The distance of lines, in units.
    pub(crate) fn line_height(&self) -> f32 {
        self.inner.font.height_unscaled() + self.inner.font.line_gap_unscaled().max(0.0)
    }

    /// What is added between two characters, in units.
    pub(crate) fn kerning(&self, left: char, right: char) -> f32 {
        if left.is_ascii() && right.is_ascii() {
            let place = left as usize * ASCII + right as usize;
            return self.inner.kerning.get(place).copied().unwrap_or(0.0);
        }
        let (left, right) = (self.glyph(left).0, self.glyph(right).0);
        self.inner.font.kern_unscaled(left, right)
    }

    /// The shape of a glyph, in units; `None` for blanks.
    pub(crate) fn outline(&self, glyph: GlyphId) -> Option<Outline> {
        self.inner.font.outline(glyph)
    }
}

fn loaded() -> Font {
    #[expect(clippy::expect_used, reason = "a test loads the file that is bundled")]
    let font = FontArc::try_from_slice(BUNDLED).expect("the bundled font is one");
    Font::new("DejaVu Sans", font)
}

impl fmt::Debug for Font {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Font").field(&self.inner.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_font_has_what_labels_need() {
        let font = Font::bundled();
        for character in
            "0123456789AZaz .,:;-+%()[]/°±×µμÄÖÜäöüßéñçøåŁşλαΩσΔЖя²³⁻₂→≤≥≈√∞…–—“”€Å".chars()
        {
            assert!(font.has(character), "{character}");
        }
        let widths: Vec<_> = ('0'..='9').map(|digit| font.glyph(digit).1).collect();
        assert!(
            widths
                .windows(2)
                .all(|pair| pair[0].to_bits() == pair[1].to_bits()),
            "{widths:?}"
        );
    }

    #[test]
    fn what_is_no_font_is_refused() {
        let folder = std::env::temp_dir();
        let error = Font::open(folder.join("pimage-no-such-font.ttf")).expect_err("is not there");
        assert!(matches!(error, Error::Io { verb: "open", .. }), "{error}");
        for bytes in [&b""[..], b"OTTO", &BUNDLED[..100]] {
            let error = Font::from_bytes("x", bytes.to_vec())
                .expect_err("is none")
                .at_path("x.ttf", None);
            assert_eq!(
                error.to_string(),
                "`x.ttf` is not valid TTF or OTF: no tables of shapes and widths were found"
            );
        }
    }
}
