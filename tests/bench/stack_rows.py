"""Rows about TIFF stacks, folders of images, GIF and Zarr."""

import json
import os
import sys

from measure import Tool, remove, run_all
from report import OURS, Row

HERE = os.path.dirname(os.path.abspath(__file__))
FFMPEG = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error", "-nostdin"]


class Stacks:
    """The inputs of these rows, made when the first one is measured."""

    def __init__(self, bench):
        self.bench = bench
        bench.script("stack_inputs.py", bench.data, *(["--small"] if bench.data.endswith("small") else []))
        with open(bench.input("stacks.json")) as file:
            self.facts = json.load(file)
        for name in os.listdir(bench.data):
            bench.warm(bench.input(name))
        self.pages = "%d pages %dx%d uint16" % (self.facts["pages"], self.facts["width"], self.facts["height"])

    def peer(self, name, job, *args, output=""):
        return Tool(name, [sys.executable, os.path.join(HERE, "stack_peers.py"), job, *args], output)

    def told(self, *args):
        return json.loads(self.bench.script("stack_peers.py", *args))


def total_hash(bench, path):
    """The hash of all frames, as `pimage hash` tells it; by another reader than the one measured."""
    said = run_all([bench.pimage("hash", path)], 1, bench.work)[OURS].said
    return said.strip().splitlines()[-1]


def tiff_read(bench, name, packed, at_most):
    stacks = Stacks(bench)
    row = Row(name, "every page of a stack, %s%s" % (stacks.pages, packed))
    path = bench.input("stack_deflate.tif" if packed else "stack.tif")
    tools = [
        bench.pimage("hash", path),
        stacks.peer("tifffile", "tifffile_read_alone", path),
        stacks.peer("tifffile with imagecodecs", "tifffile_read", path),
    ]
    row.results = bench.measure(tools)
    row.faster_than("tifffile", at_most)
    is_same = row.results[OURS].said.strip().endswith(total_hash(bench, bench.input("stack.npy")))
    row.target("stacks that differ from the array", 0 if is_same else 1, 0)
    row.target("peak memory, MB", row.results[OURS].peak_mb, 100)
    return row


def tiff_random(bench, name, packed, at_most):
    stacks = Stacks(bench)
    row = Row(name, "100 pages at random%s" % packed)
    path, wanted = bench.input("stack_deflate.tif" if packed else "stack.tif"), bench.input("pages.txt")
    tools = [
        Tool(OURS, [bench.example, path, wanted]),
        stacks.peer("tifffile", "tifffile_random_alone", path, wanted),
        stacks.peer("tifffile with imagecodecs", "tifffile_random", path, wanted),
    ]
    row.results = bench.measure(tools)
    for tool in tools[1:]:
        row.results[tool.name].facts = row.results[tool.name].told()
    row.faster_than("tifffile", at_most)
    array = run_all([bench.pimage("hash", bench.input("stack.npy"))], 1, bench.work)[OURS].said
    hashes = {line.split()[0]: line.split()[-1] for line in array.splitlines()}
    found = [line.split() for line in row.results[OURS].said.splitlines()]
    wrong = sum(hashes.get(index) != known for index, known in found) + abs(len(found) - 100)
    row.target("pages of pimage that are wrong", wrong, 0)
    return row


def tiff_write(bench, name, compression, at_most):
    stacks = Stacks(bench)
    ours_name, peer_name = compression
    row = Row(name, "a stack written page by page, %s, compression %s" % (stacks.pages, ours_name))
    output, theirs = bench.output("ours.tif"), bench.output("theirs.tif")
    options = ["--compression", ours_name]
    source = bench.input("stack.tif")
    tools = [
        bench.convert("stack.tif", output, *options),
        bench.convert("stack.tif", bench.output("unsynced.tif"), *options, "--no-sync", name="pimage --no-sync"),
        stacks.peer("tifffile", "tifffile_write_alone", source, theirs, peer_name, output=theirs),
        stacks.peer("tifffile with imagecodecs", "tifffile_write", source, bench.output("other.tif"), peer_name),
    ]
    row.results = bench.measure(tools)
    row.faster_than("tifffile", at_most)
    sizes = [os.path.getsize(path) for path in (output, theirs)]
    for tool, size in zip((OURS, "tifffile"), sizes):
        row.results[tool].facts = {"bytes": size}
    row.target("bytes over tifffile's", sizes[0] / sizes[1], 1.001)
    row.target("peak memory, MB", row.results[OURS].peak_mb, 100)
    is_same = total_hash(bench, output) == total_hash(bench, bench.input("stack.npy"))
    row.target("stacks that differ from the array", 0 if is_same else 1, 0)
    return row


def tiff_memory(bench):
    stacks = Stacks(bench)
    row = Row("tiff-memory", "peak memory for 500 and for %d pages" % stacks.facts["long"])
    output = bench.output("memory.tif")
    row.results = run_all(
        [
            bench.convert("short.tif", output),
            bench.convert("long.tif", output, name="pimage, long"),
        ],
        1,
        bench.work,
    )
    short, long = row.results[OURS].peak_mb, row.results["pimage, long"].peak_mb
    row.target("peak memory for the long one over the short one's", long / max(short, 1), 1.2)
    return row


