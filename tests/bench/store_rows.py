"""Rows about recording stores, beside Python's imgstore, the ffmpeg program and decord."""

import os
import random
import shutil
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
# A file system in memory, and the bytes that it must have free.
MEMORY, MEMORY_NEEDED = "/dev/shm", 4 << 30
# Microseconds that a look-up may take, seconds that opening with a saved index may.
LOOK_UP, OPEN_SAVED = 10, 0.02
# What journal and flushing may cost; seconds between flushes, a tenth of what is usual; peak megabytes of a recording.
FLUSH_COST, OFTEN, PEAK_MB = 1.05, 0.1, 150


def is_small(bench):
    return bench.data.endswith("small")


def frames_of(bench):
    return 200 if is_small(bench) else 3_000


def peer(name, job, *args, output=""):
    return Tool(name, [sys.executable, os.path.join(HERE, "store_peers.py"), job, *map(str, args)], output)


def names(format_name, theirs=IMGSTORE):
    """What our loop, theirs and our whole program are called in the table."""
    return ["%s, %s" % (name, format_name) for name in ("pimage, loop", theirs, "pimage, program")]


def save(bench, format_name, output, *options, name=OURS, frames=None):
    source = bench.input(os.path.join("long", "long.seq"))
    frames = frames or frames_of(bench)
    call = ["store", "save", source, output, "--format", format_name, "--stop", frames, "--chunk-frames", CHUNK]
    return bench.pimage(*map(str, call), "--quiet", *options, name=name, output=output)


def made(bench, format_name):
    """A store in this format, made once."""
    path = bench.output("store-%s-%d" % (format_name.replace("/", "-"), frames_of(bench)))
    if not os.path.exists(os.path.join(path, "metadata.yaml")):
        remove(path)
        result = run_all([save(bench, format_name, path)], 1, bench.work)[OURS]
        if result.error:
            raise SystemExit("pimage cannot save %s: %s" % (format_name, result.error))
    return path


def library(bench, name, job, *args, output=""):
    """One job of ours without starting the program."""
    return Tool(name, [bench.storing, job, *map(str, args)], output)


def in_memory(bench, name):
    """A folder in memory where there is room: what is measured is then no disk, which is as slow for both."""
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        free = 0
    return os.path.join(MEMORY, "pimage-bench-" + name) if free > MEMORY_NEEDED else bench.output(name)


def in_memory_measured(bench, tools):
    """The first run gets memory that cached files give up, which takes longer than writing: it does not count."""
    run_all(tools[:1], 1, bench.work)
    return bench.measure(tools)


def faster(row, ours, theirs, at_most, program=None):
    """Targets on our loop over theirs, both without starting and importing, and on our whole process over theirs."""
    for name in (ours, theirs):
        if not row.results[name].error:
            row.results[name].facts["loop s"] = "%.4f" % row.results[name].loop
    if row.results[theirs].error:
        row.notes.append("%s did not run, so there is no target from it" % theirs)
        return
    row.target("loop of %s over that of %s" % (ours, theirs), row.results[ours].loop / row.results[theirs].loop, at_most)
    if program:
        row.faster_than(theirs, at_most, ours=program)


