"""Makes the clips of the rows about mosaics: `mosaic_inputs.py FOLDER [--small]`; the recording of inputs.py is there already.

grid_0.avi … grid_8.avi   nine stretches of the recording as MJPEG, -q:v 3
tiny_short.npy            2,000 gray frames of 16x12
tiny_long.npy             20,000 of them
mosaic.json               sizes and counts
"""

import json
import os
import sys

import numpy as np

from inputs import SEED, encode, recorded_frames

CLIPS = 9
TINY = (12, 16)


def tiny(path, count):
    """Frames that differ, written as one array."""
    rng = np.random.default_rng(SEED + 20)
    base = rng.integers(0, 200, TINY, np.uint8)
    frames = np.lib.format.open_memmap(path, "w+", np.uint8, (count, *TINY))
    for index in range(count):
        frames[index] = base + index % 50
    frames.flush()


def make(folder, is_small):
    facts_path = os.path.join(folder, "mosaic.json")
    if os.path.exists(facts_path):
        return
    print("making the clips of mosaics in %s" % folder, flush=True)
    with open(os.path.join(folder, "facts.json")) as file:
        facts = json.load(file)
    height, width = facts["height"], facts["width"]
    count, step = (40, 10) if is_small else (200, 100)
    frames = list(recorded_frames(folder, facts["bins"], height, width))
    for clip in range(CLIPS):
        path = os.path.join(folder, "grid_%d.avi" % clip)
        part = frames[clip * step : clip * step + count]
        encode(part, "gray", height, width, path, "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")
    lengths = (200, 2_000) if is_small else (2_000, 20_000)
    for name, length in zip(("tiny_short.npy", "tiny_long.npy"), lengths):
        tiny(os.path.join(folder, name), length)
    with open(facts_path, "w") as file:
        facts = {"clips": CLIPS, "frames": count, "width": width, "height": height, "short": lengths[0], "long": lengths[1]}
        json.dump(facts, file, indent=1)


if __name__ == "__main__":
    make(sys.argv[1], "--small" in sys.argv)
