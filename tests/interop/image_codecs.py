"""Pillow, OpenCV, imageio, imagecodecs and numpy read the images that pimage writes, and the other way round, in every type and dialect."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from _checks import Checks, assert_close, assert_equal, assert_similar, color_clip, gray_clip

HEIGHT, WIDTH = 37, 53


class Images(Checks):
    """One image at a time, as a file."""

    def pixels(self, path):
        """The one frame of a file, as pimage reads it."""
        return self.read(path)[0]

    def save(self, name, array):
        """The array as a clip of one frame, for pimage to write from."""
        path = self.path(name + ".npy")
        np.save(path, array[None])
        return path

    def write(self, name, array, *options):
        """The file that pimage writes of an array."""
        output = self.path("out-" + name)
        self.pimage("convert", self.save(name, array), output, "--quiet", "--overwrite", *options)
        return output

    def both_ways(self, name, array, encode, decode):
        """Another program's file is read, and reads pimage's, sample by sample."""
        path = self.path(name)
        encode(path, array)
        assert_equal(self.pixels(path), array, "what pimage reads")
        assert_equal(decode(self.write(name, array)), array, "what pimage wrote")

    def reads(self, name, data, expected):
        """A file that is made by hand, or by the other program from something else."""
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(data)
        assert_equal(self.pixels(path), expected, "what pimage reads")

    def refuses(self, name, array, words):
        """What a format cannot hold is refused in words that help."""
        try:
            self.write(name, array)
        except AssertionError as error:
            assert words in str(error), "the message is `%s`" % error
            return
        raise AssertionError("it was written")


def sample(dtype, channels=0, top=None, seed=3):
    """Noise over the whole range, with both ends in it."""
    rng = np.random.default_rng(seed)
    shape = (HEIGHT, WIDTH, channels) if channels else (HEIGHT, WIDTH)
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    top = np.iinfo(dtype).max if top is None else top
    array = rng.integers(0, top, shape, dtype=dtype, endpoint=True)
    array.flat[:2] = [0, top]
    return array


# Other programs


def pillow_save(path, array):
    Image.fromarray(array).save(path)


def pillow_load(path):
    with Image.open(path) as image:
        return np.asarray(image)


def opencv_save(path, array):
    import cv2

    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}
    swapped = array[..., order[array.shape[2]]] if array.ndim == 3 else array
    assert cv2.imwrite(path, np.ascontiguousarray(swapped)), "OpenCV does not write %s" % path


def opencv_load(path):
    import cv2

    found = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    assert found is not None, "OpenCV does not read %s" % path
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}
    return found[..., order[found.shape[2]]] if found.ndim == 3 else found


def imageio_save(path, array):
    import imageio.v3 as iio

    iio.imwrite(path, array)


def imageio_load(path):
    import imageio.v3 as iio

    return iio.imread(path)


# PNG by hand, for what no program here writes


def png(width, height, depth, color, rows, before=(), interlaced=False):
    """The bytes of an image of packed rows; `before` are chunks in front of the pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    stream = b"".join(b"\0" + row for row in rows)
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(stream)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


def packed_rows(array, depth):
    """Rows of samples of less than a byte, or of two, highest first."""
    flat = array.reshape(array.shape[0], -1)
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in flat]
    bits = np.unpackbits(flat[..., None].astype(np.uint8), axis=2)[:, :, 8 - depth :]
    return [np.packbits(row).tobytes() for row in bits.reshape(flat.shape[0], -1)]


def adam7(array, depth):
    """The rows of the seven passes."""
    rows = []
    for y, x, dy, dx in [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]:
        part = array[y::dy, x::dx]
        if part.size:
            rows += packed_rows(part, depth)
    return rows


