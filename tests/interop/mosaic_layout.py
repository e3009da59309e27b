"""A mosaic is what OpenCV and numpy make of its sources, at the places that pimage prints and that plain arithmetic gives."""

import os
import tomllib

import cv2
import numpy as np

from _checks import Checks, assert_equal, color_clip, gray_clip

# A sum that OpenCV rounds at another place.
ROUNDING_LEVELS = 1


def resized(frame, width, height):
    """As pimage resizes by itself: areas where a side shrinks, lines where both grow."""
    if frame.shape[:2] == (height, width):
        return frame
    shrinks = width <= frame.shape[1] and height <= frame.shape[0]
    return cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def fitted(size, room):
    """The largest whole size of the same shape within a room."""
    scale = min(room[0] / size[0], room[1] / size[1])
    return tuple(max(1, int(side * scale + 0.5)) for side in size)


class Layouts(Checks):
    """Saves clips with numpy, has pimage show them together, and puts the same together here."""

    def save(self, clips):
        names = [self.path("clip%d.npy" % place) for place in range(len(clips))]
        for name, clip in zip(names, clips):
            np.save(name, clip)
        return names

    def mosaic(self, names, *options):
        output = self.path("mosaic.npy")
        self.pimage("mosaic", *names, "-o", output, "--quiet", "--overwrite", *options)
        printed = tomllib.loads(self.pimage("mosaic", *names, "--print-layout", *options))
        return np.load(output), printed

    def compose(self, clips, layout):
        """The mosaic of a printed layout, by OpenCV."""
        count = max(len(clip) for clip in clips)
        background = int(layout["background"][1:3], 16)
        shape = (count, layout["height"], layout["width"]) + clips[0].shape[3:]
        top = np.iinfo(clips[0].dtype).max
        mosaic = np.full(shape, background * top // 255, clips[0].dtype)
        for cell, clip in zip(layout["cell"], clips):
            x, y, width, height = (cell[name] for name in ("x", "y", "width", "height"))
            for frame in range(len(clip)):
                mosaic[frame, y : y + height, x : x + width] = resized(clip[frame], width, height)
        return mosaic

    def same(self, clips, *options):
        found, layout = self.mosaic(self.save(clips), *options)
        expected = self.compose(clips, layout)
        assert found.shape == expected.shape and found.dtype == expected.dtype, "%s is not %s" % (found.shape, expected.shape)
        worst = int(np.max(np.abs(found.astype(np.int64) - expected.astype(np.int64))))
        assert worst <= ROUNDING_LEVELS, "differs by %d" % worst

    def grid(self, sizes, columns, border, padding, longest):
        """The places of a grid by plain arithmetic."""
        clips = [gray_clip(1, height, width) for width, height in sizes]
        rows = -(-len(sizes) // columns)
        cell = tuple(max(size[side] for size in sizes) for side in (0, 1))
        free = [longest - 2 * border - (cells - 1) * padding for cells in (columns, rows)]
        room = (free[0] // columns, free[1] // rows)
        if cell[0] > room[0] or cell[1] > room[1]:
            cell = fitted(cell, room)
        options = ["--columns", columns, "--border", border, "--padding", padding, "--max-size", longest]
        found, layout = self.mosaic(self.save(clips), *options)
        width = 2 * border + columns * cell[0] + (columns - 1) * padding
        height = 2 * border + rows * cell[1] + (rows - 1) * padding
        assert found.shape == (1, height, width), "%s is not %dx%d" % (found.shape, width, height)
        for place, (said, size) in enumerate(zip(layout["cell"], sizes)):
            picture = fitted(size, cell)
            x = border + place % columns * (cell[0] + padding) + (cell[0] - picture[0]) // 2
            y = border + place // columns * (cell[1] + padding) + (cell[1] - picture[1]) // 2
            known = (said["x"], said["y"], said["width"], said["height"])
            assert known == (x, y) + picture, "cell %d is at %s, expected %s" % (place, known, (x, y) + picture)

    def own_size(self, dtype):
        """Frames of one size are copied, whatever their type."""
        rng = np.random.default_rng(5)
        clips = [(rng.standard_normal((3, 20, 30)) * 100).astype(dtype) for _ in range(4)]
        found, _ = self.mosaic(self.save(clips), "--columns", 2)
        rows = [np.concatenate(clips[start : start + 2], axis=2) for start in (0, 2)]
        assert_equal(found, np.concatenate(rows, axis=1), "the mosaic")

    def elsewhere(self):
        """A layout in another folder, with its sources, moved as a whole."""
        old, new = self.path("old"), self.path("new")
        os.makedirs(old)
        clip = gray_clip(3)
        np.save(os.path.join(old, "clip.npy"), clip)
        self.pimage("mosaic", os.path.join(old, "clip.npy"), "-o", os.path.join(old, "layout.toml"), "--print-layout")
        os.rename(old, new)
        layout = os.path.join(new, "layout.toml")
        text = open(layout, encoding="utf-8").read()
        if os.path.isabs(tomllib.loads(text)["cell"][0]["source"]):
            # Absolute names stay so; a person makes them relative.
            text = text.replace(os.path.join(old, "clip.npy"), "clip.npy")
            open(layout, "w", encoding="utf-8").write(text)
        output = self.path("moved.npy")
        self.pimage("mosaic", "--layout", layout, "-o", output, "--quiet")
        assert_equal(np.load(output), clip, "the moved mosaic")


def main():
    layouts = Layouts(__doc__)
    for dtype in ["uint8", "uint16", "int16", "int32", "float32", "float64"]:
        layouts.run("frames of their own size, %s" % dtype, layouts.own_size, dtype)
    grays = [gray_clip(4 + place, 96 - 7 * place, 128) for place in range(5)]
    deep = [gray_clip(3, 96, 128, np.uint16), gray_clip(5, 50, 70, np.uint16)]
    colors = [color_clip(3), color_clip(4, 60, 60)]
    for name, clips in [("gray", grays), ("16 bits", deep), ("colour", colors)]:
        layouts.run("a grid, %s" % name, layouts.same, clips, "--background", "51", "--padding", 3, "--border", 4)
        layouts.run("a small grid, %s" % name, layouts.same, clips, "--max-size", 150)
        layouts.run("side by side, %s" % name, layouts.same, clips, "--pair", "horizontal", "--fit-to", "smaller")
        layouts.run("one above the other, %s" % name, layouts.same, clips, "--pair", "vertical", "--max-size", 200)
    layouts.run("pictures in a picture", layouts.same, grays[:3], "--inset", "top-left,scale:0.4", "--padding", 5)
    sizes = [(640, 512), (320, 256), (400, 600), (640, 360), (512, 512), (200, 300), (33, 7)]
    for columns, border, padding, longest in [(3, 0, 0, 1000), (3, 10, 6, 1200), (7, 1, 2, 777), (1, 5, 0, 999), (2, 0, 9, 5000)]:
        name = "%d columns, at most %d" % (columns, longest)
        layouts.run(name, layouts.grid, sizes, columns, border, padding, longest)
    layouts.run("a layout that was moved", layouts.elsewhere)
    layouts.end()


if __name__ == "__main__":
    main()
