"""The peers of the rows about compressed arrays: `compress_peers.py JOB FIELD.npy …`; prints bytes, errors and seconds as JSON.

sz3 FIELD BOUND        SZ3 at an absolute bound: the smallest of its algorithms that keeps it
sz3-psnr FIELD DB      SZ3 at a peak signal-to-noise ratio: the loosest bound that reaches it, by halving, for each algorithm
zfp, grib FIELD BOUND  ZFP in accuracy mode; GRIB2 with CCSDS packing of so many bits that the bound holds
netcdf, blosc FIELD _  nothing lost: NetCDF-4 with zlib 9 and shuffle; Blosc2 with zstd 9
levels FIELD RAW       the field in 12 bits, rounded, as raw video; prints its size
x265 RAW WxH FRAMES BYTES FILE   the raw video by x265 as a base is coded, of the rate factor that comes nearest to so many bytes; prints it
write, read MODE FIELD FILE   numpy_compress's mode through the ffmpeg program, with its raw temporary file
"""

import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

FFMPEG = ["ffmpeg", "-y", "-hide_banner", "-loglevel", "error", "-nostdin"]
# What numpy_compress asks of ffmpeg: bits that reach the encoder, encoder and options.
MODES = {
    "extreme": (8, ["-c:v", "libx265", "-preset", "slow", "-crf", "51"]),
    "max": (8, ["-c:v", "libx265", "-preset", "slow", "-crf", "32"]),
    "vhigh": (10, ["-c:v", "libx265", "-preset", "slow", "-crf", "20"]),
    "high": (12, ["-c:v", "libx265", "-preset", "slow", "-crf", "15"]),
    "avg": (12, ["-c:v", "libx265", "-preset", "slow", "-crf", "8"]),
    "low": (12, ["-c:v", "libx265", "-preset", "slow", "-crf", "0"]),
    "vlow": (12, ["-c:v", "libx265", "-preset", "veryslow", "-x265-params", "lossless=1"]),
    "C4-JP2K": (16, ["-c:v", "libopenjpeg", "-compression_level", "4"]),
    "LL-JP2K": (16, ["-c:v", "libopenjpeg"]),
}
SUFFIX = {"C4-JP2K": ".mkv", "LL-JP2K": ".mkv"}
SPACES = {8: "gray", 10: "gray10le", 12: "gray12le", 16: "gray16le"}


def span_of(field):
    return float(np.nanmax(field) - np.nanmin(field)) or 1.0


def worst(field, back):
    """The largest error of the numbers; none where the holes are not the same."""
    if not np.array_equal(np.isnan(field), np.isnan(back)):
        return float("inf")
    return float(np.nanmax(np.abs(back.astype(np.float64) - field)))


def psnr(field, back):
    error = float(np.nanmean((back.astype(np.float64) - field) ** 2))
    return 20 * float(np.log10(span_of(field))) - 10 * float(np.log10(error)) if error else 999.0


def tell(field, size, back, secs, decode_secs):
    told = {"bytes": size, "ratio": round(field.nbytes / size, 3), "worst": worst(field, back), "psnr": round(psnr(field, back), 2)}
    print(json.dumps({**told, "encode_secs": round(secs, 3), "decode_secs": round(decode_secs, 3)}))


def timed(work):
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def sz3_once(field, bound, algorithm):
    """Bytes, what comes back, and the seconds of both ways."""
    from pysz import sz, szConfig, szErrorBoundMode

    config = szConfig(field.shape)
    config.cmprAlgo = algorithm
    config.errorBoundMode = szErrorBoundMode.ABS
    config.absErrorBound = bound
    (packed, _), secs = timed(lambda: sz.compress(field, config))
    (back, _), decode_secs = timed(lambda: sz.decompress(packed, field.dtype, field.shape))
    return packed.nbytes, back, secs, decode_secs


def sz3_algorithms():
    from pysz import szAlgorithm

    return szAlgorithm.INTERP_LORENZO, szAlgorithm.INTERP, szAlgorithm.LORENZO_REG