def png_checks(images):
    colors = {0: 0, 2: 4, 3: 2, 4: 6}
    for channels, name in [(0, "gray"), (2, "gray+alpha"), (3, "rgb"), (4, "rgba")]:
        for dtype, depth in [(np.uint8, 8), (np.uint16, 16)]:
            array = sample(dtype, channels)
            label = "png %s %d bit" % (name, depth)
            if depth == 8 or channels == 0:
                images.run(label + ", Pillow", images.both_ways, "a.png", array, pillow_save, pillow_load)
                images.run(label + ", imageio", images.both_ways, "b.png", array, imageio_save, imageio_load)
            if channels != 2:
                images.run(label + ", OpenCV", images.both_ways, "c.png", array, opencv_save, opencv_load)
            data = png(WIDTH, HEIGHT, depth, colors[channels], packed_rows(array, depth))
            images.run(label + ", by hand", images.reads, "d.png", data, array)
            data = png(WIDTH, HEIGHT, depth, colors[channels], adam7(array, depth), interlaced=True)
            images.run(label + ", interlaced", images.reads, "e.png", data, array)
    for depth in [1, 2, 4]:
        array = sample(np.uint8, top=2**depth - 1)
        data = png(WIDTH, HEIGHT, depth, 0, packed_rows(array, depth))
        images.run("png gray %d bit keeps its values" % depth, images.reads, "f.png", data, array)
        images.run("png gray %d bit comes back" % depth, small_gray_again, images, data, array, depth)
        data = png(WIDTH, HEIGHT, depth, 0, adam7(array, depth), interlaced=True)
        images.run("png gray %d bit, interlaced" % depth, images.reads, "g.png", data, array)
    palette = np.random.default_rng(1).integers(0, 256, (256, 3), dtype=np.uint8)
    for depth in [1, 2, 4, 8]:
        array = sample(np.uint8, top=2**depth - 1)
        colors = palette[: 2**depth]
        plte = (b"PLTE", colors.tobytes())
        data = png(WIDTH, HEIGHT, depth, 3, packed_rows(array, depth), [plte])
        images.run("png palette %d bit" % depth, images.reads, "h.png", data, colors[array])
        grays = np.repeat(colors[:, :1], 3, axis=1)
        data = png(WIDTH, HEIGHT, depth, 3, packed_rows(array, depth), [(b"PLTE", grays.tobytes())])
        images.run("png gray palette %d bit" % depth, images.reads, "i.png", data, grays[array][..., 0])
        opacity = np.arange(2**depth, dtype=np.uint8)
        data = png(WIDTH, HEIGHT, depth, 3, packed_rows(array, depth), [plte, (b"tRNS", opacity.tobytes())])
        expected = np.concatenate([colors, opacity[:, None]], axis=1)[array]
        images.run("png palette %d bit with opacity" % depth, images.reads, "j.png", data, expected)
    for level in ["none", "fast", "1", "6", "9"]:
        images.run("png compression %s" % level, level_is_read, images, level)
    images.run("png depth 12 in 16 is kept", depth_is_kept, images)


def small_gray_again(images, data, array, depth):
    """Pimage's copy has the same depth: Pillow stretches both alike."""
    source, output = images.path("small.png"), images.path("small-copy.png")
    with open(source, "wb") as file:
        file.write(data)
    images.pimage("convert", source, output, "--quiet", "--overwrite")
    assert_equal(opencv_load(output), opencv_load(source), "OpenCV's reading of the copy")
    with open(output, "rb") as file:
        assert file.read()[24] == depth, "the copy has another depth"


def level_is_read(images, level):
    array = sample(np.uint16)
    path = images.write("level.png", array, "--compression", level)
    assert_equal(opencv_load(path), array, "OpenCV's reading")
    assert_equal(images.pixels(path), array, "pimage's reading")


def depth_is_kept(images):
    array = sample(np.uint16, top=4095)
    pgm = images.path("depth.pgm")
    with open(pgm, "wb") as file:
        file.write(b"P5 %d %d 4095\n" % (WIDTH, HEIGHT) + array.astype(">u2").tobytes())
    output = images.path("depth.png")
    images.pimage("convert", pgm, output, "--quiet", "--overwrite")
    assert_equal(opencv_load(output), array, "OpenCV's reading")
    back = images.path("depth-back.pgm")
    images.pimage("convert", output, back, "--quiet", "--overwrite")
    with open(back, "rb") as file:
        header = file.read(32)
    assert b"\n4095\n" in header, "the header is %r" % header


