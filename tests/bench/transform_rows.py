"""Rows about transforms and colormaps."""

import os
import sys

from measure import Tool, run_all
from report import OURS, Row

HERE = os.path.dirname(os.path.abspath(__file__))

# The chain of the issue: crop, rotate, shrink, even out, contrast and brightness, gamma, text.
CHAIN = (
    "crop=16 | rotate=90 | resize=0.5 | clahe=clip:8,tiles:5x5 | contrast=1.2 | brightness=10 | gamma=1.2"
    " | annotate='trial 1',size:20"
)
SKIMAGE_FRAMES = 100

# Each operation as a step and the sizes at which it is measured: (width x height, channels).
GRAY, COLOR = ("640x512", "1"), ("1920x1080", "3")
OPERATIONS = {
    "clahe": ("clahe=clip:8,tiles:5x5", (GRAY, COLOR)),
    "gaussian": ("gaussian=2", (GRAY, COLOR)),
    "resize": ("resize=0.5", (GRAY, COLOR)),
    "sharpen": ("sharpen=amount:0.7,sigma:2", (GRAY, COLOR)),
    "median": ("median=3", (GRAY, COLOR)),
    "annotate": ("annotate='trial 1',size:20", (GRAY, COLOR)),
    "colormap": ("colormap=jet,range:full", (GRAY, ("1920x1080", "1"))),
}
IN_SKIMAGE = ("clahe", "gaussian", "resize", "sharpen")


def peer(name, job, *args):
    return Tool(name, [sys.executable, os.path.join(HERE, "transform_peers.py"), job, *args])


def chain(bench):
    row = Row("transform-chain", "%d gray frames of a recording through %s" % (bench.facts["frames"], CHAIN))
    recording, facts = bench.input("recording.seq"), bench.input("facts.json")
    tools = [
        bench.pimage("hash", recording, "-t", CHAIN),
        peer("OpenCV by hand", "opencv_chain", facts),
        peer("pImage (easimage)", "easimage_chain", recording),
        peer("scikit-image", "skimage_chain", facts, str(SKIMAGE_FRAMES)),
    ]
    row.results = bench.measure(tools)
    ours = row.results[OURS].wall
    for name, at_most in (("OpenCV by hand", 0.6), ("pImage (easimage)", 0.12), ("scikit-image", 0.03)):
        told = row.results[name].told()
        row.results[name].facts = told
        if told:
            loop = told["secs"] * bench.facts["frames"] / told["frames"]
            row.target("our whole process over the loop alone of %s" % name, ours / loop, at_most)
    row.target("peak memory, MB", row.results[OURS].peak_mb, 200)
    return row


def operation(bench, name):
    """Frames in a second, from memory, on both cores."""
    step, sizes = OPERATIONS[name]
    row = Row("transform-%s" % name, "`%s`, frames in a second from memory" % step)
    for size, channels in sizes:
        color = "gray" if channels == "1" else "rgb"
        label = "%s %s" % (size, color)
        example = [bench.throughput, step, "size:" + size, "color:" + color]
        tools = [Tool(OURS + ", " + label, example), peer("OpenCV, " + label, "opencv_operation", name, size, channels)]
        if name in IN_SKIMAGE:
            tools.append(peer("scikit-image, " + label, "skimage_operation", name, size, channels))
        results = bench.measure(tools)
        row.results.update(results)
        rates = {tool.name: frames_per_second(results[tool.name]) for tool in tools}
        for tool in tools:
            results[tool.name].facts = {"frames/s": "%.1f" % rates[tool.name]}
        ours = rates[tools[0].name]
        row.target("time a frame over OpenCV's, %s" % label, rates[tools[1].name] / ours, 1.0)
    return row


def frames_per_second(result):
    """What the example or a peer told."""
    if result.error:
        return float("nan")
    told = result.told()
    return told["frames_per_second"] if told else float(result.said.split()[0])


def colormap_beside_matplotlib(bench):
    row = Row("transform-colormap-matplotlib", "colours of 640x512 gray frames beside matplotlib's cmap(norm(x))")
    for kind in ("uint8", "uint16", "float32"):
        step = "colormap=viridis,range:0,200"
        example = [bench.throughput, step, "size:640x512", "type:" + kind]
        tools = [Tool("%s, %s" % (OURS, kind), example), peer("matplotlib, " + kind, "matplotlib_colormap", kind, "640x512")]
        results = bench.measure(tools)
        row.results.update(results)
        ours, theirs = (frames_per_second(results[tool.name]) for tool in tools)
        for tool, rate in zip(tools, (ours, theirs)):
            results[tool.name].facts = {"frames/s": "%.1f" % rate}
        row.target("time a frame over matplotlib's, %s" % kind, theirs / ours, 0.1)
    return row


def point(bench):
    row = Row("transform-point", "point operations beside a plain copy of the frames")
    recording, output = bench.input("recording.seq"), bench.output("copy.npy")
    steps = {"gamma": "gamma=1.2", "three in a row": "contrast=1.2 | brightness=10 | gamma=1.2"}
    tools = [Tool(OURS, [bench.program, "convert", recording, output, "--quiet", "--no-sync"], output)]
    for name, step in steps.items():
        call = [bench.program, "convert", recording, output, "--quiet", "--no-sync", "-t", step]
        tools.append(Tool(name, call, output))
    row.results = run_all(tools, max(bench.repeat, 5), bench.work)
    for name in steps:
        row.target("time of a copy with %s over that of a plain copy" % name, row.ratio(name, OURS), 1.5)
    return row


def memory(bench):
    title = "peak memory of a transforming conversion for %d and for %d frames"
    row = Row("transform-memory", title % (bench.facts["frames"], bench.facts["long_frames"]))
    output = bench.output("memory.avi")
    tools = [
        bench.convert("recording.seq", output, "-t", CHAIN),
        bench.convert(os.path.join("long", "long.seq"), output, "-t", CHAIN, name="pimage, long"),
    ]
    row.results = run_all(tools, 1, bench.work)
    short, long = row.results[OURS].peak_mb, row.results["pimage, long"].peak_mb
    row.target("peak memory for the long one over the short one's", long / max(short, 1), 1.1)
    row.target("peak memory, MB", max(short, long), 200)
    return row


def measuring(name):
    return lambda bench: operation(bench, name)


ROWS = {
    "transform-chain": chain,
    **{"transform-%s" % name: measuring(name) for name in OPERATIONS},
    "transform-colormap-matplotlib": colormap_beside_matplotlib,
    "transform-point": point,
    "transform-memory": memory,
}
