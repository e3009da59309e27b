"""Pillow, OpenCV, imageio and numpy read the images that pimage writes, and the other way round, in every type and dialect."""

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


def webp_opencv(images, rgb):
    assert_equal(opencv_load(images.write("c.webp", rgb)), rgb, "what pimage wrote")


def webp_lossy(images):
    path = images.path("lossy.webp")
    smooth = color_clip(count=1)[0]
    Image.fromarray(smooth).save(path, quality=90)
    assert_close(images.pixels(path), pillow_load(path), 3, "the lossy image")


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
    images.end()


if __name__ == "__main__":
    main()
