"""Rows about recording stores, beside Python's imgstore, the ffmpeg program and decord."""

import os
import random
import sys

from measure import Tool, remove, run_all
from report import OURS, Row

HERE = os.path.dirname(os.path.abspath(__file__))
FFMPEG = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error", "-nostdin"]
SEED = 6

IMGSTORE, DECORD = "imgstore", "decord"
# Times of ours over imgstore's, at most: writing, reading in order, frames at random.
WRITE = {"npy": 1 / 1.5, "png": 1 / 2, "mjpeg/avi": 1 / 3}
READ = {"npy": 1 / 2, "png": 1 / 2, "mjpeg/avi": 1 / 3}
RANDOM = {"npy": 1 / 3, "mjpeg/avi": 1 / 3}
CHUNK = 500


def is_small(bench):
    return bench.data.endswith("small")


def frames_of(bench):
    return 200 if is_small(bench) else 3_000


def peer(name, job, *args, output=""):
    return Tool(name, [sys.executable, os.path.join(HERE, "store_peers.py"), job, *map(str, args)], output)


def save(bench, format_name, output, *options, name=OURS):
    source = bench.input(os.path.join("long", "long.seq"))
    call = ["store", "save", source, output, "--format", format_name, "--stop", frames_of(bench), "--chunk-frames", CHUNK]
    return bench.pimage(*map(str, call), "--quiet", *options, name=name, output=output)


def made(bench, format_name):
    """A store in this format, made once."""
    path = bench.output("store-" + format_name.replace("/", "-"))
    if not os.path.exists(os.path.join(path, "metadata.yaml")):
        remove(path)
        result = run_all([save(bench, format_name, path)], 1, bench.work)[OURS]
        if result.error:
            raise SystemExit("pimage cannot save %s: %s" % (format_name, result.error))
    return path


def faster_than_loop(row, ours, theirs, at_most):
    """A target on our whole process over what the peer's loop alone took, without starting Python and importing."""
    told = row.results[theirs].told()
    if not told or row.results[theirs].error:
        row.notes.append("%s did not run, so there is no target from it" % theirs)
        return
    row.results[theirs].facts = {"loop s": "%.3f" % told["secs"]}
    row.target("our whole process over the loop alone of %s" % theirs, row.results[ours].wall / told["secs"], at_most)


def write(bench):
    row = Row("store-write", "%d gray frames into stores, chunks of %d" % (frames_of(bench), CHUNK))
    for format_name, at_most in WRITE.items():
        ours, theirs = "pimage, " + format_name, "%s, %s" % (IMGSTORE, format_name)
        tools = [
            # imgstore never waits for the disk.
            save(bench, format_name, bench.output("written"), "--durability", "none", name=ours),
            peer(theirs, "write", bench.input("facts.json"), bench.output("theirs"), format_name, frames_of(bench), CHUNK,
                 output=bench.output("theirs")),
        ]
        row.results.update(bench.measure(tools))
        faster_than_loop(row, ours, theirs, at_most)
    remove(bench.output("theirs"))
    remove(bench.output("written"))
    return row


