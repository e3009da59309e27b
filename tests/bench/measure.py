"""Runs whole processes and takes their time and memory; standard library only, so that the measuring process stays small.

Peaks below some 35 MB are the measuring process's own, from which each tool is started.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field

# A tool that takes longer is not run again.
LONG_SECS = 30
TIMEOUT_SECS = 600


@dataclass
class Tool:
    """A command line to be measured."""

    name: str
    call: list
    # Removed before each run, looked at after the last.
    output: str = ""


@dataclass
class Result:
    """What the runs of one tool took."""

    name: str
    secs: list = field(default_factory=list)
    # What the tool itself took of its loop, where it tells `secs`.
    loops: list = field(default_factory=list)
    peak_mb: float = 0.0
    said: str = ""
    error: str = ""
    facts: dict = field(default_factory=dict)

    @property
    def wall(self):
        return statistics.median(self.secs) if self.secs else float("nan")

    @property
    def loop(self):
        return statistics.median(self.loops) if self.loops else float("nan")

    def told(self):
        """The JSON on the last line that the tool printed."""
        lines = self.said.strip().splitlines()
        try:
            told = json.loads(lines[-1])
        except (IndexError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def run_once(tool, work):
    """Wall seconds, peak megabytes of the largest process, exit code, standard output and error."""
    with open(os.path.join(work, "stdout"), "w+b") as out, open(os.path.join(work, "stderr"), "w+b") as err:
        start = time.perf_counter()
        process = subprocess.Popen(tool.call, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        timer = threading.Timer(TIMEOUT_SECS, lambda: os.killpg(process.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        secs = time.perf_counter() - start
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        said = out.read().decode("utf-8", "replace")
        complaint = err.read().decode("utf-8", "replace").strip()
    return secs, usage.ru_maxrss / 1024, process.returncode, said, complaint


def run_all(tools, repeat, work):
    """The tools by turns, `repeat` times each; a tool that fails is not run again."""
    results = {tool.name: Result(tool.name) for tool in tools}
    for _ in range(repeat):
        for tool in tools:
            result = results[tool.name]
            if result.error or (result.secs and result.wall > LONG_SECS):
                continue
            if tool.output:
                remove(tool.output)
            secs, peak_mb, code, said, complaint = run_once(tool, work)
            if code != 0:
                last = complaint.splitlines()[-1] if complaint else "nothing on standard error"
                result.error = "exit code %d: %s" % (code, last)
                continue
            result.secs.append(secs)
            result.peak_mb = max(result.peak_mb, peak_mb)
            result.said = said
            loop = result.told().get("secs")
            if loop is not None:
                result.loops.append(loop)
    return results
