"""Pillow draws text with pimage's own font where pimage draws it, and bars are as long as they say."""

import os

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from _checks import Checks, assert_equal

FONT = os.path.join(os.path.dirname(__file__), "..", "..", "crates", "pimage-text", "fonts", "DejaVuSans.ttf")
# Pillow moves edges to whole pixels (hinting), so it draws this many times as large, and the mean of each square is the coverage.
FINE = 32
# Pillow sets an anchor by whole pixels of hinted characters, pimage by the font's own sizes.
BOX_PIXELS = 2
# A quarter of a pixel is how exactly pimage places a character.
CORRELATION = 0.98
# What hinting may still move: half of a 32nd of a pixel at each of two edges, and curves as lines.
GLYPH_LEVELS = 16
# Above the base line, in parts of the size.
ASCENT = 1901 / 2048

TOPS = {"uint8": 255, "uint16": 65535, "uint32": 4294967295, "int16": 32767, "int32": 2147483647, "float32": 1, "float64": 1}


def ink(frame):
    """The rows and columns between which a frame is not black."""
    rows, columns = np.nonzero(frame > 0.02 * frame.max())
    return np.array([rows.min(), rows.max(), columns.min(), columns.max()])


def pillow(text, size, width, height, anchor, at, fine=1):
    image = Image.new("L", (width * fine, height * fine))
    font = ImageFont.truetype(FONT, size * fine, layout_engine=ImageFont.Layout.BASIC)
    place = (at[0] * fine, at[1] * fine)
    ImageDraw.Draw(image).text(place, text, font=font, fill=255, anchor=anchor)
    return np.asarray(image).reshape(height, fine, width, fine).mean(axis=(1, 3))


def coverage(text, size, width, height):
    """A text whose upper left corner is at (8, 6), on a base line that is a whole pixel."""
    return pillow(text, size, width, height, "ls", (8, round(6 + ASCENT * size)), FINE)


class Text(Checks):
    """Has pimage write on black frames."""

    def drawn(self, spec, shape, kind="uint8", *options):
        source, output = self.path("black.npy"), self.path("drawn.npy")
        np.save(source, np.zeros(shape, kind))
        self.pimage("convert", source, output, "-t", spec, "--quiet", "--overwrite", *options)
        return np.load(output)

    def words(self, text, size):
        found = self.drawn("annotate='%s',x:8,y:6,size:%d,outline:none" % (text, size), (1, 90, 420))[0]
        expected = coverage(text, size, 420, 90)
        apart = np.abs(ink(found) - ink(expected))
        assert apart.max() <= 1, "the ink is %s, that of Pillow %s" % (ink(found), ink(expected))
        correlation = np.corrcoef(found.ravel(), expected.ravel())[0, 1]
        assert correlation >= CORRELATION, "coverage correlates by %.3f" % correlation

    def glyph(self, character, size):
        found = self.drawn("annotate=%s,x:8,y:6,size:%d,outline:none" % (character, size), (1, 90, 90))[0]
        worst = np.abs(found - coverage(character, size, 90, 90)).max()
        assert worst <= GLYPH_LEVELS, "%s is off by %.1f levels" % (character, worst)

    def anchor(self, position, anchor, at):
        found = self.drawn("annotate=Anchor,position:%s,margin:10,size:20,outline:none" % position, (1, 120, 300))[0]
        apart = np.abs(ink(found) - ink(pillow("Anchor", 20, 300, 120, anchor, at)))
        assert apart.max() <= BOX_PIXELS, "off by %s" % apart

    def type(self, kind):
        found = self.drawn("annotate=Mg 12,size:24", (1, 50, 160), kind)[0]
        gray = self.drawn("annotate=Mg 12,size:24", (1, 50, 160))[0]
        assert found.dtype == kind, "is %s" % found.dtype
        assert abs(found.max() / TOPS[kind] - 1) < 1e-12, "white is %s" % found.max()
        # The nearest of 255 levels, of which each has a rounding of its own.
        levels = np.abs(found / TOPS[kind] * 255.0 - gray)
        assert levels.max() <= 0.51, "off by %.2f levels" % levels.max()

    def colors(self):
        found = self.drawn("annotate=M,size:40,color:#ff8000,outline:none", (1, 60, 60, 3))[0]
        gray = self.drawn("annotate=M,size:40,outline:none", (1, 60, 60))[0].astype(float)
        expected = np.round(gray[..., None] * np.array([255, 128, 0]) / 255)
        worst = np.abs(found - expected).max()
        assert worst <= 1, "off by %d" % worst

    def bar(self, length, pixel, pixels):
        spec = "scalebar=%s,pixel:%s,label:no,outline:none,thickness:3,margin:7" % (length, pixel)
        found = self.drawn(spec, (1, 64, 320))[0]
        expected = np.zeros((64, 320), np.uint8)
        expected[64 - 10:64 - 7, 320 - 7 - pixels:320 - 7] = 255
        assert_equal(found, expected, "the bar")

    def fields(self):
        frames = self.drawn("annotate={index:03},x:8,y:6,size:30,outline:none", (12, 50, 120))
        for index in (0, 9, 10, 11):
            expected = coverage("%03d" % index, 30, 120, 50)
            correlation = np.corrcoef(frames[index].ravel(), expected.ravel())[0, 1]
            assert correlation >= CORRELATION, "frame %d: %.3f" % (index, correlation)


def main():
    text = Text(__doc__)
    # No pair of these letters is kerned: Pillow's basic layout takes kerning for a 64th of what it is.
    for size in (12, 16, 24, 48):
        text.run("words of %d pixels" % size, text.words, "Number 0123", size)
        text.run("umlauts of %d pixels" % size, text.words, "Mühe50µm", size)
    for character in "Hg8µÄ@":
        for size in (16, 40):
            text.run("%s of %d pixels" % (character, size), text.glyph, character, size)
    text.run("at the upper left", text.anchor, "top-left", "la", (10, 10))
    text.run("in the middle", text.anchor, "center", "mm", (150, 60))
    text.run("at the lower right", text.anchor, "bottom-right", "rd", (290, 110))
    for kind in TOPS:
        text.run("on %s" % kind, text.type, kind)
    text.run("in colour", text.colors)
    text.run("the index", text.fields)
    text.run("a bar of 50 µm", text.bar, "50um", "0.65um", 77)
    text.run("a bar of its own length", text.bar, "auto", "1um", 50)
    text.run("a bar of 2 mm", text.bar, "2mm", "0.01mm", 200)
    text.end()


if __name__ == "__main__":
    main()
