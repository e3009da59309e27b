"""pimage reads the videos that PyAV and OpenCV write: equal counts, pixels and times, in order and at random."""

import json
from fractions import Fraction

import av
import numpy as np

from _checks import Checks, assert_close, assert_equal, assert_times, color_clip, gray_clip, pyav_read

# Codec, extension, pixel format, whether pimage gives it back as one channel.
STREAMS = [
    ("ffv1", "mkv", "gray", True),
    ("ffv1", "mkv", "gray16le", True),
    ("ffv1", "mkv", "yuv420p", False),
    ("mjpeg", "avi", "yuvj420p", False),
    ("libx264", "mp4", "yuv420p", False),
    ("libx265", "mp4", "yuv420p", False),
    ("mpeg4", "avi", "yuv420p", False),
    ("libvpx-vp9", "webm", "yuv420p", False),
]


class Streams(Checks):
    """Writes a clip with another library and reads the file with pimage."""

    def write(self, path, codec, pixel_format, clip, ticks=None):
        """Encodes with PyAV; `ticks` are times in milliseconds."""
        is_deep = clip.dtype == np.uint16
        kind = ("rgb48le" if is_deep else "rgb24") if clip.ndim == 4 else ("gray16le" if is_deep else "gray")
        with av.open(path, "w") as container:
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height = clip.shape[2], clip.shape[1]
            stream.pix_fmt = pixel_format
            if codec == "libx265":
                stream.codec_context.options = {"x265-params": "log-level=none"}
            if ticks:
                stream.codec_context.time_base = Fraction(1, 1000)
            for index, picture in enumerate(clip):
                frame = av.VideoFrame.from_ndarray(picture, format=kind)
                if ticks:
                    frame.time_base = Fraction(1, 1000)
                    frame.pts = ticks[index]
                container.mux(stream.encode(frame))
            container.mux(stream.encode())

    def stream(self, name, codec, pixel_format, is_gray):
        dtype = np.uint16 if "16" in pixel_format else np.uint8
        clip = (gray_clip if is_gray else color_clip)(count=40, dtype=dtype)
        path = self.path(name)
        self.write(path, codec, pixel_format, clip)
        own = self.read(path)
        shown = pixel_format if is_gray else "rgb24"
        frames, _ = pyav_read(path, shown)
        if is_gray:
            assert_equal(own, frames, "what pimage reads")
        else:
            # The two interpolate chroma in their own ways: the mean tells a wrong matrix or range, the shape a wrong count.
            assert own.shape == frames.shape, "pimage reads %s, PyAV %s" % (own.shape, frames.shape)
            mean = np.abs(own.astype(np.int16) - frames).mean()
            assert mean < 2.5, "pimage's colours differ from PyAV's by %.2f levels on average" % mean
        some = [39, 0, 17, 18, 5, 17]
        picked = self.path(name + ".picked.npy")
        self.pimage("extract", path, *some, "-o", picked)
        assert_equal(np.load(picked), own[some], "what `pimage extract` finds at random")

    def info(self):
        path = self.path("info.mp4")
        self.write(path, "libx264", "yuv420p", color_clip(count=30))
        facts = json.loads(self.pimage("info", path, "--json"))
        expected = {"width": 128, "height": 96, "frames": 30, "frames_exact": True, "codec": "h264"}
        found = {key: facts.get(key) for key in expected}
        assert found == expected, "`pimage info --json` says %s, expected %s" % (found, expected)

    def times(self, extension, options, tolerance):
        """Frames at uneven times keep them."""
        ticks = [0, 40, 80, 200, 210, 330, 1000, 1040, 1500, 2777]
        source = self.path("uneven.mkv")
        self.write(source, "ffv1", "gray", gray_clip(count=len(ticks)), ticks)
        _, before = pyav_read(source, "gray")
        assert_times(before, [tick / 1000 for tick in ticks], 0.0005, "the source itself")
        output = self.path("uneven-out." + extension)
        self.pimage("convert", source, output, "--quiet", "--overwrite", *options)
        frames, after = pyav_read(output, "gray")
        assert_times(after, before, tolerance, "what PyAV reads")
        assert_close(frames[:, ::8, ::8], gray_clip(count=len(ticks))[:, ::8, ::8], 24, "what PyAV reads")

    def opencv(self):
        import cv2

        path = self.path("opencv.avi")
        clip = color_clip(count=20)
        writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 25, (clip.shape[2], clip.shape[1]))
        for frame in clip:
            writer.write(np.ascontiguousarray(frame[:, :, ::-1]))
        writer.release()
        own = self.read(path)
        assert own.shape == clip.shape, "pimage reads %s, OpenCV wrote %s" % (own.shape, clip.shape)
        mean = np.abs(own.astype(np.int16) - clip).mean()
        assert mean < 4, "pimage's pixels differ from the clip's by %.2f levels on average" % mean


def main():
    streams = Streams(__doc__)
    for codec, extension, pixel_format, is_gray in STREAMS:
        name = "%s-%s.%s" % (codec, pixel_format, extension)
        streams.run(name, streams.stream, name, codec, pixel_format, is_gray)
    streams.run("info", streams.info)
    streams.run("opencv.avi", streams.opencv)
    for extension, options in (("mkv", []), ("mkv", ["--codec", "h264"]), ("mp4", []), ("mov", [])):
        label = "times-%s" % "-".join([extension, *options[1:]])
        streams.run(label, streams.times, extension, options, 0.001)
    streams.end()


if __name__ == "__main__":
    main()
