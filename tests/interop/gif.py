"""Pillow, FFmpeg and imageio read the GIFs that pimage writes, and pimage those that they write, pixel by pixel."""

import itertools
import json

import numpy as np
from PIL import Image, ImageSequence

from _checks import Checks, assert_equal, assert_similar, assert_times, color_clip, gray_clip, pyav_read


class Gifs(Checks):
    """Clips as arrays, written as GIFs and read by all, and GIFs of others read by pimage."""

    def written(self, name, clip, decibels, *options):
        """What pimage writes is the same to every reader, and near to the clip (exactly it for 0 decibels)."""
        source, output = self.path(name + ".npy"), self.path(name + ".gif")
        np.save(source, clip)
        self.pimage("convert", source, output, "--fps", 30, "--quiet", *options)
        found = self.read(output)
        if decibels:
            assert_similar(found, clip, decibels, "what pimage reads")
        else:
            assert_equal(found, clip, "what pimage reads")
        wanted = rgba(found)
        assert_equal(pillow_read(output)[0], wanted, "what Pillow reads")
        assert_equal(imageio_read(output), wanted, "what imageio reads")
        # FFmpeg gives BGRA, opaque or not.
        frames, times = pyav_read(output, "rgba")
        assert_equal(shown(frames), shown(wanted), "what FFmpeg reads")
        # Hundredths of a second, never off by more than half of one.
        assert_times(times, [i / 30 for i in range(len(clip))], 0.0051, "FFmpeg")
        total = sum(pillow_read(output)[1]) / 1000
        assert abs(total - len(clip) / 30) <= 0.0051, "it lasts %.3f s, expected %.3f" % (total, len(clip) / 30)
        with Image.open(output) as image:
            assert image.info.get("loop") == 0, "Pillow does not show it for ever"

    def pillow(self, name, frames, options):
        """Frames of Pillow, saved by it with options, are to pimage what they are to Pillow and FFmpeg."""
        path = self.path(name + ".gif")
        frames[0].save(path, save_all=True, append_images=frames[1:], loop=2, **options)
        self.same(path)

    def same(self, path):
        wanted, durations = pillow_read(path)
        frames, times = pyav_read(path, "rgba")
        assert_equal(shown(rgba(self.read(path))), shown(wanted), "what pimage reads")
        assert_equal(shown(frames), shown(wanted), "what FFmpeg reads")
        found = json.loads(self.pimage("info", path, "--json"))
        assert (found["frames"], found["frames_exact"]) == (len(wanted), True), "the count differs: %s" % found
        expected = [sum(durations[:i]) / 1000 for i in range(len(durations))]
        if all(duration > 10 for duration in durations):
            assert_times(times, expected, 1e-6, "FFmpeg")
        hashes = [line.split() for line in self.pimage("hash", path).splitlines()]
        assert len([line for line in hashes if line and line[0].isdigit()]) == len(wanted), "frames are missing"

    def ffmpeg(self, pixel_format):
        """FFmpeg's GIFs store what changes, transparent where nothing does."""
        import av

        path = self.path("ffmpeg-%s.gif" % pixel_format)
        with av.open(path, "w") as container:
            stream = container.add_stream("gif", rate=20)
            stream.width, stream.height, stream.pix_fmt = 128, 96, pixel_format
            for frame in moving():
                picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=pixel_format)
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        self.same(path)


def rgba(clip):
    """Any clip as RGBA, with all that is transparent the same."""
    if clip.ndim == 3:
        clip = clip[..., None]
    color, alpha = clip, np.full(clip.shape[:3] + (1,), 255, np.uint8)
    if clip.shape[3] in (2, 4):
        color, alpha = clip[..., :-1], clip[..., -1:]
    if color.shape[3] == 1:
        color = np.repeat(color, 3, axis=3)
    return shown(np.concatenate([color, alpha], axis=3))


def shown(frames):
    """What is transparent has no colour."""
    frames = frames.copy()
    frames[frames[..., 3] == 0] = 0
    return frames


def pillow_read(path):
    """The frames as RGBA, and for how many milliseconds each is shown."""
    with Image.open(path) as image:
        pictures = [(frame.convert("RGBA"), frame.info.get("duration", 0)) for frame in ImageSequence.Iterator(image)]
    return shown(np.stack([np.asarray(picture) for picture, _ in pictures])), [duration for _, duration in pictures]


def imageio_read(path):
    import imageio.v3

    return shown(imageio.v3.imread(path, plugin="pillow", mode="RGBA", index=None))


