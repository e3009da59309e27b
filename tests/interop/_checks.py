"""What the scripts share: the program, clips of known pixels, readers that are not pimage, and a list of what differs."""

import argparse
import os
import shutil
import subprocess
import sys
import traceback

import numpy as np

# How far apart two expansions of limited-range luma may be, in levels.
CONVERSION_LEVELS = 2


class Checks:
    """Runs named checks and remembers which failed."""

    def __init__(self, title):
        parser = argparse.ArgumentParser(description=title)
        parser.add_argument("--program", required=True, help="the pimage program")
        parser.add_argument("--work", required=True, help="a folder for the files, emptied first")
        args = parser.parse_args()
        self.program = args.program
        self.work = args.work
        self.passed = 0
        self.failed = 0
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)

    def path(self, name):
        return os.path.join(self.work, name)

    def pimage(self, *args):
        """Runs the program and returns what it printed; an error is the check's error."""
        run = subprocess.run([self.program, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if run.returncode:
            call = " ".join(map(str, args))
            raise AssertionError("`pimage %s` ended with %d: %s" % (call, run.returncode, run.stderr.strip()))
        return run.stdout

    def read(self, path, *options):
        """Every frame of a file, as pimage reads it: frames, rows, columns, and channels when there are several."""
        array = path + ".read.npy"
        self.pimage("convert", path, array, "--quiet", "--overwrite", *options)
        return np.load(array)

    def run(self, name, check, *args):
        try:
            check(*args)
            self.passed += 1
            print("  ok      %s" % name, flush=True)
        except Exception as error:
            self.failed += 1
            print("  FAILED  %s: %s" % (name, error), flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc(file=sys.stdout)

    def end(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        sys.exit(1 if self.failed else 0)


def gray_clip(count=12, height=96, width=128, dtype=np.uint8):
    """Smooth gray frames that all differ, with samples over the whole range of the type."""
    top = np.iinfo(dtype).max
    y, x = np.mgrid[:height, :width]
    frames = [np.round((np.sin((x + 3 * i) / 21) * np.cos((y + 2 * i) / 17) + 1) / 2 * top) for i in range(count)]
    return np.stack(frames).astype(dtype)


def color_clip(count=12, height=96, width=128, dtype=np.uint8):
    """Smooth RGB frames that all differ."""
    base = gray_clip(count, height, width, dtype)
    return np.stack([base, base[:, ::-1], np.roll(base, 5, axis=2)], axis=-1)


def assert_equal(found, expected, what):
    assert found.shape == expected.shape, "%s has shape %s, expected %s" % (what, found.shape, expected.shape)
    assert found.dtype == expected.dtype, "%s has type %s, expected %s" % (what, found.dtype, expected.dtype)
    differing = int((found != expected).sum())
    if differing:
        frame = int(np.argwhere(found != expected)[0][0])
        worst = int(np.abs(found.astype(np.int64) - expected.astype(np.int64)).max())
        raise AssertionError("%s differs in %d samples, first in frame %d, by at most %d" % (what, differing, frame, worst))


def assert_close(found, expected, levels, what):
    assert found.shape == expected.shape, "%s has shape %s, expected %s" % (what, found.shape, expected.shape)
    worst = int(np.abs(found.astype(np.int64) - expected.astype(np.int64)).max())
    assert worst <= levels, "%s differs by up to %d levels, expected at most %d" % (what, worst, levels)


def assert_similar(found, expected, decibels, what):
    assert found.shape == expected.shape, "%s has shape %s, expected %s" % (what, found.shape, expected.shape)
    top = np.iinfo(expected.dtype).max
    error = np.mean((found.astype(np.float64) - expected.astype(np.float64)) ** 2)
    psnr = np.inf if error == 0 else 10 * np.log10(top**2 / error)
    assert psnr >= decibels, "%s has a PSNR of %.1f dB, expected at least %.1f" % (what, psnr, decibels)


def assert_times(found, expected, tolerance, what):
    assert len(found) == len(expected), "%s has %d times, expected %d" % (what, len(found), len(expected))
    for frame, (a, b) in enumerate(zip(found, expected)):
        assert abs(a - b) <= tolerance, "%s: frame %d is at %.6f s, expected %.6f" % (what, frame, a, b)


def pyav_read(path, pixel_format):
    """The frames and their times in seconds, as PyAV has them."""
    import av

    with av.open(path) as container:
        stream = container.streams.video[0]
        frames, times = [], []
        for frame in container.decode(stream):
            frames.append(frame.to_ndarray(format=pixel_format))
            times.append(float(frame.pts * stream.time_base))
    return np.stack(frames), times


def pyav_format(path):
    """The stream's own pixel format, as PyAV names it."""
    import av

    with av.open(path) as container:
        return next(container.decode(video=0)).format.name


def pyav_codec(path):
    """The stream's codec, as PyAV names it."""
    import av

    with av.open(path) as container:
        return container.streams.video[0].codec_context.codec.canonical_name


def opencv_read(path):
    """The frames as RGB, as OpenCV has them."""
    import cv2

    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    frames = []
    while True:
        is_read, frame = capture.read()
        if not is_read:
            return np.stack(frames) if frames else np.empty((0, 0, 0, 3), np.uint8)
        frames.append(frame[:, :, ::-1])
