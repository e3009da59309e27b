//! Where each character of a text stands.

use std::ops::Range;

use ab_glyph::GlyphId;

use crate::Font;

/// Blanks that a tabulator stands for.
const TAB: f32 = 4.0;

/// Lines of glyphs.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// Glyphs, each with its distance from the start of its line, pixels.
    pub(crate) glyphs: Vec<(GlyphId, f32)>,
    pub(crate) lines: Vec<Line>,
}

/// One line.
#[derive(Debug)]
pub(crate) struct Line {
    /// Which glyphs.
    pub(crate) glyphs: Range<usize>,
    /// Its width, pixels.
    pub(crate) width: f32,
}

impl Layout {
    /// Lays out `text`; `scale` is pixels in a unit of the font.
    pub(crate) fn lay_out(&mut self, font: &Font, scale: f32, text: &str) {
        self.glyphs.clear();
        self.lines.clear();
        for line in text.lines() {
            let start = self.glyphs.len();
            let mut width = 0.0;
            let mut before = None;
            for character in line.chars().filter(|character| is_drawn(*character)) {
                let (character, count) = match character {
                    '\t' => (' ', TAB),
                    character => (character, 1.0),
                };
                if let Some(before) = before {
                    width += scale * font.kerning(before, character);
                }
                let (glyph, advance) = font.glyph(character);
                self.glyphs.push((glyph, width));
                width += scale * advance * count;
                before = Some(character);
            }
            self.lines.push(Line {
                glyphs: start..self.glyphs.len(),
                width,
            });
        }
    }

    /// The width of the widest line, pixels.
    pub(crate) fn width(&self) -> f32 {
        self.lines.iter().map(|line| line.width).fold(0.0, f32::max)
    }
}

/// Whether a character is something that is seen or takes room: no control character, mark of direction, joiner or selector.
fn is_drawn(character: char) -> bool {
    if character == '\t' {
        return true;
    }
    let is_format = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    );
    !is_format && !character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(text: &str) -> Vec<f32> {
        let font = Font::bundled();
        let mut layout = Layout::default();
        layout.lay_out(&font, font.pixels_from_units(100.0), text);
        layout.lines.iter().map(|line| line.width.round()).collect()
    }

    #[test]
    fn lines_are_as_wide_as_their_characters() {
        assert_eq!(widths("0"), [64.0]);
        assert_eq!(widths("00\n0\r\n\n000\n"), [127.0, 64.0, 0.0, 191.0]);
        assert_eq!(widths(""), [0.0; 0]);
        // Kerning.
        assert!(widths("AV")[0] < widths("A")[0] + widths("V")[0]);
    }

    #[test]
    fn what_is_not_seen_takes_no_room() {
        assert_eq!(
            widths("0\u{7}\u{1b}\u{200d}\u{202e}\u{fe0f}0"),
            widths("00")
        );
        assert_eq!(widths("\t"), widths("    "));
        // A fish is a box.
        assert!(widths("\u{1f41f}")[0] > 0.0);
    }
}
