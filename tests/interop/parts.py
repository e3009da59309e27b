"""numpy's slices and statistics are those of pimage."""

import numpy as np

from _checks import Checks, assert_equal

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]
STATISTICS = {"mean": np.mean, "max": np.max, "min": np.min, "std": np.std, "median": np.median, "sum": np.sum}
# Of the result's own size: numpy adds pairwise, pimage with compensation.
ROUNDING = 1e-12


def samples(kind, shape):
    rng = np.random.default_rng(11)
    if kind.startswith("float"):
        return rng.standard_normal(shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


def assert_near(found, expected, what):
    assert found.shape == expected.shape, "%s has shape %s, expected %s" % (what, found.shape, expected.shape)
    scale = np.maximum(np.abs(expected), 1)
    worst = float(np.max(np.abs(found - expected) / scale))
    assert worst <= ROUNDING, "%s is off by %g of its size" % (what, worst)


class Parts(Checks):
    """Saves arrays with numpy, has pimage cut and reduce them, and compares with numpy's own."""

    def statistic(self, kind, name, count, *options):
        clip = samples(kind, (count, 9, 13))
        source, output = self.path("clip.npy"), self.path("reduced.npy")
        np.save(source, clip)
        self.pimage("reduce", source, "-o", output, "--stat", name, "--quiet", "--overwrite", *options)
        found = np.load(output)[0]
        if name in ("max", "min"):
            assert_equal(found, STATISTICS[name](clip, axis=0), name)
        else:
            assert_near(found, STATISTICS[name](clip.astype(np.float64), axis=0), name)

    def not_numbers(self, name, skip):
        clip = samples("float32", (8, 5, 6))
        clip[3, 2, 1] = clip[0, 0, 0] = np.nan
        source, output = self.path("nan.npy"), self.path("nan-reduced.npy")
        np.save(source, clip)
        options = ["--skip-nan"] if skip else []
        self.pimage("reduce", source, "-o", output, "--stat", name, "--quiet", "--overwrite", *options)
        function = getattr(np, "nan" + name) if skip else STATISTICS[name]
        expected = function(clip.astype(np.float64), axis=0)
        assert np.allclose(np.load(output)[0], expected, rtol=1e-12, equal_nan=True), "%s differs" % name

    def over_axis(self, axis, place):
        stack = samples("uint16", (4, 3, 2, 6, 7))
        source, output = self.path("stack.npy"), self.path("projected.npy")
        np.save(source, stack)
        self.pimage("reduce", source, "-o", output, "--axes", "tzcyx", "--stat", "max", "--over", axis, "--quiet", "--overwrite")
        assert_equal(np.load(output), stack.max(axis=place), "the projection over " + axis)

    def part(self, options, expected):
        stack = samples("int16", (5, 4, 3, 6, 7))
        source, output = self.path("stack.npy"), self.path("part.npy")
        np.save(source, stack)
        self.pimage("convert", source, output, "--axes", "tzcyx", "--quiet", "--overwrite", *options)
        assert_equal(np.load(output), expected(stack), " ".join(options))


def main():
    parts = Parts(__doc__)
    for kind in TYPES:
        for name in STATISTICS:
            parts.run("%s of %s" % (name, kind), parts.statistic, kind, name, 7)
        parts.run("median of %s, many frames, little memory" % kind, parts.statistic, kind, "median", 1200, "--memory", "20K")
    for name in STATISTICS:
        parts.run("%s with samples that are not numbers" % name, parts.not_numbers, name, False)
        parts.run("%s without them" % name, parts.not_numbers, name, True)
    for place, axis in enumerate("tzc"):
        parts.run("projection over " + axis, parts.over_axis, axis, place)
    parts.run("one depth", parts.part, ["--select", "z=2"], lambda a: a[:, 2])
    parts.run("one channel", parts.part, ["--channel", "1"], lambda a: a[:, :, 1])
    parts.run("some times", parts.part, ["--select", "t=1..5:2"], lambda a: a[1:5:2])
    parts.run("a list", parts.part, ["--select", "t=4,0,0"], lambda a: a[[4, 0, 0]])
    parts.run("another order", parts.part, ["--iterate", "czt"], lambda a: a.transpose(2, 1, 0, 3, 4))
    parts.run("bundled", parts.part, ["--iterate", "t", "--bundle", "zc"], lambda a: a)
    parts.run("bundled, another order", parts.part, ["--iterate", "t", "--bundle", "cz"], lambda a: a.transpose(0, 2, 1, 3, 4))
    parts.end()


if __name__ == "__main__":
    main()
