"""Measures pimage beside its peers: whole processes, warm cache, tools by turns, medians; `cargo xtask bench` calls it.

A ratio is pimage's wall time over the peer's: below 1, pimage is faster.
"""

import argparse
import json
import os
import subprocess
import sys

import codec_rows
import compress_rows
import mosaic_rows
import plot_rows
import stack_rows
import store_rows
import transform_rows
from measure import Tool, run_all
from report import OURS, Row

HERE = os.path.dirname(os.path.abspath(__file__))
FFMPEG = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error", "-nostdin"]
MB = 1e6


class Bench:
    """The clips, the programs and the rows."""

    def __init__(self, args):
        self.program = args.program
        self.example = args.example
        self.throughput = args.throughput
        self.plotting = args.plotting
        self.storing = args.storing
        self.applying = args.applying
        self.repeat = args.repeat
        self.data = os.path.join(args.work, "small" if args.small else "full")
        self.work = os.path.join(args.work, "out")
        os.makedirs(self.work, exist_ok=True)
        self.script("inputs.py", self.data, *(["--small"] if args.small else []))
        with open(os.path.join(self.data, "facts.json")) as file:
            self.facts = json.load(file)
        for name in os.listdir(self.data):
            self.warm(os.path.join(self.data, name))

    def warm(self, path):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                while file.read(1 << 24):
                    pass

    def input(self, name):
        return os.path.join(self.data, name)

    def output(self, name):
        return os.path.join(self.work, name)

    def script(self, name, *args):
        """Runs a script of this folder and returns what it printed."""
        call = [sys.executable, os.path.join(HERE, name), *args]
        run = subprocess.run(call, stdout=subprocess.PIPE, text=True)
        if run.returncode:
            raise SystemExit("%s %s failed" % (name, args[0]))
        return run.stdout

    def measure(self, tools):
        return run_all(tools, self.repeat, self.work)

    def peer(self, name, job, *args, output=""):
        return Tool(name, [sys.executable, os.path.join(HERE, "peers.py"), job, *args], output)

    def pimage(self, *args, name=OURS, output=""):
        return Tool(name, [self.program, *args], output)

    def convert(self, source, output, *options, name=OURS):
        call = ["convert", self.input(source), output, "--quiet", *options]
        return self.pimage(*call, name=name, output=output)

    def ffmpeg_raw(self, output, *options):
        """ffmpeg on the recording's frames."""
        bins = "concat:" + "|".join(self.input(name) for name in self.facts["bins"])
        size = "%dx%d" % (self.facts["width"], self.facts["height"])
        source = ["-f", "rawvideo", "-pixel_format", "gray", "-video_size", size, "-framerate", "30", "-i", bins]
        return Tool("ffmpeg", [*FFMPEG, *source, *options, output], output)

    def video_facts(self, path):
        return json.loads(self.script("verify.py", "video", path, self.data))

    def add_video_facts(self, results, tools):
        for tool in tools:
            if not results[tool.name].error:
                facts = self.video_facts(tool.output)
                facts["MB"] = "%.2f" % (facts["bytes"] / MB)
                results[tool.name].facts = facts


def mjpeg_write(bench):
    row = Row("mjpeg-write", "recording to MJPEG AVI, %d gray frames" % bench.facts["frames"])
    ffmpeg = bench.ffmpeg_raw(bench.output("ffmpeg.avi"), "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")
    run_all([ffmpeg], 1, bench.work)
    quality = quality_at(bench, bench.video_facts(ffmpeg.output)["psnr"])
    row.notes.append("pimage's quality is %g, the lowest that has at least ffmpeg's PSNR" % quality)
    ours = bench.convert("recording.seq", bench.output("pimage.avi"), "--quality", str(quality))
    old = bench.output("easimage.avi")
    easimage = bench.peer("pImage (easimage)", "easimage_convert", bench.input("recording.seq"), old, output=old)
    tools = [ours, ffmpeg, easimage]
    row.results = bench.measure(tools)
    bench.add_video_facts(row.results, tools)
    row.faster_than("ffmpeg", 0.5)
    row.faster_than("pImage (easimage)", 0.15)
    row.target("bytes over ffmpeg's", size_ratio(row), 1.12)
    row.target("peak memory, MB", row.results[OURS].peak_mb, 150)
    return row


def quality_at(bench, psnr):
    """The lowest quality, in quarters, at which the recording keeps `psnr`, by halving; 95 when none does."""
    low, high = 4 * 50, 4 * 95
    path = bench.output("calibrate.avi")
    while low < high:
        middle = (low + high) // 2
        tool = bench.convert("recording.seq", path, "--quality", str(middle / 4))
        result = run_all([tool], 1, bench.work)[OURS]
        if result.error:
            raise SystemExit("pimage cannot write MJPEG: %s" % result.error)
        if bench.video_facts(path)["psnr"] >= psnr:
            high = middle
        else:
            low = middle + 1
    return low / 4


