"""BPG images beside ffmpeg, through a reading and a writing of the format that is not pimage's.

The format's own tools are packaged nowhere. Here a file is turned into an ordinary HEVC stream, which the ffmpeg program decodes,
and a stream of ffmpeg's x265 into a file, which pimage decodes.
"""

import os
import subprocess

import numpy as np

from _checks import Checks, assert_close, assert_equal, assert_similar, color_clip, gray_clip

MAGIC = b"BPG\xfb"
SPACES = {"ycbcr": 0, "rgb": 1, "ycgco": 2, "bt709": 3, "bt2020": 4}
WEIGHTS = {"ycbcr": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
FORMATS = {"gray": 0, "4:2:0": 1, "4:2:2": 2, "4:4:4": 3}
FFMPEG = {0: "gray", 1: "yuv420p", 2: "yuv422p", 3: "yuv444p"}
SHIFTS = {0: None, 1: (1, 1), 2: (1, 0), 3: (0, 0)}
# Two roundings: of planes in 8 or more bits, and of the program's and numpy's sums.
ROUNDING = 1
# How much larger than x265's stream a file may be.
SURPLUS = 1.03


class Bits:
    """Bit fields, as a string of zeros and ones."""

    def __init__(self, data=b"", text=""):
        self.text = text or "".join("{:08b}".format(byte) for byte in data)
        self.place = 0

    def u(self, count):
        self.place += count
        return int(self.text[self.place - count : self.place] or "0", 2)

    def ue(self):
        zeros = 0
        while not self.u(1):
            zeros += 1
        return (1 << zeros) - 1 + self.u(zeros)

    def put(self, count, value):
        self.text += "{:0{}b}".format(value, count) if count else ""

    def put_ue(self, value):
        length = (value + 1).bit_length()
        self.put(2 * length - 1, value + 1)

    def data(self):
        text = self.text + "0" * (-len(self.text) % 8)
        return bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))


def take_ue7(data, place):
    value = 0
    while True:
        value = value << 7 | data[place] & 127
        place += 1
        if data[place - 1] < 128:
            return value, place


def ue7(value):
    data = [value & 127]
    while value > 127:
        value >>= 7
        data.insert(0, value & 127 | 128)
    return bytes(data)


def escape(data):
    out = bytearray()
    for byte in data:
        if out[-2:] == b"\0\0" and byte < 4:
            out.append(3)
        out.append(byte)
    return bytes(out)


def unescape(data):
    return data.replace(b"\0\0\3", b"\0\0")