def sz3(field, bound):
    bound = float(bound)
    kept = [sz3_once(field, bound, algorithm) for algorithm in sz3_algorithms()]
    # A rounding of float32 is forgiven.
    kept = [one for one in kept if worst_of_numbers(field, one[1]) <= bound * (1 + 1e-6)]
    size, back, *secs = min(kept, key=lambda one: one[0])
    tell(field, size, np.where(np.isnan(field), field, back), *secs)


def worst_of_numbers(field, back):
    """SZ3 keeps NaN only by chance: those places do not count against it."""
    return float(np.nanmax(np.abs(back.astype(np.float64) - field)))


def sz3_psnr(field, wanted):
    wanted, best = float(wanted), None
    for algorithm in sz3_algorithms():
        low, high = 0.0, span_of(field)
        for _ in range(14):
            bound = (low + high) / 2 if low else high / 8
            one = sz3_once(field, bound, algorithm)
            if psnr(field, np.where(np.isnan(field), field, one[1])) >= wanted:
                low = bound
                best = min(best or one, one, key=lambda one: one[0])
            else:
                high = bound
            if low and high / low < 1.005:
                break
    size, back, *secs = best
    tell(field, size, np.where(np.isnan(field), field, back), *secs)


def zfp(field, bound):
    import zfpy

    if np.isnan(field).any():
        raise SystemExit("ZFP takes no NaN")
    packed, secs = timed(lambda: zfpy.compress_numpy(field, tolerance=float(bound)))
    back, decode_secs = timed(lambda: zfpy.decompress_numpy(packed))
    tell(field, len(packed), back, secs, decode_secs)


def blosc(field, _):
    import blosc2

    packed, secs = timed(lambda: blosc2.pack_array2(field, cparams={"codec": blosc2.Codec.ZSTD, "clevel": 9}))
    back, decode_secs = timed(lambda: blosc2.unpack_array2(packed))
    tell(field, len(packed), back, secs, decode_secs)


def netcdf(field, _):
    import netCDF4

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "field.nc")

        def write():
            with netCDF4.Dataset(path, "w") as file:
                for name, size in zip("tyx", field.shape):
                    file.createDimension(name, size)
                chunks = (1, *field.shape[1:])
                variable = file.createVariable("v", "f4", tuple("tyx"), zlib=True, complevel=9, shuffle=True, chunksizes=chunks)
                variable[:] = field

        def read():
            with netCDF4.Dataset(path) as file:
                file.set_auto_mask(False)
                return file["v"][:]

        _, secs = timed(write)
        back, decode_secs = timed(read)
        tell(field, os.path.getsize(path), back, secs, decode_secs)


def grib(field, bound):
    import eccodes

    if np.isnan(field).any():
        raise SystemExit("the peer's bitmap is not tried")
    # A step of 2^e that is at most twice the bound, for each message's own range.
    bits = max(1, int(np.ceil(np.log2(span_of(field) / float(bound)))))
    height, width = field.shape[1:]

    def write():
        messages = []
        for frame in field:
            handle = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib2")
            for key, value in {"Ni": width, "Nj": height, "packingType": "grid_ccsds", "bitsPerValue": bits}.items():
                eccodes.codes_set(handle, key, value)
            eccodes.codes_set_values(handle, frame.astype(np.float64).ravel())
            messages.append(eccodes.codes_get_message(handle))
            eccodes.codes_release(handle)
        return messages

    def read(messages):
        back = np.empty_like(field)
        for frame, message in zip(back, messages):
            handle = eccodes.codes_new_from_message(message)
            frame[:] = eccodes.codes_get_values(handle).reshape(height, width)
            eccodes.codes_release(handle)
        return back

    messages, secs = timed(write)
    back, decode_secs = timed(lambda: read(messages))
    tell(field, sum(map(len, messages)), back, secs, decode_secs)


