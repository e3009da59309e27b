"""Quality of what was written, in a process of its own: `verify.py JOB ARGUMENT…`; facts go to standard output as JSON."""

import json
import os
import subprocess
import sys

import numpy as np

from inputs import recorded_frames
from peers import index_in, verdict, wanted_indices


def video(path, folder, limit=""):
    """PSNR of a video of the recording, its frames, its size and its pixel format."""
    with open(os.path.join(folder, "facts.json")) as file:
        facts = json.load(file)
    height, width = facts["height"], facts["width"]
    call = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", path, "-fps_mode", "passthrough"]
    process = subprocess.Popen([*call, "-f", "rawvideo", "-pix_fmt", "gray", "-"], stdout=subprocess.PIPE)
    frames, squares = 0, 0.0
    for recorded in recorded_frames(folder, facts["bins"], height, width):
        data = process.stdout.read(width * height)
        if len(data) < width * height:
            break
        shown = np.frombuffer(data, np.uint8).reshape(height, width)
        difference = shown.astype(np.int16) - recorded
        squares += float(np.square(difference, dtype=np.int32).mean())
        frames += 1
    process.stdout.close()
    process.kill()
    process.wait()
    error = squares / max(1, frames)
    psnr = 99.0 if error == 0 else 10 * float(np.log10(255 * 255 / error))
    return {"frames": frames, "psnr": round(psnr, 3), "bytes": os.path.getsize(path), "pixel_format": pixel_format(path)}


def pixel_format(path):
    call = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=pix_fmt,color_range", "-of", "csv=p=0"]
    return subprocess.run([*call, path], capture_output=True, text=True).stdout.strip()


def extracted(path, list_path):
    """Whether an array holds the wanted frames, in the order asked."""
    wanted = wanted_indices(list_path)
    frames = np.load(path, mmap_mode="r")
    result = verdict([index_in(frame) for frame in frames], wanted)
    result["wrong"] += abs(len(wanted) - len(frames))
    return result


if __name__ == "__main__":
    job = {"video": video, "extracted": extracted}[sys.argv[1]]
    print(json.dumps(job(*sys.argv[2:])))
