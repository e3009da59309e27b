"""While a mosaic runs, zarr-python reads the frames in its buffer, and they are those that came in."""

import glob
import os
import subprocess
import time

import numpy as np
import zarr

from _checks import Checks, assert_equal

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]
CHANNELS = {"gray": 1, "rgb": 3}
HEIGHT, WIDTH = 48, 64
SECONDS = 60


def samples(kind, shape):
    rng = np.random.default_rng(5)
    bits = rng.integers(0, 256, np.prod(shape) * np.dtype(kind).itemsize, dtype=np.uint8)
    # Any pattern of bits: floats are numbers, infinities and all kinds of NaN.
    return bits.view(kind).reshape(shape)


class Buffers(Checks):
    """Leaves the output of a mosaic waiting, so that its buffer is there to be read."""

    def buffered(self, kind, color):
        channels = CHANNELS[color]
        place = self.path("%s-%s" % (kind, color))
        os.makedirs(place)
        bytes_of_frame = HEIGHT * WIDTH * channels * np.dtype(kind).itemsize
        count = (8 << 20) // bytes_of_frame
        clip = samples(kind, (count, HEIGHT, WIDTH) + ((channels,) if channels > 1 else ()))
        source = os.path.join(place, "clip.npy")
        np.save(source, clip)
        call = [self.program, "mosaic", source, "-o", "-", "--format", "raw", "--quiet", "--memory", "512K"]
        call += ["--buffer", "zarr", "--buffer-folder", place]
        program = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            # Nobody takes its output, so that it waits.
            array = zarr.open_array(self.wait(program, place), mode="r")
            part = slice(0, array.chunks[0])
            assert array.shape == clip.shape, "the buffer has shape %s" % (array.shape,)
            assert array.dtype == clip.dtype, "the buffer holds %s" % array.dtype
            assert_equal(array[part].view(np.uint8), clip[part].view(np.uint8), "the buffer")
        finally:
            out, told = program.communicate()
        assert program.returncode == 0, told.decode()
        assert out == clip.tobytes(), "the mosaic differs"
        assert not glob.glob(os.path.join(place, "pimage-scratch*")), "the buffer is still there"
        os.remove(source)

    def wait(self, program, place):
        """The store of the buffer, once there is a second chunk: the first one is whole then."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and program.poll() is None:
            for store in glob.glob(os.path.join(place, "pimage-scratch*", "*", "0.zarr")):
                if len(glob.glob(os.path.join(store, "c.*"))) > 1:
                    return store
            time.sleep(0.01)
        raise AssertionError("no chunk in %d s" % SECONDS)


def main():
    buffers = Buffers(__doc__)
    for kind in TYPES:
        buffers.run("buffer of gray %s" % kind, buffers.buffered, kind, "gray")
    for kind in ["uint8", "uint16"]:
        buffers.run("buffer of rgb %s" % kind, buffers.buffered, kind, "rgb")
    buffers.end()


if __name__ == "__main__":
    main()
