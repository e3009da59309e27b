"""Colour and blending are those of OpenCV, scikit-image, Pillow and blend_modes."""

import numpy as np

from _checks import Checks, assert_equal

INTEGERS = ["uint8", "uint16", "uint32", "int16", "int32"]
FLOATS = ["float32", "float64"]
# A level: OpenCV's weights have 15 bits, those of pimage are exact.
FIXED_POINT_LEVELS = 1
# Of full scale: scikit-image computes float32 in float32.
SINGLE_ROUNDING = 1e-6
# Levels from the unrounded result: half of one by rounding, the rest for sums in another order.
HALF_A_LEVEL = 0.5 + 1e-9
# Relative, of what float32 holds.
FLOAT32_STEP = 1e-6
PATTERNS = {"RGGB": "BayerRGGB", "BGGR": "BayerBGGR", "GRBG": "BayerGRBG", "GBRG": "BayerGBRG"}
# Decibels that the better method is ahead on a photograph.
EDGES_AHEAD = 3


def samples(kind, shape, seed=3):
    rng = np.random.default_rng(seed)
    if kind.startswith("float"):
        return rng.random(shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


def exact_gray(clip, weights, total):
    """The weighted mean in exact integers, halves to even."""
    sums = sum(clip[..., c].astype(np.int64) * weight for c, weight in enumerate(weights))
    floor, rest = sums // total, sums % total
    up = (2 * rest > total) | ((2 * rest == total) & (floor % 2 == 1))
    return (floor + up).astype(clip.dtype)


class Colour(Checks):
    """Saves arrays with numpy, has pimage change them, and compares with what others make of them."""

    def transformed(self, clip, *specs):
        source, output = self.path("clip.npy"), self.path("changed.npy")
        np.save(source, clip)
        steps = [part for spec in specs for part in ("-t", spec)]
        self.pimage("convert", source, output, "--quiet", "--overwrite", *steps)
        return np.load(output)

    def gray_exact(self, kind):
        clip = samples(kind, (3, 31, 47, 3))
        for spec, weights, total in [("gray", [2126, 7152, 722], 10000), ("gray=rec601", [299, 587, 114], 1000),
                                     ("gray=mean", [1, 1, 1], 3), ("gray=3,0,1", [3, 0, 1], 4)]:
            assert_equal(self.transformed(clip, spec), exact_gray(clip, weights, total), spec)

    def gray_opencv(self, kind):
        import cv2

        clip = samples(kind, (3, 31, 47, 3))
        expected = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip])
        found = self.transformed(clip, "gray=rec601").astype(np.float64)
        limit = SINGLE_ROUNDING if kind == "float32" else FIXED_POINT_LEVELS * (257 if kind == "uint16" else 1) / 64 + 1
        worst = np.abs(found - expected).max()
        assert worst <= limit, "gray differs from OpenCV by %g, at most %g was expected" % (worst, limit)

    def gray_skimage(self, kind):
        from skimage.color import rgb2gray

        clip = samples(kind, (3, 31, 47, 3))
        found = self.transformed(clip, "gray=2125,7154,721")
        worst = np.abs(found - rgb2gray(clip)).max()
        assert worst <= SINGLE_ROUNDING, "gray differs from scikit-image by %g" % worst

    def channels(self, kind):
        clip = samples(kind, (3, 9, 14, 4))
        for place, name in enumerate(["red", "green", "blue", "alpha"]):
            assert_equal(self.transformed(clip, "channel=" + name), clip[..., place], name)
        assert_equal(self.transformed(clip, "channel=2"), clip[..., 2], "channel 2")
        assert_equal(self.transformed(clip, "rgb=drop"), clip[..., :3], "RGB of RGBA")
        gray = clip[..., 0]
        assert_equal(self.transformed(gray, "rgb"), np.stack([gray] * 3, axis=-1), "RGB of gray")

    def pillow(self):
        from PIL import Image

        planes = [samples("uint8", (21, 33), seed) for seed in range(4)]
        merged = np.asarray(Image.merge("RGBA", [Image.fromarray(plane) for plane in planes]))
        names = [self.path("plane%d.npy" % place) for place in range(4)]
        for name, plane in zip(names, planes):
            np.save(name, plane[None])
        spec = "merge=green:%s,blue:%s,alpha:%s" % tuple(names[1:])
        found = self.transformed(planes[0][None], spec)
        assert_equal(found[0], merged, "Pillow's merge")
        split = [np.asarray(plane) for plane in Image.fromarray(merged).split()]
        for place, name in enumerate(["red", "green", "blue", "alpha"]):
            assert_equal(self.transformed(found, "channel=" + name)[0], split[place], "Pillow's split")

    def merge(self, kind):
        first, second = samples(kind, (5, 8, 9), 1), samples(kind, (5, 8, 9), 2)
        np.save(self.path("second.npy"), second)
        expected = np.stack([first, np.zeros_like(first), second], axis=-1)
        assert_equal(self.transformed(first, "merge=blue:%s" % self.path("second.npy")), expected, "two channels")

    def bayer_opencv(self, kind, pattern):
        import cv2

        clip = samples(kind, (2, 40, 54))
        code = getattr(cv2, "COLOR_%s2RGB" % PATTERNS[pattern])
        expected = np.stack([cv2.cvtColor(frame, code) for frame in clip])
        found = self.transformed(clip, "demosaic=%s,bilinear" % pattern)
        # OpenCV copies its border from the next pixels.
        assert_equal(found[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], "OpenCV's " + pattern)

    def bayer_quality(self, pattern):
        import cv2
        from skimage.data import astronaut

        picture = astronaut()
        raw = np.zeros(picture.shape[:2], np.uint8)
        for place, letter in enumerate(pattern):
            y, x = divmod(place, 2)
            raw[y::2, x::2] = picture[y::2, x::2, "RGB".index(letter)]

        def decibels(found):
            error = (found[4:-4, 4:-4].astype(float) - picture[4:-4, 4:-4]) ** 2
            return 10 * np.log10(255**2 / error.mean())

        edges = decibels(self.transformed(raw[None], "demosaic=" + pattern)[0])
        bilinear = decibels(self.transformed(raw[None], "demosaic=%s,bilinear" % pattern)[0])
        aware = decibels(cv2.cvtColor(raw, getattr(cv2, "COLOR_%s2RGB_EA" % PATTERNS[pattern])))
        print("          edges %.1f dB, bilinear %.1f dB, OpenCV's edge-aware %.1f dB" % (edges, bilinear, aware))
        assert edges >= bilinear + EDGES_AHEAD, "edges reaches %.1f dB, bilinear %.1f" % (edges, bilinear)
        assert edges >= aware, "edges reaches %.1f dB, OpenCV %.1f" % (edges, aware)

    def blend(self, mode, opacity, kind="uint8"):
        import blend_modes

        below, layer = samples(kind, (2, 25, 37, 4), 5), samples(kind, (2, 25, 37, 4), 6)
        full = float(np.iinfo(kind).max)
        # The corners of the range.
        corners = np.array([0, full, full // 2, 1], kind)
        below[:, :4, :4, :3], layer[:, :4, :4, :3] = corners[None, :, None, None], corners[None, None, :, None]
        # Where nothing is to be seen, pimage keeps the frame and blend_modes makes it black.
        below[..., 3] = np.maximum(below[..., 3], 1)
        np.save(self.path("layer.npy"), layer)
        spec = "blend=%s,mode:%s,opacity:%g" % (self.path("layer.npy"), mode, opacity)
        found = self.transformed(below, spec).astype(float)
        expected = []
        for frame, above in zip(below, layer):
            frame, above = frame / full * 255, above / full * 255
            if mode == "subtract":
                # blend_modes subtracts fractions from levels: the same as adding what is inverted, done by the formula itself.
                alphas = frame[..., 3:] / 255, above[..., 3:] / 255
                shown = np.minimum(*alphas) * opacity
                ratio = shown / (alphas[0] + (1 - alphas[0]) * shown)
                color = np.clip((frame - above)[..., :3] * ratio + frame[..., :3] * (1 - ratio), 0, 255)
                expected.append(np.dstack([color, frame[..., 3]]))
            else:
                expected.append(getattr(blend_modes, mode)(frame, above, opacity))
        worst = np.abs(found - np.stack(expected) * (full / 255)).max()
        assert worst <= HALF_A_LEVEL + full * 1e-12, "%s differs from blend_modes by %g levels" % (mode, worst)

    def blend_floats(self, mode):
        import blend_modes

        below, layer = samples("float32", (2, 9, 11, 3), 7), samples("float32", (1, 9, 11, 3), 8)
        np.save(self.path("layer.npy"), layer)
        found = self.transformed(below, "blend=%s,%s" % (self.path("layer.npy"), mode))
        opaque = np.full((9, 11, 1), 255.0)
        for frame, result in zip(below, found):
            full = [np.dstack([part.astype(float) * 255, opaque]) for part in (frame, layer[0])]
            expected = getattr(blend_modes, mode)(full[0], full[1], 1.0)[..., :3] / 255
            assert np.allclose(result, expected, rtol=FLOAT32_STEP, atol=FLOAT32_STEP), mode

    def logo(self):
        """An RGBA image over a gray recording of another type, partly outside."""
        from PIL import Image

        clip = samples("uint16", (3, 20, 30))
        logo = samples("uint8", (12, 16, 4), 9)
        Image.fromarray(logo).save(self.path("logo.png"))
        found = self.transformed(clip, "blend=%s,x:20,y:-4" % self.path("logo.png")).astype(float)
        luma = (logo[..., :3] @ np.array([0.2126, 0.7152, 0.0722])) * 257
        alpha = logo[..., 3] / 255
        expected = clip.astype(float)
        part = np.s_[:, :8, 20:]
        expected[part] = (luma * alpha)[4:, :10] + expected[part] * (1 - alpha[4:, :10])
        worst = np.abs(found - expected).max()
        assert worst <= HALF_A_LEVEL, "the logo differs by %g levels" % worst


def main():
    checks = Colour(__doc__)
    for kind in INTEGERS:
        checks.run("exact gray of %s" % kind, checks.gray_exact, kind)
    for kind in ["uint8", "uint16", "float32"]:
        checks.run("OpenCV's gray of %s" % kind, checks.gray_opencv, kind)
    for kind in FLOATS:
        checks.run("scikit-image's gray of %s" % kind, checks.gray_skimage, kind)
    for kind in INTEGERS + FLOATS:
        checks.run("channels of %s" % kind, checks.channels, kind)
        checks.run("two channels of %s" % kind, checks.merge, kind)
    checks.run("Pillow's merge and split", checks.pillow)
    for pattern in PATTERNS:
        for kind in ["uint8", "uint16"]:
            checks.run("OpenCV's %s of %s" % (pattern, kind), checks.bayer_opencv, kind, pattern)
        checks.run("quality of %s" % pattern, checks.bayer_quality, pattern)
    modes = ("normal soft_light lighten_only dodge addition darken_only multiply hard_light difference subtract "
             "grain_extract grain_merge divide overlay screen").split()
    for mode in modes:
        for opacity in [1, 0.5]:
            checks.run("%s at %g" % (mode, opacity), checks.blend, mode, opacity)
        checks.run("%s of uint16" % mode, checks.blend, mode, 0.7, "uint16")
    for mode in ["normal", "multiply", "screen", "difference", "overlay", "soft_light"]:
        checks.run("%s of floats" % mode, checks.blend_floats, mode)
    checks.run("a logo", checks.logo)
    checks.end()


if __name__ == "__main__":
    main()
