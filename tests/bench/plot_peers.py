"""The moving plot of `plot_rows.py` by matplotlib, as frames in memory: `plot_peers.py plain|blit FRAMES`; the facts are printed as JSON."""

import json
import sys
import time


def main(how, frames):
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    import numpy as np

    x = np.linspace(0, 100, 10_000, endpoint=False)
    y = np.sin(x * 0.7) + 0.3 * np.random.default_rng(1).random(x.size)
    figure, axes = plt.subplots(figsize=(6.4, 4.8), dpi=100)
    axes.plot(x, y)
    axes.grid(True)
    axes.set(xlabel="time (s)", ylabel="ΔF/F (%)", xlim=(0, 100))
    line = axes.axvline(0, color="k", animated=how == "blit")
    label = axes.text(0, 1, "", va="top", animated=how == "blit")
    canvas = figure.canvas
    canvas.draw()
    ground = canvas.copy_from_bbox(figure.bbox)
    total = 0
    start = time.perf_counter()
    for index in range(frames):
        at = 100 * index / frames
        line.set_xdata([at, at])
        label.set_position((at, 1))
        label.set_text("%.3f" % y[np.searchsorted(x, at)])
        if how == "blit":
            canvas.restore_region(ground)
            axes.draw_artist(line)
            axes.draw_artist(label)
        else:
            canvas.draw()
        total += int(np.asarray(canvas.buffer_rgba())[..., :3].copy()[0, 0, 0])
    secs = time.perf_counter() - start
    print(json.dumps({"frames": frames, "secs": secs, "frames_per_second": frames / secs, "touched": total}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