def write(bench):
    row = Row("store-write", "%d gray frames into stores, chunks of %d" % (frames_of(bench), CHUNK))
    row.notes.append("all write to memory where there is room, and nobody waits for a disk")
    facts, mine, theirs_at = bench.input("facts.json"), in_memory(bench, "written"), in_memory(bench, "theirs")
    for format_name, at_most in WRITE.items():
        ours, theirs, program = names(format_name)
        job = [format_name, frames_of(bench), CHUNK]
        tools = [
            library(bench, ours, "write", facts, mine, *job, "none", output=mine),
            peer(theirs, "write", facts, theirs_at, *job, output=theirs_at),
            save(bench, format_name, mine, "--durability", "none", name=program),
        ]
        row.results.update(in_memory_measured(bench, tools))
        faster(row, ours, theirs, at_most, program)
    for path in (mine, theirs_at):
        remove(path)
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
        ours, theirs, program = names(format_name)
        tools = [
            library(bench, ours, "read", path),
            peer(theirs, "read", path),
            bench.pimage("hash", path, name=program),
        ]
        row.results.update(bench.measure(tools))
        faster(row, ours, theirs, at_most, program)
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
    output = bench.output("picked.npy")
    for format_name, at_most in RANDOM.items():
        store = made(bench, format_name)
        ours, theirs, program = names(format_name)
        path, numbers = wanted(bench, 200, frames_of(bench))
        tools = [
            library(bench, ours, "random", store, path),
            peer(theirs, "random", store, path),
            bench.pimage("extract", store, *numbers, "-o", output, "--quiet", "--no-sync", name=program, output=output),
        ]
        row.results.update(bench.measure(tools))
        faster(row, ours, theirs, at_most, program)
    store = made(bench, "avc1/mp4")
    path, _ = wanted(bench, 200, min(CHUNK, frames_of(bench)))
    ours, theirs, _ = names("avc1/mp4", DECORD)
    tools = [
        library(bench, ours, "random", store, path),
        peer(theirs, "decord_random", os.path.join(store, "000000.mp4"), path),
    ]
    row.results.update(bench.measure(tools))
    faster(row, ours, theirs, 1.0)
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
    ours, theirs, program = names("open")
    tools = [
        library(bench, ours, "open", path),
        peer(theirs, "open", path),
        bench.pimage("store", "info", path, "--json", name=program),
    ]
    row.results = bench.measure(tools)
    faster(row, ours, theirs, 0.1, program)
    run_all([bench.pimage("store", "index", path)], 1, bench.work)
    saved, look_up = "pimage, saved index", "pimage, looking up"
    row.results.update(bench.measure([library(bench, saved, "open", path), library(bench, look_up, "look-up", path)]))
    row.results[saved].facts["loop s"] = "%.4f" % row.results[saved].loop
    row.target("seconds of opening with a saved index", row.results[saved].loop, OPEN_SAVED)
    told = row.results[look_up].told()
    for way in ("number", "index", "time"):
        row.target("microseconds of a look-up by %s" % way, told.get(way + "_us", float("nan")), LOOK_UP)
    return row


def safety(bench):
    """What journal and flushing cost, and how much memory a recording takes, however long."""
    row = Row("store-safety", "%d frames into npy and mjpeg/avi, flushed ten times a second and never" % frames_of(bench))
    facts, written = bench.input("facts.json"), in_memory(bench, "written")
    for format_name in ("npy", "mjpeg/avi"):
        often, never = "pimage, flushed often, " + format_name, "pimage, never flushed, " + format_name
        job = ["write", facts, written, format_name, frames_of(bench), CHUNK, "none"]
        tools = [
            library(bench, often, *job, OFTEN, output=written),
            library(bench, never, *job, 1e6, output=written),
        ]
        row.results.update(in_memory_measured(bench, tools))
        for name in (often, never):
            row.results[name].facts["loop s"] = "%.4f" % row.results[name].loop
        row.target("flushing often over never, %s" % format_name, row.results[often].loop / row.results[never].loop, FLUSH_COST)
    remove(written)
    path = bench.output("written")
    for format_name, frames in (("npy", frames_of(bench)), ("mjpeg/avi", frames_of(bench)), ("mjpeg/avi", bench.facts["long_frames"])):
        name = "pimage, %d frames, %s" % (frames, format_name)
        row.results.update(run_all([save(bench, format_name, path, name=name, frames=frames)], 1, bench.work))
        row.target("peak memory, MB, %d frames, %s" % (frames, format_name), row.results[name].peak_mb, PEAK_MB)
    remove(path)
    return row


ROWS = {
    "store-write": write,
    "store-h264": h264,
    "store-read": read,
    "store-random": at_random,
    "store-open": opening,
    "store-safety": safety,
}
