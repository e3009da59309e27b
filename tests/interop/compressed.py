"""Packed arrays are Matroska files that others play, and their groups can be found with no code of pimage."""

import json
import os
import struct

import av
import netCDF4
import numpy as np

from _checks import Checks, assert_equal

TYPES = ["uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
SEGMENT, TAGS, CLUSTER, CUES = 0x18538067, 0x1254C367, 0x1F43B675, 0x1C53BB6B
# Elements that hold others, as far as the way to tags and data goes.
PARENTS = {SEGMENT, TAGS, CLUSTER, 0x7373, 0x67C8, 0xA0, 0x75A1, 0xA6}
TAG_NAME, TAG_STRING, BLOCK_ADDITIONAL = 0x45A3, 0x4487, 0xA5
HEADER = struct.Struct("<4sBBBBQIIIQI")


def number(data, at, with_mark):
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big")
    if not with_mark:
        value &= (1 << 7 * length) - 1
    return value, at + length


def elements(data, at, end):
    """Name, start and end of every element, the children of some after their parent."""
    while at < end:
        name, at = number(data, at, True)
        size, at = number(data, at, False)
        assert at + size <= end, "element %x ends behind its parent" % name
        yield name, at, at + size
        if name in PARENTS:
            yield from elements(data, at, at + size)
        at += size


def crc32c(data):
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def parse(path):
    """What a file says of its array, and the data of its groups."""
    with open(path, "rb") as file:
        data = file.read()
    names, texts, groups = [], [], []
    for name, start, end in elements(data, 0, len(data)):
        body = data[start:end]
        if name == TAG_NAME:
            names.append(body.decode())
        if name == TAG_STRING:
            texts.append(body.decode())
        if name == BLOCK_ADDITIONAL:
            groups.append(body)
    assert names == ["PIMAGE_ARRAY"], "its tags are %s" % names
    return json.loads(texts[0]), groups


def field(kind, frames=40, height=36, width=50):
    t, y, x = np.meshgrid(np.arange(frames), np.arange(height), np.arange(width), indexing="ij")
    values = np.sin(0.2 * x - 0.3 * t) + np.cos(0.15 * y + 0.05 * t) + 2
    if kind.startswith("float"):
        return values.astype(kind)
    return (values * (60 if kind == "uint8" else 5000)).astype(kind)


class Compressed(Checks):
    """Packs arrays that numpy saved, and looks at the files with other eyes."""

    def packed(self, clip, *options):
        source, output = self.path("clip.npy"), self.path("clip.mkv")
        np.save(source, clip)
        self.pimage("compress", source, output, "--quiet", "--overwrite", *options)
        return output

    def comes_back(self, kind):
        clip = field(kind)
        output = self.packed(clip)
        assert_equal(self.read(output), clip, kind)
        assert os.path.getsize(output) < clip.nbytes, "it is larger than the array"

    def bound(self, kind, bound):
        clip = field(kind)
        clip[3, 4:9, 5:7] = np.nan
        clip[4, 1, 1] = np.inf
        found = self.read(self.packed(clip, "--max-error", str(bound)))
        assert found.dtype == clip.dtype, "it is %s" % found.dtype
        assert_equal(np.isnan(found), np.isnan(clip), "what is no number")
        finite = np.isfinite(clip)
        assert_equal(found[~finite & ~np.isnan(clip)], clip[~finite & ~np.isnan(clip)], "infinities")
        worst = np.max(np.abs(found[finite].astype(float) - clip[finite].astype(float)))
        assert worst <= bound, "a value is off by %g" % worst

    def structure(self, *options):
        clip = field("float32", 100)
        output = self.packed(clip, "--max-error", "0.001", *options)
        said, groups = parse(output)
        assert said["frames"] == 100 and said["sample"] == "float32", "it says %s" % said
        assert float(said["goal"]["max_error"]) == 0.001, "it says %s" % said["goal"]
        following = 0
        for data in groups:
            magic, version, channels, _, _, first, frames, _, _, length, check = HEADER.unpack_from(data)
            assert (magic, version, channels, first) == (b"PMGd", 1, 1, following), "a group begins %s" % data[:24]
            assert length == len(data), "a group says %d of %d bytes" % (length, len(data))
            assert check == crc32c(data[: HEADER.size - 4]), "the checksum of a header is wrong"
            assert struct.unpack("<I", data[-4:])[0] == crc32c(data[:-4]), "the checksum of a group is wrong"
            following += frames
        assert following == 100, "the groups have %d frames" % following

    def plays(self, *options):
        clip = field("float32", 60)
        source, output = self.path("clip.npy"), self.path("clip.mkv")
        np.save(source, clip)
        self.pimage("compress", source, output, "--quiet", "--overwrite", "--max-error", "0.01", *options)
        av.logging.set_level(av.logging.WARNING)
        with av.logging.Capture() as logs, av.open(output) as file:
            stream = file.streams.video[0]
            times = [float(frame.time) for frame in file.decode(stream)]
        assert not logs, "FFmpeg complains: %s" % logs
        assert times and times == sorted(set(times)), "times are %s" % times
        assert times[0] == 0, "it begins at %s" % times[0]
        return times

    def plays_at_its_times(self):
        clip = field("float32", 60)
        source, output = self.path("clip.npz"), self.path("clip.mkv")
        np.savez(source, frames=clip)
        self.pimage("convert", source, output, "--format", "compressed", "--fps", "25", "--quiet", "--overwrite")
        with av.open(output) as file:
            times = [float(frame.time) for frame in file.decode(video=0)]
            length = file.duration / 1e6
        steps = {round(time * 25, 6) % 1 for time in times}
        assert steps == {0.0}, "pictures stand between frames: %s" % times
        assert length == 60 / 25, "it lasts %s s" % length

    def plays_slow(self, seconds, *options):
        """Frames whose times are far apart: players get a film, the times come back."""
        clip = field("float32", 60)
        source, output, back = self.path("clip.nc"), self.path("clip.mkv"), self.path("back.nc")
        times = np.arange(len(clip)) * seconds
        with netCDF4.Dataset(source, "w") as file:
            for name, size in zip(("time", "y", "x"), clip.shape):
                file.createDimension(name, size)
            axis = file.createVariable("time", "f8", ("time",))
            axis.units = "seconds since 2020-01-01"
            axis[:] = times
            file.createVariable("v", "f4", ("time", "y", "x"))[:] = clip
        self.pimage("compress", source, output, "--quiet", "--overwrite", "--max-error", "0.01", *options)
        with av.open(output) as file:
            shown = [float(frame.time) for frame in file.decode(video=0)]
        every = seconds if seconds <= 10 else 0.04
        off = [time / every % 1 for time in shown]
        assert len(shown) > 1 and max(min(one, 1 - one) for one in off) < 0.02, "shown at %s" % shown
        self.pimage("decompress", output, back, "--quiet", "--overwrite")
        with netCDF4.Dataset(back) as file:
            found = netCDF4.num2date(file["time"][:], file["time"].units)
        expected = netCDF4.num2date(times, "seconds since 2020-01-01")
        assert max(abs((a - b).total_seconds()) for a, b in zip(found, expected)) < 1e-3, "times are %s" % found[:5]

    def renamed(self):
        clip = field("uint16")
        output = self.packed(clip)
        other = self.path("another_name.bin")
        os.replace(output, other)
        assert_equal(self.read(other), clip, "a renamed file")

    def cut(self):
        clip = field("float32", 600)
        output = self.packed(clip)
        _, groups = parse(output)
        with open(output, "rb") as file:
            data = file.read()
        end = data.index(groups[1]) + len(groups[1]) - 10
        part = self.path("cut.mkv")
        with open(part, "wb") as file:
            file.write(data[:end])
        first = HEADER.unpack_from(groups[0])[6]
        array = self.path("cut.npy")
        self.pimage("convert", part, array, "--quiet", "--overwrite")
        assert_equal(np.load(array), clip[:first], "a cut file")


def main():
    checks = Compressed(__doc__)
    for kind in TYPES:
        checks.run("%s comes back" % kind, checks.comes_back, kind)
    for kind in ["float32", "float64"]:
        for bound in [0.1, 1e-3, 1e-6]:
            checks.run("%s within %g" % (kind, bound), checks.bound, kind, bound)
    checks.run("groups without pimage", checks.structure)
    checks.run("groups of a video without pimage", checks.structure, "--layer", "video")
    checks.run("plays", checks.plays)
    checks.run("plays as a base", checks.plays, "--layer", "video")
    checks.run("plays at its times", checks.plays_at_its_times)
    for seconds in [0.5, 10, 299, 300, 3600, 6 * 3600, 30 * 86400]:
        checks.run("plays frames %g s apart" % seconds, checks.plays_slow, seconds, "--preview", "full")
    checks.run("plays frames hours apart as a base", checks.plays_slow, 21600, "--layer", "video")
    checks.run("opens under another name", checks.renamed)
    checks.run("is read as far as it goes", checks.cut)
    checks.end()


if __name__ == "__main__":
    main()
