"""One job of one peer on recording stores, in a process of its own: `store_peers.py JOB ARGUMENT…`; facts go to standard output as JSON.

The seconds that are told are those of the loop alone, without starting Python and importing.
"""

import json
import os
import sys
import time

from peers import touch

RATE = 30.0


def raw_frames(facts_path, count):
    """The frames of the recording, over and over, as views of one array a file."""
    import numpy as np

    with open(facts_path) as file:
        facts = json.load(file)
    folder = os.path.dirname(facts_path)
    shape = (-1, facts["height"], facts["width"])
    arrays = [np.fromfile(os.path.join(folder, name), np.uint8).reshape(shape) for name in facts["bins"]]
    frames = [frame for array in arrays for frame in array]
    for index in range(count):
        yield frames[index % len(frames)]


def write(facts_path, path, format_name, count, chunk):
    import imgstore

    frames = raw_frames(facts_path, int(count))
    first = next(frames)
    start = time.perf_counter()
    store = imgstore.new_for_format(
        format_name, mode="w", basedir=path, imgshape=first.shape, imgdtype=first.dtype, chunksize=int(chunk)
    )
    store.add_image(first, 0, 0.0)
    for index, frame in enumerate(frames, 1):
        store.add_image(frame, index, index / RATE)
    store.close()
    return {"frames": int(count), "secs": time.perf_counter() - start}


def read(path):
    import imgstore

    start = time.perf_counter()
    store = imgstore.new_for_filename(path)
    frames = total = 0
    try:
        while True:
            image, _ = store.get_next_image()
            total += touch(image)
            frames += 1
    except EOFError:
        pass
    return {"frames": frames, "secs": time.perf_counter() - start, "touched": total}


def random(path, wanted):
    import imgstore

    with open(wanted) as file:
        numbers = [int(line) for line in file]
    start = time.perf_counter()
    store = imgstore.new_for_filename(path)
    total = sum(touch(store.get_image(number)[0]) for number in numbers)
    return {"frames": len(numbers), "secs": time.perf_counter() - start, "touched": total}


def decord_random(video, wanted):
    """The frames of one chunk, by decord."""
    import decord

    with open(wanted) as file:
        numbers = [int(line) for line in file]
    start = time.perf_counter()
    reader = decord.VideoReader(video)
    total = sum(touch(reader[number].asnumpy()[..., 0]) for number in numbers)
    return {"frames": len(numbers), "secs": time.perf_counter() - start, "touched": total}


def open_store(path):
    import imgstore

    start = time.perf_counter()
    store = imgstore.new_for_filename(path)
    return {"frames": store.frame_count, "secs": time.perf_counter() - start}


def many_chunks(path, chunks, frames):
    """A store of many chunks of tiny arrays; only the first chunk has frames beside its index, which are all links to one."""
    import imgstore
    import numpy as np

    chunks, frames = int(chunks), int(frames)
    image = np.zeros((4, 4), np.uint8)
    store = imgstore.new_for_format("npy", mode="w", basedir=path, imgshape=image.shape, imgdtype=image.dtype, chunksize=frames)
    for index in range(frames):
        store.add_image(image, index, index / RATE)
    store.close()
    # Its own file: imgstore keeps what is nothing as an object.
    with np.load(os.path.join(path, "000000", "index.npz"), allow_pickle=True) as first:
        members = {name: first[name] for name in first.files}
    for chunk in range(1, chunks):
        folder = os.path.join(path, "%06d" % chunk)
        # imgstore begins the second chunk by itself.
        os.makedirs(folder, exist_ok=True)
        start = chunk * frames
        members["frame_number"] = np.arange(start, start + frames)
        members["frame_time"] = np.arange(start, start + frames) / RATE
        np.savez(os.path.join(folder, "index.npz"), **members)
    return {"chunks": chunks}


JOBS = {
    "write": write,
    "read": read,
    "random": random,
    "decord_random": decord_random,
    "open": open_store,
    "many_chunks": many_chunks,
}

if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](*sys.argv[2:])))
