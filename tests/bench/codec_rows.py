"""Rows about still-image codecs: `apply` of pycodecs, Pillow and imagecodecs beside the library's, on photographs."""

import json
import os
import sys

from measure import Tool
from report import OURS, Row

HERE = os.path.dirname(os.path.abspath(__file__))
FFMPEG = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error", "-nostdin"]
# As pycodecs has them: its own presets, all the colour, the range that swscale makes.
STREAM = ["subsampling=4:4:4", "range=limited"]
ONE_CORE = "pimage, one core"
ALL_CORES = "cores=%d" % (os.cpu_count() or 1)
QP = "17,22,27,32,37"


class Codecs:
    """The inputs of these rows, made when the first one is measured."""

    def __init__(self, bench):
        self.bench = bench
        bench.script("codec_inputs.py", bench.data, *(["--small"] if bench.data.endswith("small") else []))
        with open(bench.input("codecs.json")) as file:
            self.facts = json.load(file)
        self.photos = [bench.input(os.path.join("photos", name + ".png")) for name in self.facts["photos"]]

    def ours(self, codec, qualities, *options, name=OURS):
        return Tool(name, [self.bench.applying, codec, qualities, *options, "--", *self.photos])

    def peer(self, name, job, qualities):
        call = [sys.executable, os.path.join(HERE, "codec_peers.py"), job, qualities]
        return Tool(name, [*call, *self.photos])

    def row(self, name, title, tools):
        """Measures, and takes the seconds within the loop of each tool, without its start."""
        row = Row(name, "%s, five qualities of %d photographs" % (title, len(self.photos)))
        row.results = self.bench.measure(tools)
        for result in row.results.values():
            told = {} if result.error else result.told()
            result.secs = [told["secs"]] if told else result.secs
            result.facts = {"KB": "%.0f" % (sum(trial[2] for trial in told["trials"]) / 1e3)} if told else {}
        row.notes.append("seconds are those of the loop in the process, without its start and without reading the images")
        return row

    @staticmethod
    def trials(row, name):
        """Bytes and PSNR by quality and image."""
        told = row.results[name].told()
        return {(quality, os.path.basename(path)): (size, psnr) for quality, path, size, psnr in told["trials"]}

    def like(self, row, peer, bytes_at_most=0.02, ours=OURS):
        """Targets on bytes and PSNR at the same settings: the worst trial."""
        if row.results[peer].error or row.results[ours].error:
            row.notes.append("%s or %s did not run, so nothing is compared" % (ours, peer))
            return
        own, other = self.trials(row, ours), self.trials(row, peer)
        sizes = [abs(own[key][0] / other[key][0] - 1) for key in other]
        losses = [other[key][1] - own[key][1] for key in other]
        row.target("greatest difference in bytes from %s" % peer, max(sizes), bytes_at_most)
        row.target("dB of PSNR less than %s, at most" % peer, max(losses), 0.1)
        row.notes.append("PSNR over that of %s: %+.3f to %+.3f dB" % (peer, -max(losses), -min(losses)))


def stream(bench, codec, qualities, options):
    codecs = Codecs(bench)
    tools = [
        codecs.ours(codec, qualities, *options, *STREAM, ALL_CORES),
        codecs.ours(codec, qualities, *options, *STREAM, name=ONE_CORE),
        codecs.peer("pycodecs, ffmpeg", "ffmpeg-" + codec, qualities.replace("qp=", "")),
        codecs.peer("pycodecs, PyAV", "pyav-" + codec, qualities.replace("qp=", "")),
    ]
    row = codecs.row("codec-" + codec, codec + " `apply`", tools)
    for result in row.results.values():
        # Qualities have the same names on both sides.
        result.said = result.said.replace('"qp=', '"')
    row.notes.append("pimage codes as many photographs at a time as there are cores, one thread each; pycodecs one at a time, with the encoder's own threads")
    for peer in ("pycodecs, ffmpeg", "pycodecs, PyAV"):
        row.faster_than(peer, 0.5)
    codecs.like(row, "pycodecs, ffmpeg")
    return row


def scaled(qp):
    return ",".join("qp=" + number for number in qp.split(","))


def x264(bench):
    return stream(bench, "x264", scaled(QP), ["preset=veryslow"])


