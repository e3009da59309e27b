"""Rows about compressed arrays: whole files of ours beside SZ3, ZFP, Blosc2, NetCDF, GRIB and numpy_compress's modes.

Every file of ours is decompressed and compared, value by value, before its size counts.
"""

import json
import os
import sys

from measure import Tool, run_all
from report import OURS, Row

HERE = os.path.dirname(os.path.abspath(__file__))
FFMPEG = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error", "-nostdin"]
SZ3 = "SZ3, best of three"
# Fractions of the range; peak signal-to-noise ratios, dB.
BOUNDS = (1e-1, 1e-2, 3e-3, 1e-3)
PSNR = (30, 40, 50, 60)
# Bytes of ours over SZ3's, at most.
REAL, GENERATED, AT_PSNR = 1 / 1.3, 1.0, 1 / 3
MODE_TIME, ENCODE_TIME, DECODE_TIME, PEAK_MB = 0.7, 1.3, 1.5, 300


def peer_call(job, *args):
    return [sys.executable, os.path.join(HERE, "compress_peers.py"), job, *map(str, args)]


def peer(name, job, *args, output=""):
    return Tool(name, peer_call(job, *args), output)


class Fields:
    """The arrays, made once; the real one where it is there."""

    def __init__(self, bench):
        self.bench = bench
        self.folder = bench.input("fields")
        bench.script("compress_inputs.py", self.folder, *(["--small"] if bench.data.endswith("small") else []))
        with open(os.path.join(self.folder, "fields.json")) as file:
            self.spans = json.load(file)

    def path(self, name):
        return os.path.join(self.folder, name + ".npy")

    def file(self, name="array"):
        return self.bench.output(name + ".mkv")

    def ours(self, field, *options, name=OURS, output=None):
        output = output or self.file()
        return self.bench.pimage("compress", self.path(field), output, "--quiet", *map(str, options), name=name, output=output)

    def theirs_back(self, path):
        """Our file as an array again."""
        back = self.bench.output("back.npy")
        return self.bench.pimage("decompress", path, back, "--quiet", name="back", output=back)

    def checked(self, field, path):
        """Errors of what comes back, and how long that took."""
        result = run_all([self.theirs_back(path)], 1, self.bench.work)["back"]
        if result.error:
            raise SystemExit("pimage cannot decompress %s: %s" % (path, result.error))
        told = json.loads(self.bench.script("compress_peers.py", "compare", self.path(field), self.bench.output("back.npy")))
        told["bytes"] = os.path.getsize(path)
        told["decode_secs"] = round(result.wall, 3)
        return told


def facts(told):
    """What the table shows of one file."""
    shown = {"KB": "%.1f" % (told["bytes"] / 1e3), "worst": "%.3g" % told["worst"], "PSNR": told["psnr"]}
    return {**shown, "back s": told["decode_secs"]}


def beside(fields, row, field, label, options, peers):
    """One field at one setting: our file and the peers' bytes; ours over that of the first peer."""
    name = "pimage, %s %s" % (field, label)
    tools = [fields.ours(field, *options, name=name)]
    tools += [peer("%s, %s %s" % (who, field, label), job, fields.path(field), value) for who, job, value in peers]
    results = run_all(tools, 1, fields.bench.work)
    row.results.update(results)
    if results[name].error:
        raise SystemExit("%s: %s" % (name, results[name].error))
    told = [fields.checked(field, fields.file())]
    results[name].facts = facts(told[0])
    for tool in tools[1:]:
        result = results[tool.name]
        told.append({} if result.error else result.told())
        if told[-1]:
            result.facts = facts(told[-1])
    return told


def field_row(bench, field, at_most):
    fields = Fields(bench)
    row = Row("compress-" + field, "%s at a promised error, whole files beside bare streams" % field)
    if field not in fields.spans:
        row.notes.append("the recording is not there: nothing is measured")
        return row
    for bound in BOUNDS:
        absolute = bound * fields.spans[field]
        peers = [(SZ3, "sz3", absolute), ("ZFP", "zfp", absolute), ("GRIB2 CCSDS", "grib", absolute)]
        told = beside(fields, row, field, "%g" % bound, ["--max-error", repr(absolute)], peers)
        row.target("worst error over the bound at %g" % bound, told[0]["worst"] / absolute, 1.0)
        row.target("bytes over SZ3's at %g" % bound, told[0]["bytes"] / told[1]["bytes"], at_most)
    lossless = [("Blosc2", "blosc", "-"), ("NetCDF zlib 9", "netcdf", "-")]
    told = beside(fields, row, field, "nothing lost", ["--exact"], lossless)
    row.target("worst error with nothing lost", told[0]["worst"], 0)
    row.notes.append("our file has its description, an index and a preview; SZ3's bytes have none of them")
    return row


def psnr_row(bench, field):
    fields = Fields(bench)
    row = Row("compress-psnr-" + field, "%s at a peak signal-to-noise ratio" % field)
    if field not in fields.spans:
        row.notes.append("the recording is not there: nothing is measured")
        return row
    for wanted in PSNR:
        told = beside(fields, row, field, "%d dB" % wanted, ["--psnr", wanted], [(SZ3, "sz3-psnr", wanted)])
        row.target("dB short of %d" % wanted, wanted - told[0]["psnr"], 0)
        row.target("bytes over SZ3's at %d dB" % wanted, told[0]["bytes"] / told[1]["bytes"], AT_PSNR)
    return row


