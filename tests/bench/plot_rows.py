"""Moving plots beside matplotlib's Agg."""

import os
import sys

from measure import Tool
from report import OURS, Row

HERE = os.path.dirname(os.path.abspath(__file__))
# Frames in a second that a plot has to be drawn at.
ASKED = 100


def cursor(bench):
    title = "a line of 10,000 points with a moving cursor at 640x480, frames in a second in memory"
    row = Row("plot-cursor", title)
    peers = os.path.join(HERE, "plot_peers.py")
    tools = [
        Tool(OURS, [bench.plotting, "motion:cursor", "frames:2000"]),
        Tool(OURS + ", growing", [bench.plotting, "motion:grow", "frames:2000"]),
        Tool(OURS + ", growing in a window", [bench.plotting, "motion:grow", "frames:500", "window:20"]),
        Tool("matplotlib, each frame whole", [sys.executable, peers, "plain", "40"]),
        Tool("matplotlib, blit", [sys.executable, peers, "blit", "1000"]),
    ]
    row.results = bench.measure(tools)
    rates = {}
    for tool in tools:
        result = row.results[tool.name]
        if result.error:
            rates[tool.name] = float("nan")
            continue
        told = result.told()
        rates[tool.name] = told["frames_per_second"] if told else float(result.said.split()[0])
        result.facts = {"frames/s": "%.1f" % rates[tool.name]}
    for tool in tools[:3]:
        row.target("seconds for %d frames, %s" % (ASKED, tool.name), ASKED / rates[tool.name], 1.0)
    return row


ROWS = {"plot-cursor": cursor}