def bmp_checks(images):
    gray, rgb, rgba = sample(np.uint8), sample(np.uint8, 3), sample(np.uint8, 4)
    images.run("bmp gray, Pillow", images.both_ways, "a.bmp", gray, pillow_save, pillow_load)
    images.run("bmp rgb, Pillow", images.both_ways, "b.bmp", rgb, pillow_save, pillow_load)
    images.run("bmp gray, OpenCV", bmp_opencv, images, "c.bmp", gray)
    images.run("bmp rgb, OpenCV", images.both_ways, "d.bmp", rgb, opencv_save, opencv_load)
    images.run("bmp rgba, OpenCV", images.both_ways, "e.bmp", rgba, opencv_save, opencv_load)
    images.run("bmp rgb, imageio", images.both_ways, "f.bmp", rgb, imageio_save, imageio_load)
    bits = sample(np.uint8, top=1)
    buffer = io.BytesIO()
    Image.fromarray(bits.astype(bool)).save(buffer, "BMP")
    images.run("bmp 1 bit", images.reads, "g.bmp", buffer.getvalue(), bits * np.uint8(255))
    buffer = io.BytesIO()
    indexed = Image.fromarray(rgb).quantize(200)
    indexed.save(buffer, "BMP")
    images.run("bmp palette", images.reads, "h.bmp", buffer.getvalue(), np.asarray(indexed.convert("RGB")))
    images.run("bmp refuses 16 bits", images.refuses, "i.bmp", sample(np.uint16), "--range")


def bmp_opencv(images, name, gray):
    """OpenCV turns gray palettes into colour when asked for what is there."""
    path = images.path(name)
    opencv_save(path, gray)
    assert_equal(images.pixels(path), gray, "what pimage reads")
    found = opencv_load(images.write(name, gray))
    assert_equal(found if found.ndim == 2 else found[..., 0], gray, "what pimage wrote")


def netpbm_checks(images):
    gray, rgb, deep = sample(np.uint8), sample(np.uint8, 3), sample(np.uint16)
    images.run("pgm, Pillow", images.both_ways, "a.pgm", gray, pillow_save, pillow_load)
    images.run("pgm 16 bit, OpenCV", images.both_ways, "b.pgm", deep, opencv_save, opencv_load)
    images.run("ppm, Pillow", images.both_ways, "c.ppm", rgb, pillow_save, pillow_load)
    images.run("ppm 16 bit, OpenCV", images.both_ways, "d.ppm", sample(np.uint16, 3), opencv_save, opencv_load)
    images.run("pam rgba, by hand", images.both_ways, "e.pam", sample(np.uint8, 4), pam_save, pam_load)
    images.run("pfm gray, OpenCV", images.both_ways, "f.pfm", sample(np.float32), opencv_save, opencv_load)
    images.run("pfm rgb, OpenCV", images.both_ways, "g.pfm", sample(np.float32, 3), opencv_save, opencv_load)
    bits = sample(np.uint8, top=1)
    buffer = io.BytesIO()
    Image.fromarray(bits.astype(bool)).save(buffer, "PPM")
    images.run("pbm, Pillow", images.reads, "h.pbm", buffer.getvalue(), bits)
    for top in [1, 15, 100, 255, 1000, 4095, 65535]:
        array = sample(np.uint8 if top < 256 else np.uint16, top=top)
        head = b"P2\n# a comment\n%d %d\n%d\n" % (WIDTH, HEIGHT, top)
        plain = head + b"\n".join(b" ".join(b"%d" % value for value in row) for row in array)
        images.run("plain pgm of maximum %d" % top, images.reads, "i.pgm", plain, array)
        stored = array.astype(">u2") if top > 255 else array
        binary = b"P5 %d %d %d\n" % (WIDTH, HEIGHT, top) + stored.tobytes()
        images.run("pgm of maximum %d" % top, images.reads, "j.pgm", binary, array)
    images.run("pgm refuses colour", images.refuses, "k.pgm", rgb, "`.ppm`")
    images.run("ppm refuses gray", images.refuses, "l.ppm", gray, "`.pgm`")


def pam_save(path, array):
    """By hand, for OpenCV writes blue first."""
    with open(path, "wb") as file:
        head = "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
        file.write((head % (array.shape[1], array.shape[0], array.shape[2])).encode() + array.tobytes())


def pam_load(path):
    with open(path, "rb") as file:
        head, data = file.read().split(b"ENDHDR\n", 1)
    fields = dict(line.split(b" ", 1) for line in head.split(b"\n")[1:] if b" " in line)
    shape = tuple(int(fields[key]) for key in (b"HEIGHT", b"WIDTH", b"DEPTH"))
    return np.frombuffer(data, np.uint8).reshape(shape)


