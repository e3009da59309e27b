"""Python's imgstore opens, iterates and seeks the stores that pimage writes."""

import os

import cv2
import numpy as np
import yaml

from _checks import Checks, assert_equal, color_clip, gray_clip
from _imgstore import imgstore

COUNT = 25
CHUNK = 10
# Formats and whether imgstore gets back every pixel of 8-bit frames.
GRAY = {
    "npy": True,
    "bpk": True,
    "png": True,
    "tif": True,
    "bmp": True,
    "pgm": True,
    "jpg": False,
    "mjpeg/avi": False,
    "h264/mkv": False,
    "avc1/mp4": False,
    "ffv1/mkv": True,
    "hevc/mkv": False,
}
COLOR = {
    "npy": True,
    "bpk": True,
    "png": True,
    "tif": True,
    "bmp": True,
    "ppm": True,
    "jpg": False,
    "mjpeg/avi": False,
    "h264/mkv": False,
    "avc1/mp4": False,
    "ffv1/mkv": True,
}
# Mean difference of lossy formats, in levels; colour has a quarter of the samples in most.
LOSSY_LEVELS = 6


class Written(Checks):
    """Has pimage write clips as stores and reads them with imgstore."""

    def save(self, name, format_name, clip):
        source, store = self.path(name + ".npy"), self.path(name)
        np.save(source, clip)
        self.pimage("store", "save", source, store, "--format", format_name, "--chunk-frames", CHUNK, "--fps", 25, "--quiet")
        return store

    def same(self, image, frame, is_lossless, what):
        if frame.ndim == 3:
            image = image[..., ::-1]
        if is_lossless:
            assert_equal(image, frame, what)
            return
        assert image.shape == frame.shape, "%s has shape %s, expected %s" % (what, image.shape, frame.shape)
        mean = float(np.mean(np.abs(image.astype(float) - frame)))
        assert mean <= LOSSY_LEVELS, "%s is off by %.1f levels in the mean" % (what, mean)

    def format(self, format_name, clip, is_lossless):
        kind = "color" if clip.ndim == 4 else clip.dtype.name
        store_path = self.save("%s-%s" % (format_name.replace("/", "-"), kind), format_name, clip)
        with open(os.path.join(store_path, "metadata.yaml")) as file:
            assert yaml.safe_load(file)["__store"]["format"] == format_name
        store = imgstore.new_for_filename(store_path)
        try:
            assert store.frame_count == COUNT, "%d frames" % store.frame_count
            assert tuple(store.image_shape) == clip.shape[1:], "shape %s" % (store.image_shape,)
            metadata = store.get_frame_metadata()
            assert metadata["frame_number"] == list(range(COUNT))
            assert np.allclose(metadata["frame_time"], np.arange(COUNT) / 25, atol=1e-9)
            for index in range(COUNT):
                image, (number, _) = store.get_next_image()
                assert number == index
                self.same(image, clip[index], is_lossless, "frame %d" % index)
            for index in np.random.default_rng(3).permutation(COUNT):
                image, (number, _) = store.get_image(int(index))
                assert number == index
                self.same(image, clip[index], is_lossless, "frame %d sought" % index)
            image, (number, _) = store.get_nearest_image(7.3 / 25)
            assert number == 7
        finally:
            store.close()
        if clip.ndim == 3 and is_lossless and "/" not in format_name:
            alone = imgstore.stores.extract_only_frame(store_path, 13)
            assert_equal(alone, clip[13], "a frame extracted alone")

    def deep(self, format_name, dtype):
        clip = gray_clip(COUNT, dtype=dtype)
        store = imgstore.new_for_filename(self.save("%s-%s" % (format_name, dtype.__name__), format_name, clip))
        for index in range(COUNT):
            image, _ = store.get_next_image()
            if format_name == "npy":
                assert_equal(image, clip[index], "frame %d" % index)
        # imgstore reads what is not an array with cv2, which makes 8 bits of it: the files have all 16.
        if format_name != "npy":
            stored = cv2.imread(os.path.join(store.filename, "000001", "000003." + format_name), cv2.IMREAD_UNCHANGED)
            assert_equal(stored, clip[CHUNK + 3], "an image read with all its bits")
        store.close()

    def index_members(self):
        store = self.save("members", "npy", gray_clip(COUNT))
        with np.load(os.path.join(store, "000002", "index.npz"), allow_pickle=False) as index:
            found = {name: index[name] for name in index.files}
        assert found["frame_number"].tolist() == list(range(20, 25))
        assert found["frame_time"].dtype == np.float64
        assert str(found["format"]) == "npy"


def main():
    written = Written(__doc__)
    for name, is_lossless in GRAY.items():
        written.run("gray in " + name, written.format, name, gray_clip(COUNT), is_lossless)
    for name, is_lossless in COLOR.items():
        written.run("colour in " + name, written.format, name, color_clip(COUNT), is_lossless)
    for name in ("npy", "png", "tif"):
        written.run("16 bits in " + name, written.deep, name, np.uint16)
    written.run("the index without pickles", written.index_members)
    written.end()


if __name__ == "__main__":
    main()
