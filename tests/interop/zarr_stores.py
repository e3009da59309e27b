"""zarr-python and xarray read the stores that pimage writes, and the other way round, bit by bit.

Not called `zarr.py`, which Python would import as the package.
"""

import json
import os

import numcodecs
import numpy as np
import xarray
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec, TransposeCodec, ZstdCodec

from _checks import Checks, assert_equal, color_clip, gray_clip

TYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float16", "float32", "float64"]
# Types that pimage has none of its own for, and the one that holds them.
WIDER = {"bool": "uint8", "int8": "int16", "float16": "float32"}
CODECS = {
    "none": None,
    "zstd": ZstdCodec(level=3),
    "zstd with checksum": ZstdCodec(level=1, checksum=True),
    "gzip": GzipCodec(),
    "blosc lz4": BloscCodec(cname="lz4", shuffle="bitshuffle"),
    "blosc zstd": BloscCodec(cname="zstd", shuffle="shuffle"),
    "crc32c": Crc32cCodec(),
}
OLD_CODECS = {
    "none": None,
    "zstd": numcodecs.Zstd(3),
    "gzip": numcodecs.GZip(4),
    "zlib": numcodecs.Zlib(3),
    "blosc": numcodecs.Blosc("lz4", shuffle=2),
}
COMPRESSIONS = ["none", "zstd", "zstd=9", "gzip", "blosc", "blosc-lz4=9"]
CUTS = [[], ["--chunk", "2,4,7", "--shard", "2,4,7"], ["--chunk", "2,4,7", "--shard", "4,8,14"]]


def samples(kind, shape=(7, 12, 17)):
    """A clip of any type, with values over the whole range of whole numbers."""
    rng = np.random.default_rng(7)
    if kind == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if kind.startswith("float"):
        return rng.standard_normal(shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


def widened(clip):
    return clip.astype(WIDER.get(clip.dtype.name, clip.dtype.name))


class Stores(Checks):
    """Writes stores with zarr-python and reads them with pimage, and the other way round."""

    def make(self, name, clip, **options):
        path = self.path(name)
        array = zarr.create_array(path, shape=clip.shape, dtype=options.pop("dtype", clip.dtype), overwrite=True, **options)
        array[...] = clip
        return path

    def read_new(self, clip, codec, shards, **options):
        path = self.make("new.zarr", clip, chunks=(3, 4, 7), shards=shards, compressors=codec, **options)
        assert_equal(self.read(path), widened(clip), "what pimage reads")

    def read_old(self, clip, codec, order, byte_order, separator):
        dtype = clip.dtype.newbyteorder(byte_order) if clip.dtype.itemsize > 1 else clip.dtype
        path = self.make(
            "old.zarr", clip, dtype=dtype, chunks=(3, 5, 17), compressors=codec, order=order, zarr_format=2,
            chunk_key_encoding={"name": "v2", "separator": separator},
        )
        assert_equal(self.read(path), widened(clip), "what pimage reads")

    def holes(self):
        path = self.path("holes.zarr")
        array = zarr.create_array(path, shape=(9, 13, 17), dtype="uint16", chunks=(2, 5, 6), fill_value=7, overwrite=True)
        array[3] = 5
        assert_equal(self.read(path), array[...], "what pimage reads")

    def group(self):
        clip = samples("uint16")
        group = zarr.open_group(self.path("group.zarr"), mode="w")
        group.create_array("a", data=clip)
        group.create_array("b", data=clip[::-1])
        assert_equal(self.read(self.path("group.zarr") + ":b"), clip[::-1], "the array named")

    def other_axes(self):
        clip = samples("uint16", (12, 17, 9))
        path = self.make("axes.zarr", clip, chunks=(5, 6, 2), dimension_names=["y", "x", "t"])
        assert_equal(self.read(path), np.moveaxis(clip, 2, 0), "what pimage reads")

    def from_xarray(self, version):
        clip = samples("uint16")
        times = np.arange(7) * np.timedelta64(40_000_001, "ns")
        path = self.path("xarray-%d.zarr" % version)
        xarray.Dataset({"f": (("time", "y", "x"), clip)}, coords={"time": times}).to_zarr(path, mode="w", zarr_format=version)
        assert_equal(self.read(path), clip, "what pimage reads")

    def write(self, clip, *options):
        source, path = self.path("source.npy"), self.path("written.zarr")
        np.save(source, clip)
        self.pimage("convert", source, path, "--quiet", "--overwrite", *options)
        array = zarr.open_group(path, mode="r")["frames"]
        assert_equal(array[...], clip, "what zarr-python reads")
        return path, array

    def to_xarray(self):
        path, _ = self.write(samples("uint16"), "--fps", "25")
        with xarray.open_zarr(path, consolidated=False) as dataset:
            assert dataset["frames"].dims == ("time", "y", "x"), dataset["frames"].dims
            assert_equal(dataset["frames"].values, samples("uint16"), "what xarray reads")

    def image(self):
        clip = samples("uint16")
        source, path = self.path("source.npy"), self.path("written.ome.zarr")
        np.save(source, clip)
        self.pimage("convert", source, path, "--quiet", "--overwrite", "--levels", 3)
        group = zarr.open_group(path, mode="r")
        image = group.attrs["ome"]["multiscales"][0]
        assert [axis["name"] for axis in image["axes"]] == ["t", "y", "x"], image["axes"]
        assert [level["path"] for level in image["datasets"]] == ["0", "1", "2"], image["datasets"]
        assert_equal(group["0"][...], clip, "the finest level")
        wide = np.pad(clip, ((0, 0), (0, 0), (0, 1)), mode="edge").astype(np.uint64)
        sums = wide[:, ::2, ::2] + wide[:, 1::2, ::2] + wide[:, ::2, 1::2] + wide[:, 1::2, 1::2]
        half = ((sums + 2) // 4).astype(np.uint16)
        # The last column stands alone: the mean of two.
        edge = clip[:, ::2, -1].astype(np.uint64) + clip[:, 1::2, -1]
        half[:, :, -1] = (edge + 1) // 2
        assert_equal(group["1"][...], half, "the second level")

    def colour_image(self):
        clip = color_clip(dtype=np.uint16)
        source, path = self.path("source.npy"), self.path("colour.ome.zarr")
        np.save(source, clip)
        self.pimage("convert", source, path, "--quiet", "--overwrite")
        group = zarr.open_group(path, mode="r")
        assert_equal(group["0"][...], np.moveaxis(clip, 3, 1), "what zarr-python reads")
        assert_equal(self.read(path), clip, "what pimage reads again")

    def old_image(self):
        clip = samples("uint16", (4, 2, 12, 17))
        path = self.path("old.ome.zarr")
        group = zarr.open_group(path, mode="w", zarr_format=2)
        group.create_array("0", data=clip, chunks=(1, 1, 12, 17))
        axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}, {"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
        scale = [{"type": "scale", "scale": [1, 1, 0.5, 0.5]}]
        group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}]
        assert_equal(self.read(path), clip, "what pimage reads")
        assert os.path.exists(os.path.join(path, ".zattrs")), json.dumps(os.listdir(path))