def webp_checks(images):
    rgb, rgba = sample(np.uint8, 3), sample(np.uint8, 4)

    def lossless(path, array):
        Image.fromarray(array).save(path, lossless=True, exact=True)

    images.run("webp rgb, Pillow", images.both_ways, "a.webp", rgb, lossless, pillow_load)
    images.run("webp rgba, Pillow", images.both_ways, "b.webp", rgba, lossless, pillow_load)
    images.run("webp rgb, OpenCV reads", webp_opencv, images, rgb)
    images.run("webp lossy, close to Pillow", webp_lossy, images)
    for quality in [0, 30, 75, 95, 100]:
        for effort in [0, 4, 6]:
            images.run("webp quality %d effort %d" % (quality, effort), webp_quality, images, quality, effort)
    images.run("webp lossless with an effort", webp_effort, images)


def webp_opencv(images, rgb):
    assert_equal(opencv_load(images.write("c.webp", rgb)), rgb, "what pimage wrote")


def webp_lossy(images):
    path = images.path("lossy.webp")
    smooth = color_clip(count=1)[0]
    Image.fromarray(smooth).save(path, quality=90)
    assert_close(images.pixels(path), pillow_load(path), 3, "the lossy image")


def codec_bytes(images, array, codec, *options):
    """The bytes that `pimage codec encode` makes of an array, and what it decodes from them."""
    source = images.path("codec-in.npy")
    np.save(source, array[None])
    encoded, decoded = images.path("codec.bin"), images.path("codec-out.npy")
    images.pimage("codec", "encode", source, "-o", encoded, "--codec", codec, "--overwrite", *options)
    images.pimage("codec", "decode", encoded, "-o", decoded, "--codec", codec, "--overwrite")
    with open(encoded, "rb") as file:
        return file.read(), np.load(decoded).reshape(array.shape)


def qoi_checks(images):
    import imagecodecs

    def save(path, array):
        with open(path, "wb") as file:
            file.write(imagecodecs.qoi_encode(array))

    def load(path):
        with open(path, "rb") as file:
            return imagecodecs.qoi_decode(file.read())

    for channels, name in [(3, "rgb"), (4, "rgba")]:
        array = sample(np.uint8, channels)
        images.run("qoi %s, imagecodecs" % name, images.both_ways, "a.qoi", array, save, load)
    images.run("qoi rgb, Pillow reads", qoi_pillow, images)
    images.run("qoi refuses 16 bits", images.refuses, "x.qoi", sample(np.uint16, 3), "--range")


def qoi_pillow(images):
    array = color_clip(count=1)[0]
    assert_equal(pillow_load(images.write("b.qoi", array)), array, "Pillow's reading")


def webp_quality(images, quality, effort):
    """The same library at the same settings: the size of Pillow's file, and its reading."""
    array = color_clip(count=1)[0]
    data, found = codec_bytes(images, array, "webp", "--quality", str(quality), "--option", "effort=%d" % effort)
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "WEBP", quality=quality, method=effort)
    assert abs(len(data) / len(buffer.getvalue()) - 1) < 0.02, "%d bytes, Pillow %d" % (len(data), len(buffer.getvalue()))
    assert_close(found, np.asarray(Image.open(io.BytesIO(data))), 3, "pimage's reading beside Pillow's")


def webp_effort(images):
    """Lossless with an effort, also of what is transparent."""
    array = sample(np.uint8, 4)
    data, found = codec_bytes(images, array, "webp", "--option", "effort=6")
    assert_equal(np.asarray(Image.open(io.BytesIO(data))), array, "Pillow's reading")
    assert_equal(found, array, "pimage's reading")


def raw_checks(images):
    for dtype, channels in [(np.uint8, 0), (np.uint8, 3), (np.uint16, 0), (np.float32, 0), (np.float64, 2), (np.int32, 4)]:
        array = sample(dtype, channels)
        label = "%s of %d channel(s)" % (np.dtype(dtype), max(channels, 1))
        images.run("zstd, %s" % label, zstd_is_numpy, images, array)
        for compressor in ["blosclz", "lz4", "zlib", "zstd"]:
            for shuffle in ["none", "bytes"]:
                name = "blosc %s shuffle=%s, %s" % (compressor, shuffle, label)
                images.run(name, blosc_is_numpy, images, array, compressor, shuffle)


def zstd_is_numpy(images, array):
    import imagecodecs

    data, found = codec_bytes(images, array, "zstd", "--option", "compression=9")
    assert_equal(np.load(io.BytesIO(imagecodecs.zstd_decode(data))), array, "zstd's reading")
    assert_equal(found, array, "pimage's reading")
    buffer = io.BytesIO()
    np.save(buffer, array)
    other, decoded = images.path("other.zst"), images.path("other.npy")
    with open(other, "wb") as file:
        file.write(imagecodecs.zstd_encode(buffer.getvalue()))
    images.pimage("codec", "decode", other, "-o", decoded, "--codec", "zstd", "--overwrite")
    assert_equal(np.load(decoded).reshape(array.shape), array, "pimage's reading of zstd's")


