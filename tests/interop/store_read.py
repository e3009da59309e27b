"""Stores that Python's imgstore writes are read by pimage: pixels, numbers and times; hostile ones are refused in one line."""

import json
import os
import shutil
import subprocess

import av
import cv2
import numpy as np
import yaml

from _checks import Checks, CONVERSION_LEVELS, assert_close, assert_equal, color_clip, gray_clip
from _imgstore import imgstore

FRAMES = 23
CHUNK = 10
IMAGES = ["tif", "png", "bmp", "ppm", "npy", "bpk"]
VIDEOS = ["mjpeg/avi", "h264/mkv", "avc1/mp4"]
BAYER = ["cv_bayerbg", "cv_bayergb", "cv_bayerrg", "cv_bayergr"]
# Seconds since 1970, as cameras give them.
START = 1_500_000_000.125


def numbers_of(count):
    """They begin below zero, jump, and repeat."""
    return [i - 3 + 5 * (i // 7) - (i % 4 == 3) for i in range(count)]


def times_of(count):
    return [START + i / 25 + (i % 3) * 0.001 for i in range(count)]


def bgr(frames):
    """What imgstore wants of colour, or gray as it is."""
    return frames if frames.ndim == 3 else frames[..., ::-1]


class Stores(Checks):
    """Writes stores with imgstore and compares what pimage reads."""

    def write(self, name, fmt, frames, metadata=None, **options):
        path = self.path(name)
        shutil.rmtree(path, ignore_errors=True)
        frames = bgr(frames)
        store = imgstore.new_for_format(
            fmt, path=path, mode="w", imgshape=frames.shape[1:], imgdtype=frames.dtype, chunksize=CHUNK, metadata=metadata or {}, **options
        )
        with store:
            for frame, number, time in zip(frames, numbers_of(len(frames)), times_of(len(frames))):
                store.add_image(np.ascontiguousarray(frame), number, time)
        return path

    def load(self, path, *options):
        """Frames, numbers and times as pimage has them."""
        archive = self.path("read.npz")
        self.pimage("convert", path, archive, "--quiet", "--overwrite", *options)
        found = np.load(archive)
        # A column is left out where some frames have no value for it.
        return found["frames"], *(found[name].tolist() if name in found else [] for name in ("numbers", "times"))

    def check_index(self, numbers, times, count=FRAMES):
        assert numbers == numbers_of(count), "the numbers are %s" % numbers
        for found, expected in zip(times, times_of(count)):
            assert abs(found - expected) < 1e-6, "a time is %.9f, expected %.9f" % (found, expected)

    def images(self, fmt, frames):
        path = self.write("images", fmt, frames)
        found, numbers, times = self.load(path)
        assert_equal(found, frames, fmt)
        self.check_index(numbers, times)

    def jpeg(self, frames):
        path = self.write("images", "jpg", frames)
        found, numbers, times = self.load(path)
        with imgstore.new_for_filename(path) as store:
            expected = np.stack([store.get_next_image()[0] for _ in range(FRAMES)])
        # Decoders may round, and upsample colour, in their own ways.
        assert_close(found, bgr(expected), 4, "jpg")
        self.check_index(numbers, times)

    def video(self, fmt, frames):
        try:
            path = self.write("video", fmt, frames)
        except Exception as error:
            print("          (this OpenCV does not write %s: %s)" % (fmt, str(error).splitlines()[0]))
            return
        self.compare_video(path, fmt, frames.ndim == 3)

    def transcoded(self, fmt, extension, gray):
        """Chunks of another codec than this OpenCV may be able to write."""
        frames = gray_clip(FRAMES) if gray else color_clip(FRAMES)
        path = self.write("transcoded", "mjpeg/avi", frames)
        for chunk in range(0, FRAMES, CHUNK):
            part = frames[chunk : chunk + CHUNK]
            with av.open(os.path.join(path, "%06d.%s" % (chunk // CHUNK, extension or "mp4")), "w") as target:
                stream = target.add_stream("h264", rate=25)
                stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
                for frame in part:
                    for packet in stream.encode(av.VideoFrame.from_ndarray(frame, "gray" if gray else "rgb24")):
                        target.mux(packet)
                for packet in stream.encode():
                    target.mux(packet)
            os.remove(os.path.join(path, "%06d.avi" % (chunk // CHUNK)))
        file = os.path.join(path, "metadata.yaml")
        with open(file) as source:
            metadata = yaml.safe_load(source)
        metadata["__store"]["format"] = fmt
        metadata["__store"].pop("extension")
        if extension:
            metadata["__store"]["extension"] = "." + extension
        with open(file, "w") as target:
            yaml.safe_dump(metadata, target)
        self.compare_video(path, fmt, gray)

    def compare_video(self, path, what, gray):
        found, numbers, times = self.load(path)
        with imgstore.new_for_filename(path) as store:
            expected = np.stack([store.get_next_image()[0] for _ in range(FRAMES)])
        if gray:
            assert_close(found, expected, CONVERSION_LEVELS, what)
        else:
            # Decoders upsample colour in their own ways.
            error = np.abs(found.astype(int) - bgr(expected)).mean()
            assert error < CONVERSION_LEVELS, "%s differs by %.1f levels" % (what, error)
        self.check_index(numbers, times)

    def encoded(self, encoding, fmt):
        frames = np.random.default_rng(5).integers(0, 256, (FRAMES, 34, 42), dtype=np.uint8)
        path = self.write("encoded", fmt, frames, encoding=encoding)
        with imgstore.new_for_filename(path) as store:
            expected = np.stack([store.get_next_image()[0] for _ in range(FRAMES)])
        assert_equal(self.load(path)[0], bgr(expected), encoding)

    def encoded_color(self):
        frames = color_clip(FRAMES)
        path = self.write("encoded", "npy", frames, encoding="cv_rgb")
        with imgstore.new_for_filename(path) as store:
            expected = np.stack([store.get_next_image()[0] for _ in range(FRAMES)])
        assert_equal(self.load(path)[0], bgr(expected), "cv_rgb")

    def decoded_before(self, fmt):
        raw = np.random.default_rng(6).integers(0, 256, (FRAMES, 34, 42), dtype=np.uint8)
        path = self.write("decoded", fmt, raw, encoding="cv_bayerbg")
        expected = np.stack([cv2.cvtColor(frame, cv2.COLOR_BayerBG2BGR) for frame in raw])
        assert_equal(self.load(path)[0], bgr(expected), fmt)

    def types(self, kind):
        frames = (np.random.default_rng(7).standard_normal((FRAMES, 20, 24)) * 1000).astype(kind)
        path = self.write("types", "npy", frames)
        assert_equal(self.load(path)[0], frames, kind)

    def yaml_index(self):
        path = self.write("yaml", "png", gray_clip(FRAMES))
        with imgstore.new_for_filename(path) as store:
            for chunk, chunk_path in store._iter_chunk_n_and_chunk_paths():
                index = store._get_chunk_metadata(chunk)
                os.remove(chunk_path + ".npz")
                store._save_index(chunk_path + ".yaml", index)
        found, numbers, times = self.load(path)
        assert_equal(found, gray_clip(FRAMES), "a store with indexes in YAML")
        self.check_index(numbers, times)

    def described(self):
        metadata = {"camera": {"gain": 1.5, "name": "µ: x\n"}, "list": [1, [2.5, None]], "yes": "no", "number": "1e5"}
        path = self.write("described", "png", gray_clip(FRAMES), dict(metadata))
        for source in (path, os.path.join(path, "metadata.yaml")):
            info = json.loads(self.pimage("info", "--json", source))
            assert info["format"] == "imgstore" and info["frames"] == FRAMES and info["frames_exact"], info
            found = info["metadata"]
            assert found["yes"] == "no" and found["number"] == "1e5", found
            assert json.loads(found["camera"]) == metadata["camera"], found
            assert json.loads(found["list"]) == metadata["list"], found

    def motif(self):
        data = os.environ.get("PIMAGE_TEST_DATA", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/data"))
        path = os.path.join(data, "imgstore_mp4")
        if not os.path.exists(path):
            return
        found, numbers, times = self.load(path)
        with imgstore.new_for_filename(path) as store:
            index = store.get_frame_metadata()
            expected = np.stack([store.get_next_image()[0] for _ in range(store.frame_count)])
        assert numbers == index["frame_number"], "the numbers differ"
        assert np.abs(np.array(times) - index["frame_time"]).max() < 1e-6, "the times differ"
        assert_close(found, expected, CONVERSION_LEVELS, "a store of Motif")

    def refused(self, path, words, *options):
        run = subprocess.run([self.program, "convert", path, self.path("out.npy"), "--quiet", "--overwrite", *options], capture_output=True, text=True, timeout=20)
        assert run.returncode == 2, "ended with %d: %s" % (run.returncode, run.stderr)
        assert words in run.stderr, "says `%s`, expected `%s`" % (run.stderr.strip(), words)
        assert len(run.stderr.strip().splitlines()) <= 3, run.stderr

    def hostile_metadata(self, change, words):
        path = self.write("hostile", "mjpeg/avi", gray_clip(FRAMES))
        file = os.path.join(path, "metadata.yaml")
        with open(file) as source:
            text = source.read()
        with open(file, "w") as target:
            target.write(change(text))
        self.refused(path, words)

    def pickled(self):
        path = self.write("pickled", "png", gray_clip(FRAMES))
        for chunk in range(3):
            file = os.path.join(path, "%06d/index.npz" % chunk)
            index = dict(np.load(file, allow_pickle=True))
            index["encoding"] = np.array(None, dtype=object)
            index["evil"] = np.array([{"a": 1}], dtype=object)
            np.savez(file, **index)
        self.check_index(*self.load(path)[1:])

    def corrupt_index(self):
        path = self.write("corrupt", "png", gray_clip(FRAMES))
        with open(os.path.join(path, "000001/index.npz"), "r+b") as file:
            file.truncate(100)
        found, numbers, _ = self.load(path)
        assert_equal(found, gray_clip(FRAMES), "a store with a torn index")
        info = json.loads(self.pimage("info", "--json", path))
        assert "chunk 000001: its index cannot be read" in info["metadata"]["store_notes"], info

    def corrupt_index_of_video(self):
        path = self.write("corrupt", "mjpeg/avi", gray_clip(FRAMES))
        os.remove(os.path.join(path, "000001.npz"))
        found, _, _ = self.load(path)
        assert len(found) == FRAMES, "%d frames" % len(found)

    def saved_by_imgstore(self):
        path = self.write("saved", "mjpeg/avi", gray_clip(FRAMES))
        with imgstore.new_for_filename(path) as store:
            store.save_index()
        os.remove(os.path.join(path, "000001.npz"))
        _, numbers, times = self.load(path)
        self.check_index(numbers, times)

    def foreign(self):
        path = self.write("foreign", "png", gray_clip(FRAMES))
        os.mkdir(os.path.join(path, "notes"))
        open(os.path.join(path, "notes.txt"), "w").close()
        assert_equal(self.load(path)[0], gray_clip(FRAMES), "a store with foreign files")
        info = json.loads(self.pimage("info", "--json", path))
        assert "`notes`, `notes.txt`" in info["metadata"]["store_notes"], info

    def missing_chunk(self):
        path = self.write("missing", "png", gray_clip(FRAMES))
        shutil.rmtree(os.path.join(path, "000001"))
        self.refused(path, "chunk 000001 is missing", "--strict")
        run = subprocess.run([self.program, "convert", path, self.path("out.npz"), "--quiet", "--overwrite"], capture_output=True, text=True)
        found = np.load(self.path("out.npz"))["numbers"].tolist()
        assert found == numbers_of(FRAMES)[:10] + numbers_of(FRAMES)[20:], (found, run.stderr)

    def missing_image(self):
        path = self.write("missing", "png", gray_clip(FRAMES))
        os.remove(os.path.join(path, "000001/000004.png"))
        self.refused(path, "frame 14", "--strict")
        self.refused(path, "number %d" % numbers_of(FRAMES)[14], "--strict")

    def torn_video(self):
        path = self.write("torn", "mjpeg/avi", gray_clip(FRAMES))
        file = os.path.join(path, "000001.avi")
        with open(file, "r+b") as video:
            video.truncate(os.path.getsize(file) // 2)
        self.refused(path, "frame 1", "--strict")

    def links(self):
        path = self.write("links", "png", gray_clip(FRAMES))
        outside = self.path("outside.png")
        cv2.imwrite(outside, gray_clip(1)[0])
        image = os.path.join(path, "000000/000002.png")
        os.remove(image)
        os.symlink(outside, image)
        self.refused(path, "leads out of the folder of the store", "--strict")


def bomb(text):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 40):
        lines.append("a%d: &a%d [%s]" % (level, level, ", ".join(["*a%d" % (level - 1)] * 10)))
    return text + "\n".join(lines) + "\n"


def main():
    stores = Stores(__doc__)
    for fmt in IMAGES:
        stores.run("%s, gray" % fmt, stores.images, fmt, gray_clip(FRAMES))
        stores.run("%s, colour" % fmt, stores.images, fmt, color_clip(FRAMES))
    stores.run("pgm, gray", stores.images, "pgm", gray_clip(FRAMES))
    stores.run("jpg, gray", stores.jpeg, gray_clip(FRAMES))
    stores.run("jpg, colour", stores.jpeg, color_clip(FRAMES))
    for fmt in ("tif", "png", "npy", "bpk"):
        stores.run("%s, 16 bits" % fmt, stores.images, fmt, gray_clip(FRAMES, dtype=np.uint16))
        stores.run("%s, 16 bits, colour" % fmt, stores.images, fmt, color_clip(FRAMES, dtype=np.uint16))
    for kind in ("float32", "float64", "int16", "int32"):
        stores.run("npy, %s" % kind, stores.types, kind)
    for fmt in VIDEOS:
        stores.run("%s, gray" % fmt, stores.video, fmt, gray_clip(FRAMES))
        stores.run("%s, colour" % fmt, stores.video, fmt, color_clip(FRAMES))
    for fmt, extension in (("h264/mkv", "mkv"), ("avc1/mp4", "mp4"), ("libx264", None), ("nvenc-h264", "mp4")):
        stores.run("%s by PyAV, gray" % fmt, stores.transcoded, fmt, extension, True)
        stores.run("%s by PyAV, colour" % fmt, stores.transcoded, fmt, extension, False)
    for encoding in BAYER:
        stores.run("%s in png" % encoding, stores.encoded, encoding, "png")
        stores.run("%s in npy" % encoding, stores.encoded, encoding, "npy")
    for encoding in ("cv_yuv_nv12", "cv_yuv_nv21", "cv_yuv_i420", "cv_yuv_yv12"):
        frames = np.random.default_rng(8).integers(0, 256, (FRAMES, 36, 42), dtype=np.uint8)
        stores.run("%s in npy" % encoding, yuv, stores, encoding, frames)
    for encoding in ("cv_yuv_uyvy", "cv_yuv_yuy2", "cv_yuv_yvyu"):
        frames = np.random.default_rng(9).integers(0, 256, (FRAMES, 36, 42, 2), dtype=np.uint8)
        stores.run("%s in npy" % encoding, yuv, stores, encoding, frames)
    stores.run("cv_rgb in npy", stores.encoded_color)
    for fmt in ("png+color", "tif+color", "bmp+color"):
        stores.run(fmt, stores.decoded_before, fmt)
    stores.run("indexes in YAML", stores.yaml_index)
    stores.run("the user's metadata", stores.described)
    stores.run("a store of Motif", stores.motif)
    for what, change, words in [
        ("a path for an extension", lambda text: text.replace("extension: .avi", "extension: /../../etc/x"), "`__store.extension` is"),
        ("a wrong shape", lambda text: text.replace("- 96", "- 0", 1), "`__store.imgshape` is"),
        ("no class", lambda text: text.replace("class: VideoImgStore", "class: 3"), "`__store.class` is"),
        ("another version", lambda text: text.replace("version: 2", "version: 3"), "`__store.version` is `3`: expected 2"),
        ("objects of Python", lambda text: text + "evil: !!python/object/apply:os.system [ls]\n", "python/object/apply:os.system"),
        ("a bomb of aliases", bomb, "its aliases repeat more"),
        ("a deep nest", lambda text: text + "deep: " + "[" * 100000 + "\n", "metadata.yaml"),
        ("no YAML", lambda text: text + "\n{[\n", "metadata.yaml"),
    ]:
        stores.run("metadata with %s" % what, stores.hostile_metadata, change, words)
    stores.run("pickled members", stores.pickled)
    stores.run("a torn index", stores.corrupt_index)
    stores.run("a video without an index", stores.corrupt_index_of_video)
    stores.run("an index that imgstore saved", stores.saved_by_imgstore)
    stores.run("foreign files", stores.foreign)
    stores.run("a missing chunk", stores.missing_chunk)
    stores.run("a missing image", stores.missing_image)
    stores.run("a torn video", stores.torn_video)
    stores.run("a link to elsewhere", stores.links)
    stores.end()


def yuv(stores, encoding, frames):
    """imgstore hands arrays on as they are, so that what OpenCV makes of them is known."""
    path = stores.path("yuv")
    shutil.rmtree(path, ignore_errors=True)
    store = imgstore.new_for_format("npy", path=path, mode="w", imgshape=frames.shape[1:], imgdtype=frames.dtype, chunksize=CHUNK, encoding=encoding)
    with store:
        for frame, number, time in zip(frames, numbers_of(FRAMES), times_of(FRAMES)):
            store.add_image(frame, number, time)
    with imgstore.new_for_filename(path) as store:
        expected = np.stack([store.get_next_image()[0] for _ in range(FRAMES)])
    assert_equal(stores.load(path)[0], expected[..., ::-1], encoding)


if __name__ == "__main__":
    main()
