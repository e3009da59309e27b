"""numpy reads the arrays that pimage writes, and the other way round, bit by bit."""

import numpy as np

from _checks import Checks, assert_equal, color_clip, gray_clip

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]


class Arrays(Checks):
    """Writes arrays with numpy, has pimage copy them, and reads the copies with numpy."""

    def copy(self, name, array):
        source, output = self.path(name + ".npy"), self.path(name + "-copy.npy")
        np.save(source, array)
        self.pimage("convert", source, output, "--quiet")
        found = np.load(output)
        assert_equal(found, np.ascontiguousarray(array).astype(array.dtype.newbyteorder("=")), "the copy")

    def picked(self):
        clip = gray_clip(count=20)
        source, output = self.path("clip.npy"), self.path("picked.npy")
        np.save(source, clip)
        self.pimage("extract", source, 19, 3, 3, 0, "-o", output)
        assert_equal(np.load(output), clip[[19, 3, 3, 0]], "the frames picked")

    def sliced(self):
        clip = gray_clip(count=20)
        source, output = self.path("long.npy"), self.path("sliced.npy")
        np.save(source, clip)
        self.pimage("convert", source, output, "--quiet", "--start", 2, "--stop", 17, "--step", 4)
        assert_equal(np.load(output), clip[2:17:4], "the slice")


def samples(kind):
    """A clip of any type, with values at both ends of its range."""
    rng = np.random.default_rng(7)
    if kind.startswith("float"):
        clip = rng.standard_normal((5, 12, 17)).astype(kind)
        clip[0, 0, :4] = [np.finfo(kind).max, np.finfo(kind).min, 0.0, -0.0]
        return clip
    limits = np.iinfo(kind)
    clip = rng.integers(limits.min, limits.max, (5, 12, 17), dtype=kind, endpoint=True)
    clip[0, 0, :2] = [limits.min, limits.max]
    return clip


def main():
    arrays = Arrays(__doc__)
    for kind in TYPES:
        arrays.run(kind, arrays.copy, kind, samples(kind))
        if np.dtype(kind).itemsize > 1:
            swapped = samples(kind).astype(np.dtype(kind).newbyteorder(">"))
            arrays.run(kind + ", big-endian", arrays.copy, kind + "-big", swapped)
    arrays.run("colour", arrays.copy, "colour", color_clip())
    arrays.run("colour, 16 bit", arrays.copy, "colour16", color_clip(dtype=np.uint16))
    arrays.run("frames picked", arrays.picked)
    arrays.run("frames sliced", arrays.sliced)
    arrays.end()


if __name__ == "__main__":
    main()
