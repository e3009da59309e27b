"""One job of one peer on transforms, in a process of its own: `transform_peers.py JOB ARGUMENT…`; facts go to standard output as JSON.

The seconds that are told are those of the loop alone, without starting Python and importing.
"""

import json
import os
import sys
import time

from peers import touch

# The shortest time that a single operation is run for.
OPERATION_SECS = 0.8


def raw_frames(facts_path, count=None):
    """The frames of the recording, as views of one array a file."""
    import numpy as np

    with open(facts_path) as file:
        facts = json.load(file)
    folder = os.path.dirname(facts_path)
    shape = (-1, facts["height"], facts["width"])
    left = facts["frames"] if count is None else count
    for name in facts["bins"]:
        for frame in np.fromfile(os.path.join(folder, name), np.uint8).reshape(shape):
            if left == 0:
                return
            left -= 1
            yield frame


def opencv_chain(facts_path):
    """As somebody writes it by hand."""
    import cv2
    import numpy as np

    start = time.perf_counter()
    clahe = cv2.createCLAHE(8, (5, 5))
    table = np.rint((np.arange(256) / 255.0) ** (1 / 1.2) * 255).astype(np.uint8)
    frames = total = 0
    for frame in raw_frames(facts_path):
        frame = frame[16:-16, 16:-16]
        frame = cv2.rotate(frame, cv2.ROTATE_90_CLOCKWISE)
        frame = cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        frame = clahe.apply(frame)
        frame = cv2.convertScaleAbs(frame, alpha=1.2, beta=10)
        frame = cv2.LUT(frame, table)
        cv2.putText(frame, "trial 1", (5, 25), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 1, cv2.LINE_AA)
        total += touch(frame)
        frames += 1
    return {"frames": frames, "secs": time.perf_counter() - start, "touched": total}


def easimage_chain(recording):
    """pImage, with its table for gamma mended: it has 255 entries for 256 values."""
    import numpy as np
    import pImage.transformations as transformations

    from peers import mend_easimage

    mend_easimage()
    transformations.make_lut_gamma = lambda gamma, inverse=True: (
        (np.arange(256) / 255.0) ** (1.0 / gamma if inverse else gamma) * 255
    ).astype(np.uint8)
    import matplotlib
    from pImage.video.readers import VideoReader

    font = os.path.join(os.path.dirname(matplotlib.__file__), "mpl-data", "fonts", "ttf", "DejaVuSans.ttf")
    start = time.perf_counter()
    reader = VideoReader(
        recording, crop={"value": 16}, rotate=1, resize=0.5, clahe=True, brightness=10, contrast=1.2, gamma=1.2,
        annotate={"text": "trial 1", "params": {"fontsize": 20, "font": font, "color": 255}},
    )
    frames = total = 0
    for frame in reader.frames():
        total += touch(frame)
        frames += 1
    return {"frames": frames, "secs": time.perf_counter() - start, "touched": total}


def skimage_chain(facts_path, count):
    """Without the text, which scikit-image cannot draw."""
    import numpy as np
    from skimage import exposure, transform

    start = time.perf_counter()
    frames = total = 0
    for frame in raw_frames(facts_path, int(count)):
        frame = np.rot90(frame[16:-16, 16:-16], -1)
        frame = transform.resize(frame, (frame.shape[0] // 2, frame.shape[1] // 2), anti_aliasing=True)
        tiles = (frame.shape[0] // 5, frame.shape[1] // 5)
        frame = exposure.equalize_adapthist(frame, kernel_size=tiles, clip_limit=0.03)
        frame = exposure.adjust_gamma(np.clip(frame * 1.2 + 10 / 255, 0, 1), 1 / 1.2)
        total += touch((frame * 255).astype(np.uint8))
        frames += 1
    return {"frames": frames, "secs": time.perf_counter() - start, "touched": total}


def noise(size, channels):
    import numpy as np

    width, height = map(int, size.split("x"))
    shape = (height, width) if channels == "1" else (height, width, int(channels))
    return np.random.default_rng(5).integers(0, 256, shape, np.uint8)


def rate(operation, frames):
    """Frames in a second, over different frames."""
    for frame in frames:
        operation(frame)
    count, start = 0, time.perf_counter()
    while True:
        for frame in frames:
            operation(frame)
        count += len(frames)
        secs = time.perf_counter() - start
        if secs > OPERATION_SECS:
            return {"frames_per_second": count / secs}


def several(size, channels):
    """Enough different frames that they do not all stay in the fastest cache."""
    import numpy as np

    frame = noise(size, channels)
    return [np.roll(frame, shift, axis=1).copy() for shift in range(16)]


def opencv_operation(name, size, channels):
    """A single operation; OpenCV uses all cores as it likes."""
    import cv2

    clahe = cv2.createCLAHE(8, (5, 5))

    def contrast_limited(frame):
        if frame.ndim == 2:
            return clahe.apply(frame)
        lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
        lab[:, :, 0] = clahe.apply(lab[:, :, 0])
        return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)

    def annotated(frame):
        color = 255 if frame.ndim == 2 else (255, 255, 255)
        return cv2.putText(frame.copy(), "trial 1", (5, 25), cv2.FONT_HERSHEY_SIMPLEX, 0.7, color, 1, cv2.LINE_AA)

    def unsharp(frame):
        return cv2.addWeighted(frame, 1.7, cv2.GaussianBlur(frame, (0, 0), 2), -0.7, 0)

    operations = {
        "clahe": contrast_limited,
        "gaussian": lambda frame: cv2.GaussianBlur(frame, (0, 0), 2),
        "resize": lambda frame: cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        "sharpen": unsharp,
        "median": lambda frame: cv2.medianBlur(frame, 3),
        "annotate": annotated,
        "colormap": lambda frame: cv2.applyColorMap(frame, cv2.COLORMAP_JET),
    }
    return rate(operations[name], several(size, channels))


def skimage_operation(name, size, channels):
    from skimage import exposure, filters, transform

    axis = None if channels == "1" else -1
    operations = {
        "clahe": lambda frame: exposure.equalize_adapthist(
            frame, kernel_size=(frame.shape[0] // 5, frame.shape[1] // 5), clip_limit=0.03
        ),
        "gaussian": lambda frame: filters.gaussian(frame, 2, preserve_range=True, channel_axis=axis),
        "resize": lambda frame: transform.downscale_local_mean(frame, (2, 2) if axis is None else (2, 2, 1)),
        "sharpen": lambda frame: filters.unsharp_mask(frame, 2, 0.7, channel_axis=axis),
    }
    # Its frames are far apart in time: one of them is enough.
    return rate(operations[name], several(size, channels)[:1])


def matplotlib_colormap(kind, size):
    """What everybody writes."""
    import matplotlib
    import numpy as np
    from matplotlib.colors import Normalize

    colors, norm = matplotlib.colormaps["viridis"], Normalize(0, 200)
    frames = [frame.astype(kind) for frame in several(size, "1")]
    return rate(lambda frame: colors(norm(frame)), frames[:4])


JOBS = [opencv_chain, easimage_chain, skimage_chain, opencv_operation, skimage_operation, matplotlib_colormap]

if __name__ == "__main__":
    job = {job.__name__: job for job in JOBS}[sys.argv[1]]
    print(json.dumps(job(*sys.argv[2:])))