def blosc_is_numpy(images, array, compressor, shuffle):
    import imagecodecs

    options = ["--option", "compressor=" + compressor, "--option", "shuffle=" + shuffle]
    data, found = codec_bytes(images, array, "blosc", *options)
    assert_equal(found, array, "pimage's reading")
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    assert version == (1, 0), "the header is of version %s" % (version,)
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    numbers = np.frombuffer(imagecodecs.blosc_decode(file.read()), dtype)
    assert_equal(numbers.reshape(shape), array, "blosc's reading")


def jpeg_options(images, subsampling, layers, progressive, optimized):
    """What is asked for is what Pillow finds."""
    array = color_clip(count=1)[0]
    output = images.path("options.jpg")
    options = ["--option", "subsampling=" + subsampling]
    options += ["--option", "progressive=%s" % str(progressive).lower()]
    options += ["--option", "optimized=%s" % str(optimized).lower()]
    source = images.path("options.npy")
    np.save(source, array[None])
    images.pimage("codec", "encode", source, "-o", output, "--codec", "jpeg", "--quality", "90", "--overwrite", *options)
    with Image.open(output) as image:
        assert [layer[1:3] for layer in image.layer] == layers, "its layers are %s" % image.layer
        assert bool(image.info.get("progressive")) == progressive, "progressive is %s" % image.info
        found = np.asarray(image)
    assert_close(images.pixels(output), found, 8, "pimage's reading beside Pillow's")


def jpeg_option_checks(images):
    kinds = [
        ("4:4:4", [(1, 1), (1, 1), (1, 1)]),
        ("4:2:2", [(2, 1), (1, 1), (1, 1)]),
        ("4:2:0", [(2, 2), (1, 1), (1, 1)]),
        ("gray", [(1, 1)]),
    ]
    for subsampling, layers in kinds:
        for progressive in [False, True]:
            for optimized in [False, True]:
                label = "jpeg subsampling=%s progressive=%s optimized=%s" % (subsampling, progressive, optimized)
                images.run(label, jpeg_options, images, subsampling, layers, progressive, optimized)


def jpeg_checks(images):
    gray, rgb = gray_clip(count=1)[0], color_clip(count=1)[0]
    for name, array in [("gray", gray), ("rgb", rgb)]:
        for progressive in [False, True]:
            for subsampling in [0, 1, 2]:
                label = "jpeg %s%s, subsampling %d" % (name, ", progressive" if progressive else "", subsampling)
                images.run(label, jpeg_read, images, array, progressive, subsampling)
        for quality in [50, 90, 100]:
            images.run("jpeg %s, quality %d" % (name, quality), jpeg_written, images, array, quality)
    images.run("jpeg cmyk is refused by name", cmyk, images, rgb)
    images.run("jpeg refuses 16 bits", images.refuses, "x.jpg", sample(np.uint16), "--range")


def jpeg_read(images, array, progressive, subsampling):
    path = images.path("a.jpg")
    Image.fromarray(array).save(path, quality=92, progressive=progressive, subsampling=subsampling)
    # Decoders differ in the interpolation of colour at half resolution.
    assert_close(images.pixels(path), pillow_load(path), 3 if subsampling == 0 else 8, "the image")


def jpeg_written(images, array, quality):
    path = images.write("b.jpg", array, "--quality", quality)
    assert_similar(pillow_load(path), array, {50: 30, 90: 36, 100: 42}[quality], "Pillow's reading")
    assert_close(images.pixels(path), pillow_load(path), 8, "pimage's reading")


def cmyk(images, rgb):
    path = images.path("cmyk.jpg")
    Image.fromarray(rgb).convert("CMYK").save(path)
    try:
        images.pixels(path)
    except AssertionError as error:
        assert "CMYK" in str(error), "the message is `%s`" % error
        return
    raise AssertionError("it was read")


def main():
    images = Images(__doc__)
    png_checks(images)
    bmp_checks(images)
    netpbm_checks(images)
    webp_checks(images)
    jpeg_checks(images)
    jpeg_option_checks(images)
    qoi_checks(images)
    raw_checks(images)
    images.end()


if __name__ == "__main__":
    main()