def size_ratio(row):
    """Our bytes over ffmpeg's."""
    facts = [row.results[name].facts.get("bytes", float("nan")) for name in (OURS, "ffmpeg")]
    return facts[0] / facts[1]


def h264_write(bench):
    row = Row("h264-write", "recording to H.264 MP4, medium, crf 23")
    options = ["--codec", "h264", "--preset", "medium", "--quality", "crf=23"]
    ours = bench.convert("recording.seq", bench.output("pimage.mp4"), *options)
    trial = run_all([ours], 1, bench.work)[OURS]
    if trial.error:
        raise SystemExit("pimage cannot write H.264: %s" % trial.error)
    # The same pixel format and range for both, whichever pimage chooses.
    pixel_format = bench.video_facts(ours.output)["pixel_format"].split(",")[0]
    asked = {"yuv420p": ["-vf", "scale=out_range=full", "-pix_fmt", "yuv420p", "-color_range", "pc"]}
    format_options = asked.get(pixel_format, ["-pix_fmt", pixel_format, "-color_range", "pc"])
    row.notes.append("ffmpeg was asked for pimage's pixel format, %s in full range" % pixel_format)
    ffmpeg = bench.ffmpeg_raw(
        bench.output("ffmpeg.mp4"), "-c:v", "libx264", "-preset", "medium", "-crf", "23", *format_options
    )
    tools = [ours, ffmpeg]
    row.results = bench.measure(tools)
    bench.add_video_facts(row.results, tools)
    row.faster_than("ffmpeg", 1.03)
    row.target("difference of sizes", abs(size_ratio(row) - 1), 0.02)
    return row


def ffv1_write(bench):
    row = Row("ffv1-write", "recording to FFV1 MKV, lossless")
    ours = bench.convert("recording.seq", bench.output("pimage.mkv"))
    options = ["-c:v", "ffv1", "-level", "3", "-slices", "4", "-pix_fmt", "gray"]
    tools = [ours, bench.ffmpeg_raw(bench.output("ffmpeg.mkv"), *options)]
    row.results = bench.measure(tools)
    bench.add_video_facts(row.results, tools)
    row.faster_than("ffmpeg", 1.0)
    row.target("difference of sizes", abs(size_ratio(row) - 1), 0.02)
    row.target("99 dB less our PSNR, which is 0 when lossless", 99 - row.results[OURS].facts.get("psnr", 0), 0)
    return row


def h264_read(bench):
    row = Row("h264-read", "every frame of an H.264 MP4 as gray")
    path = bench.input("clip.mp4")
    size = [str(bench.facts["width"]), str(bench.facts["height"])]
    tools = [
        bench.pimage("hash", "--gray", path),
        bench.peer("ffmpeg pipe", "pipe_read", path, *size),
        bench.peer("OpenCV", "opencv_read", path),
        bench.peer("decord", "decord_read", path),
        bench.peer("PyAV", "pyav_read", path),
    ]
    row.results = bench.measure(tools)
    check_counts(bench, row)
    ran = [name for name, result in row.results.items() if name != OURS and not result.error]
    row.faster_than(min(ran, key=lambda name: row.results[name].wall), 1.0)
    return row


def mjpeg_read(bench):
    row = Row("mjpeg-read", "every frame of an MJPEG AVI as gray")
    path = bench.input("clip.avi")
    tools = [bench.pimage("hash", "--gray", path), bench.peer("OpenCV", "opencv_read", path)]
    row.results = bench.measure(tools)
    check_counts(bench, row)
    row.faster_than("OpenCV", 0.5)
    return row


def check_counts(bench, row):
    """Notes what peers missed; ours must have every frame."""
    for result in row.results.values():
        frames = result.told().get("frames") if result.name != OURS else len(hashes(result.said))
        result.facts["frames"] = frames
    missing = bench.facts["frames"] - row.results[OURS].facts["frames"]
    row.target("frames that pimage missed", missing, 0)


