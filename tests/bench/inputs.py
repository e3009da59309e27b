"""Makes the clips that are measured: the same bytes on every machine with the same numpy and ffmpeg.

recording.seq   HIRIS recording, gray 8 bit: a textured arena, three dark animals, sensor noise, uneven light
long/long.seq   the same frames many times over, by hard links
clip.mp4        the recording as H.264, ffmpeg's defaults
clip.avi        the recording as MJPEG, -q:v 3
large.mp4       1080p colour pan, H.264, one key frame in 250
wanted.txt      frame indices into large.mp4, at random
facts.json      sizes and counts

Each frame carries its index as blocks in the top left corner, dark for 0 and light for 1, the lowest bit first.
"""

import json
import os
import subprocess
import sys

import numpy as np

BITS = 16
SEED = 5127
FFMPEG = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error", "-nostdin"]


def texture(rng, height, width, sigma):
    """Smooth noise that wraps round, with mean 0 and deviation 1."""
    spectrum = np.fft.rfft2(rng.standard_normal((height, width)))
    ky = np.fft.fftfreq(height)[:, None]
    kx = np.fft.rfftfreq(width)[None, :]
    spectrum *= np.exp(-2 * (np.pi * sigma) ** 2 * (kx**2 + ky**2))
    smooth = np.fft.irfft2(spectrum, (height, width))
    return ((smooth - smooth.mean()) / smooth.std()).astype(np.float32)


def stamp(frame, index, block):
    """Writes the index into the corner."""
    for bit in range(BITS):
        frame[:block, bit * block : (bit + 1) * block] = 235 if index >> bit & 1 else 16


def arena_frames(count, height, width):
    """The gray recording, frame by frame."""
    rng = np.random.default_rng(SEED)
    arena = 128 + 18 * texture(rng, height, width, 40) + 8 * texture(rng, height, width, 4)
    arena += 4 * texture(rng, height, width, 1)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    arena *= 1 - 0.7 * ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)
    phase = rng.uniform(0, 2 * np.pi, (3, 4))
    for index in range(count):
        frame = arena.copy()
        seconds = index / 30
        for animal in range(3):
            draw_animal(frame, animal, seconds, phase[animal])
        frame += rng.standard_normal((height, width), dtype=np.float32) * 2.5
        gray = np.clip(frame + 0.5, 0, 255).astype(np.uint8)
        stamp(gray, index, 16)
        yield gray


def draw_animal(frame, animal, seconds, phase):
    """A dark blob that wanders and turns."""
    height, width = frame.shape
    speed = animal + 1
    cx = width * (0.5 + 0.36 * np.sin(0.7 * speed * seconds + phase[0]) * np.cos(0.13 * seconds + phase[1]))
    cy = height * (0.55 + 0.33 * np.sin(0.5 * (speed + 0.3) * seconds + phase[2]))
    angle = 0.9 * speed * seconds + phase[3]
    reach = 80
    top, left = max(0, int(cy) - reach), max(0, int(cx) - reach)
    part = frame[top : int(cy) + reach, left : int(cx) + reach]
    y, x = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]].astype(np.float32)
    along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
    across = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
    cover = np.exp(-(((along / (30 + 6 * animal)) ** 2 + (across / (14 + 3 * animal)) ** 2) ** 2))
    part += cover * (35 + 6 * animal - part) * 0.92


def pan_frames(count, height, width):
    """The colour clip: a slow pan with discs that cross it."""
    rng = np.random.default_rng(SEED + 1)
    margin = 400
    wide = width + margin
    scene = np.stack(
        [
            110 + 30 * texture(rng, height, wide, 60) + 14 * texture(rng, height, wide, 6) + 5 * texture(rng, height, wide, 1.2)
            for _ in range(3)
        ],
        axis=-1,
    )
    noise = [rng.standard_normal((height, width, 1), dtype=np.float32) * 2 for _ in range(7)]
    place = rng.uniform(0.1, 0.9, (8, 2))
    step = rng.uniform(-8, 8, (8, 2))
    radius = rng.uniform(40, 160, 8)
    color = rng.uniform(30, 220, (8, 3))
    for index in range(count):
        left = int(margin / 2 * (1 + 0.99 * np.sin(index / 40)))
        frame = scene[:, left : left + width].copy()
        for disc in range(8):
            cx, cy = (place[disc] * (width, height) + step[disc] * index) % (width, height)
            draw_disc(frame, cx, cy, radius[disc], color[disc])
        frame += noise[index % 7]
        rgb = np.clip(frame + 0.5, 0, 255).astype(np.uint8)
        stamp(rgb, index, 32)
        yield rgb


