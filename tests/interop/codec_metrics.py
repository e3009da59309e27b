"""scikit-image, sewar, ffmpeg and the package bjontegaard measure what pimage measures."""

import csv
import json
import subprocess

import bjontegaard
import numpy as np
import sewar
from PIL import Image
from scipy.ndimage import correlate1d
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from _checks import Checks

# Of Wang, Simoncelli and Bovik (2003).
EXPONENTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
QUALITIES = [15, 30, 50, 70, 85]


def assert_near(found, expected, tolerance, what):
    assert found is not None and abs(found - expected) <= tolerance, "%s is %r, expected %r" % (what, found, expected)


def ycbcr(image):
    """BT.601 in full range, without rounding."""
    red, green, blue = np.moveaxis(image.astype(np.float64), 2, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return [luma, (blue - luma) / 1.772, (red - luma) / 1.402]


def psnr(a, b, peak):
    return float(10 * np.log10(peak**2 / np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)))


def means(a, b, peak):
    """Index and contrast of one scale, averaged where the window fits."""
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets**2) / (2 * 1.5**2))
    window /= window.sum()

    def blurred(x):
        return correlate1d(correlate1d(x, window, axis=0), window, axis=1)[5:-5, 5:-5]

    mean_a, mean_b = blurred(a), blurred(b)
    contrast = (2 * (blurred(a * b) - mean_a * mean_b) + (0.03 * peak) ** 2) / (
        blurred(a * a) - mean_a**2 + blurred(b * b) - mean_b**2 + (0.03 * peak) ** 2
    )
    luminance = (2 * mean_a * mean_b + (0.01 * peak) ** 2) / (mean_a**2 + mean_b**2 + (0.01 * peak) ** 2)
    return float(np.mean(luminance * contrast)), float(np.mean(contrast))


def ms_ssim(a, b, peak):
    """By the paper, of one channel whose sides are multiples of 16."""
    product = 1.0
    a, b = a.astype(np.float64), b.astype(np.float64)
    for scale, exponent in enumerate(EXPONENTS):
        index, contrast = means(a, b, peak)
        product *= max(index if scale == 4 else contrast, 0) ** exponent
        if scale < 4:
            a, b = (x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2).mean(axis=(1, 3)) for x in (a, b))
    return product


