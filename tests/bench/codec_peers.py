"""The peers of the rows about codecs: `codec_peers.py JOB QUALITY,… IMAGE…`; prints seconds and trials as JSON.

pycodecs is on no package index, so what its `apply` does is done here: an ffmpeg process to encode and another to decode, with
pixels in pipes, or PyAV in process, a container in memory for each image; presets and tunes are its own. JPEG goes through imageio there,
which is Pillow. AV1 is its bare OBUs here, and in NUT there. A trial is quality, image, bytes of payload, PSNR; reading the images and comparing them takes no part in the time.
"""

import io
import json
import os
import subprocess
import sys
import threading
import time

import numpy as np
from PIL import Image

FFMPEG = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error"]
# Encoder, options, how the quality is said, container.
CODECS = {
    "x264": ("libx264", {"preset": "veryslow"}, ("x264-params", "qp=%s"), "h264"),
    "x265": ("libx265", {"preset": "veryslow", "tune": "ssim"}, ("x265-params", "qp=%s"), "hevc"),
    "av1": ("libaom-av1", {"strict": "experimental", "b:v": "0"}, ("crf", "%s"), "obu"),
}
PIXELS = "yuv444p"
ROUNDS = 3


def payload(name, encoded):
    """Bytes without the text in which x264 and x265 say their settings, which pimage does not count either."""
    if name == "av1":
        return len(encoded)
    units = [unit for unit in encoded.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]
    is_text = {"x264": lambda unit: unit[0] & 31 == 6, "x265": lambda unit: unit[0] >> 1 & 63 == 39}[name]
    return sum(len(unit) + 4 for unit in units if not is_text(unit))


def ffmpeg_apply(name, image, quality):
    encoder, options, (option, form), container = CODECS[name]
    height, width = image.shape[:2]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "%dx%d" % (width, height), "-i", "-"]
    given = [word for key, value in options.items() for word in ("-" + key, value)]
    call = [*FFMPEG, *raw, "-c:v", encoder, "-pix_fmt", PIXELS, "-" + option, form % quality, *given, "-f", container, "-"]
    encoded = subprocess.run(call, input=image.tobytes(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    call = [*FFMPEG, "-f", container, "-i", "-", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    decoded = subprocess.run(call, input=encoded, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    return payload(name, encoded), np.frombuffer(decoded, np.uint8).reshape(height, width, 3)


def pyav_apply(name, image, quality):
    import av

    encoder, options, (option, form), container = CODECS[name]
    given = {key: value for key, value in options.items() if key != "b:v"}
    given[option] = form % quality
    if name == "x265":
        given[option] += ":log-level=0"
    target = io.BytesIO()
    with av.open(target, mode="w", format=container) as out:
        stream = out.add_stream(encoder, rate=1, options=given)
        stream.width, stream.height, stream.pix_fmt = image.shape[1], image.shape[0], PIXELS
        stream.codec_context.bit_rate = 0
        for packet in [*stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")), *stream.encode()]:
            out.mux(packet)
    with av.open(io.BytesIO(target.getvalue()), mode="r", format=container) as source:
        for frame in source.decode(video=0):
            return payload(name, target.getvalue()), frame.to_ndarray(format="rgb24")
    raise SystemExit("PyAV decoded nothing")


def pillow_apply(form, image, quality, **options):
    target = io.BytesIO()
    Image.fromarray(image).save(target, form, **({"quality": int(quality)} if form != "JPEG2000" else {}), **options)
    return len(target.getvalue()), np.asarray(Image.open(target).convert("RGB"))


def pillow_jpeg(image, quality):
    return pillow_apply("JPEG", image, quality)


def imageio_jpeg(image, quality):
    """What pycodecs does for JPEG."""
    import imageio.v2 as imageio

    target = io.BytesIO()
    imageio.imwrite(target, image, format="jpeg", quality=int(quality), optimize=True)
    encoded = target.getvalue()
    return len(encoded), np.asarray(imageio.imread(io.BytesIO(encoded), format="jpeg", pilmode="RGB"))


def pillow_webp(image, quality):
    return pillow_apply("WebP", image, quality, method=6)


def pillow_jpeg2000(image, quality):
    options = {"quality_mode": "rates", "quality_layers": [float(quality)], "irreversible": True, "no_jp2": True}
    return pillow_apply("JPEG2000", image, quality, **options)


def ffmpeg_jpeg2000(image, quality):
    """As pycodecs starts ffmpeg; its level is half of the ratio."""
    height, width = image.shape[:2]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "%dx%d" % (width, height), "-i", "-"]
    level = ["-compression_level", str(int(quality) // 2), "-irreversible", "1"]
    call = [*FFMPEG, *raw, "-c:v", "libopenjpeg", "-pix_fmt", "rgb24", *level, "-f", "image2pipe", "-"]
    encoded = subprocess.run(call, input=image.tobytes(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    call = [*FFMPEG, "-f", "j2k_pipe", "-i", "-", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    decoded = subprocess.run(call, input=encoded, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    # The codestream, without the boxes before it.
    return len(encoded) - encoded.index(b"jp2c") - 4, np.frombuffer(decoded, np.uint8).reshape(height, width, 3)


def imagecodecs_jpeg(image, quality):
    import imagecodecs

    encoded = imagecodecs.jpeg8_encode(image, level=int(quality), subsampling="420")
    return len(encoded), imagecodecs.jpeg8_decode(encoded)


JOBS = {
    **{"ffmpeg-" + name: (lambda image, quality, name=name: ffmpeg_apply(name, image, quality)) for name in CODECS},
    **{"pyav-" + name: (lambda image, quality, name=name: pyav_apply(name, image, quality)) for name in CODECS},
    "pillow-jpeg": pillow_jpeg,
    "imageio-jpeg": imageio_jpeg,
    "imagecodecs-jpeg": imagecodecs_jpeg,
    "pillow-webp": pillow_webp,
    "pillow-jpeg2000": pillow_jpeg2000,
    "ffmpeg-jpeg2000": ffmpeg_jpeg2000,
}


def psnr(a, b):
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else 99.0


def apply_all(job, qualities, paths):
    images = [(path, np.asarray(Image.open(path).convert("RGB"))) for path in paths]
    job(images[0][1][:32, :32], qualities[0])
    best = float("inf")
    for _ in range(ROUNDS):
        secs, trials = 0.0, []
        for quality in qualities:
            for path, image in images:
                start = time.perf_counter()
                size, back = job(image, quality)
                secs += time.perf_counter() - start
                trials.append([quality, path, size, psnr(image, back)])
        best = min(best, secs)
        if secs > 20:
            break
    print(json.dumps({"secs": best, "trials": trials}))


def decode_folder(folder, threads):
    """Every image of a folder through OpenCV."""
    import cv2

    names = sorted(os.path.join(folder, name) for name in os.listdir(folder))

    def work(part):
        for name in part:
            assert cv2.imread(name, cv2.IMREAD_UNCHANGED).dtype == np.uint16

    workers = [threading.Thread(target=work, args=(names[place::threads],)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps({"frames": len(names)}))


if __name__ == "__main__":
    if sys.argv[1] == "opencv-folder":
        decode_folder(sys.argv[2], int(sys.argv[3]))
    else:
        apply_all(JOBS[sys.argv[1]], sys.argv[2].split(","), sys.argv[3:])
