"""What the peers do in the rows about mosaics: `mosaic_peers.py JOB ARGS…`."""

import json
import sys

import numpy as np


def easimage_grid(output, *clips):
    """pImage's VignetteBuilder, whose new form needs some mends to run at all; see `mend`."""
    from pImage.video.mosaics import VignetteBuilder
    from pImage.video.readers import VideoReader
    from pImage.video.writers import VideoWriter

    mend()
    builder = VignetteBuilder("grid", columns=3)
    for clip in clips:
        builder.add_video(VideoReader(clip))
    with VideoWriter(output, fps=30) as writer:
        writer.write_from(builder.frames())


def mend():
    """Its match on types calls `callable()`, and properties read attributes that there are not."""
    import pImage.video.mosaics as mosaics
    from pImage.video.readers import DefaultReader

    def of_reader(_cls, item, parent, **_options):
        assert isinstance(item, DefaultReader)
        return mosaics.ReaderVignetteObject(item, parent)

    mosaics.VignetteObject.auto_type_from_array = classmethod(of_reader)
    mosaics.VignetteObject.bg_color = property(lambda self: self.parent.bg_color)
    reader = mosaics.ReaderVignetteObject
    reader.shape = property(lambda self: self.object.frame(0).shape[:2])
    reader.duration = property(lambda self: self.object.frames_number)


def check(mosaic, width, height, most, *clips):
    """Frames, size and PSNR of a mosaic against OpenCV's INTER_AREA of what OpenCV reads from the clips, in cells of this size."""
    import cv2

    width, height, most = int(width), int(height), int(most)
    sources = [cv2.VideoCapture(clip) for clip in clips]
    video = cv2.VideoCapture(mosaic)
    count, error = 0, 0.0
    while True:
        is_read, frame = video.read()
        if not is_read:
            break
        size = frame.shape[1::-1]
        if count < most:
            expected = np.zeros((3 * height, 3 * width), np.uint8)
            for cell, source in enumerate(sources):
                row, column = divmod(cell, 3)
                shrunk = cv2.resize(source.read()[1][:, :, 0], (width, height), interpolation=cv2.INTER_AREA)
                expected[row * height : (row + 1) * height, column * width : (column + 1) * width] = shrunk
            found = frame[: 3 * height, : 3 * width, 0].astype(np.float64)
            found = found if found.shape == expected.shape else np.pad(
                found, [(0, expected.shape[side] - found.shape[side]) for side in (0, 1)], "edge"
            )
            error += float(((found - expected) ** 2).mean())
        count += 1
    mean = error / max(1, min(count, most))
    psnr = 10 * np.log10(255**2 / mean) if mean else 99.0
    print(json.dumps({"frames": count, "size": "%dx%d" % size, "psnr": round(psnr, 2)}))


JOBS = [easimage_grid, check]

if __name__ == "__main__":
    job = {job.__name__: job for job in JOBS}[sys.argv[1]]
    job(*sys.argv[2:])