def h264(bench):
    """A recording beside the ffmpeg program: the same preset, quality, tuning and key frames."""
    row = Row("store-h264", "%d gray frames into avc1/mp4 chunks, beside one MP4 by ffmpeg" % frames_of(bench))
    bins = "concat:" + "|".join(bench.input(name) for name in bench.facts["bins"] * (frames_of(bench) // bench.facts["frames"] or 1))
    size = "%dx%d" % (bench.facts["width"], bench.facts["height"])
    source = ["-f", "rawvideo", "-pixel_format", "gray", "-video_size", size, "-framerate", "30", "-i", bins]
    options = ["-frames:v", str(frames_of(bench)), "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-tune", "zerolatency"]
    output = bench.output("ffmpeg.mp4")
    theirs = Tool("ffmpeg", [*FFMPEG, *source, *options, "-pix_fmt", "yuv420p", output], output)
    ours = save(bench, "avc1/mp4", bench.output("written"), "--preset", "veryfast", "--quality", "crf=23")
    row.results = bench.measure([ours, theirs])
    row.faster_than("ffmpeg", 1.0)
    remove(bench.output("written"))
    return row


def read(bench):
    row = Row("store-read", "every frame of a store in order")
    for format_name, at_most in READ.items():
        path = made(bench, format_name)
        ours, theirs = "pimage, " + format_name, "%s, %s" % (IMGSTORE, format_name)
        tools = [bench.pimage("hash", path, name=ours), peer(theirs, "read", path)]
        row.results.update(bench.measure(tools))
        faster_than_loop(row, ours, theirs, at_most)
    return row


def wanted(bench, count, within):
    """A file of frames at random, and the same as options."""
    numbers = random.Random(SEED).sample(range(within), min(count, within))
    path = bench.output("store-wanted-%d.txt" % within)
    with open(path, "w") as file:
        file.writelines("%d\n" % number for number in numbers)
    return path, [word for number in numbers for word in ("--number", str(number))]


def at_random(bench):
    row = Row("store-random", "200 frames of a store by number, at random")
    path, numbers = wanted(bench, 200, frames_of(bench))
    output = bench.output("picked.npy")
    for format_name, at_most in RANDOM.items():
        store = made(bench, format_name)
        ours, theirs = "pimage, " + format_name, "%s, %s" % (IMGSTORE, format_name)
        tools = [
            bench.pimage("extract", store, *numbers, "-o", output, "--quiet", "--no-sync", name=ours, output=output),
            peer(theirs, "random", store, path),
        ]
        row.results.update(bench.measure(tools))
        faster_than_loop(row, ours, theirs, at_most)
    store = made(bench, "avc1/mp4")
    path, numbers = wanted(bench, 200, min(CHUNK, frames_of(bench)))
    tools = [
        bench.pimage("extract", store, *numbers, "-o", output, "--quiet", "--no-sync", name="pimage, avc1/mp4", output=output),
        peer(DECORD, "decord_random", os.path.join(store, "000000.mp4"), path),
    ]
    row.results.update(bench.measure(tools))
    faster_than_loop(row, "pimage, avc1/mp4", DECORD, 1.0)
    remove(output)
    return row


def opening(bench):
    chunks, frames = (20, 50) if is_small(bench) else (2_000, 500)
    row = Row("store-open", "opening a store of %d chunks with %d frames each" % (chunks, frames))
    path = bench.output("store-many-%d" % chunks)
    if not os.path.exists(path):
        result = run_all([peer("inputs", "many_chunks", path, chunks, frames)], 1, bench.work)["inputs"]
        if result.error:
            remove(path)
            row.notes.append("there is no imgstore to make the store: %s" % result.error)
            return row
    for name in (".index.pimage", ".index.sqlite"):
        remove(os.path.join(path, name))
    tools = [bench.pimage("store", "info", path, "--json"), peer(IMGSTORE, "open", path)]
    row.results = bench.measure(tools)
    told = row.results[IMGSTORE].told()
    if told:
        row.results[IMGSTORE].facts = {"opening alone s": "%.3f" % told["secs"]}
        row.target("our whole process over the opening alone of imgstore", row.results[OURS].wall / told["secs"], 0.1)
    run_all([bench.pimage("store", "index", path)], 1, bench.work)
    saved = bench.measure([bench.pimage("store", "info", path, "--json", name="pimage, saved index")])
    nothing = bench.measure([bench.pimage("--version", name="pimage, nothing")])
    row.results.update({**saved, **nothing})
    more = row.results["pimage, saved index"].wall - row.results["pimage, nothing"].wall
    row.target("seconds with a saved index beyond starting", more, 0.02)
    return row


def safety(bench):
    """What journal and flushing cost, and how much memory a recording takes, however long."""
    row = Row("store-safety", "%d frames into mjpeg/avi and npy, flushed each second and never" % frames_of(bench))
    for format_name in ("mjpeg/avi", "npy"):
        ours, never = "pimage, " + format_name, "pimage, never flushed, " + format_name
        tools = [
            save(bench, format_name, bench.output("written"), "--durability", "none", name=ours),
            save(bench, format_name, bench.output("never"), "--flush", "1000000", "--durability", "none", name=never),
        ]
        row.results.update(bench.measure(tools))
        row.faster_than(never, 1.05, ours=ours)
        row.target("peak memory, MB, %s" % format_name, row.results[ours].peak_mb, 150)
    remove(bench.output("written"))
    remove(bench.output("never"))
    return row


ROWS = {
    "store-write": write,
    "store-h264": h264,
    "store-read": read,
    "store-random": at_random,
    "store-open": opening,
    "store-safety": safety,
}
