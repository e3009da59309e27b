"""numpy and scipy make the same of frames over time as pimage."""

import numpy as np
import scipy.ndimage as ndi

from _checks import Checks, assert_equal

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]
# Of the result's own size: numpy's sums are in another order.
ROUNDING = 1e-12
# The same, of results that are stored as float32.
SINGLE_ROUNDING = 3e-7
# Samples of an estimated field pass a gaussian whose kernel ends earlier or later than scipy's.
SMOOTH_LEVELS = 1


def samples(kind, shape=(12, 17, 23), seed=5):
    rng = np.random.default_rng(seed)
    if kind.startswith("float"):
        return rng.standard_normal(shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


def rounded(values, kind):
    """Half to even, saturating."""
    if kind.startswith("float"):
        return values.astype(kind)
    limits = np.iinfo(kind)
    return np.clip(np.rint(values), limits.min, limits.max).astype(kind)


def assert_near(found, expected, what, tolerance=ROUNDING):
    assert found.shape == expected.shape, "%s has shape %s, expected %s" % (what, found.shape, expected.shape)
    assert found.dtype == expected.dtype, "%s has type %s, expected %s" % (what, found.dtype, expected.dtype)
    if not np.issubdtype(found.dtype, np.floating):
        assert_equal(found, expected, what)
        return
    assert np.array_equal(np.isnan(found), np.isnan(expected)), "%s is not a number elsewhere" % what
    found, expected = np.nan_to_num(found.astype(np.float64)), np.nan_to_num(expected.astype(np.float64))
    tolerance = SINGLE_ROUNDING if what.endswith("float32") else tolerance
    worst = float(np.max(np.abs(found - expected) / np.maximum(np.abs(expected), 1)))
    assert worst <= tolerance, "%s is off by %g of its size" % (what, worst)


def windows(clip, frames, causal):
    before, after = (frames - 1, 0) if causal else (frames // 2, (frames - 1) // 2)
    return [clip[max(0, i - before):i + after + 1].astype(np.float64) for i in range(len(clip))]


def over(clip, statistic, frames, causal):
    return np.stack([statistic(window) for window in windows(clip, frames, causal)])


STATISTICS = {
    "mean": lambda a: a.mean(axis=0),
    "median": lambda a: np.median(a, axis=0),
    "min": lambda a: a.min(axis=0),
    "max": lambda a: a.max(axis=0),
    "std": lambda a: a.std(axis=0),
    "p10": lambda a: np.percentile(a, 10, axis=0),
    "p75": lambda a: np.percentile(a, 75, axis=0),
}


class Time(Checks):
    """Saves clips with numpy, has pimage transform them, and compares with numpy's and scipy's own."""

    def transformed(self, clip, spec, *options):
        source, output = self.path("in.npy"), self.path("out.npy")
        np.save(source, clip)
        self.pimage("convert", source, output, "-t", spec, "--quiet", "--overwrite", *options)
        return np.load(output)

    def temporal(self, kind, name, frames, align):
        clip = samples(kind)
        found = self.transformed(clip, "temporal=%s,frames:%d,align:%s" % (name, frames, align))
        expected = over(clip, STATISTICS[name], frames, align == "causal")
        if name == "std":
            expected = expected.astype("float64" if kind in ("uint32", "int32", "float64") else "float32")
            # Of deviations that cancel out, relative to the samples.
            scale = float(np.abs(clip.astype(np.float64)).max())
            worst = np.abs(found - expected).max() / scale
            assert found.dtype == expected.dtype and worst < SINGLE_ROUNDING, "off by %g" % worst
            return
        assert_near(found, rounded(expected, kind), "temporal %s of %s" % (name, kind))

    def scipy_filters(self, frames):
        # scipy mirrors at the ends, where pimage's windows are smaller.
        clip = samples("uint8", (40, 9, 11))
        edge = frames // 2
        found = self.transformed(clip, "temporal=median,frames:%d" % frames)
        expected = ndi.median_filter(clip, size=(frames, 1, 1))
        assert_equal(found[edge:-edge], expected[edge:-edge], "median")
        found = self.transformed(clip, "temporal=max,frames:%d" % frames)
        expected = ndi.maximum_filter1d(clip, frames, axis=0)
        assert_equal(found[edge:-edge], expected[edge:-edge], "maximum")
        found = self.transformed(clip.astype(np.float64), "temporal=mean,frames:%d" % frames)
        expected = ndi.uniform_filter1d(clip.astype(np.float64), frames, axis=0)
        assert_near(found[edge:-edge], expected[edge:-edge], "mean")

    def background(self, kind, name, source, result):
        clip = samples(kind)
        base = {
            "all": lambda: STATISTICS[name](clip.astype(np.float64))[None],
            "first,frames:4": lambda: STATISTICS[name](clip[:4].astype(np.float64))[None],
            "window,frames:5": lambda: over(clip, STATISTICS[name], 5, False),
        }[source]()
        found = self.transformed(clip, "background=%s,%s,result:%s" % (name, source, result))
        way = clip.astype(np.float64) - base
        unsigned = kind.startswith("u")
        wide = "float64" if kind in ("uint32", "int32", "float64") else "float32"
        middle = 2.0 ** (np.iinfo(kind).bits - 1) if unsigned else 0.0
        signed = {"uint8": "int16", "uint16": "int32", "int16": "int32"}.get(kind, wide)
        expected = {
            "positive": lambda: rounded(np.where(way < 0, 0, way), kind),
            "negative": lambda: rounded(np.where(way > 0, 0, -way), kind),
            "absolute": lambda: rounded(np.abs(way), kind),
            "offset": lambda: rounded(way + middle, kind),
            "signed": lambda: rounded(way, signed),
            "float": lambda: way.astype(wide),
        }[result]()
        tolerance = "float32" if expected.dtype == np.float32 else kind
        assert_near(found, expected, "background %s" % tolerance)

    def background_file(self):
        clip, empty = samples("uint8"), samples("uint8", (1, 17, 23), 9)
        np.save(self.path("empty.npy"), empty)
        found = self.transformed(clip, "background=from:%s,result:absolute" % self.path("empty.npy"))
        assert_equal(found, np.abs(clip.astype(int) - empty).astype(np.uint8), "the difference to a file")

    def sampled(self):
        clip = samples("uint16", (50, 9, 11))
        chosen = [(2 * i + 1) * 50 // 14 for i in range(7)]
        expected = np.median(clip[chosen].astype(np.float64), axis=0)
        found = self.transformed(clip, "background=median,samples:7,result:signed", "--memory", "20K")
        assert_equal(found, rounded(clip - expected, "int32"), "the difference to a sampled median")

    def dff(self, kind, spec, base, offset):
        clip = samples(kind)
        wide = clip.astype(np.float64)
        base = base(wide)
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = np.where(base == offset, np.nan, (wide - base) / (base - offset)).astype(np.float32)
        assert_near(self.transformed(clip, spec), expected, "dff float32")

    def dff_dark(self):
        clip = samples("uint16")
        clip[:, 3, 4] = 100
        found = self.transformed(clip, "dff=mean,offset:100")
        assert np.isnan(found[:, 3, 4]).all() and np.isnan(found).sum() == len(clip), "only F0 = offset is no number"

    def flat_field(self, kind, with_dark):
        clip = samples(kind)
        light = (np.add.outer(np.arange(17), np.arange(23)) + 50.0) * 4
        field = np.rint(np.stack([light, light + 2])).astype(np.uint16)
        dark = samples("uint8", (3, 17, 23), 8).astype(np.uint16) // 16
        np.save(self.path("field.npy"), field)
        np.save(self.path("dark.npy"), dark)
        spec = "flatfield=" + self.path("field.npy")
        level = np.zeros((17, 23))
        if with_dark:
            spec += ",dark:" + self.path("dark.npy")
            level = dark.mean(axis=0)
        light = field.mean(axis=0) - level
        expected = (clip.astype(np.float64) - level) * (light.mean() / light)
        assert_near(self.transformed(clip, spec), rounded(expected, kind), "flatfield " + kind)

    def estimated_field(self):
        light = np.exp(-((np.mgrid[:60, :80] - 35.0) ** 2).sum(axis=0) / 3000)
        clip = np.rint(samples("uint8", (20, 60, 80)) * light).astype(np.uint8)
        field = ndi.gaussian_filter(clip.mean(axis=0), 6, mode="mirror")
        expected = rounded(clip * (field.mean() / field), "uint8").astype(int)
        found = self.transformed(clip, "flatfield=mean,smooth:6").astype(int)
        assert np.abs(found - expected).max() <= SMOOTH_LEVELS, "off by %d levels" % np.abs(found - expected).max()

    def large_window(self):
        clip = samples("uint8", (330, 9, 11))
        for name in ("mean", "median", "p10"):
            found = self.transformed(clip, "temporal=%s,frames:301" % name)
            assert_equal(found, rounded(over(clip, STATISTICS[name], 301, False), "uint8"), name)


def main():
    time = Time(__doc__)
    for kind in TYPES:
        for name in STATISTICS:
            for frames, align in [(3, "centered"), (6, "causal"), (11, "centered")]:
                time.run("%s of %d frames of %s" % (name, frames, kind), time.temporal, kind, name, frames, align)
        for result in ("positive", "negative", "absolute", "offset", "signed", "float"):
            for name, source in [("mean", "all"), ("median", "all"), ("p10", "first,frames:4"), ("median", "window,frames:5")]:
                time.run("%s background (%s) of %s, %s" % (name, source, kind, result), time.background, kind, name, source, result)
        time.run("dff of %s, percentile of all" % kind, time.dff, kind, "dff", lambda a: np.percentile(a, 10, axis=0)[None], 0)
        time.run("dff of %s, mean of the first" % kind, time.dff, kind, "dff=mean,first,frames:3,offset:2", lambda a: a[:3].mean(axis=0)[None], 2)
        time.run("dff of %s, median of a window" % kind, time.dff, kind, "dff=median,frames:5", lambda a: over(a, STATISTICS["median"], 5, False), 0)
        for with_dark in (False, True):
            time.run("flat field of %s%s" % (kind, " less dark" if with_dark else ""), time.flat_field, kind, with_dark)
    time.run("scipy's filters of 3", time.scipy_filters, 3)
    time.run("scipy's filters of 9", time.scipy_filters, 9)
    time.run("scipy's filters of 15", time.scipy_filters, 15)
    time.run("a background from a file", time.background_file)
    time.run("a sampled median, little memory", time.sampled)
    time.run("dff where F0 is dark", time.dff_dark)
    time.run("an estimated field", time.estimated_field)
    time.run("301 frames", time.large_window)
    time.end()


if __name__ == "__main__":
    main()
