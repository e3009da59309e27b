"""pimage reads, bit by bit, the TIFF files that tifffile, Pillow and microscopes write."""

import itertools
import json
import os
import struct

import numpy as np
import tifffile
from PIL import Image

from _checks import Checks, assert_close, assert_equal

INTEGERS = ["uint8", "uint16", "uint32", "int8", "int16", "int32"]
FLOATS = ["float16", "float32", "float64"]
# What a frame holds them as.
WIDENED = {"int8": "int16", "float16": "float32", "bool": "uint8"}
PACKED = [None, "lzw", "zlib", "deflate", "packbits", "zstd"]


def samples(kind, shape):
    """Smooth numbers of any type that all differ between frames, with both ends of the range."""
    rng = np.random.default_rng(7)
    if kind == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if kind.startswith("float"):
        clip = np.cumsum(rng.standard_normal(shape), axis=-1).astype(kind)
        clip.reshape(-1)[:4] = [np.finfo(kind).max, np.finfo(kind).min, 0.0, -0.0]
        return clip
    limits = np.iinfo(kind)
    clip = rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)
    smooth = np.cumsum(rng.integers(0, 4, shape), axis=-1).astype(kind)
    clip[1:] = smooth[1:]
    clip.reshape(-1)[:2] = [limits.min, limits.max]
    return clip


def widened(array):
    return array.astype(WIDENED.get(array.dtype.name, array.dtype.name))


