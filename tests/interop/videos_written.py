"""OpenCV and PyAV read the videos that pimage writes: equal counts, pixels and times."""

import numpy as np

from _checks import (
    CONVERSION_LEVELS,
    Checks,
    assert_close,
    assert_equal,
    assert_similar,
    assert_times,
    color_clip,
    gray_clip,
    opencv_read,
    pyav_codec,
    pyav_format,
    pyav_read,
)

# What a lossy codec keeps of these smooth clips, at least.
LOSSY_DECIBELS = 34

# Extension, options; each is written from gray 8-bit and must come back bit by bit.
LOSSLESS_GRAY = [
    ("mkv", []),
    ("mkv", ["--codec", "ffv1"]),
    ("avi", ["--codec", "ffv1"]),
    ("mp4", ["--lossless"]),
    ("mkv", ["--codec", "h264", "--lossless"]),
    ("mkv", ["--codec", "hevc", "--lossless"]),
    ("avi", ["--codec", "png"]),
    ("mov", ["--codec", "png"]),
    ("avi", ["--codec", "huffyuv"]),
    ("avi", ["--codec", "utvideo"]),
    ("avi", ["--codec", "rawvideo"]),
]
LOSSLESS_COLOR = [
    ("mkv", []),
    ("avi", ["--codec", "ffv1"]),
    ("avi", ["--codec", "huffyuv"]),
    ("avi", ["--codec", "utvideo"]),
    ("mov", ["--codec", "png"]),
    ("avi", ["--codec", "rawvideo"]),
]
LOSSY = [
    ("avi", []),
    ("avi", ["--codec", "mpeg4"]),
    ("mp4", []),
    ("mp4", ["--codec", "hevc"]),
    ("mp4", ["--codec", "mpeg4"]),
    ("m4v", []),
    ("mov", []),
    ("mov", ["--codec", "mjpeg"]),
    ("mkv", ["--codec", "h264"]),
    ("mkv", ["--codec", "mjpeg"]),
    ("webm", []),
    ("webm", ["--codec", "vp9"]),
]


class Videos(Checks):
    """Writes a clip with pimage and reads the file with the others."""

    def write(self, clip, name, options):
        array, video = self.path(name + ".npy"), self.path(name)
        np.save(array, clip)
        self.pimage("convert", array, video, "--quiet", "--fps", "25", *options)
        return video

    def lossless(self, clip, name, options, pixel_format):
        video = self.write(clip, name, options)
        frames, times = pyav_read(video, pixel_format)
        assert_equal(frames, clip, "what PyAV reads (%s)" % pyav_format(video))
        assert_times(times, [index / 25 for index in range(len(clip))], 0.001, "what PyAV reads")
        assert_equal(self.read(video), clip, "what pimage reads")
        if clip.dtype == np.uint8:
            shown = opencv_read(video)
            as_rgb = clip if clip.ndim == 4 else np.repeat(clip[..., None], 3, axis=-1)
            assert_similar(shown, as_rgb, LOSSY_DECIBELS, "what OpenCV reads")

    def lossy(self, clip, name, options):
        video = self.write(clip, name, options)
        is_color = clip.ndim == 4
        as_rgb = clip if is_color else np.repeat(clip[..., None], 3, axis=-1)
        frames, times = pyav_read(video, "rgb24")
        assert_similar(frames, as_rgb, LOSSY_DECIBELS, "what PyAV reads (%s)" % pyav_format(video))
        assert_times(times, [index / 25 for index in range(len(clip))], 0.001, "what PyAV reads")
        if pyav_codec(video) != "av1":
            # OpenCV's wheels have no AV1 decoder that works without a graphics card.
            assert_similar(opencv_read(video), as_rgb, LOSSY_DECIBELS, "what OpenCV reads")
        own = self.read(video)
        if not is_color:
            assert own.ndim == 3, "gray does not stay gray: shape %s" % (own.shape,)
            frames = frames[..., 0]
        if not is_color:
            assert_close(own, frames, CONVERSION_LEVELS, "what pimage reads, beside PyAV,")
        else:
            assert_similar(own, frames, LOSSY_DECIBELS, "what pimage reads, beside PyAV,")

    def odd(self, clip, name, options):
        """The picture is in the top left corner of an even one, or has its own size."""
        video = self.write(clip, name, options)
        frames, _ = pyav_read(video, "gray")
        _, height, width = clip.shape
        assert frames.shape[1] in (height, height + 1), "PyAV sees %d rows of %d" % (frames.shape[1], height)
        assert frames.shape[2] in (width, width + 1), "PyAV sees %d columns of %d" % (frames.shape[2], width)
        assert_similar(frames[:, :height, :width], clip, LOSSY_DECIBELS, "what PyAV reads")
        own = self.read(video)
        assert own.shape == clip.shape, "pimage reads shape %s back, wrote %s" % (own.shape, clip.shape)


def label(kind, extension, options):
    words = [kind] + [option.removeprefix("--") for option in options if option != "--codec"]
    return "-".join(words) + "." + extension


def main():
    videos = Videos(__doc__)
    gray, color = gray_clip(), color_clip()
    for extension, options in LOSSLESS_GRAY:
        name = label("exact-gray", extension, options)
        videos.run(name, videos.lossless, gray, name, options, "gray")
    for extension, options in LOSSLESS_COLOR:
        name = label("exact-color", extension, options)
        videos.run(name, videos.lossless, color, name, options, "rgb24")
    deep = gray_clip(dtype=np.uint16)
    videos.run("exact-gray16.mkv", videos.lossless, deep, "exact-gray16.mkv", [], "gray16le")
    deep = color_clip(dtype=np.uint16)
    videos.run("exact-color16.mkv", videos.lossless, deep, "exact-color16.mkv", [], "rgb48le")
    for kind, clip in (("gray", gray), ("color", color)):
        for extension, options in LOSSY:
            name = label(kind, extension, options)
            videos.run(name, videos.lossy, clip, name, options)
    for extension in ("avi", "mp4", "mkv", "webm"):
        name = "odd." + extension
        videos.run(name, videos.odd, gray_clip(height=77, width=91), name, [])
    videos.end()


if __name__ == "__main__":
    main()
