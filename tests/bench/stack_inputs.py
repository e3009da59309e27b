"""Makes the stacks and clips of the rows about TIFF, folders, GIF and Zarr: `stack_inputs.py FOLDER [--small]`.

stack.tif          500 pages 512x512 uint16, 12-bit microscopy: spots that drift over a background, shot noise
stack_deflate.tif  the same, zlib with predictor
stack.npy          the same as an array
long.tif           20,000 small pages; short.tif 500 of them
tiff/, png/        200 of the pages as files
gif.npy            200 frames 320x256 RGB: the colour clip of inputs.py, reduced
pages.txt          100 page numbers at random
stacks.json        sizes and counts
"""

import json
import os
import sys

import numpy as np

from inputs import SEED, encode, pan_frames, texture


def spots(count, height, width):
    """The pages, each with its index in the corner."""
    rng = np.random.default_rng(SEED + 10)
    base = 400 + 60 * texture(rng, height, width, 30) + 15 * texture(rng, height, width, 2)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    place, speed = rng.uniform(0, 1, (25, 2)), rng.uniform(-0.6, 0.6, (25, 2))
    strength = rng.uniform(300, 2500, 25)
    for index in range(count):
        page = base.copy()
        for spot in range(25):
            cx, cy = (place[spot] * (width, height) + speed[spot] * index) % (width, height)
            top, left = max(0, int(cy) - 20), max(0, int(cx) - 20)
            part = (slice(top, int(cy) + 21), slice(left, int(cx) + 21))
            page[part] += strength[spot] * np.exp(-((x[part] - cx) ** 2 + (y[part] - cy) ** 2) / 40)
        page += rng.standard_normal((height, width), dtype=np.float32) * np.sqrt(page)
        page = np.clip(page, 0, 4095).astype(np.uint16)
        for bit in range(16):
            page[:8, bit * 8 : (bit + 1) * 8] = 4000 if index >> bit & 1 else 100
        yield page


def write_stacks(folder, count, files, height, width):
    import tifffile

    path = lambda *names: os.path.join(folder, *names)
    for kind in ("tiff", "png"):
        os.makedirs(path(kind), exist_ok=True)
    array = np.lib.format.open_memmap(path("stack.npy"), "w+", np.uint16, (count, height, width))
    with tifffile.TiffWriter(path("stack.tif")) as plain, tifffile.TiffWriter(path("stack_deflate.tif")) as packed:
        for index, page in enumerate(spots(count, height, width)):
            plain.write(page, contiguous=False, metadata=None)
            packed.write(page, contiguous=False, metadata=None, compression="zlib", predictor=True)
            array[index] = page
            if index < files:
                tifffile.imwrite(path("tiff", "img%05d.tif" % index), page)
    array.flush()
    pages = (array[index].byteswap() for index in range(files))
    encode(pages, "gray16be", height, width, path("png", "img%05d.png"), "-pix_fmt", "gray16be", "-start_number", "0")


def write_long(folder, short, long):
    import tifffile

    page = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    for name, count in (("short.tif", short), ("long.tif", long)):
        with tifffile.TiffWriter(os.path.join(folder, name)) as stack:
            for index in range(count):
                page[0, 0] = index
                stack.write(page, contiguous=False, metadata=None)


def reduced(frames, height, width):
    """Each frame's top left part, averaged down to 256 rows and 320 columns."""
    for frame in frames:
        by = max(1, min(height // 256, width // 320))
        yield frame[: 256 * by, : 320 * by].reshape(256, by, 320, by, 3).mean((1, 3)).astype(np.uint8)


def make(folder, is_small):
    count, files, gif, height, width, long = (40, 20, 20, 512, 512, 2000) if is_small else (500, 200, 200, 512, 512, 20000)
    facts_path = os.path.join(folder, "stacks.json")
    if os.path.exists(facts_path):
        return
    os.makedirs(folder, exist_ok=True)
    print("making the stacks in %s" % folder, flush=True)
    write_stacks(folder, count, files, height, width)
    write_long(folder, 500, long)
    large = (360, 640) if is_small else (1080, 1920)
    clip = np.stack(list(reduced(pan_frames(gif, *large), *large)))
    np.save(os.path.join(folder, "gif.npy"), clip)
    clip.tofile(os.path.join(folder, "gif.raw"))
    wanted = np.random.default_rng(SEED + 11).integers(0, count, 100)
    with open(os.path.join(folder, "pages.txt"), "w") as file:
        file.write("\n".join(map(str, wanted)) + "\n")
    facts = {"pages": count, "files": files, "gif_frames": gif, "long": long, "height": height, "width": width}
    with open(facts_path, "w") as file:
        json.dump(facts, file, indent=1)


if __name__ == "__main__":
    make(sys.argv[1], "--small" in sys.argv[2:])