def x265(bench):
    return stream(bench, "x265", scaled(QP), ["preset=veryslow", "tune=ssim"])


def av1(bench):
    return stream(bench, "av1", "15,25,35,45,55", ["preset=1"])


def jpeg(bench):
    codecs = Codecs(bench)
    qualities = "20,40,60,80,92"
    tools = [
        codecs.ours("jpeg", qualities, "subsampling=4:2:0"),
        codecs.peer("Pillow", "pillow-jpeg", qualities),
        codecs.peer("imagecodecs", "imagecodecs-jpeg", qualities),
        codecs.ours("jpeg", qualities, "subsampling=4:2:0", "optimized=true", ALL_CORES, name="pimage, optimised"),
        codecs.peer("pycodecs", "imageio-jpeg", qualities),
    ]
    row = codecs.row("codec-jpeg", "JPEG `apply`", tools)
    row.faster_than("Pillow", 0.5)
    row.faster_than("pycodecs", 0.5, ours="pimage, optimised")
    codecs.like(row, "Pillow")
    codecs.like(row, "pycodecs", ours="pimage, optimised")
    row.notes.append("one core for the first, all of them for the optimised one, as `pimage codec` works")
    return row


def webp(bench):
    codecs = Codecs(bench)
    qualities = "20,40,60,80,92"
    tools = [
        codecs.ours("webp", qualities, "effort=6", ALL_CORES),
        codecs.ours("webp", qualities, "effort=6", name=ONE_CORE),
        codecs.peer("Pillow", "pillow-webp", qualities),
    ]
    row = codecs.row("codec-webp", "WebP `apply`, effort 6", tools)
    row.notes.append("pycodecs starts cwebp and dwebp, with PNG files between, for each image; Pillow has the same library in process")
    codecs.like(row, "Pillow")
    row.faster_than("Pillow", 1.0)
    return row


def jpeg2000(bench):
    codecs = Codecs(bench)
    qualities = "100,50,24,12,6"
    tools = [
        codecs.ours("jp2", qualities, "irreversible=true", ALL_CORES),
        codecs.ours("jp2", qualities, "irreversible=true", name=ONE_CORE),
        codecs.peer("pycodecs, ffmpeg", "ffmpeg-jpeg2000", qualities),
        codecs.peer("Pillow", "pillow-jpeg2000", qualities),
    ]
    row = codecs.row("codec-jp2", "JPEG 2000 `apply` by ratio", tools)
    codecs.like(row, "Pillow")
    codecs.like(row, "pycodecs, ffmpeg")
    row.faster_than("pycodecs, ffmpeg", 0.5)
    return row


def bpg(bench):
    codecs = Codecs(bench)
    tools = [
        codecs.ours("bpg", QP, "subsampling=4:4:4", name=OURS),
        codecs.ours("x265", scaled(QP), "subsampling=4:4:4", name="x265's bare stream"),
    ]
    row = codecs.row("codec-bpg", "BPG", tools)
    for result in row.results.values():
        result.said = result.said.replace('"qp=', '"')
    codecs.like(row, "x265's bare stream", 0.03)
    return row


def png_decode(bench):
    codecs = Codecs(bench)
    folder = bench.input("deep")
    row = Row("codec-png16", "%d PNG of 512x512 uint16, decoded" % codecs.facts["deep"])
    peers = [sys.executable, os.path.join(HERE, "codec_peers.py"), "opencv-folder", folder]
    tools = [
        bench.pimage("hash", folder),
        Tool("OpenCV", [*peers, "1"]),
        Tool("OpenCV on two threads", [*peers, "2"]),
        Tool("ffmpeg", [*FFMPEG, "-i", os.path.join(folder, "%05d.png"), "-f", "null", "-"]),
    ]
    row.results = bench.measure(tools)
    row.notes.append("pimage hashes all pixels too")
    ran = [name for name, result in row.results.items() if name in ("OpenCV", "ffmpeg") and not result.error]
    row.faster_than(min(ran, key=lambda name: row.results[name].wall), 0.5)
    return row


ROWS = {
    "codec-x264": x264,
    "codec-x265": x265,
    "codec-av1": av1,
    "codec-jpeg": jpeg,
    "codec-webp": webp,
    "codec-jp2": jpeg2000,
    "codec-bpg": bpg,
    "codec-png16": png_decode,
}
