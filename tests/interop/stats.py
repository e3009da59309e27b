"""The numbers that pimage finds of frames are those of numpy and OpenCV."""

import csv
import io
import json

import cv2
import numpy as np

from _checks import Checks

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]
# Of the result's own size: numpy adds pairwise in the order of memory.
ROUNDING = 1e-11


def samples(kind, shape):
    rng = np.random.default_rng(23)
    if kind.startswith("float"):
        return rng.standard_normal(shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


def expected(frame, before):
    """What numpy and OpenCV say of one channel of a frame."""
    wide = frame.astype(np.float64)
    row = {
        "mean": np.nanmean(wide),
        "min": np.nanmin(wide),
        "max": np.nanmax(wide),
        "std": np.nanstd(wide),
        "sharpness": np.nanvar(cv2.Laplacian(wide, cv2.CV_64F)),
    }
    if before is not None:
        row["difference"] = np.nanmean(np.abs(wide - before.astype(np.float64)))
    return row


def assert_rows(rows, frames, suffix=""):
    assert len(rows) == len(frames), "there are %d rows, expected %d" % (len(rows), len(frames))
    for index, (row, frame) in enumerate(zip(rows, frames)):
        assert row["index"] == str(index), "row %d is of frame %s" % (index, row["index"])
        before = frames[index - 1] if index else None
        for name, value in expected(frame, before).items():
            found = float(row[name + suffix])
            assert abs(found - value) <= ROUNDING * max(abs(value), 1e-3), "%s%s of frame %d is %r, expected %r" % (name, suffix, index, found, value)
        if index == 0:
            assert row["difference" + suffix] == "", "the first frame has a difference"


class Stats(Checks):
    """Saves arrays with numpy, has pimage measure them, and compares with numpy and OpenCV."""

    def rows(self, clip, *options):
        source = self.path("clip.npy")
        np.save(source, clip)
        return list(csv.DictReader(io.StringIO(self.pimage("stats", source, *options))))

    def gray(self, kind):
        clip = samples(kind, (6, 37, 53))
        assert_rows(self.rows(clip, "--axes", "tyx"), clip)

    def color(self, kind):
        clip = samples(kind, (5, 21, 34, 3))
        rows = self.rows(clip, "--axes", "tyxc")
        for channel, suffix in enumerate(["_r", "_g", "_b"]):
            assert_rows(rows, clip[..., channel], suffix)

    def regions(self):
        clip = samples("uint16", (5, 40, 60))
        rows = self.rows(clip, "--axes", "tyx", "--roi", "eye=10,5,20,12", "--roi", "all=0,0,60,40")
        assert_rows(rows, clip[:, 5:17, 10:30], "_eye")
        assert_rows(rows, clip, "_all")

    def cropped(self):
        clip = samples("uint8", (5, 40, 60))
        region = self.rows(clip, "--axes", "tyx", "--roi", "10,5,20,12")
        assert region == self.rows(clip, "--axes", "tyx", "-t", "crop=10,5,20,12"), "a region differs from a crop"

    def not_numbers(self):
        clip = samples("float32", (4, 20, 30))
        clip[1, 3, 4] = clip[2, 0, 0] = clip[2, 19, 29] = np.nan
        rows = self.rows(clip, "--axes", "tyx")
        assert_rows(rows, clip)
        counts = [row["nan"] for row in rows]
        assert counts == ["0", "1", "2", "0"], "the counts are %s" % counts

    def as_json(self):
        clip = samples("uint8", (3, 20, 30))
        source = self.path("clip.npy")
        np.save(source, clip)
        frames = json.loads(self.pimage("stats", source, "--axes", "tyx", "--json"))["frames"]
        assert [frame["mean"] for frame in frames] == [float(frame.mean()) for frame in clip], "the means differ"


checks = Stats(__doc__)
for kind in TYPES:
    checks.run("gray of %s" % kind, checks.gray, kind)
    checks.run("colour of %s" % kind, checks.color, kind)
checks.run("regions", checks.regions)
checks.run("a region is a crop", checks.cropped)
checks.run("what is not a number", checks.not_numbers)
checks.run("JSON", checks.as_json)
checks.end()
