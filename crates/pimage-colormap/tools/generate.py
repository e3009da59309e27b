"""Writes src/tables/: every colour map of matplotlib, cmocean and cmcrameri as bytes, and the list of their names.

    pip install matplotlib==3.11.* cmocean==4.* cmcrameri==1.10
    python tools/generate.py && cargo fmt -p pimage-colormap

The bytes are those of `cmap(np.arange(cmap.N), bytes=True)`, which multiplies by 255 and truncates. Reversing a map in matplotlib
recomputes some of them, so that an entry may differ by one level from the mirrored table: such a reversed table is stored too.
"""

import os

import cmcrameri  # noqa: F401  (registers its maps)
import cmocean  # noqa: F401  (registers its maps)
import numpy as np
from matplotlib import colormaps

TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "tables")

MATPLOTLIB_KINDS = {
    "Diverging": "PiYG PRGn BrBG PuOr RdGy RdBu RdYlBu RdYlGn Spectral coolwarm bwr seismic berlin managua vanimo",
    "Cyclic": "twilight twilight_shifted hsv",
    "Qualitative": "Pastel1 Pastel2 Paired Accent okabe_ito Dark2 Set1 Set2 Set3 tab10 tab20 tab20b tab20c",
    "Miscellaneous": "flag prism ocean gist_earth terrain gist_stern gnuplot gnuplot2 CMRmap cubehelix brg gist_rainbow rainbow jet turbo"
    " nipy_spectral gist_ncar",
}
CMOCEAN_KINDS = {"Diverging": "topo balance delta curl diff tarn", "Cyclic": "phase"}
CRAMERI_KINDS = {"Diverging": "broc cork vik lisbon tofino berlin bam roma vanimo managua", "Miscellaneous": "oleron bukavu fes"}


def kind(name, kinds):
    return next((kind for kind, names in kinds.items() if name in names.split()), "Sequential")


def crameri_kind(name):
    if name.endswith("O"):
        return "Cyclic"
    return "Qualitative" if name.endswith("S") else kind(name, CRAMERI_KINDS)


def table(cmap):
    rgba = cmap(np.arange(cmap.N), bytes=True)
    assert (rgba[:, 3] == 255).all(), cmap.name
    return rgba[:, :3]


class Family:
    """The tables of one package, each stored once."""

    def __init__(self, file):
        self.file = file
        self.bytes = b""
        self.rows = []

    def place(self, rgb):
        wanted = rgb.tobytes()
        for start in range(0, len(self.bytes), 3):
            if self.bytes.startswith(wanted, start):
                return start // 3
        self.bytes += wanted
        return len(self.bytes) // 3 - len(rgb)

    def add(self, name, kind):
        rgb = table(colormaps[name])
        start = self.place(rgb)
        mirrored = "None"
        if name + "_r" in colormaps:
            reverse = table(colormaps[name + "_r"])
            if not np.array_equal(reverse, rgb[::-1]):
                mirrored = "Some(%d)" % self.place(reverse)
        self.rows.append('    Row::new("%s", Kind::%s, %d, %d, %s),' % (name.split(".")[-1], kind, len(rgb), start, mirrored))

    def write(self):
        with open(os.path.join(TABLES, self.file + ".bin"), "wb") as output:
            output.write(self.bytes)
        return "pub(super) static %s: &[Row] = &[\n%s\n];\n" % (self.file.upper(), "\n".join(self.rows))


def main():
    matplotlib, ocean, crameri = Family("matplotlib"), Family("cmocean"), Family("crameri")
    # A map may end in `_r_i`, which is another name of `_i_r`.
    names = [name for name in colormaps if not name.endswith(("_r", "_r_i"))]
    for name in sorted(names, key=lambda name: (name.lower(), name)):
        bare = name.split(".")[-1]
        if name.startswith("cmo."):
            ocean.add(name, kind(bare.removesuffix("_i"), CMOCEAN_KINDS))
        elif name.startswith("cmc."):
            crameri.add(name, crameri_kind(bare))
        else:
            matplotlib.add(name, kind(name, MATPLOTLIB_KINDS))
    text = "//! The names of the maps and where their colours begin; written by `tools/generate.py`.\n\nuse super::{Kind, Row};\n\n"
    text += "\n".join(family.write() for family in (matplotlib, ocean, crameri))
    with open(os.path.join(TABLES, "rows.rs"), "w") as output:
        output.write(text)


if __name__ == "__main__":
    main()