def units(stream):
    return [unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1") if unit.rstrip(b"\0")]


def profile(bits):
    bits.put(8, 4)
    bits.put(32, 1 << 27)
    bits.put(48, 0b1001 << 44)
    bits.put(8, 180)


def video_set():
    bits = Bits(b"\x40\x01")
    bits.put(32, 0b0000_11_000000_000_1 << 16 | 0xFFFF)
    profile(bits)
    bits.put(1, 1)
    for _ in range(3):
        bits.put_ue(0)
    bits.put(6, 0)
    bits.put_ue(0)
    bits.put(3, 1)
    return bits.data()


def coding_of(bits):
    """The fields of a coding header, which are the same in a file and in a sequence: the text of its bits."""
    start = bits.place
    for _ in range(4):
        bits.ue()
    sizes = bits.text[start : bits.place]
    start = bits.place
    bits.ue()
    depth = bits.text[start : bits.place]
    offset = bits.u(1)
    assert bits.u(1) == 0, "blocks are stored as they are"
    strong = bits.u(1)
    assert bits.u(1) == 0, "there is an extension"
    return sizes, depth, offset, strong


def sequence_set(coding, idc, depth, size):
    sizes, transform_depth, offset, strong = coding
    side = 8 << Bits(text=sizes).ue()
    bits = Bits(b"\x42\x01")
    bits.put(8, 1)
    profile(bits)
    bits.put_ue(0)
    bits.put_ue(idc)
    if idc == 3:
        bits.put(1, 0)
    padded = [-(-length // side) * side for length in size]
    for length in padded:
        bits.put_ue(length)
    bits.put(1, 0)
    bits.put_ue(depth - 8)
    bits.put_ue(depth - 8)
    bits.put_ue(4)
    bits.put(1, 1)
    for _ in range(3):
        bits.put_ue(0)
    bits.text += sizes + transform_depth * 2
    # Scaling lists, partitions, offsets, stored blocks.
    bits.text += "01%d0" % offset
    bits.put_ue(0)
    # Long-term references, vectors in time, smoothing, usability, extensions, the end.
    bits.text += "01%d001" % strong
    return bits.data(), padded


def parse(data):
    """What a file says of its picture, and its streams as ordinary ones."""
    assert data[:4] == MAGIC
    idc, alpha, depth = data[4] >> 5, data[4] >> 4 & 1, 8 + (data[4] & 15)
    assert data[5] & 15 == 0, "there are flags: %02x" % data[5]
    place = 6
    width, place = take_ue7(data, place)
    height, place = take_ue7(data, place)
    length, place = take_ue7(data, place)
    assert place + length == len(data), "the file has %d bytes, expected %d" % (len(data), place + length)
    streams = {}
    for layer in ([1] if alpha else []) + [0]:
        length, place = take_ue7(data, place)
        coding = coding_of(Bits(data[place : place + length]))
        place += length
        sequence, padded = sequence_set(coding, 0 if layer else idc, depth, (width, height))
        streams[layer] = [video_set(), sequence]
    kinds = []
    for unit in units(data[place:]):
        layer = unit[1] >> 3
        kinds.append((layer, unit[0] >> 1))
        streams[layer].append(bytes([unit[0], unit[1] & 7]) + unit[2:])
    return {
        "idc": idc,
        "depth": depth,
        "space": data[5] >> 4,
        "size": (width, height),
        "padded": padded,
        "kinds": kinds,
        "streams": {
            layer: b"".join(b"\0\0\0\1" + (escape(unit) if index < 2 else unit) for index, unit in enumerate(parts))
            for layer, parts in streams.items()
        },
    }


def sequence_of(unit):
    """The coding header in a sequence of x265's, as a file has it."""
    bits = Bits(unescape(unit))
    bits.u(16 + 8 + 96)
    assert bits.ue() == 0
    if bits.ue() == 3:
        bits.u(1)
    size = bits.ue(), bits.ue()
    if bits.u(1):
        for _ in range(4):
            bits.ue()
    for _ in range(3):
        bits.ue()
    bits.u(1)
    for _ in range(3):
        bits.ue()
    out = Bits()
    for _ in range(4):
        out.put_ue(bits.ue())
    bits.ue()
    out.put_ue(bits.ue())
    scaling, _, offset, stored = bits.u(1), bits.u(1), bits.u(1), bits.u(1)
    assert (scaling, stored) == (0, 0)
    out.put(1, offset)
    out.put(1, 0)
    assert bits.ue() == 0
    bits.u(2)
    out.put(1, bits.u(1))
    out.put(1, 0)
    return out.data(), size


def file_of(streams, idc, depth, size, flags=0, extensions=b""):
    """A file with these streams of x265's: of colour, and perhaps of opacity."""
    codings, parts = [], []
    for layer, stream in enumerate(streams):
        coding, _ = sequence_of(next(unit for unit in units(stream) if unit[0] >> 1 == 33))
        codings.insert(0, ue7(len(coding)) + coding)
        kept = [unit for unit in units(stream) if unit[0] >> 1 in (19, 20, 34)]
        parts.append([bytes([unit[0], layer << 3 | unit[1]]) + unit[2:] for unit in kept])
    order = [unit for pair in zip(*reversed(parts)) for unit in pair]
    data = b"".join(codings) + b"\0\0\1".join(order)
    alpha = len(streams) - 1
    head = MAGIC + bytes([idc << 5 | alpha << 4 | depth - 8, flags])
    head += ue7(size[0]) + ue7(size[1]) + ue7(len(data))
    return head + (ue7(len(extensions)) + extensions if flags & 8 else b"") + data


def run(args, data):
    done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *args], input=data, capture_output=True)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    return done.stdout


def planes_of(stream, idc, depth, size, is_rgb=False):
    """The planes that ffmpeg decodes."""
    name = FFMPEG[idc] + ("%dle" % depth if depth > 8 else "")
    raw = run(["-f", "hevc", "-i", "-", "-f", "rawvideo", "-pix_fmt", name, "-"], stream)
    samples = np.frombuffer(raw, np.uint16 if depth > 8 else np.uint8)
    width, height = size
    shapes = [(height, width)]
    if idc:
        across, down = SHIFTS[idc]
        shapes += [(height >> down, width >> across)] * 2
    planes = []
    for shape in shapes:
        count = shape[0] * shape[1]
        planes.append(samples[:count].reshape(shape))
        samples = samples[count:]
    assert samples.size == 0, "ffmpeg gave more than one picture"
    return planes


def x265(planes, name, size, parameters):
    """The bare stream of ffmpeg's x265."""
    raw = b"".join(np.ascontiguousarray(plane).tobytes() for plane in planes)
    options = ["-f", "rawvideo", "-pix_fmt", name, "-s", "%dx%d" % size, "-i", "-", "-c:v", "libx265"]
    return run([*options, "-x265-params", "log-level=none:info=0:" + parameters, "-f", "hevc", "-"], raw)


def rgb_of(planes, idc, depth, space):
    """Red, green and blue of planes in the full range; shared chroma is repeated."""
    if space == "rgb":
        return np.stack([planes[2], planes[0], planes[1]], axis=-1)
    full, middle = 2**depth - 1, 2 ** (depth - 1)
    across, down = SHIFTS[idc]
    height, width = planes[0].shape
    luma = planes[0].astype(float)
    u, v = (plane.repeat(1 << down, 0).repeat(1 << across, 1)[:height, :width] - float(middle) for plane in planes[1:])
    if space == "ycgco":
        rgb = [luma - u + v, luma + u, luma - u - v]
    else:
        red, blue = WEIGHTS[space]
        r, b = luma + 2 * (1 - red) * v, luma + 2 * (1 - blue) * u
        rgb = [r, (luma - red * r - blue * b) / (1 - red - blue), b]
    rgb = np.stack(rgb, axis=-1)
    return np.floor(np.clip(rgb, 0, full) + 0.5).astype(planes[0].dtype)


def scene(size, channels=3, depth=8):
    width, height = size
    clip = (color_clip if channels == 3 else gray_clip)(1, max(height, 8), max(width, 8))[0][:height, :width]
    if depth == 8:
        return clip
    return (clip.astype(np.uint16) * ((1 << depth) - 1) // 255).astype(np.uint16)


def planes_from(array, space, idc):
    """The planes of an array: gray, or colours without opacity."""
    if array.ndim == 2:
        return [array]
    depth = 8 if array.dtype == np.uint8 else 12
    r, g, b = (array[..., channel] for channel in range(3))
    if space == "rgb":
        return [g, b, r]
    red, blue = WEIGHTS[space]
    across, down = SHIFTS[idc]
    height, width = r.shape
    shared = [
        plane.reshape(height >> down, 1 << down, width >> across, 1 << across).mean(axis=(1, 3)) for plane in (r, g, b)
    ]

    def luma(r, g, b):
        return red * r + (1.0 - red - blue) * g + blue * b

    middle = 2 ** (depth - 1)
    u = (shared[2] - luma(*shared)) / (2 * (1 - blue)) + middle
    v = (shared[0] - luma(*shared)) / (2 * (1 - red)) + middle
    full = 2**depth - 1
    return [np.floor(np.clip(plane, 0, full) + 0.5).astype(array.dtype) for plane in (luma(r, g, b), u, v)]


class Bpg(Checks):
    """One image at a time."""

    def write(self, name, array, depth, *options):
        """The file that pimage makes of an array."""
        source, output = self.path(name + ".pam"), self.path(name + ".bpg")
        channels = 1 if array.ndim == 2 else array.shape[2]
        kind = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}[channels]
        height, width = array.shape[:2]
        head = "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n"
        with open(source, "wb") as file:
            file.write((head % (width, height, channels, 2**depth - 1, kind)).encode())
            file.write(array.astype(">u2" if depth > 8 else "u1").tobytes())
        self.pimage("codec", "encode", source, "-o", output, "--codec", "bpg", "--overwrite", *options)
        with open(output, "rb") as file:
            return file.read()

    def pixels(self, name, data):
        """What pimage reads of a file."""
        path = self.path(name + ".bpg")
        with open(path, "wb") as file:
            file.write(data)
        return self.read(path)[0]

    def folder(self):
        """A recording as a folder of images, there and back."""
        clip = gray_clip(3)
        source, folder = self.path("clip.npy"), self.path("folder")
        np.save(source, clip)
        os.makedirs(folder)
        pattern = os.path.join(folder, "%04d.bpg")
        self.pimage("convert", source, pattern, "--lossless", "--quiet", "--overwrite")
        assert_equal(self.read(folder), clip, "what comes back")
        self.pimage("convert", source, pattern, "--quality", "20", "--quiet", "--overwrite")
        assert_similar(self.read(folder), clip, 35, "what comes back of a quality")

    def lossless(self, channels, depth, size):
        array = noise(size, channels, depth)
        name = "lossless-%d-%d-%dx%d" % (channels, depth, *size)
        data = self.write(name, array, depth, "--lossless")
        file = parse(data)
        assert (file["size"], file["depth"]) == (size, depth)
        width, height = size
        found = planes_of(file["streams"][0], file["idc"], depth, file["padded"])
        found = [plane[:height, :width] for plane in found]
        found = rgb_of(found, 3, depth, "rgb") if file["idc"] else found[0]
        colors = array if channels in (1, 3) else array[..., :-1]
        assert_equal(found[None], colors.reshape(found.shape)[None], "what ffmpeg decodes")
        if channels in (2, 4):
            opacity = planes_of(file["streams"][1], 0, depth, file["padded"])[0][:height, :width]
            assert_equal(opacity[None], array[None, ..., -1], "the opacity that ffmpeg decodes")
        assert_equal(self.pixels(name, data), array, "what pimage reads")

    def lossy(self, space, chroma, depth, size):
        array = scene(size, 3, depth)
        name = "lossy-%s-%s-%d-%dx%d" % (space, chroma.replace(":", ""), depth, *size)
        options = ["--option", "colors=" + space, "--option", "subsampling=" + chroma, "--quality", "12"]
        data = self.write(name, array, depth, *options)
        file = parse(data)
        assert (file["idc"], file["space"]) == (FORMATS[chroma], SPACES[space])
        planes = planes_of(file["streams"][0], file["idc"], depth, file["padded"])
        width, height = size
        expected = rgb_of(planes, file["idc"], depth, space)[:height, :width]
        found = self.pixels(name, data)
        assert_close(found, expected, ROUNDING, "what pimage reads")

    def made(self, idc, depth, space, limited):
        """A file that is made of ffmpeg's stream."""
        size = (64, 48)
        planes = planes_from(scene(size, 3 if idc else 1, depth), space, idc)
        name = FFMPEG[idc] + ("%dle" % depth if depth > 8 else "")
        stream = x265(planes, name, size, "qp=14")
        flags = SPACES[space] << 4 | (2 if limited else 0)
        data = file_of([stream], idc, depth, size, flags)
        planes = planes_of(stream, idc, depth, size)
        if limited:
            unit = 1 << depth - 8
            full, dtype = 2**depth - 1, planes[0].dtype
            scales = [219, 224, 224] if space in WEIGHTS and idc else [219] * 3
            offsets = [16, 128, 128] if space in WEIGHTS and idc else [16] * 3
            middle = [0, 2 ** (depth - 1), 2 ** (depth - 1)] if space in WEIGHTS and idc else [0] * 3
            planes = [
                (plane.astype(float) - offset * unit) * full / (scale * unit) + center
                for plane, offset, scale, center in zip(planes, offsets, scales, middle)
            ]
            expected = rgb_of(planes, idc, depth, space) if idc else planes[0]
            expected = np.floor(np.clip(expected, 0, full) + 0.5).astype(dtype)
        else:
            expected = rgb_of(planes, idc, depth, space) if idc else planes[0]
        found = self.pixels("made-%d-%d-%s-%s" % (idc, depth, space, limited), data)
        assert_close(found, expected, ROUNDING if idc else 0, "what pimage reads")

    def opacity(self, kind):
        """A file of two of ffmpeg's streams: straight or premultiplied opacity, or CMYK's white."""
        size = (40, 24)
        colors, other = noise(size, 3, 8, seed=5), noise(size, 1, 8, seed=6)
        other[:2, :4] = [[0, 255, 1, 128]] * 2
        streams = [x265(planes_from(colors, "rgb", 3), "gbrp", size, "lossless=1"), x265([other], "gray", size, "lossless=1")]
        data = bytearray(file_of(streams, 3, 8, size, SPACES["rgb"] << 4))
        if kind == "white":
            data[4] &= 0xEF
        if kind != "straight":
            data[5] |= 4
        found = self.pixels("opacity-" + kind, bytes(data))
        value, divisor = colors.astype(int), other.astype(int)[..., None]
        if kind == "white":
            assert_equal(found, ((value * divisor + 127) // 255).astype(np.uint8), "colours with white")
            return
        if kind == "premultiplied":
            value = np.where(divisor > 0, np.minimum((value * 255 + divisor // 2) // np.maximum(divisor, 1), 255), 255)
        expected = np.concatenate([value, divisor], axis=2).astype(np.uint8)
        assert_equal(found, expected, "colours with opacity")

    def animation(self, idc):
        """Of an animation, with chroma sampled on the left, the first picture is read, and metadata are passed over."""
        size = (48, 32)
        pictures = [planes_from(array, "ycbcr", idc) for array in (scene(size), noise(size, 3, 8))]
        streams = [x265(planes, FFMPEG[idc], size, "qp=14") for planes in pictures]
        control = bytes([5, 3, 0, 1, 25])
        data = bytearray(file_of([b"".join(streams)], idc, 8, size, 8 | 1, b"\1\2ab" + control))
        data[4] += 3 << 5
        expected = rgb_of(planes_of(streams[0], idc, 8, size), idc, 8, "ycbcr")
        assert_close(self.pixels("animation-%d" % idc, bytes(data)), expected, ROUNDING, "what pimage reads")

    def nine_bits(self, idc):
        """Depths that no encoder has: a stream of 8 bits is also one of 9, of another picture."""
        size = (64, 48)
        array = scene(size, 3 if idc else 1)
        data = bytearray(file_of([x265(planes_from(array, "ycbcr", idc), FFMPEG[idc], size, "qp=14")], idc, 8, size))
        data[4] += 1
        planes = planes_of(parse(bytes(data))["streams"][0], idc, 9, size)
        expected = rgb_of(planes, idc, 9, "ycbcr") if idc else planes[0]
        assert_close(self.pixels("nine-%d" % idc, bytes(data)), expected, ROUNDING, "what pimage reads")

    def size(self, space, chroma, quality):
        """A file is no larger than x265's own stream of the same planes."""
        idc, shape = FORMATS[chroma], (512, 384)
        array = np.clip(scene(shape, 3 if idc else 1) + noise(shape, 3 if idc else 1, 3), 0, 255).astype(np.uint8)
        name = "gbrp" if space == "rgb" else FFMPEG[idc]
        stream = x265(planes_from(array, space, idc), name, shape, "qp=%d" % quality)
        options = ["--quality", quality]
        if idc:
            options += ["--option", "colors=" + space, "--option", "subsampling=" + chroma]
        data = self.write("size-%s-%d-%d" % (space, idc, quality), array, 8, *options)
        ratio = len(data) / len(stream)
        print("          %d bytes, %.3f of x265's" % (len(data), ratio))
        assert ratio <= SURPLUS, "%d bytes, x265's stream has %d" % (len(data), len(stream))


def noise(size, channels, depth, seed=4):
    rng = np.random.default_rng(seed)
    shape = size[::-1] if channels == 1 else (*size[::-1], channels)
    return rng.integers(0, 2**depth - 1, shape, dtype=np.uint16 if depth > 8 else np.uint8, endpoint=True)


def main():
    bpg = Bpg(__doc__)
    for size in [(53, 37), (1, 1), (9, 16), (8, 70), (24, 17)]:
        for channels in (1, 2, 3, 4):
            bpg.run("lossless, %d channels, %dx%d" % (channels, *size), bpg.lossless, channels, 8, size)
    for depth in (10, 12):
        for channels in (1, 2, 3, 4):
            bpg.run("lossless, %d channels of %d bits" % (channels, depth), bpg.lossless, channels, depth, (33, 19))
    for space in SPACES:
        for chroma in ["4:4:4"] if space == "rgb" else ["4:2:0", "4:2:2", "4:4:4"]:
            for depth in (8, 10, 12):
                bpg.run("%s %s, %d bits" % (space, chroma, depth), bpg.lossy, space, chroma, depth, (61, 43))
            bpg.run("%s %s of one pixel" % (space, chroma), bpg.lossy, space, chroma, 8, (1, 1))
    for limited in (False, True):
        words = "limited" if limited else "full"
        for depth in (8, 12):
            bpg.run("gray of ffmpeg's, %d bits, %s range" % (depth, words), bpg.made, 0, depth, "ycbcr", limited)
            bpg.run("RGB of ffmpeg's, %d bits, %s range" % (depth, words), bpg.made, 3, depth, "rgb", limited)
            for space in WEIGHTS:
                for idc in (1, 2, 3):
                    name = "%s %d of ffmpeg's, %d bits, %s range" % (space, idc, depth, words)
                    bpg.run(name, bpg.made, idc, depth, space, limited)
    for kind in ("straight", "premultiplied", "white"):
        bpg.run("%s opacity of ffmpeg's" % kind, bpg.opacity, kind)
    for idc in (0, 1, 3):
        bpg.run("9 bits, %d" % idc, bpg.nine_bits, idc)
    for idc in (1, 2):
        bpg.run("the first picture of an animation, %d" % idc, bpg.animation, idc)
    bpg.run("a folder", bpg.folder)
    for quality in (18, 29, 40):
        for space, chroma in [("ycbcr", "gray"), ("ycbcr", "4:2:0"), ("bt709", "4:4:4"), ("rgb", "4:4:4")]:
            bpg.run("size of %s %s at qp %d" % (space, chroma, quality), bpg.size, space, chroma, quality)
    bpg.end()


if __name__ == "__main__":
    main()
