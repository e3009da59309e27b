"""Rows about mosaics."""

import json
import os
import sys

from measure import Tool, run_all
from report import OURS, Row

HERE = os.path.dirname(os.path.abspath(__file__))
FFMPEG = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error", "-nostdin"]

# What nine frames of 640x512 become in a mosaic of at most 1000 pixels.
CELL = (333, 266)
MOST = "1000"
FRAMES_CHECKED = "50"
MANY = 100


def facts_of(bench):
    bench.script("mosaic_inputs.py", bench.data, *(["--small"] if bench.data.endswith("small") else []))
    with open(bench.input("mosaic.json")) as file:
        facts = json.load(file)
    facts["paths"] = [bench.input("grid_%d.avi" % clip) for clip in range(facts["clips"])]
    for path in facts["paths"]:
        bench.warm(path)
    return facts


def peer(name, job, *args, output=""):
    return Tool(name, [sys.executable, os.path.join(HERE, "mosaic_peers.py"), job, *args], output)


def pimage(bench, output, paths, *options, name=OURS):
    grid = ["--columns", "3", "--max-size", MOST]
    return bench.pimage("mosaic", *paths, *grid, "-o", output, "--quiet", *options, name=name, output=output)


def ffmpeg(paths, output):
    """The same cells by ffmpeg's own filters."""
    inputs = [word for path in paths for word in ("-i", path)]
    scaled = ";".join("[%d:v]scale=%d:%d:flags=area[v%d]" % (clip, *CELL, clip) for clip in range(len(paths)))
    across, down = ["0", "w0", "w0+w1"], ["0", "h0", "h0+h1"]
    places = "|".join("%s_%s" % (across[clip % 3], down[clip // 3]) for clip in range(len(paths)))
    names = "".join("[v%d]" % clip for clip in range(len(paths)))
    graph = "%s;%sxstack=inputs=%d:layout=%s" % (scaled, names, len(paths), places)
    encoder = ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p"]
    return Tool("ffmpeg", [*FFMPEG, *inputs, "-filter_complex", graph, *encoder, output], output)


def check(bench, path, paths):
    told = bench.script("mosaic_peers.py", "check", path, *map(str, CELL), FRAMES_CHECKED, *paths)
    return {**json.loads(told), "MB": "%.2f" % (os.path.getsize(path) / 1e6)}


def grid(bench):
    facts = facts_of(bench)
    title = "nine MJPEG clips %(width)dx%(height)d, %(frames)d frames, 3x3, at most 1000 px, to MJPEG AVI" % facts
    row = Row("mosaic-grid", title)
    paths = facts["paths"]
    old = bench.output("mosaic_easimage.avi")
    theirs = ffmpeg(paths, bench.output("mosaic_ffmpeg.avi"))
    run_all([theirs], 1, bench.work)
    psnr = check(bench, theirs.output, paths)["psnr"]
    quality = quality_at(bench, paths, psnr)
    row.notes.append("pimage's quality is %g, the lowest that has at least ffmpeg's PSNR" % quality)
    ours = pimage(bench, bench.output("mosaic.avi"), paths, "--quality", str(quality))
    tools = [ours, theirs, peer("pImage (easimage)", "easimage_grid", old, *paths, output=old)]
    row.results = bench.measure(tools)
    for tool in tools[:2]:
        if not row.results[tool.name].error:
            row.results[tool.name].facts = check(bench, tool.output, paths)
    row.faster_than("ffmpeg", 0.6)
    row.faster_than("pImage (easimage)", 0.1)
    row.target("PSNR of ffmpeg less ours", psnr - row.results[OURS].facts.get("psnr", 0), 0)
    missing = facts["frames"] - row.results[OURS].facts.get("frames", 0)
    row.target("frames that pimage missed", missing, 0)
    row.target("peak memory, MB", row.results[OURS].peak_mb, 200)
    return row


def quality_at(bench, paths, psnr):
    """The lowest quality at which the mosaic has this PSNR, by halving; 98 when none does."""
    low, high = 50, 98
    path = bench.output("calibrate.avi")
    while low < high:
        middle = (low + high) // 2
        result = run_all([pimage(bench, path, paths, "--quality", str(middle))], 1, bench.work)[OURS]
        if result.error:
            raise SystemExit("pimage cannot make a mosaic: %s" % result.error)
        if check(bench, path, paths)["psnr"] >= psnr:
            high = middle
        else:
            low = middle + 1
    return low


def memory(bench):
    facts = facts_of(bench)
    row = Row("mosaic-memory", "%d sources of %d and of %d small frames, --memory 256M" % (MANY, facts["short"], facts["long"]))

    def many(name, label):
        output = bench.output("many.npy")
        paths = [bench.input(name)] * MANY
        call = ["mosaic", *paths, "-o", output, "--quiet", "--memory", "256M", "--no-sync"]
        return bench.pimage(*call, name=label, output=output)

    tools = [many("tiny_short.npy", OURS), many("tiny_long.npy", "pimage, long")]
    row.results = run_all(tools, 1, bench.work)
    short, long = row.results[OURS].peak_mb, row.results["pimage, long"].peak_mb
    row.target("peak memory for the long ones over the short ones'", long / max(short, 1), 1.1)
    row.target("peak memory, MB", max(short, long), 256)
    return row


ROWS = {"mosaic-grid": grid, "mosaic-memory": memory}
