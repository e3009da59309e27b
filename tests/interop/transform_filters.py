"""The filters of OpenCV, scipy and scikit-image are those of pimage."""

import warnings

import cv2
import numpy as np
from scipy import ndimage
from skimage import color

from _checks import Checks, assert_close, assert_equal

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]
SIZES = [(64, 80), (37, 53), (1, 9), (5, 2)]
# OpenCV's weights for 16 bits are rounded to 65536ths, pimage's are not.
ROUNDING_LEVELS = 2
# Of the greatest sample: sums of single and of double precision in another order.
ROUNDING = {"float32": 1e-6, "float64": 1e-13, "uint32": 1e-9, "int32": 1e-9, "int16": 1.01 / 32767}
# OpenCV 4 and 5 weigh differences of colour by tables of another fineness.
BILATERAL_LEVELS = 1
# sRGB to CIE L*a*b* and back: double precision there, single with an interpolated curve here.
LAB_LEVELS = 1


def samples(kind, shape, seed=3):
    """Waves with noise and a few extremes, so that filters meet edges and limits."""
    rng = np.random.default_rng(seed)
    place = sum(np.arange(size).reshape([-1 if axis == index else 1 for index in range(len(shape))]) / 9 for axis, size in enumerate(shape))
    values = np.sin(place) * 0.4 + rng.normal(0, 0.1, shape)
    values[rng.random(shape) < 0.01] = 9
    values[rng.random(shape) < 0.01] = -9
    values = np.clip(values, -0.5, 0.5)
    if kind.startswith("float"):
        return (values + 0.5).astype(kind)
    limits = np.iinfo(kind)
    return np.round(limits.min + (values + 0.5) * (float(limits.max) - limits.min)).astype(kind)


def assert_near(found, expected, tolerance, what):
    assert found.shape == expected.shape, "%s has shape %s, expected %s" % (what, found.shape, expected.shape)
    scale = float(np.max(np.abs(expected.astype(np.float64)))) or 1
    worst = float(np.max(np.abs(found.astype(np.float64) - expected.astype(np.float64)))) / scale
    assert worst <= tolerance, "%s is off by %g of its size" % (what, worst)


def unsharp(frame, amount, sigma):
    return cv2.addWeighted(frame, 1 + amount, cv2.GaussianBlur(frame, (0, 0), sigma), -amount, 0)


def clahe_of_color(frame, clip, tiles):
    """Lightness in 8 bits is equalised, what it changes is added to the lightness in floats."""
    lab = color.rgb2lab(frame / 255.0)
    levels = np.round(lab[..., 0] * 2.55).clip(0, 255).astype(np.uint8)
    changed = cv2.createCLAHE(clip, tiles).apply(levels)
    lab[..., 0] += (changed.astype(np.float64) - levels) / 2.55
    with warnings.catch_warnings():
        # What leaves the gamut is cut off, here and there.
        warnings.simplefilter("ignore")
        return np.round(color.lab2rgb(lab) * 255).astype(np.uint8)


class Filters(Checks):
    """Saves arrays with numpy, has pimage filter them, and compares with other filters of the same arrays."""

    def filtered(self, frames, spec):
        source, output = self.path("in.npy"), self.path("out.npy")
        np.save(source, frames)
        self.pimage("convert", source, output, "-t", spec, "--quiet", "--overwrite")
        return np.load(output)

    def compare(self, spec, frames, expected, levels=0):
        found = self.filtered(frames, spec)
        expected = np.stack([expected(frame).reshape(frame.shape) for frame in frames])
        if levels:
            assert_close(found, expected, levels, spec)
        else:
            assert_equal(found, expected, spec)

    def near(self, spec, frames, expected, tolerance):
        found = self.filtered(frames, spec)
        expected = np.stack([expected(frame) for frame in frames])
        assert_near(found, expected, tolerance, spec)

    def lightness(self, frames, clip, tiles):
        """Where a level of lightness falls to the other side of a half, the table may give another."""
        found = self.filtered(frames, "clahe=%g,%dx%d" % (clip, *tiles)).astype(np.int64)
        expected = np.stack([clahe_of_color(frame, clip, tiles) for frame in frames]).astype(np.int64)
        off = (np.abs(found - expected).max(axis=-1) > LAB_LEVELS).mean()
        assert off < 0.01, "%.2f %% of the pixels are off" % (100 * off)


def check_gaussian(filters):
    for height, width in SIZES:
        for channels in [(), (3,), (4,)]:
            shape = (2, height, width, *channels)
            for sigma in (0.5, 1, 2, 3.7, 9):
                name = "gaussian of %g, %dx%d %s" % (sigma, width, height, channels)
                blurred = lambda frame, sigma=sigma: cv2.GaussianBlur(frame, (0, 0), sigma)
                filters.run(name, filters.compare, "gaussian=%g" % sigma, samples("uint8", shape), blurred)
                filters.run(name + " of 16 bits", filters.compare, "gaussian=%g" % sigma, samples("uint16", shape), blurred, ROUNDING_LEVELS)
    anisotropic = lambda frame: cv2.GaussianBlur(frame, (0, 0), 3, sigmaY=1)
    filters.run("gaussian of two sigmas", filters.compare, "gaussian=3x1", samples("uint8", (2, 40, 50)), anisotropic)
    for kind in ROUNDING:
        by_scipy = lambda frame: ndimage.gaussian_filter(frame.astype(np.float64), 2, mode="mirror", radius=8)
        filters.run("gaussian of %s" % kind, filters.near, "gaussian=2", samples(kind, (2, 40, 50)), by_scipy, ROUNDING[kind])