def modes(bench):
    """numpy_compress's modes: its bytes at its error, its time, both ways."""
    fields = Fields(bench)
    field = "real" if "real" in fields.spans else "turbulence"
    row = Row("compress-modes", "numpy_compress's modes on %s" % field)
    from compress_peers import MODES, SUFFIX

    for mode in MODES:
        theirs_at = bench.output("theirs" + SUFFIX.get(mode, ".mp4"))
        ours, theirs = "pimage, " + mode, "numpy_compress, " + mode
        tools = [
            fields.ours(field, "--mode", mode, name=ours),
            peer(theirs, "write", mode, fields.path(field), theirs_at, output=theirs_at),
        ]
        results = run_all(tools, 1 if bench.repeat == 1 else 2, bench.work)
        row.results.update(results)
        if results[ours].error or results[theirs].error:
            row.notes.append("%s: %s" % (mode, results[ours].error or results[theirs].error))
            continue
        told = fields.checked(field, fields.file())
        back = json.loads(bench.script("compress_peers.py", "read", mode, fields.path(field), theirs_at))
        results[ours].facts, results[theirs].facts = facts(told), facts(back)
        factor, told = as_good(fields, field, mode, told, back["psnr"])
        if factor is not None:
            row.notes.append("%s: as good as theirs at rate factor %g: %.1f KB, %.2f dB" % (mode, factor, told["bytes"] / 1e3, told["psnr"]))
        row.target("bytes over theirs at their PSNR, " + mode, told["bytes"] / back["bytes"], 1.0)
        row.faster_than(theirs, MODE_TIME, ours=ours)
    return row


def as_good(fields, field, mode, told, wanted):
    """A mode of x265 at the rate factor that reaches the PSNR of the peer; what is told of it."""
    from compress_peers import MODES

    bits, options = MODES[mode]
    factor = float(options[options.index("-crf") + 1]) if "-crf" in options else None
    started = factor
    while factor is not None and told["psnr"] < wanted - 0.02 and started - factor < 4:
        factor -= 0.5
        given = ["--codec", "x265", "--bits", str(bits), "--quality", "crf=%g" % factor]
        result = run_all([fields.ours(field, *given)], 1, fields.bench.work)[OURS]
        if result.error:
            raise SystemExit(result.error)
        told = fields.checked(field, fields.file())
    return factor, told


def speed(bench):
    """The video layer with corrections, beside x265 alone at as many bytes of video, and beside ffmpeg's decoding of it."""
    from compress_peers import x265_call

    fields = Fields(bench)
    field = "real" if "real" in fields.spans else "turbulence"
    row = Row("compress-speed", "video and corrections of %s" % field)

    def told(*args):
        return json.loads(bench.script("compress_peers.py", *map(str, args)))

    raw, alone = bench.output("levels.raw"), bench.output("alone.265")
    size, frames = told("levels", fields.path(field), raw).values()
    width, height = map(int, size.split("x"))
    # As many frames as are a group of ours.
    group = min(256, max(1, (4 << 20) // (width * height)))
    for share in (1e-2, 1e-3):
        names = [name + ", %g" % share for name in ("pimage, encode", "x265 alone", "pimage, decode", "ffmpeg, decode of the video")]
        whole = ["--max-error", repr(share * fields.spans[field]), "--layer", "video"]
        path = fields.file("speed")
        tools = [fields.ours(field, *whole, name=names[0], output=path)]
        run_all(tools, 1, bench.work)
        video = told("packets", path)
        factor = told("x265", raw, size, group, video["bytes"], alone)
        tools.append(Tool(names[1], x265_call(raw, size, group, factor["factor"], alone), alone))
        tools.append(bench.pimage("hash", path, name=names[2]))
        tools.append(Tool(names[3], [*FFMPEG, "-i", path, "-f", "null", "-"]))
        row.results.update(bench.measure(tools))
        row.faster_than(names[1], ENCODE_TIME, ours=names[0])
        row.faster_than(names[3], DECODE_TIME, ours=names[2])
        told_of = (share, video["bytes"], video["frames"], frames, factor["bytes"], factor["factor"])
        row.notes.append("%g: video of %d bytes in %d of %d frames; x265 alone %d bytes at rate factor %g" % told_of)
    row.notes.append("pimage's hash of every value takes part; the search for the quality and the check of every group, too")
    return row


def memory(bench):
    fields = Fields(bench)
    row = Row("compress-memory", "peak memory of 96 and of 960 frames, both ways")
    short, long = fields.path("turbulence"), bench.output("long.npy")
    bench.script("compress_inputs.py", fields.folder, "--repeat", short, long)
    tools = []
    for name, source in (("short", short), ("long", long)):
        output = bench.output(name + ".mkv")
        tools.append(bench.pimage("compress", source, output, "--quiet", "--rel-error", "1e-2", name="compress, " + name, output=output))
        tools.append(bench.pimage("hash", output, name="decode, " + name))
    row.results = run_all(tools, 1, bench.work)
    for result in row.results.values():
        if result.error:
            raise SystemExit("%s: %s" % (result.name, result.error))
        row.target("peak memory, MB, " + result.name, result.peak_mb, PEAK_MB)
    return row


ROWS = {
    "compress-real": lambda bench: field_row(bench, "real", REAL),
    **{
        "compress-" + field: (lambda bench, field=field: field_row(bench, field, GENERATED))
        for field in ("turbulence", "waves", "noise", "constant", "steps", "holes")
    },
    "compress-psnr-real": lambda bench: psnr_row(bench, "real"),
    "compress-psnr-turbulence": lambda bench: psnr_row(bench, "turbulence"),
    "compress-modes": modes,
    "compress-speed": speed,
    "compress-memory": memory,
}