def folder(bench, kind):
    stacks = Stacks(bench)
    row = Row("folder-%s" % kind, "%d 16-bit %s files" % (stacks.facts["files"], kind.upper()))
    extension = {"tiff": "tif", "png": "png"}[kind]
    files = bench.input(os.path.join(kind, "img*." + extension))
    numbered = bench.input(os.path.join(kind, "img%05d." + extension))
    raw = ["-f", "rawvideo", "-pix_fmt", "gray16le", "/dev/null"]
    tools = [
        bench.pimage("hash", bench.input(kind)),
        Tool("ffmpeg", [*FFMPEG, "-i", numbered, *raw]),
        stacks.peer("OpenCV", "opencv_folder", files),
    ]
    row.results = bench.measure(tools)
    ran = [name for name, result in row.results.items() if name != OURS and not result.error]
    row.faster_than(min(ran, key=lambda name: row.results[name].wall), 1.0)
    return row


def gif(bench, name, dither, options):
    stacks = Stacks(bench)
    row = Row(name, "%d frames 320x256 RGB to GIF, %s" % (stacks.facts["gif_frames"], "dithered" if dither else "undithered"))
    source, ours, theirs = bench.input("gif.npy"), bench.output("ours.gif"), bench.output("theirs.gif")
    raw = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", "320x256", "-framerate", "30", "-i", bench.input("gif.raw")]
    use = "paletteuse" if dither else "paletteuse=dither=none"
    filters = "split[a][b];[a]palettegen[p];[b][p]" + use
    tools = [
        bench.convert("gif.npy", ours, "--fps", "30", *options),
        Tool("ffmpeg palettegen", [*FFMPEG, *raw, "-vf", filters, theirs], theirs),
    ]
    row.results = bench.measure(tools)
    for tool, path in ((OURS, ours), ("ffmpeg palettegen", theirs)):
        if not row.results[tool].error:
            row.results[tool].facts = stacks.told("gif_facts", path, source)
    row.faster_than("ffmpeg palettegen", 0.3)
    fact = lambda tool, key: row.results[tool].facts.get(key, float("nan"))
    row.target("PSNR of ffmpeg less ours, dB", fact("ffmpeg palettegen", "psnr") - fact(OURS, "psnr"), 0)
    row.target("bytes over ffmpeg's", fact(OURS, "bytes") / fact("ffmpeg palettegen", "bytes"), 1.0)
    due = stacks.facts["gif_frames"] / 30 * 1000
    row.target("milliseconds by which the duration is off", abs(fact(OURS, "millis") - due), 5)
    return row


def zarr_rows(bench, name, codec, is_reading):
    stacks = Stacks(bench)
    chunk = 16
    size = "%d,%d,%d" % (chunk, stacks.facts["height"], stacks.facts["width"])
    source, theirs, ours = bench.input("stack.npy"), bench.output("theirs.zarr"), bench.output("ours.zarr")
    compression = {"none": "none", "zstd": "zstd=3", "blosc": "blosc=5"}[codec]
    write = ["--chunk", size, "--compression", compression]
    if not is_reading:
        row = Row(name, "an array to Zarr, chunks of %d frames, %s" % (chunk, codec))
        tools = [
            bench.convert("stack.npy", ours, *write),
            bench.convert("stack.npy", bench.output("unsynced.zarr"), *write, "--no-sync", name="pimage --no-sync"),
            stacks.peer("zarr-python", "zarr_write", source, theirs, codec, str(chunk), output=theirs),
        ]
    else:
        remove(theirs)
        stacks.told("zarr_write", source, theirs, codec, str(chunk))
        row = Row(name, "the same Zarr back into an array, %s" % codec)
        back, peer_back = bench.output("ours.npy"), bench.output("theirs.npy")
        tools = [
            Tool(OURS, [bench.program, "convert", theirs, back, "--quiet"], back),
            Tool("pimage --no-sync", [bench.program, "convert", theirs, back, "--quiet", "--no-sync", "--overwrite"]),
            stacks.peer("zarr-python", "zarr_read", theirs, peer_back, output=peer_back),
        ]
    row.results = bench.measure(tools)
    row.faster_than("zarr-python", 0.5)
    made = back if is_reading else ours
    is_same = total_hash(bench, made) == total_hash(bench, source)
    row.target("arrays that differ from the source", 0 if is_same else 1, 0)
    return row


PACKED = ", zlib with predictor"

ROWS = {
    "tiff-read": lambda bench: tiff_read(bench, "tiff-read", "", 0.5),
    "tiff-read-deflate": lambda bench: tiff_read(bench, "tiff-read-deflate", PACKED, 0.5),
    "tiff-random": lambda bench: tiff_random(bench, "tiff-random", "", 0.3),
    "tiff-random-deflate": lambda bench: tiff_random(bench, "tiff-random-deflate", PACKED, 0.3),
    "tiff-write": lambda bench: tiff_write(bench, "tiff-write", ("none", "none"), 0.6),
    "tiff-write-deflate": lambda bench: tiff_write(bench, "tiff-write-deflate", ("deflate", "zlib"), 0.25),
    "tiff-memory": tiff_memory,
    "folder-tiff": lambda bench: folder(bench, "tiff"),
    "folder-png": lambda bench: folder(bench, "png"),
    "gif": lambda bench: gif(bench, "gif", False, []),
    "gif-dithered": lambda bench: gif(bench, "gif-dithered", True, ["--dither", "diffusion"]),
    "zarr-write-zstd": lambda bench: zarr_rows(bench, "zarr-write-zstd", "zstd", False),
    "zarr-read-zstd": lambda bench: zarr_rows(bench, "zarr-read-zstd", "zstd", True),
    "zarr-write-blosc": lambda bench: zarr_rows(bench, "zarr-write-blosc", "blosc", False),
    "zarr-read-blosc": lambda bench: zarr_rows(bench, "zarr-read-blosc", "blosc", True),
    "zarr-write-none": lambda bench: zarr_rows(bench, "zarr-write-none", "none", False),
    "zarr-read-none": lambda bench: zarr_rows(bench, "zarr-read-none", "none", True),
}