def moving(count=10, height=96, width=128):
    """A bright square over a ramp: most of each frame stands still."""
    y, x = np.mgrid[:height, :width]
    frames = np.repeat(np.stack([x, y * 2, 200 - x], axis=-1)[None].astype(np.uint8), count, axis=0)
    for i, frame in enumerate(frames):
        frame[20 : 50, 5 + 8 * i : 35 + 8 * i] = [250, 40 * (i % 5), 10]
    return frames


def with_holes():
    """Squares on nothing."""
    clip = np.zeros((9, 60, 80, 4), np.uint8)
    for i, frame in enumerate(clip):
        frame[10 + i : 40 + i, 4 * i : 30 + 4 * i] = [200, 20 * i, 90, 255]
        frame[50:, :20] = [0, 60, 250, 255]
    return clip


def box_over_nothing(begins_empty=False, begins_full=False):
    """One box that moves, with nothing around it; perhaps all of the first frame is transparent or opaque."""
    clip = np.zeros((8, 40, 60, 4), np.uint8)
    for i, frame in enumerate(clip):
        frame[8 : 24, 3 + 5 * i : 19 + 5 * i] = [220, 30, 120, 255]
    if begins_empty:
        clip[0] = 0
    if begins_full:
        clip[0] = [10, 90, 200, 255]
    return clip


def main():
    gifs = Gifs(__doc__)
    rng = np.random.default_rng(5)
    gifs.run("gray", gifs.written, "gray", gray_clip(count=20), 0)
    gifs.run("gray noise", gifs.written, "noise", rng.integers(0, 256, (6, 50, 70), np.uint8), 0)
    gifs.run("two levels", gifs.written, "mask", (gray_clip(count=8) > 127).astype(np.uint8) * 255, 0)
    gifs.run("one frame", gifs.written, "one", gray_clip(count=1), 0)
    few = rng.integers(0, 255, (256, 3), np.uint8)[rng.integers(0, 256, (7, 40, 60))]
    gifs.run("256 colours", gifs.written, "few", few, 0, "--lossless")
    gifs.run("many colours", gifs.written, "many", color_clip(), 34)
    gifs.run("low quality", gifs.written, "low", color_clip(), 24, "--quality", 20)
    gifs.run("a moving square", gifs.written, "moving", moving(), 38)
    gifs.run("transparency", gifs.written, "holes", with_holes(), 0)
    gifs.run("a box over nothing", gifs.written, "box", box_over_nothing(), 0)
    gifs.run("nothing at first", gifs.written, "box-later", box_over_nothing(begins_empty=True), 0)
    gifs.run("nothing later", gifs.written, "holes-later", box_over_nothing(begins_full=True), 0)
    gifs.run("one palette and transparency", gifs.written, "box-global", box_over_nothing(), 0, "--global-palette")
    gray_holes = with_holes()[..., [0, 3]]
    gifs.run("gray with transparency", gifs.written, "gray-holes", gray_holes, 0)

    pictures = [Image.fromarray(frame) for frame in moving()]
    for disposal, optimize in itertools.product(range(4), [False, True]):
        # Before the first frame there is nothing to go back to: browsers clear the canvas, the others keep the frame.
        disposals = [disposal % 3] + [disposal] * (len(pictures) - 1)
        name = "disposal %d%s" % (disposal, ", optimised" if optimize else "")
        options = dict(disposal=disposals, optimize=optimize, duration=70)
        gifs.run(name, gifs.pillow, "disposal-%d-%d" % (disposal, optimize), pictures, options)
    holes = [Image.fromarray(frame) for frame in with_holes()]
    for disposal in range(4):
        gifs.run("transparent, disposal %d" % disposal, gifs.pillow, "holes-%d" % disposal, holes, dict(disposal=disposal, duration=40))
    gifs.run("delays that differ", gifs.pillow, "delays", pictures, dict(duration=[20, 30, 500, 40, 40, 90, 1000, 20, 20, 70]))
    gray = [Image.fromarray(frame) for frame in gray_clip(count=5)]
    gifs.run("gray of Pillow", gifs.pillow, "gray-pillow", gray, dict(duration=100))
    gifs.run("interlaced", gifs.pillow, "interlaced", pictures[:1], dict(interlace=1))
    palettes = [picture.quantize(colors) for picture, colors in zip(pictures, itertools.cycle([7, 64, 256]))]
    gifs.run("palettes that differ", gifs.pillow, "palettes", palettes, dict(duration=50))
    for pixel_format in ["rgb8", "bgr8", "gray"]:
        gifs.run("FFmpeg, " + pixel_format, gifs.ffmpeg, pixel_format)
    gifs.end()


if __name__ == "__main__":
    main()