def check_sharpen(filters):
    for channels in [(), (3,)]:
        for amount, sigma in [(1, 1), (0.5, 2), (2.25, 1.5)]:
            spec = "sharpen=%g,%g" % (amount, sigma)
            expected = lambda frame, amount=amount, sigma=sigma: unsharp(frame, amount, sigma)
            filters.run(spec + " %s" % (channels,), filters.compare, spec, samples("uint8", (2, 61, 83, *channels)), expected)


def check_median(filters):
    for height, width in SIZES:
        for channels in [(), (3,)]:
            for size in (3, 5, 7, 11):
                expected = lambda frame, size=size: cv2.medianBlur(frame, size)
                name = "median %d, %dx%d %s" % (size, width, height, channels)
                filters.run(name, filters.compare, "median=%d" % size, samples("uint8", (2, height, width, *channels)), expected)
    for kind in TYPES:
        for size in (3, 5, 7, 9, 11):
            expected = lambda frame, size=size: ndimage.median_filter(frame, size=size, mode="nearest")
            filters.run("median %d of %s" % (size, kind), filters.compare, "median=%d" % size, samples(kind, (2, 43, 67)), expected)


def check_clahe(filters):
    for kind in ("uint8", "uint16"):
        for height, width in [(64, 80), (37, 53), (120, 96), (8, 8)]:
            for clip, tiles in [(8, (5, 5)), (2, (8, 8)), (0, (3, 2)), (40, (1, 4))]:
                equalize = lambda frame, clip=clip, tiles=tiles: cv2.createCLAHE(clip, tiles).apply(frame)
                spec = "clahe=clip:%g,tiles:%dx%d" % (clip, *tiles)
                filters.run("%s of %s, %dx%d" % (spec, kind, width, height), filters.compare, spec, samples(kind, (2, height, width)), equalize)
    smooth = np.stack([cv2.GaussianBlur(frame, (0, 0), 3) for frame in samples("uint8", (2, 90, 110, 3))])
    for clip, tiles in [(8, (5, 5)), (2, (8, 8))]:
        filters.run("clahe of colour, %g %s" % (clip, tiles), filters.lightness, smooth, clip, tiles)


def check_laplacian(filters):
    eight = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]], np.float64)
    for channels in [(), (3,)]:
        frames = samples("uint8", (2, 47, 59, *channels))
        filters.run("laplacian, signed %s" % (channels,), filters.compare, "laplacian=signed", frames, lambda frame: cv2.Laplacian(frame, cv2.CV_16S, ksize=1))
        filters.run("laplacian, magnitude", filters.compare, "laplacian", frames, lambda frame: np.abs(cv2.Laplacian(frame, cv2.CV_16S, ksize=1)).clip(0, 255).astype(np.uint8))
        filters.run("laplacian, offset", filters.compare, "laplacian=offset", frames, lambda frame: (cv2.Laplacian(frame, cv2.CV_16S, ksize=1) + 128).clip(0, 255).astype(np.uint8))
        filters.run("laplacian, sharpen", filters.compare, "laplacian=sharpen", frames, lambda frame: (frame - cv2.Laplacian(frame, cv2.CV_16S, ksize=1)).clip(0, 255).astype(np.uint8))
    for kind in ("uint16", "int16", "uint32", "int32"):
        expected = lambda frame: ndimage.correlate(frame.astype(np.float64), eight, mode="mirror").astype(np.int32 if "16" in kind else np.float64)
        filters.run("laplacian of 8 neighbours of %s" % kind, filters.compare, "laplacian=signed,neighbours:8", samples(kind, (2, 31, 45)), expected)


def check_bilateral(filters):
    for channels in [(), (3,)]:
        for diameter, levels, space in [(5, 25, 2), (9, 40, 5)]:
            spec = "bilateral=%g,%g,%d" % (space, levels, diameter)
            expected = lambda frame, a=diameter, b=levels, c=space: cv2.bilateralFilter(frame, a, b, c, borderType=cv2.BORDER_REFLECT_101)
            filters.run(spec + " %s" % (channels,), filters.compare, spec, samples("uint8", (2, 50, 70, *channels)), expected, BILATERAL_LEVELS)


def main():
    filters = Filters(__doc__)
    for check in (check_gaussian, check_sharpen, check_median, check_clahe, check_laplacian, check_bilateral):
        check(filters)
    filters.end()


if __name__ == "__main__":
    main()
