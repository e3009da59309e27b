"""numpy reads the arrays that pimage writes, and the other way round, bit by bit."""

import io
import itertools
import os
import subprocess
import sys
import zipfile

import numpy as np

from _checks import Checks, assert_equal, color_clip, gray_clip

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]

# Types that become another one, which holds every value.
WIDENED = {"bool": "uint8", "int8": "int16", "float16": "float32"}

# Runs a program and prints its peak memory.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""

# Most memory that 20,000 frames may take beyond 500, KiB.
SLACK_KIB = 16 << 10


class Arrays(Checks):
    """Writes arrays with numpy, has pimage copy them, and reads the copies with numpy."""

    def copy(self, name, array, *options, expected=None, suffix=".npy"):
        source, output = self.path(name + suffix), self.path(name + "-copy.npy")
        if suffix == ".npy":
            np.save(source, array)
        self.pimage("convert", source, output, "--quiet", *options)
        expected = np.ascontiguousarray(array if expected is None else expected)
        assert_equal(np.load(output), expected.astype(expected.dtype.newbyteorder("=")), "the copy")

    def orders(self, kind):
        """Every byte order and memory order of a type, gray and colour."""
        for byte_order, memory_order, channels in itertools.product("<>", "CF", [1, 3, 4]):
            array = samples(kind)
            if channels > 1:
                array = np.stack([np.roll(array, k, axis=2) for k in range(channels)], axis=-1)
            array = np.asarray(array.astype(np.dtype(kind).newbyteorder(byte_order)), order=memory_order)
            name = "%s-%s%s%d" % (kind, "lb"[byte_order == ">"], memory_order, channels)
            self.copy(name, array, expected=array.astype(WIDENED.get(kind, kind)))

    def named_axes(self, letters):
        """Every order of the dimensions, in both memory orders: the frames are those of the usual order."""
        lengths = {"t": 4, "z": 3, "h": 6, "w": 7, "C": 3}
        usual = [letter for letter in "tzhwC" if letter in letters]
        whole = np.arange(np.prod([lengths[letter] for letter in usual]), dtype=np.uint16)
        whole = whole.reshape([lengths[letter] for letter in usual])
        for order in itertools.permutations(usual):
            turned = whole.transpose([usual.index(letter) for letter in order])
            # The frames run through their axes in the order of the letters.
            kept = [letter for letter in order if letter in "tz"] + [letter for letter in "hwC" if letter in usual]
            expected = whole.transpose([usual.index(letter) for letter in kept])
            for memory_order in "CF":
                array = np.asarray(turned, order=memory_order)
                self.copy("axes-" + "".join(order) + memory_order, array, "--axes", "".join(order), expected=expected)

    def savez(self, save, order, byte_order):
        arrays = {
            "x": np.asarray(samples("uint16").astype(byte_order + "u2"), order=order),
            "flat": np.arange(5),
            "y": color_clip(),
        }
        name = "%s-%s%s" % (save.__name__, order, "lb"[byte_order == ">"])
        path = self.path(name + ".npz")
        save(path, **arrays)
        for member in "xy":
            output = self.path("%s-%s.npy" % (name, member))
            self.pimage("convert", path + ":" + member, output, "--quiet")
            expected = arrays[member]
            assert_equal(np.load(output), expected.astype(expected.dtype.newbyteorder("=")), member)
        self.refuses(path, "it has several arrays", "`x` (5, 12, 17)", "`flat` (5,)", "`y` (12, 96, 128, 3) |u1")
        self.refuses(path + ":z", "it has no array `z`")

    def refuses(self, path, *texts):
        run = subprocess.run([self.program, "info", path], capture_output=True, text=True)
        assert run.returncode == 2, "`info %s` ended with %d" % (path, run.returncode)
        for text in texts:
            assert text in run.stderr, "`%s` is not in: %s" % (text, run.stderr.strip())

    def only_array(self):
        path = self.path("only.npz")
        np.savez(path, clip=gray_clip(count=5), names=np.array(["a", "b"]), objects=np.array([{}, None], dtype=object))
        self.copy("only", None, expected=gray_clip(count=5), suffix=".npz")
        self.refuses(path + ":objects", "Python objects, which are never unpickled")
        self.refuses(path + ":names", "text")

    def written_npz(self, kind, color, *options):
        array = color_clip(dtype=np.dtype(kind)) if color else samples(kind)
        name = "npz-%s-%s%d" % (kind, "deflated" if options else "stored", color)
        source, output = self.path(name + ".npy"), self.path(name + ".npz")
        np.save(source, array)
        self.pimage("convert", source, output, "--quiet", *options)
        with np.load(output, allow_pickle=False) as archive:
            assert "frames" in archive.files, archive.files
            assert_equal(archive["frames"], array, "the frames")
        with zipfile.ZipFile(output) as archive:
            assert archive.testzip() is None, "a checksum is wrong"
            kinds = {info.compress_type for info in archive.infolist()}
            assert kinds == {zipfile.ZIP_DEFLATED if options else zipfile.ZIP_STORED}, kinds
        assert_equal(self.read(output), array, "what pimage reads of it")

    def stamps(self):
        """Numbers and times go into arrays of their own and come back."""
        path = self.path("stamps.npz")
        clip, times, numbers = gray_clip(count=6), np.arange(6) ** 2 / 100, np.arange(6) * -3 + 7
        np.savez_compressed(path, frames=clip, times=times, numbers=numbers)
        for compression in ["none", "deflate"]:
            output = self.path("stamps-%s.npz" % compression)
            self.pimage("convert", path, output, "--quiet", "--compression", compression)
            with np.load(output) as archive:
                assert_equal(archive["frames"], clip, "the frames")
                assert_equal(archive["times"], times, "the times")
                assert_equal(archive["numbers"], numbers.astype("<i8"), "the numbers")

    def forced_zip64(self):
        """Headers for sizes of eight bytes, data descriptors, and other compressions."""
        clip = gray_clip(count=4)
        buffer = io.BytesIO()
        np.save(buffer, clip)
        for method in [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]:
            path = self.path("zip64-%d.npz" % method)
            # A stream that cannot seek gets its sizes behind the data.
            with open(path, "wb") as file, zipfile.ZipFile(Unseekable(file), "w", method) as archive:
                with archive.open("clip.npy", "w", force_zip64=True) as member:
                    member.write(buffer.getvalue())
            assert_equal(self.read(path), clip, "the clip")
        path = self.path("bzip2.npz")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("clip.npy", buffer.getvalue())
        self.refuses(path + ":clip", "pimage reads stored and deflated ones")

    def beyond_4_gib(self):
        """An archive whose table of contents lies behind 4 GiB, most of it a hole."""
        path, far = self.path("far.npz"), (4 << 30) + 12345
        clip = gray_clip(count=4)
        buffer = io.BytesIO()
        np.save(buffer, clip)
        with zipfile.ZipFile(path, "w") as archive:
            archive.fp.seek(far)
            archive.start_dir = far
            archive.writestr("clip.npy", buffer.getvalue())
        assert_equal(self.read(path + ":clip"), clip, "the clip")
        os.remove(path)

    def raw_layouts(self):
        clip = samples("uint16")
        planes = color_clip(dtype=np.uint16)
        twelve = clip & 0xFFF
        count, height, width = clip.shape
        size = "%dx%d:uint16" % (width, height)
        padded = [np.zeros(1024, np.uint8).tobytes()] + [frame.astype(">u2").tobytes() + b"gap" for frame in clip]
        flat = twelve.reshape(count, -1)
        assert flat.shape[1] % 2 == 0
        a, b = flat[:, 0::2], flat[:, 1::2]
        triples = {
            "12p": [a & 0xFF, a >> 8 | (b & 0xF) << 4, b >> 4],
            "12": [a >> 4, (a & 0xF) << 4 | b >> 8, b & 0xFF],
            "12g": [a >> 4, a & 0xF | (b & 0xF) << 4, b >> 4],
        }
        cases = [(size + ",offset=1024,gap=3,order=be", b"".join(padded), clip)]
        cases += [
            (size + ",packed=" + name, np.stack(parts, -1).astype(np.uint8).tobytes(), twelve)
            for name, parts in triples.items()
        ]
        rgb = "%dx%d:uint16:rgb,planar" % (planes.shape[2], planes.shape[1])
        cases.append((rgb, planes.transpose(0, 3, 1, 2).tobytes(), planes))
        for place, (layout, data, expected) in enumerate(cases):
            path = self.path("layout-%d.raw" % place)
            with open(path, "wb") as file:
                file.write(data)
            assert_equal(self.read(path, "--raw", layout), expected, layout)

    def refused_types(self):
        for kind in ["complex64", "datetime64[s]", "S3", "U2", [("a", "<u2"), ("b", "<u2")]]:
            path = self.path("refused.npy")
            np.save(path, np.zeros((2, 3, 4), dtype=kind))
            self.refuses(path, "its numbers are", "pimage reads bool")
        np.save(path, np.array([[None, {}], [1, 2]], dtype=object))
        self.refuses(path, "Python objects, which are never unpickled")

    def wide_integers(self):
        for kind in ("int64", "uint64"):
            array = np.arange(24, dtype=kind).reshape(2, 3, 4) << 40
            path = self.path(kind + ".npy")
            for order in "<>":
                np.save(path, array.astype(np.dtype(kind).newbyteorder(order)))
                assert_equal(self.read(path), array.astype(np.float64), kind)
            array[1, 2, 3] = (1 << 53) + 1
            np.save(path, array)
            run = subprocess.run([self.program, "hash", path], capture_output=True, text=True)
            assert run.returncode == 2 and "9007199254740993" in run.stderr, run.stderr

    def picked(self):
        clip = gray_clip(count=20)
        source, output = self.path("clip.npy"), self.path("picked.npy")
        np.save(source, clip)
        self.pimage("extract", source, 19, 3, 3, 0, "-o", output)
        assert_equal(np.load(output), clip[[19, 3, 3, 0]], "the frames picked")

    def sliced(self):
        clip = gray_clip(count=20)
        source, output = self.path("long.npy"), self.path("sliced.npy")
        np.save(source, clip)
        self.pimage("convert", source, output, "--quiet", "--start", 2, "--stop", 17, "--step", 4)
        assert_equal(np.load(output), clip[2:17:4], "the slice")

    def stacks(self):
        """Several axes are dimensions of what is written, and so are bundled ones."""
        stack = np.arange(4 * 3 * 2 * 6 * 7, dtype=np.uint16).reshape(4, 3, 2, 6, 7)
        source, output = self.path("stack.npy"), self.path("stack-copy.npy")
        np.save(source, stack)
        for options, expected in [
            ([], stack),
            (["--bundle", "zc"], stack),
            (["--select", "z=1"], stack[:, 1]),
            (["--iterate", "zt", "--bundle", "c"], stack.transpose(1, 0, 2, 3, 4)),
            (["--stop", 5], stack.reshape(24, 6, 7)[:5]),
        ]:
            self.pimage("convert", source, output, "--quiet", "--overwrite", "--axes", "tzcyx", *options)
            assert_equal(np.load(output), expected, " ".join(map(str, options)) or "the stack")

    def memory(self, suffix, *options):
        """Peak memory is that of 500 frames for 20,000."""
        peaks = []
        for count in [500, 20_000]:
            source = self.path("memory.npy")
            array = np.lib.format.open_memmap(source, "w+", np.uint16, (count, 64, 80))
            array[:] = np.arange(count, dtype=np.uint16)[:, None, None]
            del array
            output, again = self.path("held" + suffix), self.path("again.npy")
            calls = [("convert", source, output, "--overwrite", *options), ("convert", output, again, "--overwrite")]
            peaks.append([self.peak(*call, "--quiet") for call in calls])
            assert_equal(np.load(again, mmap_mode="r")[::100], np.load(source, mmap_mode="r")[::100], "the copy")
        for few, many in zip(*peaks):
            assert many - few < SLACK_KIB, "%d KiB for 20,000 frames, %d KiB for 500" % (many, few)

    def peak(self, *args):
        """Most memory that a call had, KiB."""
        # A small process in between: a child's peak begins with the memory of the process that it was forked from.
        call = [sys.executable, "-c", PEAK, self.program, *map(str, args)]
        run = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert run.returncode == 0, "`pimage %s`: %s" % (" ".join(map(str, args)), run.stderr.strip())
        return int(run.stdout)


