"""SZ3, ZFP and pimage at the same promised error: ratios of a folder of .npy, with every worst error checked."""

import argparse
import re
import subprocess
from pathlib import Path

import numpy as np
import zfpy
from pysz import sz, szAlgorithm, szConfig, szErrorBoundMode

BOUNDS = (1e-1, 1e-2, 3e-3, 1e-3)
ALGORITHMS = (szAlgorithm.INTERP_LORENZO, szAlgorithm.INTERP, szAlgorithm.LORENZO_REG)


def sz3(field, bound):
    """The best ratio of SZ3's algorithms that keeps the bound; the default one alone beside it."""
    ratios = {}
    for algorithm in ALGORITHMS:
        config = szConfig(field.shape)
        config.cmprAlgo = algorithm
        config.errorBoundMode = szErrorBoundMode.ABS
        config.absErrorBound = bound
        packed, _ = sz.compress(field, config)
        back, _ = sz.decompress(packed, field.dtype, field.shape)
        if np.nanmax(np.abs(back.astype(float) - field)) <= bound * (1 + 1e-6):
            ratios[algorithm] = field.nbytes / packed.nbytes
    return max(ratios.values(), default=float("nan")), ratios.get(szAlgorithm.INTERP_LORENZO, float("nan"))


def zfp(field, bound):
    """ZFP's ratio at this tolerance; it takes no NaN."""
    if np.isnan(field).any():
        return float("nan")
    return field.nbytes / len(zfpy.compress_numpy(field, tolerance=bound))


def pimage(program, path, relative):
    """What the example `ratio` of pimage-compress prints: its ratio, and its worst error over the bound."""
    text = subprocess.check_output([program, path, "1000000", "256", str(relative)], text=True)
    ratio, worst = re.search(r"ratio ([\d.]+), worst ([\d.]+)", text).groups()
    return float(ratio), float(worst)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="the example `ratio`, built with --release")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    print("| field | bound | pimage | SZ3 best | SZ3 default | ZFP | pimage / SZ3 best |\n|---|---|---|---|---|---|---|")
    for path in sorted(arguments.folder.glob("*.npy")):
        field = np.load(path)
        span = float(np.nanmax(field) - np.nanmin(field)) or 1.0
        for relative in BOUNDS:
            ours, worst = pimage(arguments.program, path, relative)
            assert worst <= 1, f"{path}: {worst} of the bound {relative}"
            best, default = sz3(field, relative * span)
            numbers = f"{ours:.2f} | {best:.2f} | {default:.2f} | {zfp(field, relative * span):.2f} | {ours / best:.2f}"
            print(f"| {path.stem} | {relative:g} | {numbers} |", flush=True)


if __name__ == "__main__":
    main()