def mode_write(mode, source, path):
    """As numpy_compress does: quantised by truncation, through a raw file, the range in the name of the video alone."""
    bits, options = MODES[mode]
    field = np.load(source)
    low, high = float(field.min()), float(field.max())
    levels = np.trunc((field - low) / (high - low) * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    with tempfile.TemporaryDirectory() as folder:
        raw = os.path.join(folder, "raw")
        levels.tofile(raw)
        size = "%dx%d" % (field.shape[2], field.shape[1])
        given = ["-f", "rawvideo", "-pixel_format", SPACES[bits], "-video_size", size, "-framerate", "25", "-i", raw]
        subprocess.run([*FFMPEG, *given, *options, path], check=True, stderr=subprocess.DEVNULL)
    print(json.dumps({"bytes": os.path.getsize(path), "low": low, "high": high}))


def mode_read(mode, source, path):
    """Back through a raw file; the errors are taken afterwards and outside the time that is told."""
    bits, _ = MODES[mode]
    field = np.load(source)
    low, high = float(field.min()), float(field.max())

    def read():
        with tempfile.TemporaryDirectory() as folder:
            raw = os.path.join(folder, "raw")
            call = [*FFMPEG, "-i", path, "-f", "rawvideo", "-pix_fmt", SPACES[bits], raw]
            subprocess.run(call, check=True)
            levels = np.fromfile(raw, np.uint8 if bits == 8 else np.uint16)
        return (levels.reshape(field.shape) / (2**bits - 1) * (high - low) + low).astype(np.float32)

    back, secs = timed(read)
    tell(field, os.path.getsize(path), back, 0, secs)


def levels(source, path):
    """What x265 is given where it is the base: 12 bits, rounded."""
    field = np.load(source)
    low, high = float(field.min()), float(field.max())
    np.rint((field - low) / (high - low) * 4095).astype("<u2").tofile(path)
    frames, height, width = field.shape
    print(json.dumps({"size": "%dx%d" % (width, height), "frames": frames}))


def x265_call(raw, size, group, factor, path):
    """x265 with what a base asks of it; the threads are its own choice."""
    params = "psy-rd=0:psy-rdoq=0:aq-mode=0:no-open-gop=1:info=0:log-level=none:keyint=%s:min-keyint=%s:scenecut=0:crf=%g" % (group, group, factor)
    given = ["-f", "rawvideo", "-pixel_format", "gray12le", "-video_size", size, "-framerate", "25", "-i", raw]
    return [*FFMPEG, *given, "-c:v", "libx265", "-preset", "slow", "-x265-params", params, "-f", "hevc", path]


def x265(raw, size, group, wanted, path):
    """The rate factor at which x265 takes nearest to so many bytes, by halving."""
    wanted, low, high, tried = int(wanted), -12.0, 51.0, {}
    while high - low > 0.4:
        factor = (low + high) / 2
        subprocess.run(x265_call(raw, size, group, factor, path), check=True, stderr=subprocess.DEVNULL)
        tried[factor] = os.path.getsize(path)
        low, high = (factor, high) if tried[factor] > wanted else (low, factor)
    factor = min(tried, key=lambda one: abs(tried[one] - wanted))
    print(json.dumps({"factor": factor, "bytes": tried[factor]}))


def packets(path):
    """Bytes of a file's packets of video."""
    call = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=size", "-of", "csv=p=0", path]
    sizes = subprocess.check_output(call, text=True).replace(",", " ").split()
    print(json.dumps({"frames": len(sizes), "bytes": sum(map(int, sizes))}))


def compare(source, back):
    """The errors of an array that came back."""
    field, back = np.load(source), np.load(back)
    tell(field, 1, back.reshape(field.shape), 0, 0)


JOBS = {"sz3": sz3, "sz3-psnr": sz3_psnr, "zfp": zfp, "blosc": blosc, "netcdf": netcdf, "grib": grib}


def main():
    job, *arguments = sys.argv[1:]
    if job in JOBS:
        JOBS[job](np.load(arguments[0]), arguments[1])
    else:
        work = {"write": mode_write, "read": mode_read, "compare": compare, "levels": levels, "x265": x265, "packets": packets}
        work[job](*arguments)


if __name__ == "__main__":
    main()
