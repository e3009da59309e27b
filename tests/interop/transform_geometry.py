"""OpenCV, numpy and scikit-image pad, turn, resize, bin and move frames as pimage does."""

import cv2
import numpy as np
import scipy.ndimage as ndi
from skimage.measure import block_reduce

from _checks import Checks, assert_equal

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]
# The types that OpenCV resizes.
OPENCV = ["uint8", "uint16", "int16", "float32", "float64"]
# OpenCV sums in fixed point, with weights of 11 bits, where pimage has floats.
LEVELS = 1
# Weighted sums in single precision, as a part of the samples' range; OpenCV's weights are so for float64 too.
SINGLE = 1e-5
# What places that OpenCV rounds to 1/32 pixel make of smooth frames, as a part of the range.
PLACES = 0.01


def samples(kind, shape, seed=5):
    rng = np.random.default_rng(seed)
    if kind.startswith("float"):
        return rng.standard_normal(shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


def scale(kind):
    return 8.0 if kind.startswith("float") else float(np.iinfo(kind).max) - float(np.iinfo(kind).min)


def assert_near(found, expected, tolerance, what):
    assert found.shape == expected.shape, "%s has shape %s, expected %s" % (what, found.shape, expected.shape)
    assert found.dtype == expected.dtype, "%s has type %s, expected %s" % (what, found.dtype, expected.dtype)
    worst = float(np.max(np.abs(found.astype(np.float64) - expected.astype(np.float64))))
    assert worst <= tolerance, "%s differs by up to %g, expected at most %g" % (what, worst, tolerance)


def rounded(values, kind):
    if kind.startswith("float"):
        return values.astype(kind)
    limits = np.iinfo(kind)
    return np.clip(np.rint(values), limits.min, limits.max).astype(kind)


class Geometry(Checks):
    """Saves arrays with numpy, has pimage transform them, and compares with others."""

    def transformed(self, clip, *specs):
        source, output = self.path("clip.npy"), self.path("transformed.npy")
        np.save(source, clip)
        options = [option for spec in specs for option in ("-t", spec)]
        self.pimage("convert", source, output, *options, "--quiet", "--overwrite")
        return np.load(output)

    def exact(self, kind, shape, spec, expected):
        clip = samples(kind, shape)
        wanted = np.stack([np.ascontiguousarray(expected(frame)) for frame in clip])
        assert_equal(self.transformed(clip, spec), wanted, spec)

    def near(self, kind, shape, spec, expected, tolerance):
        clip = samples(kind, shape)
        wanted = np.stack([expected(frame) for frame in clip])
        assert_near(self.transformed(clip, spec), wanted, tolerance, spec)

    def area(self, kind, shape, block):
        height, width = shape[1] // block, shape[2] // block
        spec = "resize=%dx%d" % (width, height)
        resized = lambda frame: cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
        if kind.startswith("float"):
            self.near(kind, shape, spec, resized, SINGLE * scale(kind))
        else:
            self.exact(kind, shape, spec, resized)

    def resized(self, kind, shape, size, method, flag):
        tolerance = SINGLE * scale(kind) if kind.startswith("float") else LEVELS
        spec = "resize=%dx%d,%s" % (*size, method)
        self.near(kind, shape, spec, lambda frame: cv2.resize(frame, size, interpolation=flag), tolerance)

    def binned(self, kind, shape, block, statistic, function):
        blocks = (block[1], block[0]) + (1,) * (len(shape) - 3)
        expected = lambda frame: rounded(block_reduce(frame.astype(np.float64), blocks, function), kind)
        spec = "bin=%dx%d,%s" % (*block, statistic)
        # The order of the sums.
        if kind.startswith("float") and statistic == "mean":
            self.near(kind, shape, spec, expected, SINGLE * scale(kind))
        else:
            self.exact(kind, shape, spec, expected)

    def summed(self, kind, wide, shape, block):
        expected = lambda frame: block_reduce(frame.astype(np.int64), (block[1], block[0]), np.sum).astype(wide)
        self.exact(kind, shape, "bin=%dx%d,sum" % block, expected)

    def warped(self, kind, spec, matrix, order):
        """scipy takes exact places: the output's (row, column) goes to the input's."""
        clip = samples(kind, (2, 41, 53))
        rotation, shift = matrix
        wanted = [ndi.affine_transform(frame.astype(np.float64), rotation, shift, order=order, mode="grid-constant") for frame in clip]
        tolerance = SINGLE * scale(kind) if kind.startswith("float") else 0.5 + SINGLE * scale(kind)
        assert_near(self.transformed(clip, spec).astype(np.float64), np.stack(wanted), tolerance, spec)

    def opencv_warped(self, kind, spec, degrees, flag, tolerance):
        """OpenCV rounds places to 1/32 pixel, which smooth frames forgive."""
        y, x = np.mgrid[:120, :160]
        frame = (np.sin(x / 19) * np.cos(y / 15) + 1) * scale(kind) / 2.2
        clip = frame[None].astype(kind)
        turn = cv2.getRotationMatrix2D((159 / 2, 119 / 2), -degrees, 1)
        wanted = cv2.warpAffine(clip[0], turn, (160, 120), flags=flag)
        found = self.transformed(clip, spec)[0]
        inside = np.s_[45:75, 45:115]
        assert_near(found[inside], wanted[inside], tolerance * scale(kind), spec)


def motion(degrees, dx, dy, shape, order):
    """Where scipy finds the input's (row, column), by the definition of `affine`."""
    angle = np.deg2rad(degrees)
    # A clockwise turn where rows go down, in (row, column).
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = (np.array(shape) - 1) / 2
    move = np.array([dy, dx])
    back = turn.T
    if order == "rotate-first":
        return back, middle - back @ (middle + move)
    return back, middle - move - back @ middle


def exact_checks(checks):
    for kind in TYPES:
        for shape in [(2, 37, 53), (2, 37, 53, 3), (1, 48, 64, 4)]:
            what = "%s of %d dimensions" % (kind, len(shape))
            for turns in (1, 2, 3):
                checks.run("%d quarter turns of %s" % (turns, what), checks.exact, kind, shape, "rotate=%d" % (90 * turns), lambda a, turns=turns: np.rot90(a, -turns))
            checks.run("a turn back of %s" % what, checks.exact, kind, shape, "rotate=-90", np.rot90)
            checks.run("mirrored %s" % what, checks.exact, kind, shape, "flip=horizontal", lambda a: a[:, ::-1])
            checks.run("upside down %s" % what, checks.exact, kind, shape, "flip=vertical", lambda a: a[::-1])
            checks.run("cropped %s" % what, checks.exact, kind, shape, "crop=7,3,20,11", lambda a: a[3:14, 7:27])
            sides = lambda a: ((5, 90), (0, 121)) + ((0, 0),) * (a.ndim - 2)
            for mode in ("edge", "reflect", "symmetric", "wrap"):
                spec = "pad=top:5,bottom:90,right:121,mode:%s" % mode
                checks.run("pad %s of %s" % (mode, what), checks.exact, kind, shape, spec, lambda a, mode=mode: np.pad(a, sides(a), mode))
            checks.run("pad with 7 of %s" % what, checks.exact, kind, shape, "pad=top:5,bottom:90,right:121,value:7", lambda a: np.pad(a, sides(a), "constant", constant_values=7))
            nearest = lambda a: cv2.resize(a, (41, 90), interpolation=cv2.INTER_NEAREST_EXACT)
            # Of even sides, some middles lie between two pixels, and OpenCV's fixed point takes either.
            if kind in OPENCV and shape[1] % 2:
                checks.run("nearest of %s" % what, checks.exact, kind, shape, "resize=41x90,nearest", nearest)
            wrapped = lambda a: cv2.copyMakeBorder(a, 3, 4, 5, 6, cv2.BORDER_REFLECT_101)
            if kind in OPENCV:
                checks.run("OpenCV's border of %s" % what, checks.exact, kind, shape, "pad=top:3,bottom:4,left:5,right:6,mode:reflect", wrapped)


def main():
    checks = Geometry(__doc__)
    exact_checks(checks)
    for kind in OPENCV:
        for channels in [(), (3,), (4,)]:
            what = "%s %s" % (kind, channels or "gray")
            for block in (2, 3, 4, 5, 6, 8):
                checks.run("area by 1/%d of %s" % (block, what), checks.area, kind, (2, 120, 240) + channels, block)
            for size in [(160, 66), (33, 71), (211, 7)]:
                checks.run("area to %dx%d of %s" % (*size, what), checks.resized, kind, (2, 90, 240) + channels, size, "area", cv2.INTER_AREA)
            for size in [(160, 66), (120, 45), (480, 180), (77, 201)]:
                checks.run("linear to %dx%d of %s" % (*size, what), checks.resized, kind, (2, 90, 240) + channels, size, "linear", cv2.INTER_LINEAR)
                if kind not in ("uint8", "int16"):
                    checks.run("cubic to %dx%d of %s" % (*size, what), checks.resized, kind, (2, 90, 240) + channels, size, "cubic", cv2.INTER_CUBIC)
    for kind in TYPES:
        for shape in [(2, 37, 53), (2, 36, 52, 3)]:
            for statistic, function in [("mean", np.mean), ("max", np.max), ("min", np.min), ("median", np.median)]:
                # Blocks that are not whole are filled up by scikit-image: only whole ones are compared.
                whole = (shape[0], 36, 52) + shape[3:]
                for block in [(2, 2), (4, 3), (13, 9)]:
                    checks.run("%s of %dx%d of %s" % (statistic, *block, kind), checks.binned, kind, whole, block, statistic, function)
    for kind, wide in [("uint8", "uint16"), ("uint16", "uint32"), ("int16", "int32")]:
        checks.run("sum of %s" % kind, checks.summed, kind, wide, (2, 36, 52), (4, 3))
    for kind in TYPES:
        for degrees, dx, dy, order in [(0, 3.25, -1.5, "rotate-first"), (12, 2.5, -4, "rotate-first"), (-100, 2.5, -4, "translate-first")]:
            matrix = motion(degrees, dx, dy, (41, 53), order)
            spec = "affine=%g,%g,%g,%s" % (dx, dy, degrees, order)
            if kind != "int32" and kind != "uint32":
                checks.run("%s of %s" % (spec, kind), checks.warped, kind, spec, matrix, 1)
        checks.run("rotate of %s" % kind, checks.warped, kind, "rotate=33", motion(33, 0, 0, (41, 53), "rotate-first"), 1)
    for kind in ("uint8", "uint16", "float32"):
        for method, flag in [("linear", cv2.INTER_LINEAR), ("cubic", cv2.INTER_CUBIC), ("lanczos", cv2.INTER_LANCZOS4)]:
            checks.run("rotate by %s of %s" % (method, kind), checks.opencv_warped, kind, "rotate=11,%s" % method, 11, flag, PLACES)
    checks.end()


if __name__ == "__main__":
    main()
