"""tifffile, Pillow, imageio, OpenCV and libtiff read the TIFF stacks that pimage writes, bit by bit, with their descriptions."""

import os
import re
import shutil
import signal
import subprocess

import numpy as np
import tifffile

from _checks import Checks, assert_equal, gray_clip

TYPES = ["uint8", "uint16", "uint32", "int16", "int32", "float32", "float64"]
COLORS = {"gray": 1, "gray+alpha": 2, "rgb": 3, "rgba": 4}
COMPRESSIONS = ["none", "deflate", "deflate=1", "lzw", "packbits", "zstd"]
# What Pillow has modes for.
PILLOW = {("uint8", 1), ("uint8", 2), ("uint8", 3), ("uint8", 4), ("uint16", 1), ("int32", 1), ("float32", 1)}
# What OpenCV reads without a change, in reverse order of colours; its libtiff is built without zstd.
OPENCV = {(kind, channels) for kind in ("uint8", "uint16", "float32", "float64") for channels in (1, 3)}


def samples(kind, channels=1, count=4, height=37, width=53):
    """Frames of any type, smooth in one half and noise in the other, with values at both ends of the range."""
    rng = np.random.default_rng(11)
    shape = (count, height, width, channels)
    ramp = np.arange(np.prod(shape)).reshape(shape)
    if kind.startswith("float"):
        clip = (rng.standard_normal(shape) * 1e3).astype(kind)
        clip[:, :, : width // 2] = (ramp / 7).astype(kind)[:, :, : width // 2]
        clip[0, 0, :4, 0] = [np.finfo(kind).max, np.finfo(kind).min, 0.0, -0.0]
    else:
        limits = np.iinfo(kind)
        clip = rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)
        clip[:, :, : width // 2] = ramp.astype(kind)[:, :, : width // 2]
        clip[0, 0, :2, 0] = [limits.min, limits.max]
    return clip[..., 0] if channels == 1 else clip


class Written(Checks):
    """Has pimage write stacks from arrays, and reads them with everything else."""

    def convert(self, name, array, *options):
        """The stack that pimage makes of an array."""
        source, output = self.path(name.replace("/", "-") + ".npy"), self.path(name.replace("/", "-"))
        np.save(source, array)
        self.pimage("convert", source, output, "--quiet", "--overwrite", *options)
        os.remove(source)
        return output

    def every_reader(self, name, array, kind, channels, compression):
        output = self.convert(name, array, "--compression", compression)
        with tifffile.TiffFile(output) as stack:
            assert not stack.is_bigtiff, "a small file is a BigTIFF"
            assert stack.byteorder == "<", "the byte order is %s" % stack.byteorder
            pages = np.stack([page.asarray() for page in stack.pages])
            assert_equal(pages, array, "tifffile's pages")
            assert_equal(stack.asarray(), array, "tifffile's series")
            software = stack.pages.first.software
            assert software.startswith("pimage "), "the software is %s" % software
        self.by_imageio(output, array)
        if (kind, channels) in PILLOW:
            self.by_pillow(output, array)
        if (kind, channels) in OPENCV and compression != "zstd":
            self.by_opencv(output, array)
        self.by_libtiff(output, len(array))

    def by_imageio(self, output, array):
        import imageio.v3 as iio

        for index, expected in enumerate(array):
            assert_equal(iio.imread(output, plugin="tifffile", page=index, index=None), expected, "imageio's page")

    def by_pillow(self, output, array):
        from PIL import Image

        image = Image.open(output)
        assert image.n_frames == len(array), "Pillow counts %d frames" % image.n_frames
        for index, expected in enumerate(array):
            image.seek(index)
            assert_equal(np.asarray(image).astype(expected.dtype), expected, "Pillow's page")

    def by_opencv(self, output, array):
        import cv2

        is_read, pages = cv2.imreadmulti(output, flags=cv2.IMREAD_UNCHANGED)
        assert is_read and len(pages) == len(array), "OpenCV reads %d pages" % len(pages)
        for page, expected in zip(pages, array):
            page = page[..., ::-1] if page.ndim == 3 else page
            assert_equal(np.ascontiguousarray(page), expected, "OpenCV's page")

    def by_libtiff(self, output, count):
        if not shutil.which("tiffinfo"):
            return
        run = subprocess.run(["tiffinfo", "-D", output], capture_output=True, text=True)
        assert run.returncode == 0, "tiffinfo: %s" % run.stderr
        assert not run.stderr, "tiffinfo: %s" % run.stderr
        found = run.stdout.count("TIFF Directory at offset")
        assert found == count, "tiffinfo finds %d directories" % found

    def large_pages(self, compression):
        array = samples("uint16", 3, count=2, height=601, width=700)
        output = self.convert("large-%s.tif" % compression, array, "--compression", compression)
        with tifffile.TiffFile(output) as stack:
            assert_equal(stack.asarray(), array, "the large pages")
            strips = len(stack.pages.first.dataoffsets)
            assert (strips > 1) == (compression != "none"), "a page has %d strips" % strips
        if compression != "zstd":
            self.by_opencv(output, array)
        self.by_libtiff(output, len(array))

    def imagej(self):
        array = samples("uint16", count=6)
        output = self.convert("imagej.tif", array, "--fps", "20")
        with tifffile.TiffFile(output) as stack:
            assert stack.is_imagej, "tifffile sees no ImageJ stack"
            found = stack.imagej_metadata
            for key, value in {"images": 6, "frames": 6, "finterval": 0.05, "fps": 20, "hyperstack": True}.items():
                assert found.get(key) == value, "%s is %r" % (key, found.get(key))
            assert stack.series[0].axes == "TYX", "the axes are %s" % stack.series[0].axes
            assert_equal(stack.asarray(), array, "the stack")

    def imagej_axes(self):
        array = samples("uint16", count=24).reshape(4, 3, 2, 37, 53)
        output = self.convert("hyperstack.tif", array, "--axes", "tzchw", "--tiff-metadata", "imagej")
        with tifffile.TiffFile(output) as stack:
            series = stack.series[0]
            assert (series.axes, series.shape) == ("TZCYX", array.shape), "%s %s" % (series.axes, series.shape)
            assert_equal(stack.asarray(), array, "the hyperstack")
            assert stack.imagej_metadata["mode"] == "composite"

    def ome(self, name, axes, shape, tifffile_axes):
        array = samples("uint16", count=24).reshape(*shape, 37, 53)
        output = self.convert(name, array, "--axes", axes + "hw", "--fps", "10")
        with tifffile.TiffFile(output) as stack:
            assert stack.is_ome, "tifffile sees no OME-TIFF"
            series = stack.series[0]
            assert (series.axes, series.shape) == (tifffile_axes, array.shape), "%s %s" % (series.axes, series.shape)
            assert_equal(series.asarray(), array, "the series")
            pixels = tifffile.xml2dict(stack.ome_metadata)["OME"]["Image"]["Pixels"]
            if "t" in axes:
                assert pixels["TimeIncrement"] == 0.1, "the increment is %s" % pixels["TimeIncrement"]
            assert pixels["Type"] == "uint16"

    def ome_types(self, kind, channels):
        array = samples(kind, channels, count=3)
        output = self.convert("%s-%d.ome.tif" % (kind, channels), array)
        with tifffile.TiffFile(output) as stack:
            axes = stack.series[0].axes
            assert axes == ("TYX" if channels == 1 else "TYXS"), "the axes are %s" % axes
            assert_equal(stack.asarray(), array, "the series")

    def plain(self):
        array = samples("uint8", count=3)
        output = self.convert("plain.tif", array, "--tiff-metadata", "none")
        with tifffile.TiffFile(output) as stack:
            assert not stack.is_imagej and not stack.is_ome
            assert 270 not in stack.pages.first.tags, "there is a description"
            assert_equal(stack.asarray(), array, "the stack")

    def depth(self):
        clip = gray_clip(count=3, height=8, width=16, dtype=np.uint16) >> 4
        source, output = self.path("deep.y4m"), self.path("deep.tif")
        with open(source, "wb") as file:
            file.write(b"YUV4MPEG2 W16 H8 F25:1 Ip A1:1 Cmono12 XCOLORRANGE=FULL\n")
            for frame in clip:
                file.write(b"FRAME\n" + frame.astype("<u2").tobytes())
        self.pimage("convert", source, output, "--quiet")
        with tifffile.TiffFile(output) as stack:
            assert_equal(stack.asarray(), clip, "the 12-bit stack")
            assert stack.pages.first.tags[281].value == 4095, "the depth is not told"
            assert stack.imagej_metadata["max"] == 4095.0

    def killed(self, compression):
        """A writer that is killed leaves a file that tifffile reads up to its last page."""
        array = np.tile(samples("uint16", count=20, height=256, width=256), (60, 1, 1))
        source, output = self.path("long.npy"), self.path("killed-%s.tif" % compression)
        np.save(source, array)
        seen = 0
        for attempt in range(8):
            call = [self.program, "convert", source, output, "--quiet", "--no-sync", "--compression", compression]
            process = subprocess.Popen(call, stdin=subprocess.DEVNULL)
            staged = []
            while not staged and process.poll() is None:
                staged = self.staged(compression)
            size = 0
            while staged and process.poll() is None and size < (attempt + 1) * 3 << 20:
                size = os.path.getsize(os.path.join(self.work, staged[0]))
            process.send_signal(signal.SIGKILL)
            process.wait()
            staged = self.staged(compression)
            if os.path.exists(output):
                os.remove(output)
            for name in staged:
                path = os.path.join(self.work, name)
                seen += self.torn(path, array)
                os.remove(path)
        os.remove(source)
        assert seen > 20, "only %d pages were in the torn files" % seen

    def staged(self, compression):
        names = os.listdir(self.work)
        return [name for name in names if name.startswith(".killed-%s" % compression) and not name.endswith(".npy")]

    def torn(self, path, array):
        with tifffile.TiffFile(path) as stack:
            count = len(stack.pages)
            for index, page in enumerate(stack.pages):
                assert_equal(page.asarray(), array[index], "page %d of %d of a torn file" % (index, count))
        read = self.read(path)
        assert_equal(read, array[: len(read)], "the torn file as pimage reads it")
        assert len(read) == count, "pimage reads %d pages, tifffile %d" % (len(read), count)
        return count


def main():
    written = Written(__doc__)
    for kind in TYPES:
        for color, channels in COLORS.items():
            array = samples(kind, channels)
            for compression in COMPRESSIONS:
                name = "%s %s %s" % (kind, color, compression)
                file = re.sub("[^a-z0-9]", "-", name) + ".tif"
                written.run(name, written.every_reader, file, array, kind, channels, compression)
            written.run("OME, %s %s" % (kind, color), written.ome_types, kind, channels)
    for compression in COMPRESSIONS:
        written.run("large pages, %s" % compression, written.large_pages, compression)
    written.run("ImageJ's description", written.imagej)
    written.run("ImageJ's axes", written.imagej_axes)
    for axes, shape, found in [("tzc", (4, 3, 2), "TZCYX"), ("ctz", (2, 4, 3), "CTZYX"), ("zt", (6, 4), "ZTYX"), ("t", (24,), "TYX")]:
        written.run("OME's axes, %s" % axes, written.ome, "axes-%s.ome.tif" % axes, axes, shape, found)
    written.run("pages alone", written.plain)
    written.run("12 bits", written.depth)
    for compression in ["none", "zstd", "deflate"]:
        written.run("a killed writer, %s" % compression, written.killed, compression)
    written.end()


if __name__ == "__main__":
    main()
