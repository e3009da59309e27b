"""Colours of pimage are those of matplotlib, cmocean and cmcrameri, for every map, type, norm and range."""

import cmcrameri  # noqa: F401  (registers its maps)
import cmocean  # noqa: F401  (registers its maps)
import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize, PowerNorm

from _checks import Checks, assert_equal

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]
RANGES = [(5.0, 230.0), (-1.5, 1.0), (0.1, 0.7), (1000.0, 60000.0)]
# numpy rounds its logarithms and powers of single precision another way on every machine: so many colours of a million may differ.
OTHERWISE_ROUNDED = 100e-6


def samples(kind, low, high, count=128 * 512):
    rng = np.random.default_rng(5)
    beyond = 0.1 * (high - low)
    if kind.startswith("float"):
        values = rng.uniform(low - beyond, high + beyond, count).astype(kind)
        values[:6] = [np.nan, np.inf, -np.inf, 0, low, high]
    elif np.dtype(kind).itemsize <= 2:
        limits = np.iinfo(kind)
        values = np.resize(np.arange(limits.min, limits.max + 1).astype(kind), count)
    else:
        limits = np.iinfo(kind)
        lowest, highest = max(limits.min, int(low - beyond)), min(limits.max, int(high + beyond) + 2)
        values = rng.integers(lowest, highest, count).astype(kind)
    return values.reshape(1, 128, 512)


def colored(name, norm, values):
    with np.errstate(all="ignore"):
        # The logarithm of some versions takes rows only.
        colors = colormaps[name](norm(values.ravel()), bytes=True)
    return colors.reshape(*values.shape, 4)


class Colormaps(Checks):
    """Saves arrays with numpy, has pimage colour them, and compares with matplotlib."""

    def colors(self, values, spec):
        source, output = self.path("gray.npy"), self.path("color.npy")
        np.save(source, values)
        self.pimage("convert", source, output, "-t", spec, "--quiet", "--overwrite")
        return np.load(output)

    def table(self, name):
        count = colormaps[name].N
        values = (np.arange(count) + 0.5).reshape(1, 1, count)
        expected = colormaps[name](np.arange(count), bytes=True)[None, None, :, :3]
        assert_equal(self.colors(values, "colormap=%s,range:0,%d" % (name, count)), expected, name)

    def norm(self, kind, scale, norm, low, high):
        values = samples(kind, low, high)
        spec = "colormap=viridis,range:%r,%r,scale:%s,nan:#00000000" % (low, high, scale)
        found, expected = self.colors(values, spec), colored("viridis", norm(low, high), values)
        if scale == "linear":
            assert_equal(found, expected, spec)
            return
        differing = (found != expected).any(axis=-1).mean()
        assert differing <= OTHERWISE_ROUNDED, "%s differs in %g of the samples" % (spec, differing)

    def measured(self, kind, spec, bounds):
        rng = np.random.default_rng(6)
        values = np.abs(rng.normal(60, 20, (4, 50, 60))).astype(kind)
        expected = np.stack([colored("turbo", Normalize(*map(float, bounds(values, frame))), frame) for frame in values])
        assert_equal(self.colors(values, "colormap=turbo," + spec), expected[..., :3], spec)

    def stops(self, colors):
        found = self.colors(np.arange(256, dtype=np.uint8).reshape(1, 1, 256), "colormap=%s,range:full" % ",".join(colors))
        expected = LinearSegmentedColormap.from_list("stops", colors)(np.arange(256))
        assert_equal(found[0, 0], np.rint(expected[:, :3] * 255).astype(np.uint8), "stops")

    def composite(self, kind):
        rng = np.random.default_rng(7)
        values = rng.normal(100, 20, (3, 2, 20, 30)).astype(kind)
        source, output = self.path("stack.npy"), self.path("composite.npy")
        np.save(source, values)
        self.pimage("convert", source, output, "--axes", "tcyx", "-t", "composite=#ff8000,#0080ff", "--quiet", "--overwrite")
        expected = np.zeros((3, 20, 30, 3))
        for channel, paint in enumerate([(255, 128, 0), (0, 128, 255)]):
            plane = values[:, channel].astype(np.float64)
            share = np.clip((plane - plane.min()) / (plane.max() - plane.min()), 0, 1)
            expected += share[..., None] * np.array(paint, np.float64)
        assert_equal(np.load(output), np.clip(np.rint(expected), 0, 255).astype(np.uint8), "the composite")


def lower(values, percent):
    """The percentile by nearest rank."""
    return np.percentile(values, percent, method="inverted_cdf")


def main():
    maps = Colormaps(__doc__)
    for name in colormaps:
        # Not every name is one of the packages' maps: those that end in `_r_i` are `_i_r`.
        maps.run(name, maps.table, name)
    for kind in TYPES:
        for low, high in RANGES:
            maps.run("%s, %g to %g" % (kind, low, high), maps.norm, kind, "linear", Normalize, low, high)
            maps.run("power of %s, %g to %g" % (kind, low, high), maps.norm, kind, "0.5", lambda *ends: PowerNorm(0.5, *ends), low, high)
            if low > 0:
                maps.run("logarithm of %s, %g to %g" % (kind, low, high), maps.norm, kind, "log", LogNorm, low, high)
        maps.run("extremes of %s" % kind, maps.measured, kind, "range:auto", lambda all, _: (all.min(), all.max()))
        maps.run("percentiles of %s" % kind, maps.measured, kind, "range:p2,98", lambda all, _: (lower(all, 2), lower(all, 98)))
        maps.run("each frame of %s" % kind, maps.measured, kind, "range:frame", lambda _, frame: (frame.min(), frame.max()))
        maps.run("composite of %s" % kind, maps.composite, kind)
    maps.run("stops", maps.stops, ["black", "red", "#ff0", "white"])
    maps.run("two stops", maps.stops, ["#102030", "#f0e0d0"])
    maps.end()


if __name__ == "__main__":
    main()