def hashes(text):
    """The hash of each frame by index, from what `pimage hash` printed."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0].isdigit():
            found[int(words[0])] = words[-1]
    return found


def random_together(bench):
    row = Row("random-together", "random frames of a 1080p clip, one key frame in 250, asked for together")
    path, wanted, output = bench.input("large.mp4"), bench.input("wanted.txt"), bench.output("wanted.npy")
    size = [str(bench.facts["large_width"]), str(bench.facts["large_height"])]
    gray = ["-f", "rawvideo", "-pix_fmt", "gray", "/dev/null"]
    tools = [
        bench.pimage("extract", path, "--list", wanted, "--gray", "-o", output, output=output),
        bench.pimage("hash", "--gray", path, name="pimage, one pass"),
        bench.peer("ffmpeg pipe, one pass, kept", "pipe_keep", path, wanted, bench.output("kept.npy"), *size),
        Tool("ffmpeg, one pass, thrown away", [*FFMPEG, "-i", path, *gray]),
    ]
    row.results = bench.measure(tools)
    if not row.results[OURS].error:
        facts = json.loads(bench.script("verify.py", "extracted", output, wanted))
        row.results[OURS].facts = facts
        row.target("frames of pimage that are wrong", facts["wrong"], 0)
    row.faster_than("ffmpeg pipe, one pass, kept", 1.3)
    row.faster_than("ffmpeg, one pass, thrown away", 1.3)
    row.faster_than("pimage, one pass", 1.3)
    return row


def random_single(bench):
    row = Row("random-single", "the same frames, one by one through the library")
    path, wanted = bench.input("large.mp4"), bench.input("wanted.txt")
    tools = [
        Tool(OURS, [bench.example, path, wanted, "--gray"]),
        bench.peer("decord", "decord_random", path, wanted),
        bench.peer("PyAV", "pyav_random", path, wanted),
    ]
    row.results = bench.measure(tools)
    for name in ("decord", "PyAV"):
        row.results[name].facts = row.results[name].told()
    if not row.results[OURS].error:
        row.target("frames of pimage that are wrong", wrong_hashes(bench, row, path, wanted), 0)
    exact = [name for name in ("decord", "PyAV") if row.results[name].facts.get("wrong") == 0]
    if exact:
        row.faster_than(min(exact, key=lambda name: row.results[name].wall), 1.0)
    else:
        row.notes.append("no peer was exact, so there is no target from one")
    return row


def wrong_hashes(bench, row, path, wanted):
    """How many frames differ from the same frames in sequence."""
    sequence = run_all([bench.pimage("hash", "--gray", path)], 1, bench.work)[OURS]
    expected = hashes(sequence.said)
    with open(wanted) as file:
        indices = [int(line) for line in file]
    found = [line.split()[-1] for line in row.results[OURS].said.splitlines() if line.strip()]
    row.results[OURS].facts = {"frames": len(found)}
    pairs = zip(indices, found)
    return abs(len(indices) - len(found)) + sum(expected.get(index) != found for index, found in pairs)


def start_up(bench):
    row = Row("start-up", "the program's own start")
    tools = [
        bench.pimage("--version"),
        Tool("ffmpeg -version", ["ffmpeg", "-version"]),
        Tool("import pImage", [sys.executable, "-c", "import pImage"]),
        Tool("import cv2", [sys.executable, "-c", "import cv2"]),
    ]
    row.results = run_all(tools, max(bench.repeat, 10), bench.work)
    row.target("milliseconds of `pimage --version`", row.results[OURS].wall * 1000, 20)
    return row


def memory(bench):
    title = "peak memory of the main job for %d and for %d frames"
    row = Row("memory", title % (bench.facts["frames"], bench.facts["long_frames"]))
    output = bench.output("memory.avi")
    tools = [
        bench.convert("recording.seq", output),
        bench.convert(os.path.join("long", "long.seq"), output, name="pimage, long"),
    ]
    row.results = run_all(tools, 1, bench.work)
    short, long = row.results[OURS].peak_mb, row.results["pimage, long"].peak_mb
    row.target("peak memory for the long one over the short one's", long / max(short, 1), 1.1)
    row.target("peak memory, MB", max(short, long), 150)
    return row


ROWS = {
    "mjpeg-write": mjpeg_write,
    "h264-write": h264_write,
    "ffv1-write": ffv1_write,
    "h264-read": h264_read,
    "mjpeg-read": mjpeg_read,
    "random-together": random_together,
    "random-single": random_single,
    "start-up": start_up,
    "memory": memory,
    **stack_rows.ROWS,
    **store_rows.ROWS,
    **transform_rows.ROWS,
    **mosaic_rows.ROWS,
    **plot_rows.ROWS,
    **codec_rows.ROWS,
    **compress_rows.ROWS,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--example", required=True)
    parser.add_argument("--throughput", required=True)
    parser.add_argument("--plotting", required=True)
    parser.add_argument("--storing", required=True)
    parser.add_argument("--applying", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--json")
    args = parser.parse_args()
    chosen = [name for name in ROWS if not args.only or any(part in name for part in args.only)]
    if not chosen:
        raise SystemExit("no row fits; the rows are %s" % ", ".join(ROWS))
    bench = Bench(args)
    done = []
    for name in chosen:
        row = ROWS[name](bench)
        row.show()
        sys.stdout.flush()
        done.append(row)
    targets = [target for row in done for target in row.targets]
    missed = sum(not target.is_met for target in targets)
    print("\n%d targets, %d missed" % (len(targets), missed))
    if args.json:
        with open(args.json, "w") as file:
            json.dump([row.json() for row in done], file, indent=1)
    return 1 if missed and args.strict else 0


if __name__ == "__main__":
    sys.exit(main())
