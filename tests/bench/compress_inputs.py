"""Fields of floats for measuring compression: a real one where it is found and generated ones, as .npy of (time, y, x) float32.

fields.json  their ranges
"""

import argparse
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np


def spectrum_noise(rng, size, slope, low=0.0):
    """A periodic random picture whose amplitude falls with the wave number to the power of `slope`."""
    ky = np.fft.fftfreq(size)[:, None] * size
    kx = np.fft.rfftfreq(size)[None, :] * size
    k = np.hypot(ky, kx)
    k[0, 0] = 1
    amplitude = np.where(k > low, k ** (-slope), 0)
    phase = rng.normal(size=k.shape) + 1j * rng.normal(size=k.shape)
    picture = np.fft.irfft2(amplitude * phase, s=(size, size))
    return picture / picture.std()


def turbulence(frames=96, size=160, seed=1):
    """A scalar that is carried and stirred by a flow that changes: semi-Lagrangian, bilinear, a little forcing."""
    rng = np.random.default_rng(seed)
    stream = [spectrum_noise(rng, size, 3.0) for _ in range(3)]
    field = spectrum_noise(rng, size, 2.2)
    source = spectrum_noise(rng, size, 2.2)
    y, x = np.mgrid[0:size, 0:size].astype(float)
    out = np.empty((frames, size, size), np.float32)
    for t in range(frames):
        out[t] = field
        angle = 2 * np.pi * t / frames
        psi = (stream[0] + np.cos(angle) * stream[1] + np.sin(angle) * stream[2]) * 6
        v = (np.roll(psi, -1, 1) - np.roll(psi, 1, 1)) / 2
        u = -(np.roll(psi, -1, 0) - np.roll(psi, 1, 0)) / 2
        sy, sx = (y - v) % size, (x - u) % size
        iy, ix = np.floor(sy).astype(int) % size, np.floor(sx).astype(int) % size
        fy, fx = sy - np.floor(sy), sx - np.floor(sx)
        jy, jx = (iy + 1) % size, (ix + 1) % size
        top = field[iy, ix] * (1 - fx) + field[iy, jx] * fx
        bottom = field[jy, ix] * (1 - fx) + field[jy, jx] * fx
        field = 0.995 * (top * (1 - fy) + bottom * fy) + 0.02 * source
        source = np.roll(source, (1, 2), (0, 1))
    return out


def waves(frames=96, size=160):
    """Plane waves of several lengths and speeds."""
    rng = np.random.default_rng(2)
    t, y, x = np.mgrid[0:frames, 0:size, 0:size].astype(np.float32)
    out = np.zeros_like(t)
    for _ in range(6):
        k = rng.uniform(0.02, 0.25, 2)
        out += rng.uniform(0.3, 1) * np.sin(k[0] * y + k[1] * x - rng.uniform(0.05, 0.5) * t + rng.uniform(0, 6))
    return out.astype(np.float32)


def noise(frames=48, size=160):
    """Normal noise, every value on its own."""
    return np.random.default_rng(3).normal(size=(frames, size, size)).astype(np.float32)


def steps(frames=96, size=160):
    """Rectangles that move, with levels of their own."""
    rng = np.random.default_rng(4)
    out = np.zeros((frames, size, size), np.float32)
    for _ in range(25):
        at, speed, extent = rng.uniform(0, size, 2), rng.normal(0, 1, 2), rng.integers(8, 50, 2)
        level = rng.normal()
        for t in range(frames):
            y, x = (at + speed * t).astype(int) % size
            out[t, y : y + extent[0], x : x + extent[1]] = level
    return out


def constant(frames=48, size=160):
    """One value."""
    return np.full((frames, size, size), 0.7, np.float32)


def holes(frames=96, size=160):
    """Turbulence with land: NaN where a picture is below a level, and a few that come and go."""
    out = turbulence(frames, size, 5)
    rng = np.random.default_rng(6)
    out[:, spectrum_noise(rng, size, 2.5) < -0.6] = np.nan
    out[rng.random(out.shape) < 1e-4] = np.nan
    return out


def real(path):
    """The shipped recording: 12-bit gray over the range in its name."""
    low, high = map(float, re.search(r"min(-?[\d.]+)_max(-?[\d.]+)_", path.name).groups())
    size = subprocess.check_output(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0", path]
    )
    width, height = map(int, size.decode().strip().split(","))
    raw = subprocess.check_output(["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "gray12le", "-"])
    gray = np.frombuffer(raw, "<u2").reshape(-1, height, width)
    return (gray / 4095 * (high - low) + low).astype(np.float32)


GENERATED = {f.__name__: f for f in (turbulence, waves, noise, steps, constant, holes)}
HERE = Path(__file__).resolve().parent


def recording():
    """The shipped recording of numpy_compress, where the test data are."""
    folders = [os.environ.get("PIMAGE_TEST_DATA", ""), HERE.parent.parent.parent / "shared" / "data"]
    found = [path for folder in folders if folder for path in sorted(Path(folder).glob("video_min*_max*_fc*.mp4"))]
    return found[0] if found else None


def repeated(source, target, times=10):
    """A field over and over, as one that is longer, without holding it."""
    field = np.load(source)
    long = np.lib.format.open_memmap(target, "w+", field.dtype, (times * len(field), *field.shape[1:]))
    for time in range(times):
        long[time * len(field) : (time + 1) * len(field)] = field


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--small", action="store_true", help="a quarter of the frames")
    parser.add_argument("--repeat", nargs=2, metavar=("FIELD", "LONG"), help="only make a longer field of one")
    arguments = parser.parse_args()
    if arguments.repeat:
        repeated(*arguments.repeat)
        return
    facts = arguments.folder / "fields.json"
    if facts.exists():
        return
    arguments.folder.mkdir(parents=True, exist_ok=True)
    fields = dict(GENERATED)
    if found := recording():
        fields["real"] = lambda: real(found)
    spans = {}
    for name, make in fields.items():
        field = make()[:: 4 if arguments.small else 1]
        np.save(arguments.folder / f"{name}.npy", field)
        spans[name] = float(np.nanmax(field) - np.nanmin(field)) or 1.0
    facts.write_text(json.dumps(spans))


if __name__ == "__main__":
    main()
