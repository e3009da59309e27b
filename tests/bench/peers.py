"""One job of one peer, in a process of its own: `peers.py JOB ARGUMENT…`; facts go to standard output as JSON.

The readers touch a few samples of each frame, so that a lazy one has to deliver it.
"""

import json
import subprocess
import sys


def touch(frame):
    return int(frame[::64, ::64].sum())


def mend_easimage():
    """pImage, from PyPI as `easimage`: its HIRIS branch imports a top-level `hiris`, which is inside the package."""
    import importlib

    sys.modules["hiris"] = importlib.import_module("pImage.video.hiris")


def easimage_convert(source, output):
    mend_easimage()
    from pImage.video.readers import VideoReader
    from pImage.video.writers import VideoWriter

    reader = VideoReader(source)
    with VideoWriter(output, fps=30) as writer:
        writer.write_from(reader.frames())
    return {}


def opencv_read(path):
    import cv2

    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    frames = total = 0
    while True:
        is_read, frame = capture.read()
        if not is_read:
            return {"frames": frames, "touched": total}
        total += touch(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))
        frames += 1


def pyav_read(path):
    import av

    frames = total = 0
    with av.open(path) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            total += touch(frame.to_ndarray(format="gray"))
            frames += 1
    return {"frames": frames, "touched": total}


def decord_read(path):
    import decord

    reader = decord.VideoReader(path)
    total = 0
    for _ in range(len(reader)):
        total += touch(reader.next().asnumpy()[:, :, 0])
    return {"frames": len(reader), "touched": total}


def piped(path, width, height):
    """Gray frames from ffmpeg through a pipe, as it is done where no library is wanted."""
    import numpy as np

    call = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    process = subprocess.Popen(call, stdout=subprocess.PIPE)
    size = width * height
    while len(data := process.stdout.read(size)) == size:
        yield np.frombuffer(data, np.uint8).reshape(height, width)
    process.wait()


def pipe_read(path, width, height):
    frames = total = 0
    for frame in piped(path, int(width), int(height)):
        total += touch(frame)
        frames += 1
    return {"frames": frames, "touched": total}


def pipe_keep(path, list_path, output, width, height):
    """One pass over the whole clip that keeps the wanted frames, in the order asked."""
    import numpy as np

    wanted = wanted_indices(list_path)
    kept = np.lib.format.open_memmap(output, "w+", np.uint8, (len(wanted), int(height), int(width)))
    for index, frame in enumerate(piped(path, int(width), int(height))):
        for place, other in enumerate(wanted):
            if other == index:
                kept[place] = frame
    return {"frames": len(wanted)}


def wanted_indices(path):
    with open(path) as file:
        return [int(line) for line in file.read().split()]


def index_in(frame):
    """The index that the frame carries in its corner."""
    found = 0
    for bit in range(16):
        if frame[8:24, bit * 32 + 8 : bit * 32 + 24].mean() > 127:
            found |= 1 << bit
    return found


def verdict(found, wanted):
    return {"frames": len(found), "wrong": sum(a != b for a, b in zip(found, wanted))}


def decord_random(path, list_path):
    import decord

    wanted = wanted_indices(list_path)
    reader = decord.VideoReader(path)
    return verdict([index_in(reader[index].asnumpy()[:, :, 1]) for index in wanted], wanted)


def pyav_random(path, list_path):
    """The usual way: seek to the key frame before, decode up to the frame's time."""
    import av

    wanted = wanted_indices(list_path)
    found = []
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        start = stream.start_time or 0
        for index in wanted:
            time = start + round(index / stream.average_rate / stream.time_base)
            container.seek(time, stream=stream, backward=True)
            frame = next(frame for frame in container.decode(stream) if frame.pts >= time)
            found.append(index_in(frame.to_ndarray(format="gray")))
    return verdict(found, wanted)


JOBS = [easimage_convert, opencv_read, pyav_read, decord_read, pipe_read, pipe_keep, decord_random, pyav_random]


if __name__ == "__main__":
    job = {job.__name__: job for job in JOBS}[sys.argv[1]]
    print(json.dumps(job(*sys.argv[2:])))