def draw_disc(frame, cx, cy, radius, color):
    """A disc that hides most of what is behind it."""
    height, width, _ = frame.shape
    top, left = max(0, int(cy - radius)), max(0, int(cx - radius))
    part = frame[top : min(height, int(cy + radius)), left : min(width, int(cx + radius))]
    y, x = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]]
    inside = (x - cx) ** 2 + (y - cy) ** 2 < radius**2
    part[inside] = part[inside] * 0.2 + color.astype(np.float32) * 0.8


def write_recording(folder, frames, count, bins, height, width):
    """The `.seq` file and its bins; returns the bins' names."""
    per_bin = -(-count // bins)
    names = []
    file = None
    for index, frame in enumerate(frames):
        if index % per_bin == 0:
            if file:
                file.close()
            names.append("recording_%05d.bin" % len(names))
            file = open(os.path.join(folder, names[-1]), "wb")
        file.write(frame.tobytes())
    file.close()
    describe(os.path.join(folder, "recording.seq"), names, per_bin, height, width)
    return names


def describe(path, names, per_bin, height, width):
    """The text of a HIRIS recording."""
    stem = os.path.splitext(os.path.basename(path))[0]
    lines = [
        "[Sequence Settings]",
        "Sequence name=%s" % stem,
        "CommentSize=0",
        "Comment=",
        "Number of files=%d" % len(names),
        "Mode=0",
        "Format=0",
        "Agregat=%d" % per_bin,
        "Width=%d" % width,
        "Height=%d" % height,
        "BytesPerPixel=1",
        "BitsPerPixel=8",
        "Image dimension=%d" % (width * height),
        "Bin directory=",
        "Bin repertoire=",
        "Bin File=%s" % names[0],
        "Start Time=2026-05-21T16.44.57",
        "TrigType=0",
        "TrigTime=0",
        "TimeTrig=0",
        "FramePerSecond=30",
    ]
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


def write_long(folder, names, copies, per_bin, height, width):
    """The recording again and again, without taking more disk."""
    target = os.path.join(folder, "long")
    os.makedirs(target, exist_ok=True)
    linked = []
    for copy in range(copies):
        for name in names:
            linked.append("long_%05d.bin" % len(linked))
            link = os.path.join(target, linked[-1])
            if os.path.exists(link):
                os.remove(link)
            os.link(os.path.join(folder, name), link)
    describe(os.path.join(target, "long.seq"), linked, per_bin, height, width)


def encode(frames, pixel_format, height, width, path, *options):
    """Pipes frames into ffmpeg."""
    size = "%dx%d" % (width, height)
    call = FFMPEG[:-1] + ["-f", "rawvideo", "-pixel_format", pixel_format, "-video_size", size, "-framerate", "30", "-i", "-"]
    process = subprocess.Popen([*call, *options, path], stdin=subprocess.PIPE)
    for frame in frames:
        process.stdin.write(frame.tobytes())
    process.stdin.close()
    if process.wait():
        raise SystemExit("ffmpeg could not write %s" % path)


def recorded_frames(folder, names, height, width):
    """The frames of the recording, from disk."""
    for name in names:
        yield from np.memmap(os.path.join(folder, name), np.uint8, "r").reshape(-1, height, width)


def make(folder, is_small):
    """Everything, unless it is there already."""
    count, copies, large_count, large = (120, 4, 60, (360, 640)) if is_small else (1000, 20, 300, (1080, 1920))
    height, width, bins = 512, 640, 4
    facts_path = os.path.join(folder, "facts.json")
    if os.path.exists(facts_path):
        return
    os.makedirs(folder, exist_ok=True)
    print("making the clips in %s" % folder, flush=True)
    names = write_recording(folder, arena_frames(count, height, width), count, bins, height, width)
    write_long(folder, names, copies, -(-count // bins), height, width)
    recorded = lambda: recorded_frames(folder, names, height, width)
    path = lambda name: os.path.join(folder, name)
    encode(recorded(), "gray", height, width, path("clip.mp4"), "-c:v", "libx264", "-pix_fmt", "yuv420p")
    encode(recorded(), "gray", height, width, path("clip.avi"), "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")
    rare_keys = ["-g", "250", "-keyint_min", "250", "-sc_threshold", "0"]
    encode(pan_frames(large_count, *large), "rgb24", *large, path("large.mp4"), "-c:v", "libx264", *rare_keys, "-pix_fmt", "yuv420p")
    wanted = np.random.default_rng(SEED + 2).integers(0, large_count, 40 if is_small else 200)
    with open(path("wanted.txt"), "w") as file:
        file.write("\n".join(map(str, wanted)) + "\n")
    facts = {
        "width": width,
        "height": height,
        "frames": count,
        "long_frames": count * copies,
        "bins": names,
        "large_width": large[1],
        "large_height": large[0],
        "large_frames": large_count,
    }
    with open(facts_path, "w") as file:
        json.dump(facts, file, indent=1)


if __name__ == "__main__":
    make(sys.argv[1], "--small" in sys.argv[2:])
