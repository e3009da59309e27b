"""One job of one peer on stacks, folders, GIF and Zarr, in a process of its own: `stack_peers.py JOB ARGUMENT…`; facts go to standard output as JSON."""

import glob
import json
import os
import sys

from peers import touch, verdict, wanted_indices


def page_index(page):
    """The index that a page carries in its corner."""
    found = 0
    for bit in range(16):
        if page[2:6, bit * 8 + 2 : bit * 8 + 6].mean() > 2000:
            found |= 1 << bit
    return found


def tifffile_read(path):
    import tifffile

    frames = total = 0
    with tifffile.TiffFile(path) as stack:
        for page in stack.pages:
            total += touch(page.asarray())
            frames += 1
    return {"frames": frames, "touched": total}


def tifffile_random(path, list_path):
    import tifffile

    wanted = wanted_indices(list_path)
    with tifffile.TiffFile(path) as stack:
        found = [page_index(stack.pages[index].asarray()) for index in wanted]
    return verdict(found, wanted)


def tifffile_write(source, output, compression):
    """A stream of pages: contiguous when they are not compressed."""
    import tifffile

    packed = compression != "none"
    with tifffile.TiffFile(source) as stack, tifffile.TiffWriter(output) as target:
        for page in stack.pages:
            options = {"compression": compression, "predictor": True} if packed else {}
            target.write(page.asarray(), contiguous=not packed, **options)
    return {"bytes": os.path.getsize(output)}


def opencv_folder(pattern):
    import cv2

    frames = total = 0
    for path in sorted(glob.glob(pattern)):
        total += touch(cv2.imread(path, cv2.IMREAD_UNCHANGED))
        frames += 1
    return {"frames": frames, "touched": total}


def pillow_gif(source, output):
    import numpy as np
    from PIL import Image

    frames = (Image.fromarray(frame) for frame in np.load(source))
    first = next(frames)
    first.save(output, save_all=True, append_images=frames, duration=33, loop=0)
    return {}


def gif_facts(path, source):
    """PSNR, size and duration of a GIF, as Pillow shows it."""
    import numpy as np
    from PIL import Image, ImageSequence

    frames = np.load(source)
    shown, squares, millis = 0, 0.0, 0
    image = Image.open(path)
    for frame, original in zip(ImageSequence.Iterator(image), frames):
        difference = np.asarray(frame.convert("RGB")).astype(np.int32) - original
        squares += float(np.square(difference).mean())
        millis += frame.info.get("duration", 0)
        shown += 1
    error = squares / max(1, shown)
    psnr = 99.0 if error == 0 else 10 * float(np.log10(255 * 255 / error))
    is_whole = shown == len(frames) == getattr(image, "n_frames", 1)
    return {"frames": shown if is_whole else -1, "psnr": round(psnr, 2), "bytes": os.path.getsize(path), "millis": millis}


def codec_of(name):
    import zarr.codecs

    known = {
        "none": None,
        "zstd": zarr.codecs.ZstdCodec(level=3),
        "blosc": zarr.codecs.BloscCodec(cname="zstd", clevel=5, shuffle="shuffle"),
    }
    return known[name]


def zarr_write(source, output, codec, chunk):
    """The array in blocks of a chunk's frames, as its users write it."""
    import numpy as np
    import zarr

    frames = np.load(source, mmap_mode="r")
    chunks = (int(chunk), *frames.shape[1:])
    array = zarr.create_array(output, shape=frames.shape, chunks=chunks, dtype=frames.dtype, compressors=codec_of(codec))
    for start in range(0, len(frames), chunks[0]):
        array[start : start + chunks[0]] = frames[start : start + chunks[0]]
    return {"bytes": sum(os.path.getsize(path) for path in glob.glob(output + "/**", recursive=True) if os.path.isfile(path))}


def zarr_read(source, output):
    """Back into an array file, in blocks of a chunk's frames."""
    import numpy as np
    import zarr

    array = zarr.open_array(source, mode="r")
    target = np.lib.format.open_memmap(output, "w+", array.dtype, array.shape)
    for start in range(0, array.shape[0], array.chunks[0]):
        target[start : start + array.chunks[0]] = array[start : start + array.chunks[0]]
    target.flush()
    return {"frames": array.shape[0]}


def alone(job):
    """tifffile as it comes, which codes zlib through Python; imagecodecs beside it brings libdeflate."""

    def run(*args):
        sys.modules["imagecodecs"] = None
        return job(*args)

    run.__name__ = job.__name__ + "_alone"
    return run


JOBS = [alone(job) for job in (tifffile_read, tifffile_random, tifffile_write)]
JOBS += [tifffile_read, tifffile_random, tifffile_write, opencv_folder, pillow_gif, gif_facts, zarr_write, zarr_read]


if __name__ == "__main__":
    job = {job.__name__: job for job in JOBS}[sys.argv[1]]
    print(json.dumps(job(*sys.argv[2:])))
