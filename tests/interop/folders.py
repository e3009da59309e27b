"""Pillow, OpenCV, tifffile and numpy read the folders of images that pimage writes, and the other way round, bit by bit."""

import os

import cv2
import numpy as np
import tifffile
from PIL import Image

from _checks import Checks, assert_equal, color_clip, gray_clip


def pillow_write(path, frame):
    Image.fromarray(frame).save(path)


def pillow_read(path):
    return np.asarray(Image.open(path))


def opencv_write(path, frame):
    cv2.imwrite(path, frame[:, :, ::-1] if frame.ndim == 3 else frame)


def opencv_read(path):
    frame = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    return frame[:, :, ::-1] if frame.ndim == 3 else frame


def natural(name):
    """What PIMS sorts by: numbers by value."""
    import re

    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


WRITERS = {"pillow": pillow_write, "opencv": opencv_write, "tifffile": tifffile.imwrite, "numpy": np.save}
READERS = {"pillow": pillow_read, "opencv": opencv_read, "tifffile": tifffile.imread, "numpy": np.load}

# (extension, peer, clip): what a peer holds exactly.
CASES = [
    ("png", "pillow", gray_clip()),
    ("png", "opencv", gray_clip(dtype=np.uint16)),
    ("png", "pillow", color_clip()),
    ("png", "opencv", color_clip(dtype=np.uint16)),
    ("bmp", "pillow", gray_clip()),
    ("bmp", "opencv", color_clip()),
    ("pgm", "opencv", gray_clip(dtype=np.uint16)),
    ("ppm", "opencv", color_clip(dtype=np.uint16)),
    ("webp", "pillow-lossless", color_clip()),
    ("tif", "tifffile", gray_clip(dtype=np.uint16)),
    ("tif", "tifffile", gray_clip().astype(np.float32)),
    ("tif", "tifffile", color_clip()),
    ("tif", "opencv", gray_clip()),
    ("npy", "numpy", gray_clip(dtype=np.uint16)),
]


class Folders(Checks):
    """Each check has a folder of its own."""

    def folder(self, name):
        path = self.path(name)
        os.makedirs(path)
        return path

    def write(self, peer, path, frame):
        if peer == "pillow-lossless":
            Image.fromarray(frame).save(path, lossless=True, exact=True)
        else:
            WRITERS[peer](path, frame)

    def reads(self, label, extension, peer, clip):
        folder = self.folder("in-" + label)
        for index, frame in enumerate(clip):
            self.write(peer, os.path.join(folder, "img_%d.%s" % (index, extension)), frame)
        # Numbers that are not padded: plain order would put 10 before 2.
        array = self.path(label + ".npy")
        for source in [folder, os.path.join(folder, "img_%d." + extension), os.path.join(folder, "*." + extension)]:
            self.pimage("convert", source, array, "--quiet", "--overwrite")
            assert_equal(np.load(array), clip, "`%s`" % source)

    def writes(self, label, extension, peer, clip):
        folder, array = self.folder("out-" + label), self.path(label + "-source.npy")
        np.save(array, clip)
        self.pimage("convert", array, os.path.join(folder, "out_%05d." + extension), "--quiet")
        names = sorted(os.listdir(folder), key=natural)
        assert names == ["out_%05d.%s" % (i, extension) for i in range(len(clip))], "the names are %s" % names
        read = READERS[peer.split("-")[0]]
        found = np.stack([read(os.path.join(folder, name)) for name in names])
        assert_equal(found, clip, "the images")

    def new_folder(self):
        clip, array = gray_clip(), self.path("new.npy")
        np.save(array, clip)
        out = self.path("new")
        self.pimage("convert", array, out + os.sep, "--quiet")
        names = sorted(os.listdir(out))
        assert names[0] == "00000.png" and len(names) == len(clip), "the names are %s" % names
        assert_equal(np.stack([pillow_read(os.path.join(out, name)) for name in names]), clip, "the images")

    def axes(self, pattern, spell):
        """A microscope's folder: times, depths, channels."""
        clip = gray_clip(count=2 * 3 * 2).reshape(2, 3, 2, 96, 128)
        folder = self.folder("axes-" + spell(0, 0, 0))
        for t, z, c in np.ndindex(2, 3, 2):
            pillow_write(os.path.join(folder, spell(t, z, c)), clip[t, z, c])
        array = self.path("axes.npy")
        options = ["--pattern", pattern] if pattern else []
        self.pimage("convert", folder, array, "--quiet", "--overwrite", *options)
        assert_equal(np.load(array).reshape(clip.shape), clip, "the axes")
        self.pimage("convert", folder, array, "--quiet", "--overwrite", "--select", "z=1", *options)
        assert_equal(np.load(array).reshape(clip[:, 1].shape), clip[:, 1], "one depth")

    def stacks(self):
        """Files of several pages each, one after another."""
        clip, folder = gray_clip(dtype=np.uint16), self.folder("stacks")
        for part, start in enumerate([0, 5, 6]):
            stop = [5, 6, len(clip)][part]
            tifffile.imwrite(os.path.join(folder, "part%d.tif" % part), clip[start:stop], photometric="minisblack")
        array = self.path("stacks.npy")
        self.pimage("convert", folder, array, "--quiet")
        assert_equal(np.load(array), clip, "the stacks")

    def parts(self):
        clip, folder, array = gray_clip(dtype=np.uint16), self.folder("parts"), self.path("parts.npy")
        np.save(array, clip)
        self.pimage("convert", array, os.path.join(folder, "part_%03d.tif"), "--quiet", "--frames-per-file", 5)
        names = sorted(os.listdir(folder))
        assert names == ["part_000.tif", "part_001.tif", "part_002.tif"], "the names are %s" % names
        found = np.concatenate([tifffile.imread(os.path.join(folder, name)) for name in names])
        assert_equal(found, clip, "the stacks")


def main():
    folders = Folders(__doc__)
    for extension, peer, clip in CASES:
        kind = "%s%s" % ("rgb-" if clip.ndim == 4 else "", clip.dtype)
        label = "%s-%s-%s" % (extension, peer, kind)
        folders.run("reads " + label, folders.reads, label, extension, peer, clip)
        folders.run("writes " + label, folders.writes, label, extension, peer, clip)
    folders.run("a new folder", folders.new_folder)
    folders.run("axes in names", folders.axes, None, "img_T{:03d}_Z{:02d}_C{}.png".format)
    folders.run("axes run together", folders.axes, None, "t{:03d}z{:02d}c{}.png".format)
    folders.run("axes by pattern", folders.axes, "a%t-%z,%c.png", "a{}-{},{}.png".format)
    folders.run("stacks in a folder", folders.stacks)
    folders.run("stacks of a few frames", folders.parts)
    folders.end()


if __name__ == "__main__":
    main()