class Reading(Checks):
    """Writes files with others and compares what pimage reads."""

    def compare(self, path, expected, what):
        """The frames, one after another whatever their axes."""
        found = self.read(path)
        fits = found.size == expected.size and found.shape[-2:] == expected.shape[-2:]
        assert_equal(found.reshape(expected.shape) if fits else found, expected, what)

    def info(self, path):
        return json.loads(self.pimage("info", path, "--json"))

    def written(self, name, array, expected=None, **options):
        path = self.path(name + ".tif")
        tifffile.imwrite(path, array, **options)
        self.compare(path, widened(array) if expected is None else expected, name)

    def one_kind(self, kind):
        """Every compression, predictor, layout and byte order of one type."""
        number = 0
        layouts = [{}, {"rowsperstrip": 7}, {"tile": (16, 32)}]
        for packed, layout, order, big in itertools.product(PACKED, layouts, "<>", [False, True]):
            predictors = [False]
            if packed in ("lzw", "zlib", "zstd") and kind != "bool":
                predictors += [2] if kind in INTEGERS else [3]
            if kind == "bool" and packed is not None:
                continue
            for predictor in predictors:
                options = dict(layout, compression=packed, byteorder=order, bigtiff=big, photometric="minisblack")
                if predictor:
                    options["predictor"] = predictor
                number += 1
                self.written("%s-%d" % (kind, number), samples(kind, (3, 37, 45)), metadata=None, **options)

    def colors(self, kind):
        number = 0
        for planar, channels, packed, layout, order in itertools.product(
            ["contig", "separate"], [3, 4], [None, "zlib", "lzw"], [{}, {"rowsperstrip": 7}, {"tile": (16, 32)}], "<>"
        ):
            array = samples(kind, (3, 37, 45, channels))
            stored = array if planar == "contig" else np.ascontiguousarray(np.moveaxis(array, -1, 1))
            predictor = bool(packed) and (2 if kind in INTEGERS else 3)
            number += 1
            path = self.path("color-%s-%d.tif" % (kind, number))
            options = dict(layout, extrasamples=["unassalpha"]) if channels == 4 else dict(layout)
            tifffile.imwrite(
                path, stored, photometric="rgb", planarconfig=planar, compression=packed, byteorder=order,
                predictor=predictor or None, metadata=None, **options
            )
            self.compare(path, widened(array), "%s %d %s %s %s" % (planar, channels, packed, layout, order))

    def several_samples(self):
        """Samples that are no colours become frames."""
        for planar, packed, layout in itertools.product(
            ["contig", "separate"], [None, "zlib"], [{}, {"rowsperstrip": 7}, {"tile": (16, 32)}]
        ):
            array = samples("uint16", (2, 37, 45, 6))
            planes = np.ascontiguousarray(np.moveaxis(array, -1, 1))
            stored = array if planar == "contig" else planes
            path = self.path("planes.tif")
            tifffile.imwrite(
                path, stored, photometric="minisblack", planarconfig=planar, compression=packed, metadata=None, **layout
            )
            self.compare(path, planes.reshape(-1, 37, 45), "%s %s %s" % (planar, packed, layout))
            assert "c 6" in str(self.info(path)) or "'length': 6" in str(self.info(path)), self.info(path)

    def gray_alpha(self):
        array = samples("uint8", (2, 37, 45, 2))
        path = self.path("la.tif")
        tifffile.imwrite(path, array, photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"], metadata=None)
        self.compare(path, array, "gray with opacity")

    def odd_depths(self):
        """Packed samples of any number of bits."""
        for bits in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 20, 31]:
            kind = "uint8" if bits < 9 else "uint16" if bits < 16 else "uint32"
            rng = np.random.default_rng(bits)
            array = rng.integers(0, 2**bits, (2, 37, 45), dtype=kind)
            path = self.path("bits%d.tif" % bits)
            write_packed(path, array, bits)
            self.compare(path, array, "%d bits" % bits)
            write_packed(path, array, bits, white=True)
            self.compare(path, (2**bits - 1 - array.astype(np.int64)).astype(kind), "%d bits, 0 is white" % bits)
            write_packed(path, array, bits, reverse=True)
            self.compare(path, array, "%d bits, lowest first" % bits)

    def small_floats(self):
        """24-bit floats, against tifffile's own reader."""
        values = samples("float32", (2, 20, 31)) % 1000
        path = self.path("float24.tif")
        import imagecodecs

        data = [imagecodecs.float24_encode(frame, byteorder="<") for frame in values]
        write_raw(path, (31, 20), data, bits=24, kind=3)
        self.compare(path, tifffile.imread(path), "floats of 24 bits")

    def white(self):
        for kind in ["uint8", "uint16", "uint32"]:
            array = samples(kind, (2, 37, 45))
            inverted = (np.iinfo(kind).max - array.astype(np.int64)).astype(kind)
            self.written("white-" + kind, array, inverted, photometric="miniswhite", metadata=None)

    def palettes(self):
        rng = np.random.default_rng(3)
        index = rng.integers(0, 256, (2, 37, 45), dtype=np.uint8)
        small = rng.integers(0, 256, (3, 256)).astype(np.uint16)
        wide = rng.integers(0, 65536, (3, 256)).astype(np.uint16)
        for colors, kind in [(small * 257, "uint8"), (wide, "uint16")]:
            scaled = (colors // 257 if kind == "uint8" else colors).astype(kind)
            expected = np.moveaxis(scaled[:, index], 0, -1)
            self.written("palette-" + kind, index, expected, photometric="palette", colormap=colors, metadata=None)

    def jpegs(self):
        """Against the same streams, decoded by libjpeg-turbo; another decoder may round otherwise."""
        y, x = np.mgrid[:64, :96]
        gray = ((np.sin(x / 9) + np.cos(y / 7) + 2) * 63).astype(np.uint8)
        color = np.stack([gray, gray[::-1], np.roll(gray, 9, 1)], axis=-1)
        for name, array, options in [
            ("gray", gray, {"photometric": "minisblack"}),
            ("gray tiles", gray, {"photometric": "minisblack", "tile": (32, 32)}),
            ("gray strips", gray, {"photometric": "minisblack", "rowsperstrip": 16}),
            ("ycbcr", color, {"photometric": "ycbcr"}),
            ("ycbcr 4:4:4", color, {"photometric": "ycbcr", "subsampling": (1, 1), "tile": (32, 32)}),
            ("rgb", color, {"photometric": "rgb"}),
        ]:
            path = self.path("jpeg-%s.tif" % name.replace(":", "").replace(" ", "-"))
            tifffile.imwrite(path, np.stack([array, array[:, ::-1]]), compression="jpeg", compressionargs={"level": 95}, metadata=None, **options)
            # Chroma (and green and blue, where tifffile has them stored with fewer samples) is interpolated by each in its own way.
            levels = 2 if "gray" in name else 12
            assert_close(self.read(path), tifffile.imread(path, key=slice(None)), levels, name)

    def pillow(self):
        gray = samples("uint8", (1, 37, 45))[0]
        color = samples("uint8", (1, 37, 45, 3))[0]
        for name, image, expected in [
            ("L", Image.fromarray(gray), gray),
            ("1", Image.fromarray(gray > 128), (gray > 128).astype(np.uint8)),
            ("RGB", Image.fromarray(color), color),
            ("I;16", Image.fromarray(samples("uint16", (1, 37, 45))[0]), samples("uint16", (1, 37, 45))[0]),
            ("F", Image.fromarray(samples("float32", (1, 37, 45))[0]), samples("float32", (1, 37, 45))[0]),
        ]:
            packings = ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"]
            for packed in packings:
                path = self.path("pillow-%s-%s.tif" % (name.replace(";", ""), packed))
                image.save(path, compression=packed, save_all=True, append_images=[image])
                self.compare(path, np.stack([expected, expected]), "%s %s" % (name, packed))
        indexed = Image.fromarray(color).quantize(17)
        path = self.path("pillow-P.tif")
        indexed.save(path)
        self.compare(path, np.asarray(indexed.convert("RGB"))[None], "palette")
        ycbcr = Image.fromarray(color).convert("YCbCr")
        path = self.path("pillow-ycbcr.tif")
        ycbcr.save(path)
        expected = np.asarray(ycbcr.convert("RGB"))[None]
        assert_close(self.read(path), expected, 2, "luma and chroma, not packed")

    def expect_axes(self, path, expected, rate=None, **metadata):
        info = self.info(path)
        axes = [(axis["name"], axis["length"]) for axis in info["axes"]]
        assert axes == expected, "axes are %s, expected %s" % (info["axes"], expected)
        if rate:
            assert abs(eval_rate(info["fps"]) - rate) < 1e-9, info["fps"]
        for name, value in metadata.items():
            found = info["metadata"].get(name)
            same = abs(float(found) - value) < 1e-6 * value if isinstance(value, float) else found == value
            assert same, "%s is %r, expected %r" % (name, found, value)
        return info

    def imagej(self):
        array = samples("uint16", (4, 3, 2, 37, 45))
        path = self.path("imagej.tif")
        tifffile.imwrite(
            path, array, imagej=True, resolution=(4.0, 2.0),
            metadata={"axes": "TZCYX", "unit": "um", "finterval": 0.5, "spacing": 1.5},
        )
        self.compare(path, array.reshape(-1, 37, 45), "hyperstack")
        self.expect_axes(
            path, [("t", 4), ("z", 3), ("c", 2)], 2.0, pixel_size_x=0.25, pixel_size_y=0.5, pixel_size_unit="µm", dialect="ImageJ"
        )
        color = samples("uint8", (5, 37, 45, 3))
        tifffile.imwrite(path, color, imagej=True, metadata={"axes": "TYXS"})
        self.compare(path, color, "hyperstack in colour")
        self.expect_axes(path, [("t", 5)])

    def imagej_long(self):
        """One directory, pixels of all planes behind the first strip, offsets beyond 4 GiB; a hole in a sparse file."""
        path = self.path("long.tif")
        width, height, count = 4096, 4096, 140
        frame_bytes = width * height * 2
        text = "ImageJ=1.53t\nimages=%d\nframes=%d\nfinterval=0.1\nhyperstack=true\n" % (count, count)
        with open(path, "wb") as file:
            file.write(one_page((width, height), 16, 1024, frame_bytes, text, big_endian=True))
            for index in (0, 1, count - 1):
                file.seek(1024 + index * frame_bytes)
                file.write(np.full((height, width), index + 7, ">u2").tobytes())
        picked = self.path("picked.npy")
        self.pimage("extract", path, 0, 1, 70, count - 1, "-o", picked)
        found = np.load(picked)
        for frame, value in zip(found, [7, 8, 0, count + 6]):
            assert (frame == value).all(), (frame.min(), frame.max(), value)
        assert self.expect_axes(path, [("t", count)], 10.0)["frames"] == count
        os.remove(path)

    def ome(self):
        array = samples("uint16", (4, 3, 2, 37, 45))
        path = self.path("a.ome.tif")
        for axes in ["TZCYX", "TCZYX", "CTZYX"]:
            meta = {
                "axes": axes, "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "µm",
                "TimeIncrement": 20.0, "TimeIncrementUnit": "ms",
            }
            names = ["a%d" % i for i in range(array.shape[axes.index("C")])]
            tifffile.imwrite(path, array, metadata=dict(meta, Channel={"Name": names}), tile=(16, 16), compression="zlib")
            self.compare(path, array.reshape(-1, 37, 45), axes)
            expected = list(zip(axes[:3].lower(), array.shape))
            info = self.expect_axes(path, expected, 50.0, pixel_size_x=0.25, pixel_size_unit="µm", dialect="OME")
            labels = [axis.get("labels") for axis in info["axes"] if axis["name"] == "c"]
            assert labels == [names], labels
        color = samples("uint8", (4, 37, 45, 3))
        tifffile.imwrite(path, color, metadata={"axes": "TYXS"}, photometric="rgb")
        self.compare(path, color, "colour")
        with tifffile.TiffWriter(path) as writer:
            writer.write(array[0], metadata={"axes": "ZCYX"})
            writer.write(color, metadata={"axes": "TYXS"}, photometric="rgb")
        self.compare(path, array[0].reshape(-1, 37, 45), "the first image")
        self.pimage("convert", path + ":1", self.path("second.npy"), "--quiet", "--overwrite")
        assert_equal(np.load(self.path("second.npy")), color, "the second image")

    def ome_pyramid(self):
        array = samples("uint8", (3, 64, 96))
        path = self.path("pyramid.ome.tif")
        with tifffile.TiffWriter(path) as writer:
            writer.write(array, subifds=1, metadata={"axes": "TYX"}, tile=(32, 32))
            writer.write(array[:, ::2, ::2], subfiletype=1, tile=(32, 32))
        self.compare(path, array, "the full resolution")

    def ome_files(self):
        """Planes in several files, one of them taken away."""
        array = samples("uint16", (6, 37, 45))
        names = ["part%d.ome.tif" % i for i in range(3)]
        data = "".join(
            '<TiffData IFD="%d" FirstT="%d" PlaneCount="1"><UUID FileName="%s">urn:uuid:%d</UUID></TiffData>'
            % (t % 2, t, names[t // 2], t // 2)
            for t in range(6)
        )
        planes = "".join('<Plane TheC="0" TheZ="0" TheT="%d" DeltaT="%.1f"/>' % (t, 0.1 * t * t) for t in range(6))
        for i, name in enumerate(names):
            text = (
                '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:%d">'
                '<Image ID="Image:0"><Pixels ID="P:0" DimensionOrder="XYCZT" Type="uint16" SizeX="45" SizeY="37" SizeC="1" SizeZ="1" SizeT="6">'
                '<Channel ID="C:0" SamplesPerPixel="1"/>%s%s</Pixels></Image></OME>' % (i, data, planes)
            )
            with tifffile.TiffWriter(self.path(name), ome=False) as writer:
                for page in (0, 1):
                    writer.write(array[2 * i + page], description=text if page == 0 else None, metadata=None)
        for name in names:
            self.compare(self.path(name), array, "by " + name)
        lines = self.pimage("hash", self.path(names[0])).splitlines()
        assert any("2.5" in line for line in lines), lines
        os.remove(self.path(names[1]))
        try:
            self.pimage("hash", "--strict", self.path(names[0]))
            raise RuntimeError("a missing file is no error")
        except AssertionError as error:
            assert "part1.ome.tif" in str(error), error

    def shaped(self):
        array = samples("float32", (3, 4, 37, 45))
        path = self.path("shaped.tif")
        tifffile.imwrite(path, array, photometric="minisblack", metadata={"axes": "TZYX", "note": "hello"})
        self.compare(path, array.reshape(-1, 37, 45), "shaped")
        self.expect_axes(path, [("t", 3), ("z", 4)], note="hello")
        tifffile.imwrite(path, array, photometric="minisblack", truncate=True)
        self.compare(path, array.reshape(-1, 37, 45), "one directory")

    def series(self):
        """Pages of other sizes are sequences of their own."""
        large, small = samples("uint16", (3, 37, 45)), samples("uint16", (2, 20, 11))
        path = self.path("mixed.tif")
        with tifffile.TiffWriter(path) as writer:
            for page in [large[0], small[0], large[1], small[1], large[2]]:
                writer.write(page, metadata=None)
        self.compare(path, large, "the first size")
        self.pimage("convert", path + ":1", self.path("other.npy"), "--quiet", "--overwrite")
        assert_equal(np.load(self.path("other.npy")), small, "the other size")

    def metamorph(self):
        array = samples("uint16", (5, 37, 45))
        path = self.path("a.stk")
        for distance, expected in [(3, "z"), (0, "t")]:
            write_stk(path, array, distance)
            self.compare(path, array, "planes")
            self.expect_axes(path, [(expected, 5)], dialect="MetaMorph")

    def zeiss(self):
        """Two channels in planes of a page, thumbnails between the pages."""
        array = samples("uint16", (2, 3, 2, 37, 45))
        path = self.path("a.lsm")
        for packed in [False, True]:
            write_lsm(path, array, packed)
            self.compare(path, array.reshape(-1, 37, 45), "planes, packed: %s" % packed)
            self.expect_axes(
                path, [("t", 2), ("z", 3), ("c", 2)], 4.0, pixel_size_x=0.5, pixel_size_unit="µm", channel_names="Ch1, Ch2", dialect="LSM"
            )

    def refused(self):
        """What no frame holds is refused by name."""
        path = self.path("refused.tif")
        for array, options, reason in [
            (np.zeros((2, 8, 9), np.uint64), {}, "64 bits"),
            (np.zeros((2, 8, 9), np.complex64), {}, "complex"),
            (np.zeros((2, 16, 16), np.uint8), {"compression": "webp"}, "WebP"),
            (np.zeros((2, 16, 16), np.uint8), {"compression": "lzma"}, "LZMA"),
        ]:
            if "compression" in options and options["compression"] == "webp":
                array = np.zeros((2, 16, 16, 3), np.uint8)
            tifffile.imwrite(path, array, metadata=None, **options)
            try:
                self.pimage("info", path)
                raise RuntimeError("%s is no error" % reason)
            except AssertionError as error:
                assert reason in str(error), error


def eval_rate(rate):
    if isinstance(rate, str):
        upper, _, lower = rate.partition("/")
        return float(upper) / float(lower or 1)
    return rate


def ifd(entries, at, order, next_at=0):
    """The bytes of a directory at an offset, and of the values behind it; entries are (tag, type, values)."""
    formats = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 12: "d"}
    head, tail = b"", b""
    tail_at = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in sorted(entries, key=lambda entry: entry[0]):
        if kind == 2:
            data = values.encode() + b"\0"
            count = len(data)
        elif isinstance(values, bytes):
            data, count = values, len(values)
        else:
            count = len(values)
            data = b"".join(struct.pack(order + formats[kind], *(v if isinstance(v, tuple) else (v,))) for v in values)
        if len(data) <= 4:
            field = data.ljust(4, b"\0")
        else:
            field = struct.pack(order + "I", tail_at + len(tail))
            tail += data + b"\0" * (len(data) % 2)
        head += struct.pack(order + "HHI", tag, kind, count) + field
    return struct.pack(order + "H", len(entries)) + head + struct.pack(order + "I", next_at) + tail


def one_page(size, bits, data_at, data_bytes, text, big_endian=False, more=()):
    order = ">" if big_endian else "<"
    entries = [
        (256, 4, [size[0]]), (257, 4, [size[1]]), (258, 3, [bits]), (259, 3, [1]), (262, 3, [1]), (273, 4, [data_at]),
        (277, 3, [1]), (278, 4, [size[1]]), (279, 4, [data_bytes]),
    ] + list(more)
    if text:
        entries.append((270, 2, text))
    magic = b"MM\0*" if big_endian else b"II*\0"
    return magic + struct.pack(order + "I", 8) + ifd(entries, 8, order)


def write_raw(path, size, data, bits, kind=1, photometric=1, fill=1):
    """A file of pages that are not packed."""
    with open(path, "wb") as file:
        at = 8
        blobs = []
        for index, pixels in enumerate(data):
            entries = [
                (256, 4, [size[0]]), (257, 4, [size[1]]), (258, 3, [bits]), (259, 3, [1]), (262, 3, [photometric]), (266, 3, [fill]),
                (273, 4, [at]), (277, 3, [1]), (278, 4, [size[1]]), (279, 4, [len(pixels)]), (339, 3, [kind]),
            ]
            ifd_at = at + len(pixels) + len(pixels) % 2
            length = len(ifd(entries, ifd_at, "<"))
            last = index + 1 == len(data)
            after = ifd_at + length
            following = data[index + 1] if not last else b""
            next_at = 0 if last else after + len(following) + len(following) % 2
            blobs.append((pixels + b"\0" * (len(pixels) % 2), ifd(entries, ifd_at, "<", next_at), ifd_at))
            at = after
        file.write(b"II*\0" + struct.pack("<I", blobs[0][2]))
        for pixels, directory, _ in blobs:
            file.write(pixels + directory)


def write_packed(path, array, bits, white=False, reverse=False):
    """Samples without gaps, rows filled up to whole bytes."""
    frames = []
    for frame in array:
        shifts = np.arange(bits - 1, -1, -1, dtype=np.uint64)
        stream = (frame[..., None].astype(np.uint64) >> shifts & 1).astype(np.uint8)
        data = np.packbits(stream.reshape(frame.shape[0], -1), axis=1)
        if reverse:
            data = np.packbits(np.unpackbits(data, axis=1, bitorder="little"), axis=1)
        frames.append(data.tobytes())
    write_raw(path, array.shape[:0:-1], frames, bits, photometric=0 if white else 1, fill=2 if reverse else 1)


def write_stk(path, array, distance):
    """MetaMorph: planes behind one another, a table of distances and times of all of them."""
    count, height, width = array.shape
    rows = [(distance, 1, 2451545, 1000 * i, 2451545, 0) for i in range(count)]
    table = b"".join(struct.pack("<6I", *row) for row in rows)
    data = array.astype("<u2").tobytes()
    table_at = 8 + len(data)
    waves_at = table_at + len(table)
    waves = struct.pack("<2I", 525, 1) * count
    entries_at = waves_at + len(waves)
    frame_bytes = height * width * 2
    entries = [
        (256, 4, [width]), (257, 4, [height]), (258, 3, [16]), (259, 3, [1]), (262, 3, [1]), (273, 4, [8]), (277, 3, [1]),
        (278, 4, [height]), (279, 4, [frame_bytes]),
    ]
    directory = bytearray(ifd(entries + [(33629, 5, [(0, 0)] * 2), (33630, 5, [(0, 0)] * 2)], entries_at, "<"))
    # The count is that of the planes, the offset that of their tables.
    for place, at in ((9, table_at), (10, waves_at)):
        struct.pack_into("<II", directory, 2 + 12 * place + 4, count, at)
    with open(path, "wb") as file:
        file.write(b"II*\0" + struct.pack("<I", entries_at) + data + table + waves + directory)


def write_lsm(path, array, packed):
    """Zeiss: a page for each depth and time with channels in planes, each followed by a thumbnail."""
    import imagecodecs

    times, depths, channels, height, width = array.shape
    info_bytes, names_at = 256, 8 + 256
    names = b"".join(struct.pack("<I", len(n) + 1) + n.encode() + b"\0" for n in ("Ch1", "Ch2"))
    colors = struct.pack("<6I", 24 + 8 + len(names), 2, 2, 24, 32, 0) + b"\0" * 8 + names
    stamps_at = names_at + len(colors)
    stamps = struct.pack("<2I", 8 + 8 * times, times) + struct.pack("<%dd" % times, *[0.25 * t for t in range(times)])
    info = bytearray(info_bytes)
    struct.pack_into("<I", info, 0, 0x0400494C)
    struct.pack_into("<7i", info, 4, info_bytes, width, height, depths, channels, times, 2)
    struct.pack_into("<3d", info, 40, 0.5e-6, 0.5e-6, 2e-6)
    struct.pack_into("<I", info, 108, names_at)
    struct.pack_into("<d", info, 112, 0.25)
    struct.pack_into("<I", info, 132, stamps_at)
    body = bytearray(bytes(info) + colors + stamps)
    pages = [(array[t, z], False) for t in range(times) for z in range(depths)]
    pages = [page for full, _ in pages for page in ((full, False), (np.zeros((3, 8, 8), np.uint8), True))]
    links = []
    for planes, small in pages:
        offsets, counts = [], []
        for plane in planes:
            if len(body) % 2:
                body += b"\0"
            offsets.append(8 + len(body))
            data = plane.tobytes()
            # Its writer says the lengths before packing.
            counts.append(len(data))
            if packed and not small:
                steps = np.diff(plane, axis=1, prepend=plane.dtype.type(0)).astype(plane.dtype)
                data = imagecodecs.lzw_encode(steps.tobytes())
            body += data
        if len(body) % 2:
            body += b"\0"
        at = 8 + len(body)
        rows, columns = planes.shape[1:]
        entries = [
            (254, 4, [1 if small else 0]), (256, 4, [columns]), (257, 4, [rows]), (258, 3, [8 * planes.itemsize] * len(planes)),
            (259, 3, [5 if packed and not small else 1]), (262, 3, [2]), (273, 4, offsets), (277, 3, [len(planes)]), (279, 4, counts),
            (284, 3, [2]), (317, 3, [2 if packed and not small else 1]),
        ]
        if not small and not links:
            entries.append((34412, 1, bytes(info)))
        directory = bytearray(ifd(entries, at, "<"))
        links.append((at, at + 2 + 12 * len(entries)))
        body += directory
    data = bytearray(b"II*\0" + struct.pack("<I", links[0][0]) + bytes(body))
    for (_, link), (following, _) in zip(links, links[1:]):
        struct.pack_into("<I", data, link, following)
    with open(path, "wb") as file:
        file.write(data)


def main():
    reading = Reading(__doc__)
    for kind in INTEGERS + FLOATS + ["bool"]:
        reading.run(kind, reading.one_kind, kind)
    for kind in ["uint8", "uint16", "float32"]:
        reading.run("colour, " + kind, reading.colors, kind)
    reading.run("samples that are no colours", reading.several_samples)
    reading.run("gray with opacity", reading.gray_alpha)
    reading.run("packed samples", reading.odd_depths)
    reading.run("floats of 24 bits", reading.small_floats)
    reading.run("0 is white", reading.white)
    reading.run("palettes", reading.palettes)
    reading.run("JPEG", reading.jpegs)
    reading.run("Pillow", reading.pillow)
    reading.run("ImageJ", reading.imagej)
    reading.run("ImageJ beyond 4 GiB", reading.imagej_long)
    reading.run("OME", reading.ome)
    reading.run("OME with a pyramid", reading.ome_pyramid)
    reading.run("OME in several files", reading.ome_files)
    reading.run("tifffile's shapes", reading.shaped)
    reading.run("pages of several sizes", reading.series)
    reading.run("MetaMorph", reading.metamorph)
    reading.run("Zeiss LSM", reading.zeiss)
    reading.run("what is refused", reading.refused)
    reading.end()


if __name__ == "__main__":
    main()
