"""What pimage does to intensities is what OpenCV, scikit-image and numpy do."""

import cv2
import numpy as np
from skimage import exposure, filters

from _checks import Checks, assert_equal, assert_close

# scikit-image truncates what pimage rounds, but for 8 bits.
TRUNCATED = 1
# One rounding to float32 more or less, of results up to 1 and their sums.
FLOAT32 = 1e-6


def frames(kind, channels=1, count=3, height=41, width=67):
    rng = np.random.default_rng(23)
    shape = (count, height, width) + ((channels,) if channels > 1 else ())
    if kind.startswith("float"):
        return rng.random(shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


def bright(kind):
    """Frames whose intensities are in a heap, so that histograms are uneven."""
    rng = np.random.default_rng(5)
    top = np.iinfo(kind).max
    heaps = rng.normal(0.3, 0.08, (3, 50, 70)) + 0.35 * (rng.random((3, 50, 70)) > 0.6)
    return np.round(np.clip(heaps, 0, 1) * top).astype(kind)


def assert_near(found, expected, tolerance, what):
    assert found.shape == expected.shape, "%s has shape %s, expected %s" % (what, found.shape, expected.shape)
    worst = float(np.nanmax(np.abs(found.astype(np.float64) - expected.astype(np.float64))))
    assert worst <= tolerance, "%s is off by %g" % (what, worst)
    assert (np.isnan(found) == np.isnan(expected)).all(), "%s differs in what is not a number" % what


class Intensity(Checks):
    """Runs steps over arrays and compares with what others make of the same arrays."""

    def transformed(self, array, step):
        source, output = self.path("in.npy"), self.path("out.npy")
        np.save(source, array)
        self.pimage("convert", source, output, "-t", step, "--quiet", "--overwrite")
        return np.load(output)

    def scaled(self, alpha, beta):
        array = frames("uint8", 3)
        expected = np.clip(np.rint(array.astype(np.float64) * alpha + beta), 0, 255).astype(np.uint8)
        found = self.transformed(array, "contrast=%g,%g" % (alpha, beta))
        assert_equal(found, expected, "alpha * x + beta")
        # OpenCV takes the absolute value of what is negative.
        above = array.astype(np.float64) * alpha + beta >= 0
        opencv = np.stack([cv2.convertScaleAbs(frame, alpha=alpha, beta=beta) for frame in array])
        assert_equal(found[above], opencv[above], "convertScaleAbs")

    def added(self, kind, value):
        array = frames(kind)
        if kind.startswith("float"):
            expected = (array.astype(np.float64) + value).astype(kind)
        else:
            limits = np.iinfo(kind)
            expected = np.clip(array.astype(np.int64) + value, limits.min, limits.max).astype(kind)
        assert_equal(self.transformed(array, "brightness=%g" % value), expected, "the sum")

    def gamma(self, kind, gamma):
        array = frames(kind)
        expected = exposure.adjust_gamma(array, 1 / gamma)
        found = self.transformed(array, "gamma=%g" % gamma)
        if kind == "uint8":
            assert_equal(found, expected, "adjust_gamma")
        elif kind == "uint16":
            assert_close(found, expected, TRUNCATED, "adjust_gamma")
        else:
            assert_near(found, expected, FLOAT32, "adjust_gamma")

    def sigmoid(self, kind, cutoff, gain):
        array = frames(kind)
        expected = exposure.adjust_sigmoid(array, cutoff, gain)
        found = self.transformed(array, "curve=%g,%g%%" % (gain, cutoff * 100))
        if kind.startswith("float"):
            assert_near(found, expected, FLOAT32, "adjust_sigmoid")
        else:
            assert_close(found, expected, TRUNCATED, "adjust_sigmoid")

    def table(self, kind, channels):
        array = frames(kind, channels)
        rng = np.random.default_rng(3)
        top = np.iinfo(kind).max
        table = rng.integers(0, top, top + 1, dtype=kind, endpoint=True)
        path = self.path("table.npy")
        np.save(path, table)
        expected = np.stack([cv2.LUT(frame, table) for frame in array]) if kind == "uint8" else table[array]
        assert_equal(self.transformed(array, "lut=" + path), expected, "the table")
        text = self.path("table.txt")
        np.savetxt(text, table, fmt="%d")
        assert_equal(self.transformed(array, "lut=" + text), expected, "the table as text")

    def table_of_colors(self):
        array = frames("uint8", 3)
        table = np.random.default_rng(4).integers(0, 255, (256, 3), dtype=np.uint8, endpoint=True)
        path = self.path("colors.npy")
        np.save(path, table)
        expected = np.stack([cv2.LUT(frame, table.reshape(256, 1, 3)) for frame in array])
        assert_equal(self.transformed(array, "lut=" + path), expected, "the table of colours")
        gray = frames("uint8")
        assert_equal(self.transformed(gray, "lut=" + path), table[gray], "colours of gray")

    def interpolated(self):
        array = frames("float32")
        entries = np.array([0.1, 0.9, 0.2, 0.7])
        path = self.path("few.txt")
        np.savetxt(path, entries)
        expected = np.interp(array, np.linspace(0, 1, 4), entries).astype(np.float32)
        assert_near(self.transformed(array, "lut=" + path), expected, FLOAT32, "numpy.interp")

    def inverted(self, kind):
        array = frames(kind, 3)
        expected = 1 - array if kind.startswith("float") else np.invert(array)
        assert_equal(self.transformed(array, "invert"), expected, "the negative")

    def equalized(self):
        for array in (bright("uint8"), frames("uint8"), np.full((2, 9, 9), 7, np.uint8)):
            expected = np.stack([cv2.equalizeHist(frame) for frame in array])
            assert_equal(self.transformed(array, "equalize"), expected, "equalizeHist")

    def thresholded(self, word, flag, level):
        array = frames("uint8", 3)
        expected = np.stack([cv2.threshold(frame, level, 255, flag)[1] for frame in array])
        assert_equal(self.transformed(array, "threshold=%g,%s" % (level, word)), expected, word)
        array = frames("float32")
        expected = np.stack([cv2.threshold(frame, 0.5, 1, flag)[1] for frame in array])
        assert_equal(self.transformed(array, "threshold=0.5," + word), expected, word)

    def otsu(self, kind):
        array = bright(kind)
        top = float(np.iinfo(kind).max)
        expected = np.stack([cv2.threshold(frame, 0, top, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1] for frame in array])
        found = self.transformed(array, "threshold=otsu")
        assert_equal(found, expected, "Otsu's of OpenCV")
        if kind == "uint8":
            levels = [filters.threshold_otsu(frame) for frame in array]
            assert_equal(found, np.stack([np.where(f > t, 255, 0).astype(kind) for f, t in zip(array, levels)]), "Otsu's of scikit-image")

    def rescaled(self, kind):
        array = frames(kind)
        low, high = float(array.min()), float(array.max())
        for bits in (8, 16):
            top = 2**bits - 1
            wide = array.astype(np.float64)
            expected = np.floor(np.clip((wide - low) * top / (high - low), 0, top) + 0.5)
            found = self.transformed(array, "rescale=%d" % bits)
            assert_equal(found, expected.astype("uint%d" % bits), "%d bits" % bits)
            each = np.stack([np.floor((f - f.min()) * top / (f.max() - f.min()) + 0.5) for f in wide])
            found = self.transformed(array, "rescale=%d,frame" % bits)
            assert_equal(found, each.astype("uint%d" % bits), "%d bits of each" % bits)
        skimage = exposure.rescale_intensity(array, out_range="uint8").astype(np.uint8)
        assert_close(self.transformed(array, "rescale=8"), skimage, TRUNCATED, "rescale_intensity")

    def exposed(self, kind):
        array = frames(kind)
        low, high = np.percentile(array, [2, 98], method="inverted_cdf").astype(np.float64)
        top = 1.0 if kind.startswith("float") else float(np.iinfo(kind).max)
        expected = np.clip((array.astype(np.float64) - low) * top / (high - low), 0, top)
        found = self.transformed(array, "exposure")
        if kind.startswith("float"):
            assert_near(found, expected, FLOAT32, "2 to 98 percent")
        else:
            assert_equal(found, np.rint(expected).astype(kind), "2 to 98 percent")

    def normalized(self, kind):
        array = frames(kind)
        wide = array.astype(np.float64)
        found = self.transformed(array, "normalize")
        assert found.dtype == (np.float64 if kind == "float64" else np.float32), "normalize makes %s" % found.dtype
        assert_near(found, (wide - wide.mean()) / wide.std(), FLOAT32, "mean and deviation")
        each = np.stack([(f - f.mean()) / f.std() for f in wide])
        assert_near(self.transformed(array, "normalize=over:frame"), each, FLOAT32, "mean and deviation of each")
        if kind in ("uint8", "uint16", "float32"):
            opencv = np.stack([cv2.normalize(f, None, -1, 1, cv2.NORM_MINMAX, cv2.CV_32F) for f in array])
            assert_near(self.transformed(array, "normalize=-1,1,over:frame"), opencv, FLOAT32, "cv2.normalize")


def main():
    checks = Intensity(__doc__)
    for alpha, beta in ((1.5, 20), (0.75, -30), (3, -200), (1, 0)):
        checks.run("contrast %g, brightness %g" % (alpha, beta), checks.scaled, alpha, beta)
    for kind, value in (("uint8", 20), ("uint8", -300), ("uint16", 1000), ("int16", -5000), ("int32", 7), ("float32", 0.25), ("float64", -0.5)):
        checks.run("brightness %g of %s" % (value, kind), checks.added, kind, value)
    for kind in ("uint8", "uint16", "float32", "float64"):
        for gamma in (0.5, 2, 0.8):
            checks.run("gamma %g of %s" % (gamma, kind), checks.gamma, kind, gamma)
        checks.run("sigmoid of %s" % kind, checks.sigmoid, kind, 0.5, 10)
        checks.run("flatter sigmoid of %s" % kind, checks.sigmoid, kind, 0.25, 4)
    for kind in ("uint8", "uint16"):
        for channels in (1, 3):
            checks.run("a table for %s, %d channels" % (kind, channels), checks.table, kind, channels)
        checks.run("Otsu's threshold of %s" % kind, checks.otsu, kind)
    checks.run("a table of colours", checks.table_of_colors)
    checks.run("a table of few entries", checks.interpolated)
    for kind in ("uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"):
        checks.run("negative of %s" % kind, checks.inverted, kind)
        checks.run("8 and 16 bits of %s" % kind, checks.rescaled, kind)
        checks.run("normalized %s" % kind, checks.normalized, kind)
    for kind in ("uint8", "uint16", "float32"):
        checks.run("exposure of %s" % kind, checks.exposed, kind)
    checks.run("equalized", checks.equalized)
    for word, flag in (
        ("binary", cv2.THRESH_BINARY),
        ("inverted", cv2.THRESH_BINARY_INV),
        ("tozero", cv2.THRESH_TOZERO),
        ("tozero-inverted", cv2.THRESH_TOZERO_INV),
        ("truncate", cv2.THRESH_TRUNC),
    ):
        checks.run("threshold, " + word, checks.thresholded, word, flag, 100)
        checks.run("threshold between values, " + word, checks.thresholded, word, flag, 99.5)
    checks.end()


if __name__ == "__main__":
    main()