class Metrics(Checks):
    """Codes photographs, and measures what came back with other software."""

    def photograph(self, name):
        image = getattr(data, name)()
        path = self.path(name + ".png")
        Image.fromarray(image).save(path)
        return path, image

    def bench(self, *options):
        table = self.path("trials.csv")
        said = self.pimage("codec", "bench", "--csv", table, "--overwrite", "--json", *options)
        with open(table) as file:
            rows = list(csv.DictReader(file))
        return json.loads(said), rows

    def applied(self, path, quality):
        decoded = self.path("decoded.png")
        call = ["codec", "apply", path, "--codec", "jpeg", "--quality", str(quality), "--decoded", decoded]
        said = json.loads(self.pimage(*call, "--overwrite", "--json"))
        return said, np.array(Image.open(decoded))

    def ratios(self, name):
        path, image = self.photograph(name)
        for quality in QUALITIES[1::2]:
            said, back = self.applied(path, quality)
            assert_near(said["psnr"], peak_signal_noise_ratio(image, back), 1e-9, "PSNR")
            _, rows = self.bench(path, "--codecs", "jpeg", "--qualities", str(quality))
            row = rows[0]
            if image.ndim == 3:
                for key, a, b in zip(["psnr_y", "psnr_cb", "psnr_cr"], ycbcr(image), ycbcr(back)):
                    assert_near(float(row[key]), psnr(a, b, 255), 1e-9, key)
            else:
                assert_near(float(row["psnr_y"]), said["psnr"], 1e-12, "psnr_y")
                assert row["psnr_cb"] == "", row
            pixels = image.shape[0] * image.shape[1]
            assert_near(said["bits_per_pixel"], 8 * said["bytes"] / pixels, 1e-12, "bits per pixel")

    def multiscale(self, name):
        path, image = self.photograph(name)
        side = [size // 16 * 16 for size in image.shape[:2]]
        image = np.ascontiguousarray(image[: side[0], : side[1]])
        Image.fromarray(image).save(path)
        _, back = self.applied(path, 30)
        _, rows = self.bench(path, "--codecs", "jpeg", "--qualities", "30")
        channels = [(image[..., c], back[..., c]) for c in range(3)] if image.ndim == 3 else [(image, back)]
        expected = float(np.mean([ms_ssim(a, b, 255.0) for a, b in channels]))
        found = float(rows[0]["ms_ssim"])
        assert_near(found, expected, 1e-9, "MS-SSIM")
        # It halves by other pairs of samples, so that only about three digits agree.
        other = [np.real(sewar.msssim(a, b)) for a, b in channels]
        assert_near(found, float(np.mean(other)), 3e-3, "MS-SSIM of sewar")

    def window(self):
        """The window of one scale is scikit-image's."""
        image = data.camera()[:16, :17]
        path = self.path("tiny.png")
        Image.fromarray(image).save(path)
        _, back = self.applied(path, 20)
        _, rows = self.bench(path, "--codecs", "jpeg", "--qualities", "20")
        options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
        expected = structural_similarity(image, back, **options)
        assert_near(float(rows[0]["ms_ssim"]), max(expected, 0) ** sum(EXPONENTS), 1e-9, "the index of one scale")

    def against_ffmpeg(self):
        path, _ = self.photograph("camera")
        said, _ = self.applied(path, 40)
        # ffmpeg's SSIM has a smaller constant for luminance than the paper.
        for name, key, tolerance in (("psnr", "average:", 0.01), ("ssim", "All:", 2e-4)):
            graph = "[0:v]format=gray[a];[1:v]format=gray[b];[a][b]%s" % name
            call = ["ffmpeg", "-hide_banner", "-i", path, "-i", self.path("decoded.png"), "-lavfi", graph, "-f", "null", "-"]
            told = subprocess.run(call, capture_output=True, text=True).stderr
            line = [line for line in told.splitlines() if key in line][-1]
            assert_near(said[name], float(line.split(key)[1].split()[0]), tolerance, name)

    def deltas(self, name):
        path, _ = self.photograph(name)
        qualities = ",".join(str(quality) for quality in QUALITIES)
        options = ["--codecs", "jpeg", "--qualities", qualities]
        plain, rows = self.bench(path, *options, "--option", "subsampling=4:4:4")
        points = [(float(row["bits_per_pixel"]), float(row["psnr"])) for row in rows]
        assert_near(plain["codecs"][0]["bd_rate"], 0, 1e-9, "BD-rate over itself")
        # Two codecs of this build that are always there beside each other.
        both, rows = self.bench(path, "--codecs", "jpeg,webp", "--qualities", qualities, "--reference", "jpeg")
        curves = {}
        for row in rows:
            curves.setdefault(row["codec"], []).append((float(row["bits_per_pixel"]), float(row["psnr"])))
        (rate_a, psnr_a), (rate_b, psnr_b) = (zip(*sorted(curves[codec])) for codec in ("jpeg", "webp"))
        found = {codec["codec"]: codec for codec in both["codecs"]}["webp"]
        arguments = (rate_a, psnr_a, rate_b, psnr_b)
        assert_near(found["bd_rate"], float(bjontegaard.bd_rate(*arguments, method="pchip")), 1e-6, "BD-rate")
        assert_near(found["bd_psnr"], float(bjontegaard.bd_psnr(*arguments, method="pchip")), 1e-6, "BD-PSNR")
        assert len(points) == len(QUALITIES), points


def main():
    metrics = Metrics(__doc__)
    for name in ("astronaut", "coffee", "camera"):
        metrics.run("PSNR of %s" % name, metrics.ratios, name)
        metrics.run("MS-SSIM of %s" % name, metrics.multiscale, name)
    metrics.run("the window of SSIM", metrics.window)
    metrics.run("ffmpeg's PSNR and SSIM", metrics.against_ffmpeg)
    metrics.run("Bjontegaard deltas", metrics.deltas, "astronaut")
    metrics.end()


if __name__ == "__main__":
    main()