class Unseekable:
    """A file that only takes bytes."""

    def __init__(self, file):
        self.file = file

    def write(self, data):
        return self.file.write(data)

    def flush(self):
        self.file.flush()


def samples(kind):
    """A clip of any type, with values at both ends of its range."""
    rng = np.random.default_rng(7)
    if kind == "bool":
        return rng.integers(0, 2, (5, 12, 17)).astype(bool)
    if kind.startswith("float"):
        clip = rng.standard_normal((5, 12, 17)).astype(kind)
        clip[0, 0, :4] = [np.finfo(kind).max, np.finfo(kind).min, 0.0, -0.0]
        return clip
    limits = np.iinfo(kind)
    clip = rng.integers(limits.min, limits.max, (5, 12, 17), dtype=kind, endpoint=True)
    clip[0, 0, :2] = [limits.min, limits.max]
    return clip


def main():
    arrays = Arrays(__doc__)
    for kind in TYPES + list(WIDENED):
        arrays.run(kind + " in every order", arrays.orders, kind)
    arrays.run("every order of three axes", arrays.named_axes, "thw")
    arrays.run("every order of five axes", arrays.named_axes, "tzhwC")
    arrays.run("stacks", arrays.stacks)
    for save, order, byte_order in itertools.product([np.savez, np.savez_compressed], "CF", "<>"):
        arrays.run("%s %s %s" % (save.__name__, order, byte_order), arrays.savez, save, order, byte_order)
    arrays.run("an only array", arrays.only_array)
    for kind, options in itertools.product(TYPES, [(), ("--compression", "deflate")]):
        arrays.run(" ".join(("npz", kind, *options)), arrays.written_npz, kind, False, *options)
    arrays.run("npz colour", arrays.written_npz, "uint8", True)
    arrays.run("npz colour, deflated", arrays.written_npz, "uint16", True, "--compression", "deflate=9")
    arrays.run("npz stamps", arrays.stamps)
    arrays.run("npz with ZIP64 and data descriptors", arrays.forced_zip64)
    arrays.run("npz beyond 4 GiB", arrays.beyond_4_gib)
    arrays.run("raw layouts", arrays.raw_layouts)
    arrays.run("types that no frame holds", arrays.refused_types)
    arrays.run("64-bit integers", arrays.wide_integers)
    arrays.run("frames picked", arrays.picked)
    arrays.run("frames sliced", arrays.sliced)
    arrays.run("memory, npy", arrays.memory, ".npy")
    arrays.run("memory, npz", arrays.memory, ".npz")
    arrays.run("memory, npz deflated", arrays.memory, ".npz", "--compression", "deflate")
    arrays.end()


if __name__ == "__main__":
    main()
