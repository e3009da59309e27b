"""xarray, netCDF4 and h5py read the files that pimage writes, and the other way round, bit by bit."""

import itertools
import json
import subprocess
import warnings

import h5py
import netCDF4
import numpy as np
import xarray as xr

from _checks import Checks, assert_equal

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"]

# Types that become another one, which holds every value.
WIDENED = {"i1": "int16", "i8": "float64", "u8": "float64"}

COUNT, HEIGHT, WIDTH = 7, 12, 17


def samples(kind, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(kind).kind == "f":
        return rng.normal(280, 20, (COUNT, HEIGHT, WIDTH)).astype(kind)
    info = np.iinfo(kind)
    wide = 1 << 52
    return rng.integers(max(info.min, -wide), min(info.max, wide), (COUNT, HEIGHT, WIDTH), kind)


def same(found, expected, what):
    """Equal in shape, type and every value, of which some may be NaN."""
    assert found.dtype == expected.dtype, "%s has type %s, expected %s" % (what, found.dtype, expected.dtype)
    np.testing.assert_array_equal(found, expected, what, strict=True)


class Netcdf(Checks):
    """Lets the usual libraries write files that pimage reads, and reads what it writes with them."""

    def dataset(self, name, array, attributes=None, data_format="NETCDF4", dims=("time", "lat", "lon"), **storage):
        """A file with one variable, as netCDF4 writes it."""
        path = self.path(name)
        with netCDF4.Dataset(path, "w", format=data_format) as file:
            for at, (dim, length) in enumerate(zip(dims, array.shape)):
                file.createDimension(dim, None if at == 0 else length)
            attributes = dict(attributes or {})
            fill = attributes.pop("_FillValue", None)
            variable = file.createVariable("v", array.dtype, dims, fill_value=fill, **storage)
            variable.set_auto_maskandscale(False)
            variable.setncatts(attributes)
            variable[:] = array
        return path

    def expect(self, path, variable="v", named=""):
        """pimage reads what xarray reads, or the stored type where xarray narrows."""
        with warnings.catch_warnings():
            # Of two fill values for one variable, which is what is checked.
            warnings.simplefilter("ignore", xr.SerializationWarning)
            with xr.open_dataset(path, decode_timedelta=False) as data:
                expected = data[variable].values
        found = self.read(path + named)
        if expected.dtype.kind in "iu" and expected.dtype.itemsize == 1 and expected.dtype.kind == "i":
            expected = expected.astype("int16")
        expected = expected.astype(WIDENED.get(expected.dtype.str[1:], expected.dtype))
        same(found, expected.reshape((-1,) + expected.shape[-2:]), path)

    def plain(self, kind, data_format):
        self.expect(self.dataset("%s-%s.nc" % (kind, data_format), samples(kind), data_format=data_format))

    def layouts(self):
        array = samples("f4")
        for at, storage in enumerate(
            [
                dict(zlib=True, shuffle=True, complevel=4),
                dict(zlib=True, shuffle=False, complevel=9, chunksizes=(3, 5, 6)),
                dict(zlib=True, fletcher32=True, chunksizes=(1, HEIGHT, WIDTH)),
                dict(chunksizes=(COUNT, 1, WIDTH), endian="big"),
                dict(zlib=True, chunksizes=(COUNT + 3, HEIGHT, 4)),
            ]
        ):
            stored = array.astype(">f4") if "endian" in storage else array
            self.expect(self.dataset("layout-%d.nc" % at, stored, **storage))

    def packed(self, kind, scale_type, with_offset, with_fill):
        array = samples(kind, 3)
        attributes = {}
        if scale_type:
            attributes["scale_factor"] = np.dtype(scale_type).type(0.01)
            if with_offset:
                attributes["add_offset"] = np.dtype(scale_type).type(273.15)
        if with_fill:
            fill = array.dtype.type(array[1, 2, 3])
            attributes["_FillValue"] = fill
            array[:, 4, :5] = fill
            attributes["missing_value"] = array.dtype.type(array[0, 0, 0])
        name = "packed-%s-%s-%d%d.nc" % (kind, scale_type or "none", with_offset, with_fill)
        self.expect(self.dataset(name, array, attributes))

    def unsigned(self):
        array = samples("i1", 5)
        array[0, 0, :3] = -1
        attributes = {"_Unsigned": "true", "_FillValue": np.int8(-1), "scale_factor": np.float32(0.5)}
        self.expect(self.dataset("unsigned.nc", array, attributes))

    def signs(self):
        """Numbers without a sign that are meant with one, and fill values that are no number of their type."""
        array = samples("u1", 5)
        self.expect(self.dataset("signed.nc", array, {"_Unsigned": "false"}))
        array[0, 0, :3] = 255
        path = self.dataset("negative.nc", array, {"missing_value": np.int16(-1)})
        np.testing.assert_array_equal(self.read(path), array)

    def coordinates(self):
        """Coordinates that are packed, or have gaps, as xarray has them."""
        path = self.path("coordinates.nc")
        with netCDF4.Dataset(path, "w") as file:
            for name, length in [("time", COUNT), ("y", HEIGHT), ("x", WIDTH)]:
                file.createDimension(name, length)
            time = file.createVariable("time", "i8", ("time",), fill_value=-1)
            time.set_auto_maskandscale(False)
            time.units, time.scale_factor = "seconds since 2000-01-01", 60.0
            time[:] = np.r_[np.arange(COUNT - 1), -1]
            x = file.createVariable("x", "i2", ("x",))
            x.set_auto_maskandscale(False)
            x.units, x.scale_factor, x.add_offset = "rad", 0.5, -1.0
            x[:] = np.arange(WIDTH)
            file.createVariable("v", "f4", ("time", "y", "x"))[:] = samples("f4")
        found = self.times(path)
        np.testing.assert_array_equal(found[:-1], 946_684_800 + 60 * np.arange(COUNT - 1))
        assert np.isnan(found[-1]), found
        copy = self.path("coordinates-copy.nc")
        self.pimage("convert", path, copy, "--quiet", "--overwrite")
        with xr.open_dataset(path) as expected, xr.open_dataset(copy) as data:
            np.testing.assert_array_equal(data["time"].values, expected["time"].values)
            np.testing.assert_array_equal(data["x"].values, expected["x"].values)

    def rates(self):
        source, path = self.path("rates.npz"), self.path("rates.nc")
        np.savez(source, frames=samples("u1"), times=np.arange(COUNT) * 3.0)
        self.pimage("convert", source + ":frames", path, "--quiet", "--fps", "25")
        with xr.open_dataset(path, decode_timedelta=False) as data:
            np.testing.assert_array_equal(data["time"].values, np.arange(COUNT) * 40_000_000)

    def tails(self):
        """What is behind the last frame, when others make the file longer, is missing and not 0."""
        source, path = self.path("tails.npy"), self.path("tails.nc")
        np.save(source, samples("f4"))
        self.pimage("convert", source, path, "--quiet")
        with netCDF4.Dataset(path, "a") as file:
            file["data"][COUNT + 2] = 1
        with xr.open_dataset(path, decode_times=False) as data:
            assert np.isnan(data["data"].values[COUNT : COUNT + 2]).all()

    def lists(self):
        """Attributes of several numbers stay numbers; limits of packed numbers are gone with the packing."""
        attributes = {"flag_values": np.int32([1, 2, 70000]), "weights": np.float64([0.5, 2]), "cut": "yes", "transforms": "x"}
        source, path = self.dataset("lists.nc", samples("u1"), attributes), self.path("lists-copy.nc")
        self.pimage("convert", source, path, "--quiet")
        with netCDF4.Dataset(path) as file:
            for name, expected in attributes.items():
                np.testing.assert_array_equal(file["v"].getncattr(name), expected, name)
        assert self.info(source)["metadata"].get("cut") is None
        attributes = {"valid_range": np.int16([0, 100]), "scale_factor": 0.1}
        source = self.dataset("limits.nc", samples("i2"), attributes)
        self.pimage("convert", source, path, "--quiet", "--overwrite")
        with netCDF4.Dataset(path) as file:
            assert "valid_range" not in file["v"].ncattrs()

    def wide(self):
        array = samples("i8")
        self.expect(self.dataset("wide.nc", array))
        array[2, 3, 4] = (1 << 60) + 1
        self.refuses(self.dataset("too-wide.nc", array), "1152921504606846977", "float64")

    def refuses(self, path, *words):
        run = subprocess.run([self.program, "info", path], capture_output=True, text=True)
        if not run.returncode:
            run = subprocess.run(
                [self.program, "convert", path, path + ".npy", "--overwrite"], capture_output=True, text=True
            )
        assert run.returncode, "%s is read" % path
        for word in words:
            assert word in run.stderr, "`%s` is not in: %s" % (word, run.stderr)

    def within_each_other(self):
        path = self.path("endless.h5")
        with h5py.File(path, "w") as file:
            file["x"] = np.zeros((3, 4, 5), "f4")
            group = file.create_group("g")
            group["a"] = group
        self.refuses(path, "within each other")

    def long_scalar(self):
        """A map projection's text beyond what an attribute takes."""
        source, output = self.path("long.nc"), self.path("long-after.nc")
        with netCDF4.Dataset(source, "w") as file:
            for name, size in zip("tyx", (3, 4, 5)):
                file.createDimension(name, size)
            file.createVariable("crs", "i4").crs_wkt = "x" * 70_000
            file.createVariable("v", "f4", tuple("tyx"))[:] = 1.5
            file["v"].grid_mapping = "crs"
        self.pimage("convert", source, output, "--quiet", "--overwrite")
        with netCDF4.Dataset(output) as file:
            assert file["v"][:].min() == 1.5 and "crs" in file.variables, list(file.variables)

    def picked(self, *indices):
        """Frames that are picked, in any order, take their levels along."""
        source, output = self.path("levels.nc"), self.path("picked.nc")
        levels = np.array([1000.0, 850.0, 500.0, 300.0])
        array = np.arange(4 * 3 * 5, dtype="f4").reshape(4, 3, 5)
        with netCDF4.Dataset(source, "w") as file:
            for name, size in zip(("level", "y", "x"), array.shape):
                file.createDimension(name, size)
            file.createVariable("level", "f8", ("level",))[:] = levels
            file["level"].units = "hPa"
            file.createVariable("v", "f4", ("level", "y", "x"))[:] = array
        self.pimage("extract", source, *map(str, indices), "-o", output, "--quiet", "--overwrite")
        with netCDF4.Dataset(output) as file:
            assert np.array_equal(file["v"][:], array[list(indices)]), "other frames are picked"
            assert np.array_equal(file["level"][:], levels[list(indices)]), "levels are %s" % file["level"][:]

    def info(self, path):
        return json.loads(self.pimage("info", path, "--json"))

    def times(self, path):
        """Seconds of every frame, as pimage says them."""
        output = path + ".times.npz"
        self.pimage("convert", path, output, "--quiet", "--overwrite")
        return np.load(output)["times"]

    def calendars(self):
        for at, (units, calendar, values) in enumerate(
            [
                ("days since 1900-01-01", "standard", np.arange(COUNT) / 24 + 40000),
                ("hours since 1900-01-01 00:00:0.0", "gregorian", np.arange(COUNT, dtype="i4") * 6 + 1000000),
                ("seconds since 2000-01-01T12:00:00Z", "proleptic_gregorian", np.arange(COUNT) * 0.25),
                ("minutes since 1850-03-01 06:30", "standard", np.arange(COUNT) ** 2 * 7.0),
                ("days since 1500-01-01", "standard", np.arange(COUNT) * 10000.0),
                ("days since 1500-01-01", "julian", np.arange(COUNT) * 10000.0),
                ("microseconds since 1970-01-01", "standard", np.arange(COUNT, dtype="i8") * 40000 + (1 << 50)),
            ]
        ):
            path = self.path("calendar-%d.nc" % at)
            with netCDF4.Dataset(path, "w") as file:
                file.createDimension("time", None)
                file.createDimension("y", HEIGHT)
                file.createDimension("x", WIDTH)
                time = file.createVariable("time", values.dtype, ("time",))
                time.units, time.calendar = units, calendar
                time[:] = values
                file.createVariable("v", "f4", ("time", "y", "x"))[:] = samples("f4")
            dates = netCDF4.num2date(values, units, calendar)
            epoch = netCDF4.date2num(dates, "microseconds since 1970-01-01", calendar)
            if calendar == "julian":
                # Its 1970-01-01 was 13 days later than ours.
                epoch = epoch + 13 * 86400 * 10**6
            found = self.times(path)
            worst = np.abs(found - np.asarray(epoch) / 1e6).max()
            assert worst < 2e-6, "%s (%s) is off by %g s" % (units, calendar, worst)
            assert self.info(path)["metadata"]["clock"] == "epoch"

    def invented_calendars(self):
        for calendar in ["noleap", "360_day"]:
            path = self.path("%s.nc" % calendar)
            values = np.arange(COUNT) * 30.0 + 15
            with netCDF4.Dataset(path, "w") as file:
                file.createDimension("time", COUNT)
                file.createDimension("y", HEIGHT)
                file.createDimension("x", WIDTH)
                time = file.createVariable("time", "f8", ("time",))
                time.units, time.calendar = "days since 1850-01-01", calendar
                time[:] = values
                file.createVariable("v", "f4", ("time", "y", "x"))[:] = samples("f4")
            np.testing.assert_array_equal(self.times(path), values * 86400)
            assert self.info(path)["metadata"]["clock"] == "start"

    def choice(self):
        path = self.path("choice.nc")
        with netCDF4.Dataset(path, "w") as file:
            for name, length in [("time", 3), ("level", 2), ("lat", 4), ("lon", 5), ("nv", 2)]:
                file.createDimension(name, length)
            file.createVariable("lat", "f4", ("lat",))[:] = [50, 49, 48, 47]
            file["lat"].bounds = "lat_edges"
            file.createVariable("lat_edges", "f4", ("lat", "nv"))[:] = 0
            file.createVariable("level", "i4", ("level",))[:] = [1000, 850]
            file["level"].units = "hPa"
            file.createVariable("t", "f4", ("time", "level", "lat", "lon"))[:] = np.arange(120).reshape(3, 2, 4, 5)
            group = file.createGroup("inner")
            group.createVariable("q", "i2", ("time", "lat", "lon"))[:] = np.arange(60).reshape(3, 4, 5)
        self.refuses(path, "choice.nc:NAME", "`t` (time 3, level 2, lat 4, lon 5) float32", "`inner/q`")
        self.refuses(path + ":nothing", "no variable `nothing`", "`lat_edges`")
        self.refuses(path + ":level", "1 dimension")
        self.pimage("convert", path + ":t", self.path("t.npy"), "--quiet")
        assert_equal(np.load(self.path("t.npy")), np.arange(120, dtype="f4").reshape(3, 2, 4, 5), "t")
        for name in ["inner/q", "/inner/q"]:
            self.pimage("convert", path + ":" + name, self.path("q.npy"), "--quiet", "--overwrite")
            assert_equal(np.load(self.path("q.npy")), np.arange(60, dtype="i2").reshape(3, 4, 5), name)
        axes = self.info(path + ":t")["axes"]
        assert [axis["name"] for axis in axes] == ["t", "level"], axes
        part = self.path("part.npy")
        self.pimage("convert", path + ":t", part, "--select", "level=1", "--quiet")
        np.testing.assert_array_equal(np.load(part), np.arange(120).reshape(3, 2, 4, 5)[:, 1])

    def datasets(self):
        path = self.path("datasets.h5")
        arrays = {
            "flat": np.arange(20 * 30, dtype="u2").reshape(20, 30),
            "group/movie": samples("u2"),
            "group/deep/color": np.arange(4 * 6 * 8 * 3, dtype="u1").reshape(4, 6, 8, 3),
            "group/stack": np.arange(2 * 3 * 6 * 8, dtype="i4").reshape(2, 3, 6, 8),
            "scalar": np.float64(3),
            "line": np.arange(9),
        }
        with h5py.File(path, "w", userblock_size=1024) as file:
            for name, array in arrays.items():
                storage = dict(compression="gzip", shuffle=True) if np.ndim(array) == 3 else {}
                file.create_dataset(name, data=array, **storage)
            file["flat"].attrs["units"] = "counts"
            file.create_dataset("text", data=["a", "b"])
            file["soft"] = h5py.SoftLink("/group/movie")
        for name in ["flat", "group/movie", "group/deep/color", "group/stack"]:
            output = self.path("dataset.npy")
            self.pimage("convert", path + ":/" + name, output, "--quiet", "--overwrite")
            expected = arrays[name]
            if expected.ndim == 2:
                expected = expected[None]
            if name == "group/stack":
                expected = expected.reshape((2, 3, 6, 8))
            assert_equal(np.load(output).reshape(expected.shape), expected, name)
        self.refuses(path, "several variables", "`group/movie`", "`group/deep/color`")
        self.refuses(path + ":/group/none", "no variable", "`flat`")
        self.refuses(path + ":text", "no plain numbers")
        assert self.info(path + ":flat")["metadata"]["units"] == "counts"

    def versions(self):
        """Old and new ways to lay out an HDF5 file."""
        array = samples("f4")
        for low, unlimited in itertools.product(["earliest", "v108", "v110", "latest"], [False, True]):
            path = self.path("%s-%d.h5" % (low, unlimited))
            with h5py.File(path, "w", libver=(low, "latest")) as file:
                shape = (None,) + array.shape[1:] if unlimited else None
                file.create_dataset("v", data=array, maxshape=shape, chunks=(2, 5, 6), compression="gzip")
            assert_equal(self.read(path), array, path)


    def written(self, kind, suffix, *options):
        """xarray by both of its engines, netCDF4 and h5py read what pimage writes."""
        array = samples(kind)
        if array.dtype.kind == "f":
            array[1, 2, 3:6] = np.nan
        source, path = self.path("source.npz"), self.path("written-%s%s" % (kind, suffix))
        np.savez(source, frames=array, times=np.arange(COUNT) / 25)
        self.pimage("convert", source + ":frames", path, "--quiet", "--overwrite", *options)
        for engine in ["netcdf4", "h5netcdf"]:
            with xr.open_dataset(path, engine=engine, decode_timedelta=False) as data:
                same(data["data"].values, array, engine)
                assert data["data"].dims == ("time", "y", "x"), data["data"].dims
                np.testing.assert_array_equal(data["time"].values, np.arange(COUNT) * 40_000_000)
        with netCDF4.Dataset(path) as file:
            assert file.dimensions["time"].isunlimited() and not file.dimensions["y"].isunlimited()
            file.set_auto_mask(False)
            same(file["data"][:], array, "netCDF4")
            assert file["data"].chunking()[1:] == [HEIGHT, WIDTH]
            filters = file["data"].filters()
            assert filters["zlib"] == ("none" not in options), filters
        with h5py.File(path) as file:
            same(file["data"][:], array, "h5py")
            assert file["data"].dims[0][0].name == "/time" and file["data"].dims[2][0].name == "/x"
            assert h5py.h5ds.is_scale(file["time"].id) and h5py.h5ds.is_attached(file["data"].id, file["time"].id, 0)
            assert file["data"].is_scale is False
        same(self.read(path), array, "pimage")

    def appended(self):
        """netCDF4 opens what pimage wrote to write, and adds to it."""
        source, path = self.path("source.npz"), self.path("appended.nc")
        array = samples("f4")
        np.savez(source, frames=array, times=np.arange(COUNT) * 1.0)
        self.pimage("convert", source + ":frames", path, "--quiet")
        with netCDF4.Dataset(path, "a") as file:
            file["data"][COUNT : 2 * COUNT] = array[::-1]
            file["time"][COUNT : 2 * COUNT] = (np.arange(COUNT) + COUNT) * 10**9
            file["data"].units = "K"
            file.title = "added"
        with netCDF4.Dataset(path) as file:
            np.testing.assert_array_equal(file["data"][:], np.concatenate([array, array[::-1]]))
        same(self.read(path), np.concatenate([array, array[::-1]]), "pimage")
        assert self.info(path)["metadata"]["units"] == "K"

    def many_chunks(self):
        """A table of chunks of several levels, and frames of several chunks."""
        array = np.arange(5000 * 40 * 50, dtype="u4").reshape(5000, 40, 50)
        source, path = self.path("many.npy"), self.path("many.nc")
        np.save(source, array)
        self.pimage("convert", source, path, "--quiet")
        with netCDF4.Dataset(path) as file:
            np.testing.assert_array_equal(file["data"][:], array)
            np.testing.assert_array_equal(file["data"][4321], array[4321])
        big = np.arange(70 * 1100 * 1000, dtype="u4").reshape(70, 1100, 1000)
        np.save(source, big)
        path = self.path("big.nc")
        self.pimage("convert", source, path, "--quiet", "--compression", "deflate=1")
        with h5py.File(path) as file:
            assert file["data"].chunks == (1, 1048, 1000), file["data"].chunks
            np.testing.assert_array_equal(file["data"][:], big)

    def many_attributes(self):
        """Hundreds of attributes, of names and values that are not plain."""
        names = ["plain", "with space", "grüße", "dash-ed"] + ["attribute_%d" % at for at in range(400)]
        attributes = {name: "%s: %s" % (name, "é" * (at % 300 + 1)) for at, name in enumerate(names)}
        attributes |= {"whole": np.int32(-7), "wide": np.int64(1 << 40), "real": 0.1, "empty": ""}
        source, path = self.dataset("attributes.nc", samples("u1"), attributes), self.path("attributes-copy.nc")
        self.pimage("convert", source, path, "--quiet")
        with netCDF4.Dataset(path) as file:
            found = {name: file["v"].getncattr(name) for name in file["v"].ncattrs()}
        assert {name: found.get(name) for name in attributes} == attributes, found
        with h5py.File(path) as file:
            assert len(file["v"].attrs) > 400

    def colors(self):
        array = np.arange(5 * 6 * 8 * 3, dtype="u1").reshape(5, 6, 8, 3)
        source, path = self.path("color.npy"), self.path("color.nc")
        np.save(source, array)
        self.pimage("convert", source, path, "--quiet")
        with xr.open_dataset(path) as data:
            assert data["data"].dims == ("time", "y", "x", "rgb")
            same(data["data"].values, array, "xarray")
        same(self.read(path), array, "pimage")

    def copied(self):
        """A reanalysis as xarray writes it, packed, through pimage: same values, coordinates, times and attributes."""
        time = np.datetime64("1990-01-01") + np.arange(COUNT) * np.timedelta64(6, "h")
        data = xr.Dataset(
            {"t2m": (("time", "level", "latitude", "longitude"), samples("f4").reshape(COUNT, 1, HEIGHT, WIDTH).repeat(2, 1))},
            coords={
                "time": time.astype("datetime64[ns]"),
                "level": ("level", [1000, 850], {"units": "hPa", "positive": "down"}),
                "latitude": ("latitude", np.linspace(50, 47.25, HEIGHT), {"units": "degrees_north"}),
                "longitude": ("longitude", np.geomspace(1, 9, WIDTH), {"units": "degrees_east", "axis": "X"}),
            },
            attrs={"title": "a test", "version": 3},
        )
        data["t2m"].attrs = {"units": "K", "long_name": "2 metre temperature", "code": np.float32(0.1)}
        source, path = self.path("packed.nc"), self.path("copied.nc")
        encoding = {"dtype": "i2", "scale_factor": 0.01, "add_offset": 280.0, "_FillValue": -32768, "zlib": True}
        time_encoding = {"units": "hours since 1900-01-01", "calendar": "gregorian", "dtype": "i4"}
        data.to_netcdf(source, encoding={"t2m": encoding, "time": time_encoding}, unlimited_dims=["time"])
        self.pimage("convert", source, path, "--quiet")
        for engine in ["netcdf4", "h5netcdf"]:
            with xr.open_dataset(source) as expected, xr.open_dataset(path, engine=engine) as found:
                same(found["t2m"].values, expected["t2m"].values, "t2m")
                for name in ["time", "level", "latitude", "longitude"]:
                    np.testing.assert_array_equal(found[name].values, expected[name].values, name)
                    for key, value in expected[name].attrs.items():
                        assert found[name].attrs[key] == value, (name, key)
                assert found["t2m"].attrs == expected["t2m"].attrs, found["t2m"].attrs
                assert found.attrs["title"] == "a test" and found.attrs["version"] == 3
                assert found["time"].encoding["units"] == "hours since 1900-01-01", found["time"].encoding
        # Rows and columns that were moved have no coordinates any more.
        cropped = self.path("cropped.nc")
        self.pimage("convert", source, cropped, "--quiet", "--transform", "flip=horizontal")
        with xr.open_dataset(cropped) as found:
            assert "longitude" not in found.coords and "level" in found.coords, found

    def beside(self):
        """Single values and map projections come back; what has two dimensions is named."""
        source, path = self.path("beside.nc"), self.path("beside-copy.nc")
        array = samples("f4")
        with netCDF4.Dataset(source, "w") as file:
            for name, length in [("time", None), ("y", HEIGHT), ("x", WIDTH), ("nv", 2), ("letters", 5)]:
                file.createDimension(name, length)
            time = file.createVariable("time", "f8", ("time",))
            time.setncatts({"units": "hours since 2000-01-01", "calendar": "standard", "bounds": "time_bnds"})
            time[:] = np.arange(COUNT) + 0.5
            file.createVariable("time_bnds", "f8", ("time", "nv"))[:] = 0
            for name in ["lat2", "lon2"]:
                file.createVariable(name, "f8", ("y", "x"))[:] = 0
            for name, kind, value, attributes in [
                ("height", "f8", 2.0, {"units": "m", "standard_name": "height"}),
                ("lambert", "i4", 7, {"grid_mapping_name": "lambert_conformal_conic", "standard_parallel": [30.0, 60.0]}),
                ("step", "i8", 1 << 40, {}),
            ]:
                variable = file.createVariable(name, kind, ())
                variable.setncatts(attributes)
                variable[...] = value
            file.createVariable("region", "S1", ("letters",))[:] = np.array(list("north"), "S1")
            variable = file.createVariable("v", "f4", ("time", "y", "x"))
            variable.setncatts({"coordinates": "lat2 lon2 height step region", "grid_mapping": "lambert"})
            variable[:] = array
        summary = json.loads(self.pimage("convert", source + ":v", path, "--json"))
        (note,) = [note for note in summary["notes"] if "left out" in note]
        for name in ["lat2", "lon2", "time_bnds"]:
            assert "`%s`" % name in note, note
        assert "height" not in note, note
        same(self.read(path), array, "the copy")
        for engine in ["netcdf4", "h5netcdf"]:
            with xr.open_dataset(path, engine=engine) as found:
                assert set(found.coords) == {"time", "height", "step", "region"}, found.coords
                assert found["height"].item() == 2.0 and found["step"].item() == 1 << 40
                assert found["height"].attrs == {"units": "m", "standard_name": "height"}
                assert found["region"].item() in ("north", b"north"), found["region"]
                assert found["lambert"].item() == 7 and found["lambert"].attrs["grid_mapping_name"] == "lambert_conformal_conic"
                np.testing.assert_array_equal(found["lambert"].attrs["standard_parallel"], [30.0, 60.0])
                assert (found["v"].attrs.get("grid_mapping") or found["v"].encoding["grid_mapping"]) == "lambert"

    def months(self):
        """Months have no one length: their counts stay what they are."""
        for values in ([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5], [0, 1, 2, 4, 8, 16, 32]):
            source, path = self.path("months.nc"), self.path("months-copy.nc")
            with netCDF4.Dataset(source, "w") as file:
                for name, length in [("time", None), ("y", HEIGHT), ("x", WIDTH)]:
                    file.createDimension(name, length)
                time = file.createVariable("time", "f8", ("time",))
                time.setncatts({"units": "months since 1980-01-01", "calendar": "360_day"})
                time[:] = values
                file.createVariable("v", "f4", ("time", "y", "x"))[:] = samples("f4")
            self.pimage("convert", source, path, "--quiet", "--overwrite")
            with xr.open_dataset(path, decode_times=False) as found:
                np.testing.assert_array_equal(found["time"].values, values)
                assert found["time"].attrs == {"units": "months since 1980-01-01", "calendar": "360_day"}, found["time"].attrs

    def unread(self):
        """What is not read says why, before the first frame."""
        path = self.path("unread.h5")
        with h5py.File(path, "w") as file:
            file.create_dataset("lzf", data=np.zeros((4, 20, 30), "f4"), compression="lzf", chunks=(1, 20, 30))
            file.create_dataset("a/half", data=np.zeros((4, 20, 30), "f2"))
            file.create_dataset("a/mask", data=np.zeros((4, 20, 30), bool))
            file.create_dataset("plain", data=np.zeros((4, 20, 30), "u1"), compression="gzip", shuffle=True, fletcher32=True)
        for name, reason in [("lzf", "compressed with LZF"), ("/a/half", "holds float16"), ("a/mask", "truth values")]:
            try:
                self.pimage("info", path + ":" + name)
            except AssertionError as error:
                assert reason in str(error), error
            else:
                raise AssertionError("%s is not refused" % name)
        assert self.read(path + ":plain").shape == (4, 20, 30)

    def calendars_written(self):
        for calendar in ["noleap", "360_day"]:
            source, path = self.path("%s.nc" % calendar), self.path("%s-copy.nc" % calendar)
            self.pimage("convert", source, path, "--quiet")
            with xr.open_dataset(source) as expected, xr.open_dataset(path) as found:
                np.testing.assert_array_equal(found["time"].values, expected["time"].values)
                assert found["time"].dt.calendar == calendar


def main():
    checks = Netcdf(__doc__)
    for kind in TYPES:
        checks.run("netCDF-4 %s" % kind, checks.plain, kind, "NETCDF4")
    for kind, data_format in itertools.product(["i2", "i4", "f4", "f8"], ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET"]):
        checks.run("%s %s" % (data_format, kind), checks.plain, kind, data_format)
    for kind in ["u2", "u4", "f4"]:
        checks.run("NETCDF3_64BIT_DATA %s" % kind, checks.plain, kind, "NETCDF3_64BIT_DATA")
    checks.run("chunks, filters, byte orders", checks.layouts)
    for kind, scale, offset, fill in itertools.product(["i1", "u1", "i2", "i4", "f4"], ["f4", "f8"], [0, 1], [0, 1]):
        if (kind, scale, offset) == ("i4", "f4", 0):
            # xarray makes single floats of them, which do not hold 32 bits.
            continue
        name = "packed %s, %s scale, offset %d, fill %d" % (kind, scale, offset, fill)
        checks.run(name, checks.packed, kind, scale, offset, fill)
    for kind in ["u1", "i2", "u4", "f4", "f8"]:
        checks.run("filled %s" % kind, checks.packed, kind, None, 0, 1)
    checks.run("unsigned bytes", checks.unsigned)
    checks.run("signs of fill values and numbers", checks.signs)
    checks.run("packed coordinates", checks.coordinates)
    checks.run("a rate of the caller's", checks.rates)
    checks.run("behind the last frame", checks.tails)
    checks.run("lists of numbers", checks.lists)
    checks.run("64-bit integers", checks.wide)
    checks.run("calendars", checks.calendars)
    checks.run("calendars of no real days", checks.invented_calendars)
    checks.run("choice of a variable", checks.choice)
    checks.run("HDF5 datasets", checks.datasets)
    checks.run("HDF5 versions", checks.versions)
    checks.run("filters and types that are not read", checks.unread)
    checks.run("single values and projections", checks.beside)
    checks.run("months", checks.months)
    for kind in TYPES:
        if kind != "i1":
            checks.run("written %s" % kind, checks.written, kind, ".nc")
    checks.run("written without compression", checks.written, "u2", "-plain.nc", "--compression", "none")
    checks.run("written as HDF5", checks.written, "f4", ".h5")
    checks.run("added to by netCDF4", checks.appended)
    checks.run("many chunks", checks.many_chunks)
    checks.run("many attributes", checks.many_attributes)
    for indices in [(3, 2, 1, 0), (0, 1, 2, 3), (1, 3), (0, 2), (2,)]:
        checks.run("levels of frames %s" % (indices,), checks.picked, *indices)
    checks.run("groups within each other", checks.within_each_other)
    checks.run("long texts of single values", checks.long_scalar)
    checks.run("colours", checks.colors)
    checks.run("a reanalysis copied", checks.copied)
    checks.run("calendars written", checks.calendars_written)
    checks.end()


if __name__ == "__main__":
    main()