def main():
    stores = Stores(__doc__)
    for kind in TYPES:
        for name, codec in CODECS.items():
            for shards in (None, (6, 8, 14)):
                title = "%s, %s%s" % (kind, name, ", shards" if shards else "")
                stores.run("read " + title, stores.read_new, samples(kind), codec, shards)
        for name, codec in OLD_CODECS.items():
            for order, byte_order, separator in (("C", "<", "."), ("F", ">", "/"), ("F", "<", "."), ("C", ">", ".")):
                title = "%s, %s, %s, %s, %s" % (kind, name, order, byte_order, separator)
                stores.run("read version 2, " + title, stores.read_old, samples(kind), codec, order, byte_order, separator)
        if kind not in WIDER:
            for compression in COMPRESSIONS:
                for cut in CUTS:
                    title = "write %s, %s %s" % (kind, compression, " ".join(cut))
                    stores.run(title, stores.write, samples(kind), "--compression", compression, *cut)
    transposed = {"filters": [TransposeCodec(order=(2, 0, 1))]}
    stores.run("read transposed", lambda: stores.read_new(samples("uint16"), ZstdCodec(), None, **transposed))
    stores.run("read holes", stores.holes)
    stores.run("read an array of a group", stores.group)
    stores.run("read other axes", stores.other_axes)
    for version in (2, 3):
        stores.run("read what xarray writes, version %d" % version, stores.from_xarray, version)
    stores.run("write colour", stores.write, color_clip())
    stores.run("write large", stores.write, gray_clip(count=200, dtype=np.uint16))
    stores.run("write for xarray", stores.to_xarray)
    stores.run("write an image", stores.image)
    stores.run("write an image in colour", stores.colour_image)
    stores.run("read an image, version 0.4", stores.old_image)
    stores.end()


if __name__ == "__main__":
    main()
