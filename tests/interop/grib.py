"""ecCodes and cfgrib read the GRIB2 files that pimage writes, and pimage theirs, to the last bit of what is rounded once."""

import datetime
import json
import os
import struct

import numpy as np

import eccodes
from _checks import Checks

MISSING = 1e30
PACKINGS = {
    "grid_simple": [1, 7, 8, 12, 16, 20, 24, 31],
    "grid_ccsds": [1, 7, 8, 12, 16, 20, 24],
    "grid_complex": [8, 16, 20],
    "grid_complex_spatial_differencing": [8, 16, 20],
    "grid_png": [1, 4, 8, 12, 16, 24],
    "grid_jpeg": [1, 7, 8, 11, 16],
    "grid_ieee": [32, 64],
}


def field(index, height=37, width=53):
    """A wave with a little noise."""
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(index).normal(0, 0.1, (height, width))
    return 280 + 20 * np.sin((x + 3 * index) / 9) * np.cos((y - index) / 7) + noise


def message(values, packing="grid_simple", bits=16, step=0, sample="regular_ll_sfc_grib2", **keys):
    """A message of ecCodes; NaN is left out by a bitmap."""
    handle = eccodes.codes_grib_new_from_samples(sample)
    height, width = values.shape
    if sample.startswith("regular_ll"):
        grid = {
            "Ni": width,
            "Nj": height,
            "latitudeOfFirstGridPointInDegrees": 60.0,
            "longitudeOfFirstGridPointInDegrees": 0.0,
            "latitudeOfLastGridPointInDegrees": 60.0 - 0.5 * (height - 1),
            "longitudeOfLastGridPointInDegrees": 0.5 * (width - 1),
            "iDirectionIncrementInDegrees": 0.5,
            "jDirectionIncrementInDegrees": 0.5,
        }
        keys = {**grid, **keys}
    keys = {"dataDate": 20240228, "dataTime": 1800, "shortName": "2t", **keys}
    keys["stepRange" if isinstance(step, str) else "step"] = step
    for name, value in keys.items():
        if value is None:
            continue
        eccodes.codes_set(handle, name, value)
    eccodes.codes_set(handle, "packingType", packing)
    if packing == "grid_ieee":
        eccodes.codes_set(handle, "precision", bits // 32)
    else:
        eccodes.codes_set(handle, "bitsPerValue", bits)
    if np.isnan(values).any():
        eccodes.codes_set(handle, "bitmapPresent", 1)
        eccodes.codes_set(handle, "missingValue", MISSING)
    eccodes.codes_set_values(handle, np.where(np.isnan(values), MISSING, values).ravel())
    return handle


def values_of(handle, height, width):
    """What ecCodes makes of a message, in the order of the message."""
    eccodes.codes_set(handle, "missingValue", MISSING)
    values = eccodes.codes_get_values(handle).reshape(height, width)
    return np.where(values == MISSING, np.nan, values)


def messages_in(path):
    handles = []
    with open(path, "rb") as file:
        while (handle := eccodes.codes_grib_new_from_file(file)) is not None:
            handles.append(handle)
    return handles


def sections_of(raw):
    """Offset and length of each section of a message."""
    at, sections = 16, {}
    while raw[at : at + 4] != b"7777":
        length = struct.unpack_from(">I", raw, at)[0]
        sections[raw[at + 4]] = at, length
        at += length
    return sections


def handle_of(raw):
    """A message of bytes, whose length is put right."""
    raw[8:16] = struct.pack(">Q", len(raw))
    return eccodes.codes_new_from_message(bytes(raw))


def valid_time(handle):
    date, time = eccodes.codes_get(handle, "validityDate"), eccodes.codes_get(handle, "validityTime")
    moment = datetime.datetime.strptime("%08d%04d" % (date, time), "%Y%m%d%H%M")
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def assert_same(found, expected, what):
    """Exactly what ecCodes has, which frames of single precision have rounded once."""
    assert found.shape == expected.shape, "%s has shape %s, expected %s" % (what, found.shape, expected.shape)
    rounded = expected.astype(found.dtype)
    if not np.array_equal(found, rounded, equal_nan=True):
        worst = np.nanmax(np.abs(found.astype(np.float64) - expected))
        raise AssertionError("%s (%s) differs by up to %g" % (what, found.dtype, worst))


class Grib(Checks):
    """Files of ecCodes that pimage reads, and files of pimage that ecCodes and cfgrib read."""

    def save(self, name, handles):
        path = self.path(name)
        with open(path, "wb") as file:
            for handle in handles:
                eccodes.codes_write(handle, file)
        return path

    def packed(self, packing, bits, holes):
        handles = []
        for index in range(3):
            values = field(index)
            if holes:
                values[values > 295] = np.nan
            handles.append(message(values, packing, bits, 6 * index))
        path = self.save("%s-%d-%d.grib2" % (packing, bits, holes), handles)
        expected = np.stack([values_of(handle, 37, 53) for handle in handles])
        assert np.isnan(expected).any() == holes
        assert_same(self.read(path), expected, "the array")

    def decimals(self, packing, places):
        """The numbers as they are packed, taken for tenths, hundredths ..., or tens."""
        handles = [message(field(index), packing) for index in range(2)]
        for handle in handles:
            eccodes.codes_set(handle, "decimalScaleFactor", places)
            assert eccodes.codes_get(handle, "decimalScaleFactor") == places
        path = self.save("decimals.grib2", handles)
        assert_same(self.read(path), np.stack([values_of(handle, 37, 53) for handle in handles]), "the array")

    def constant(self, packing):
        handles = [message(np.full((4, 5), value), packing) for value in (0.0, 273.15, -1e5)]
        path = self.save("constant-%s.grib2" % packing, handles)
        assert_same(self.read(path), np.stack([values_of(handle, 4, 5) for handle in handles]), "the array")

    def constant_with_decimals(self):
        """Without bits the value is the reference, whatever D says."""
        raw = bytearray(eccodes.codes_get_message(message(np.full((4, 5), 5.0), "grid_simple")))
        at, _ = sections_of(raw)[5]
        raw[at + 11 : at + 15] = struct.pack(">f", 27315.0)
        raw[at + 17 : at + 19] = struct.pack(">H", 2)
        handle = handle_of(raw)
        expected = values_of(handle, 4, 5)
        assert (expected == 27315.0).all(), expected
        assert_same(self.read(self.save("decimals-constant.grib2", [handle]))[0], expected, "the frame")

    def no_groups(self, packing):
        raw = bytearray(eccodes.codes_get_message(message(field(0, 4, 5), packing, 12)))
        sections = sections_of(raw)
        at, _ = sections[5]
        raw[at + 11 : at + 15] = struct.pack(">f", 5.0)
        raw[at + 15 : at + 20] = bytes([0, 0, 0, 1, 0])
        raw[at + 31 : at + 47] = bytes(16)
        raw[at + 41] = 1
        at, _ = sections[7]
        handle = handle_of(raw[:at] + b"\0\0\0\5\7" + b"7777")
        expected = values_of(handle, 4, 5)
        assert (expected == 5.0).all(), expected
        assert_same(self.read(self.save("no-groups.grib2", [handle]))[0], expected, "the frame")

    def unsigned_first_values(self, order):
        """Numbers of as few bytes as hold the first values without a sign."""
        values = 32768.0 - 3 * np.arange(24) + np.random.default_rng(1).integers(0, 3, 24)
        values[:2], values[-1] = 32768, 0
        handle = message(values.reshape(4, 6), "grid_complex_spatial_differencing")
        eccodes.codes_set(handle, "orderOfSpatialDifferencing", order)
        eccodes.codes_set(handle, "bitsPerValue", 16)
        eccodes.codes_set_values(handle, values)
        raw = bytearray(eccodes.codes_get_message(handle))
        sections = sections_of(raw)
        (five, _), (seven, length) = sections[5], sections[7]
        assert raw[five + 48] == 3, "numbers of %d bytes" % raw[five + 48]
        head = raw[seven + 5 : seven + 5 + 3 * (order + 1)]
        numbers = [head[place : place + 3] for place in range(0, len(head), 3)]
        assert all(number[0] == 0 for number in numbers[:-1]), numbers
        assert numbers[-1][0] & 0x7F == 0 and numbers[-1][1] & 0x80 == 0, numbers
        least = bytes([numbers[-1][0] & 0x80 | numbers[-1][1], numbers[-1][2]])
        short = b"".join(bytes(number[1:]) for number in numbers[:-1]) + least
        raw[five + 48] = 2
        length -= order + 1
        handle = handle_of(raw[:seven] + struct.pack(">I", length) + b"\7" + short + raw[seven + 5 + len(head) :])
        expected = values_of(handle, 4, 6)
        assert (expected.ravel() == values).all(), expected
        assert_same(self.read(self.save("unsigned.grib2", [handle]))[0], expected, "the frame")

    def nearly_constant(self, options):
        clip = 273.151 + np.arange(24).reshape(1, 4, 6) * 1e-5
        source, output = self.path("near.npy"), self.path("near.grib2")
        np.save(source, clip)
        self.pimage("convert", source, output, "--quiet", "--overwrite", "--quality", "decimals=2", *options)
        (handle,) = messages_in(output)
        found = values_of(handle, 4, 6)
        assert np.abs(found - clip[0]).max() <= 0.005, found
        assert_same(self.read(output)[0], found, "read again")

    def round_the_world(self):
        keys = {"longitudeOfFirstGridPointInDegrees": -180, "longitudeOfLastGridPointInDegrees": 180}
        before = message(field(0, 5, 9), iDirectionIncrementInDegrees=45, **keys)
        source, output = self.save("round.grib2", [before]), self.path("round-after.grib2")
        self.pimage("convert", source, output, "--quiet", "--overwrite")
        (after,) = messages_in(output)
        for name in ("longitudes", "latitudes"):
            pair = [eccodes.codes_get_array(handle, name) for handle in (before, after)]
            assert np.array_equal(*pair), "%s were %s and are %s" % (name, *pair)

    def through_netcdf(self):
        """From the south to the north, also where the flags have become words."""
        keys = {"latitudeOfFirstGridPointInDegrees": 0.0, "latitudeOfLastGridPointInDegrees": 2.0, "jScansPositively": 1}
        before = message(field(0, 5, 8), **keys)
        source, between, output = self.save("south.grib2", [before]), self.path("south.nc"), self.path("south-after.grib2")
        self.pimage("convert", source, between, "--quiet", "--overwrite")
        self.pimage("convert", between, output, "--quiet", "--overwrite")
        (after,) = messages_in(output)
        for name in ("latitudes", "longitudes"):
            pair = [eccodes.codes_get_array(handle, name) for handle in (before, after)]
            assert np.array_equal(*pair), "%s were %s and are %s" % (name, *pair)

    def coordinates(self, name, keys):
        """A regular grid becomes coordinates of NetCDF, which are those of cfgrib, and these become the grid again."""
        import xarray

        keys = {"latitudeOfFirstGridPointInDegrees": 60, "latitudeOfLastGridPointInDegrees": 20, "jDirectionIncrementInDegrees": 10} | keys
        before = [message(field(index, 5, 8), step=index, **keys) for index in range(2)]
        source, between, output = self.save("map.grib2", before), self.path("map.nc"), self.path("map-after.grib2")
        self.pimage("convert", source, between, "--quiet", "--overwrite")
        with xarray.open_dataset(source, engine="cfgrib", backend_kwargs={"indexpath": ""}) as expected:
            with xarray.open_dataset(between) as found:
                assert name in found and name in expected, (list(found), list(expected))
                assert found[name].dims == ("time", "latitude", "longitude"), found[name].dims
                for axis in ("latitude", "longitude"):
                    np.testing.assert_allclose(found[axis].values, expected[axis].values, rtol=0, atol=1e-9)
                    assert found[axis].attrs["units"] == expected[axis].attrs["units"]
                assert_same(self.read(source), found[name].values.astype(np.float64), "the values")
        # What is not said in the words of GRIB any more is understood from the coordinates.
        import netCDF4

        with netCDF4.Dataset(between, "a") as file:
            for key in file[name].ncattrs():
                if key.startswith("GRIB_"):
                    file[name].delncattr(key)
        self.pimage("convert", between, output, "--quiet", "--overwrite")
        (after, _) = messages_in(output)
        assert eccodes.codes_get(after, "gridType") == "regular_ll"
        for axis in ("latitudes", "longitudes"):
            pair = [eccodes.codes_get_array(handle, axis) % 360 for handle in (before[0], after)]
            np.testing.assert_allclose(*pair, rtol=0, atol=1e-6)

    def changed_by_others(self, change, units):
        """NetCDF made from GRIB is turned, rolled or converted by xarray: what GRIB said before counts no more."""
        import xarray

        keys = {"latitudeOfFirstGridPointInDegrees": 60, "latitudeOfLastGridPointInDegrees": 20, "jDirectionIncrementInDegrees": 10}
        keys |= {"longitudeOfFirstGridPointInDegrees": 0, "longitudeOfLastGridPointInDegrees": 315, "iDirectionIncrementInDegrees": 45}
        before = message(field(0, 5, 8), **keys)
        source, between, output = self.save("turned.grib2", [before]), self.path("turned.nc"), self.path("turned-after.grib2")
        self.pimage("convert", source, between, "--quiet", "--overwrite")
        with xarray.open_dataset(between) as data:
            (name,) = data.data_vars
            turned = change(data.load())
            turned[name].attrs["units"] = units or turned[name].attrs["units"]
        turned.to_netcdf(between)
        self.pimage("convert", between, output, "--quiet", "--overwrite")
        (after,) = messages_in(output)
        if units:
            assert eccodes.codes_get(after, "shortName") == "unknown", "it is written as %s" % eccodes.codes_get(after, "shortName")
            return
        points = []
        for handle in (before, after):
            arrays = [eccodes.codes_get_array(handle, key) for key in ("latitudes", "longitudes", "values")]
            points.append({(lat, lon % 360): value for lat, lon, value in zip(*arrays)})
        assert points[0].keys() == points[1].keys(), "the points are others"
        worst = max(abs(points[0][place] - points[1][place]) for place in points[0])
        assert worst < 0.01, "a value is off by %g" % worst

    def full_turn(self):
        """From -180 to 180 degrees, both of them."""
        import xarray

        longitude = np.linspace(-180, 180, 9)
        coordinates = {
            "time": [np.datetime64("2001-02-03", "ns")],
            "lat": ("lat", [10.0, 0.0, -10.0], {"units": "degrees_north"}),
            "lon": ("lon", longitude, {"units": "degrees_east"}),
        }
        data = xarray.Dataset({"t": (("time", "lat", "lon"), field(0, 3, 9)[None].astype("f4"))}, coords=coordinates)
        data["t"].attrs = {"units": "K"}
        source, output, back = self.path("turn.nc"), self.path("turn.grib2"), self.path("turn-back.nc")
        data.to_netcdf(source)
        self.pimage("convert", source, output, "--quiet", "--overwrite")
        self.pimage("convert", output, back, "--quiet", "--overwrite")
        with xarray.open_dataset(back) as found:
            np.testing.assert_allclose((found["longitude"].values - longitude) % 360, 0, atol=1e-6)

    def from_netcdf(self):
        """Coordinates, standard names and levels of a file that was never GRIB."""
        import xarray

        rng = np.random.default_rng(5)
        time = np.datetime64("2001-02-03") + np.arange(3) * np.timedelta64(6, "h")
        latitude, longitude = np.linspace(-10, 10, 11), np.arange(-180, 180, 22.5).astype("f4")
        data = xarray.Dataset(
            {"ta": (("time", "plev", "lat", "lon"), rng.normal(280, 5, (3, 2, 11, 16)).astype("f4"))},
            coords={
                "time": time.astype("datetime64[ns]"),
                "plev": ("plev", [85000.0, 50000.0], {"units": "Pa"}),
                "lat": ("lat", latitude, {"units": "degrees_north"}),
                "lon": ("lon", longitude, {"units": "degrees_east"}),
            },
        )
        data["ta"].attrs = {"standard_name": "air_temperature", "units": "K"}
        source, output = self.path("levels.nc"), self.path("levels.grib2")
        data.to_netcdf(source)
        summary = json.loads(self.pimage("convert", source, output, "--json"))
        expected = ("GRIB packs", "grib has no axes")
        assert all(note.startswith(expected) for note in summary["notes"]), summary["notes"]
        handles = messages_in(output)
        for index, handle in enumerate(handles):
            keys = {key: eccodes.codes_get(handle, key) for key in ("shortName", "typeOfLevel", "level", "gridType")}
            expected = {"shortName": "t", "typeOfLevel": "isobaricInhPa", "level": [850, 500][index % 2], "gridType": "regular_ll"}
            assert keys == expected, keys
            assert eccodes.codes_get(handle, "validityDate") == 20010203
        rows = np.repeat(latitude, 16)
        np.testing.assert_allclose(eccodes.codes_get_array(handles[0], "latitudes"), rows, rtol=0, atol=1e-6)
        columns = np.tile(longitude, 11) % 360
        np.testing.assert_allclose(eccodes.codes_get_array(handles[0], "longitudes") % 360, columns, rtol=0, atol=1e-6)
        with xarray.open_dataset(output, engine="cfgrib", backend_kwargs={"indexpath": ""}) as found:
            # cfgrib puts the highest pressure first, as the file does.
            assert found["t"].shape == (3, 2, 11, 16), found["t"].shape
            assert np.abs(found["t"].values - data["ta"].values).max() < 0.01
        # A single height beside the variable, and values in another unit.
        surface = data.isel(plev=0, drop=True).assign_coords(height=((), 2.0, {"units": "m"}))
        surface["ta"].attrs = {"standard_name": "air_temperature", "units": "K"}
        surface.to_netcdf(source)
        self.pimage("convert", source, output, "--quiet", "--overwrite")
        keys = [eccodes.codes_get(messages_in(output)[0], key) for key in ("shortName", "level")]
        assert keys == ["2t", 2], keys
        surface["ta"].attrs["units"] = "degC"
        surface.to_netcdf(source)
        summary = json.loads(self.pimage("convert", source, output, "--json", "--overwrite"))
        assert "`degC`" in summary["notes"][0], summary["notes"]

    def not_what_it_is_called(self, name, attributes, scalar):
        """A name is not enough: other quantities and heights are called alike."""
        import xarray

        coordinates = {"time": [np.datetime64("2001-02-03", "ns")], "lat": ("lat", [10.0, 0.0], {"units": "degrees_north"})}
        coordinates["lon"] = ("lon", [0.0, 10.0, 20.0], {"units": "degrees_east"})
        coordinates |= scalar
        data = xarray.Dataset({name: (("time", "lat", "lon"), field(0, 2, 3)[None].astype("f4"))}, coords=coordinates)
        data[name].attrs = attributes
        source, output = self.path("called.nc"), self.path("called.grib2")
        data.to_netcdf(source)
        self.pimage("convert", source, output, "--quiet", "--overwrite")
        (after,) = messages_in(output)
        found = eccodes.codes_get(after, "shortName"), eccodes.codes_get(after, "typeOfLevel")
        assert found == (("t" if "air" in attributes.get("standard_name", "") else "unknown"), "unknown"), found

    def scanning(self, keys):
        # As cfgrib does: the values as they come, rows that run in turns turned; columns become rows.
        order = "F" if keys.get("jPointsAreConsecutive") else "C"
        handle = message(field(1, 6, 4), **keys)
        path = self.save("scanning.grib2", [handle])
        stored = values_of(handle, 1, 24).ravel()
        expected = stored.reshape((6, 4), order=order).copy()
        if keys.get("alternativeRowScanning"):
            lines = expected.T if order == "F" else expected
            lines[1::2] = lines[1::2, ::-1].copy()
        assert_same(self.read(path)[0], expected, "the frame")

    def grid(self, sample, kind):
        handle = eccodes.codes_grib_new_from_samples(sample)
        shape = (eccodes.codes_get(handle, "Nj"), eccodes.codes_get(handle, "Ni"))
        handle = message(field(0, *shape), sample=sample)
        path = self.save("grid.grib2", [handle])
        assert_same(self.read(path)[0], values_of(handle, *shape), "the frame")
        found = json.loads(self.pimage("info", path, "--json"))["metadata"]["GRIB_gridType"]
        assert found == kind == eccodes.codes_get(handle, "gridType"), found

    def times(self, keys, steps):
        handles = [message(field(0, 4, 5), step=step, **keys) for step in steps]
        path = self.save("times.grib2", handles)
        found = [frame["time"] for frame in json.loads(self.pimage("hash", path, "--json"))["frames"]]
        expected = [valid_time(handle) for handle in handles]
        assert found == expected, "%s, expected %s" % (found, expected)

    def accumulations(self):
        """What fell from 6 to 12 hours is no frame among what fell since the beginning."""
        handles = [message(field(index, 4, 5), step=step, stepType="accum") for index, step in enumerate(["0-6", "6-12", "0-12"])]
        path = self.save("accumulations.grib2", handles)
        for name, indices in ((":#1", [1]), (":#2", [0, 2])):
            expected = np.stack([values_of(handles[index], 4, 5) for index in indices])
            assert_same(self.read(path + name), expected, name)

    def multi_field(self):
        parts = [message(field(0, 9, 8)), message(field(1, 9, 8)), message(field(2, 9, 8))]
        multi = eccodes.codes_grib_multi_new()
        for place, part in enumerate(parts):
            eccodes.codes_set(part, "step", 3 * place)
            eccodes.codes_grib_multi_append(part, 0 if place == 0 else 4, multi)
        path = self.path("multi.grib2")
        with open(path, "wb") as file:
            eccodes.codes_grib_multi_write(multi, file)
        expected = np.stack([values_of(part, 9, 8) for part in parts])
        assert_same(self.read(path), expected, "the array")

    def named(self):
        wanted = {}
        handles = []
        for place, (name, level) in enumerate([("t", 850), ("t", 500), ("u", 850), ("gh", 500)]):
            values = field(place, 6, 7)
            keys = {"sample": "regular_ll_pl_grib2", "shortName": name, "level": level}
            handles += [message(values, step=step, **keys) for step in (0, 6)]
            wanted["%s,%d" % (name, level)] = np.stack([values_of(handle, 6, 7) for handle in handles[-2:]])
        surface = message(field(9, 6, 7), shortName="2t")
        wanted["t2m"] = values_of(surface, 6, 7)[None]
        path = self.save("several.grib2", handles + [surface])
        for name, expected in wanted.items():
            assert_same(self.read(path + ":" + name), expected, name)

    def description(self, name, level_type, level):
        handle = message(field(0, 6, 7), shortName=name, typeOfLevel=level_type, level=level)
        path = self.save("described.grib2", [handle])
        found = json.loads(self.pimage("info", path, "--json"))["metadata"]
        for key in ("shortName", "typeOfLevel", "level", "stepType", "packingType", "Ni", "Nj"):
            expected = eccodes.codes_get(handle, key)
            assert found["GRIB_" + key] == expected, "%s is %s, expected %s" % (key, found["GRIB_" + key], expected)

    def written(self, kind, options, most):
        clip = np.stack([field(index) for index in range(4)])
        if kind.startswith("float"):
            clip[1, 3:7, 4:9] = np.nan
            clip[2] = np.nan
        clip = clip.astype(kind)
        source, output = self.path("clip.npy"), self.path("written.grib2")
        np.save(source, clip)
        self.pimage("convert", source, output, "--quiet", "--overwrite", *options)
        handles = messages_in(output)
        assert len(handles) == len(clip), "%d messages" % len(handles)
        found = np.stack([values_of(handle, 37, 53) for handle in handles])
        assert np.array_equal(np.isnan(found), np.isnan(clip.astype(np.float64))), "other points are missing"
        worst = np.nanmax(np.abs(found - clip))
        assert worst <= most, "off by %g, expected at most %g" % (worst, most)
        if "ieee" not in options and "--lossless" not in options:
            assert_same(self.read(output), found, "read again")

    def kept(self, packing):
        """Parameter, level, grid and times survive from ecCodes through pimage to ecCodes."""
        keys = {"sample": "regular_ll_pl_grib2", "shortName": "gh", "level": 500, "jScansPositively": 0}
        keys |= {"typeOfGeneratingProcess": 4, "generatingProcessIdentifier": 141, "significanceOfReferenceTime": 1}
        keys |= {"productionStatusOfProcessedData": 2, "typeOfProcessedData": 4, "backgroundProcess": 3}
        before = [message(field(index, 5, 8), "grid_ccsds", step=3 * index, **keys) for index in range(4)]
        source, output = self.save("before.grib2", before), self.path("after.grib2")
        self.pimage("convert", source, output, "--quiet", "--overwrite", "--compression", packing)
        after = messages_in(output)
        names = "shortName typeOfLevel level centre gridType Ni Nj dataDate dataTime step validityDate validityTime".split()
        names += ["%sOf%sGridPointInDegrees" % (axis, end) for axis in ("latitude", "longitude") for end in ("First", "Last")]
        names += ["iDirectionIncrementInDegrees", "jDirectionIncrementInDegrees", "iScansNegatively", "jScansPositively"]
        names += "typeOfGeneratingProcess backgroundProcess generatingProcessIdentifier significanceOfReferenceTime".split()
        names += ["productionStatusOfProcessedData", "typeOfProcessedData"]
        for old, new in zip(before, after, strict=True):
            for name in names:
                pair = eccodes.codes_get(old, name), eccodes.codes_get(new, name)
                assert pair[0] == pair[1], "%s was %s and is %s" % (name, *pair)
            worst = np.abs(values_of(old, 5, 8) - values_of(new, 5, 8)).max()
            assert worst <= 40 / 2**16, "off by %g" % worst

    def through_xarray(self):
        import xarray

        keys = {"sample": "regular_ll_pl_grib2", "shortName": "t", "level": 850}
        before = [message(field(index, 5, 8), step=index, **keys) for index in range(3)]
        source, output = self.save("xarray.grib2", before), self.path("xarray-after.grib2")
        self.pimage("convert", source, output, "--quiet", "--overwrite")
        for path in (source, output):
            with xarray.open_dataset(path, engine="cfgrib", backend_kwargs={"indexpath": ""}) as data:
                assert data["t"].dims == ("step", "latitude", "longitude"), data["t"].dims
                assert data["latitude"].values[0] == 60.0
                assert_same(self.read(path), data["t"].values.astype(np.float64), "the array")

    def unknown_through_xarray(self):
        import xarray

        clip = np.stack([field(index) for index in range(3)]).astype(np.float32)
        source, output = self.path("clip.npy"), self.path("unknown.grib2")
        np.save(source, clip)
        self.pimage("convert", source, output, "--quiet", "--overwrite", "--fps", "1")
        with xarray.open_dataset(output, engine="cfgrib", backend_kwargs={"indexpath": ""}) as data:
            (only,) = data.data_vars.values()
            assert_same(self.read(output), only.values.astype(np.float64), "the array")

    def refused(self, sample, expected):
        handle = eccodes.codes_grib_new_from_samples(sample)
        path = self.save("refused.grib", [handle])
        try:
            self.pimage("info", path)
        except AssertionError as error:
            assert expected in str(error), error
        else:
            raise AssertionError("%s is not refused" % sample)


def main():
    grib = Grib(__doc__)
    for packing, widths in PACKINGS.items():
        for bits in widths:
            for holes in (False, True):
                name = "%s of %d bits%s" % (packing, bits, " with holes" if holes else "")
                grib.run(name, grib.packed, packing, bits, holes)
    for packing in ("grid_simple", "grid_ccsds", "grid_complex_spatial_differencing", "grid_png", "grid_jpeg"):
        for places in (-4, -1, 1, 2, 3, 7):
            grib.run("%s of %d decimal places" % (packing, places), grib.decimals, packing, places)
    for packing in ("grid_simple", "grid_ccsds", "grid_complex", "grid_jpeg"):
        grib.run("constant fields, " + packing, grib.constant, packing)
    grib.run("a constant field with decimals", grib.constant_with_decimals)
    for packing in ("grid_complex", "grid_complex_spatial_differencing"):
        grib.run("no groups, " + packing, grib.no_groups, packing)
    for order in (1, 2):
        grib.run("first values without a sign, order %d" % order, grib.unsigned_first_values, order)
    flags = ["iScansNegatively", "jScansPositively", "jPointsAreConsecutive", "alternativeRowScanning"]
    for number in range(16):
        keys = {flag: 1 for place, flag in enumerate(flags) if number >> place & 1}
        grib.run("scanning %s" % (" ".join(keys) or "plain"), grib.scanning, keys)
    for title, name, keys in [
        ("plain", "t2m", {"longitudeOfFirstGridPointInDegrees": 0, "longitudeOfLastGridPointInDegrees": 35, "iDirectionIncrementInDegrees": 5}),
        ("across the meridian", "t2m", {"longitudeOfFirstGridPointInDegrees": 350, "longitudeOfLastGridPointInDegrees": 25, "iDirectionIncrementInDegrees": 5}),
        ("from 180 W", "sp", {"longitudeOfFirstGridPointInDegrees": -180, "longitudeOfLastGridPointInDegrees": 135, "iDirectionIncrementInDegrees": 45, "shortName": "sp"}),
        ("of tenths", "t2m", {"longitudeOfFirstGridPointInDegrees": 0.1, "longitudeOfLastGridPointInDegrees": 0.8, "iDirectionIncrementInDegrees": 0.1}),
    ]:
        grib.run("coordinates " + title, grib.coordinates, name, keys)
    grib.run("NetCDF that was never GRIB", grib.from_netcdf)
    grib.run("NetCDF from GRIB, sorted by others", grib.changed_by_others, lambda data: data.sortby("latitude"), None)
    west = lambda data: data.assign_coords(longitude=(data.longitude + 180) % 360 - 180).sortby("longitude")
    grib.run("NetCDF from GRIB, rolled by others", grib.changed_by_others, west, None)
    grib.run("NetCDF from GRIB, in other units", grib.changed_by_others, lambda data: data, "degC")
    grib.run("from -180 to 180 degrees", grib.full_turn)
    sea, air = ({"standard_name": name + "_temperature", "units": "K"} for name in ("sea_water", "air"))
    grib.run("a sea's temperature", grib.not_what_it_is_called, "t", sea, {})
    grib.run("a reference pressure", grib.not_what_it_is_called, "t", air, {"p0": ((), 1e5, {"units": "Pa"})})
    for sample, kind in [("regular_gg_sfc_grib2", "regular_gg"), ("rotated_ll_sfc_grib2", "rotated_ll"), ("polar_stereographic_sfc_grib2", "polar_stereographic")]:
        grib.run("grid " + kind, grib.grid, sample, kind)
    grib.run("hourly times", grib.times, {}, [0, 1, 2, 3])
    grib.run("times of accumulations", grib.times, {"stepType": "accum"}, ["0-6", "0-12", "6-24"])
    grib.run("accumulations that end at once", grib.accumulations)
    grib.run("times of template 44", grib.times, {"productDefinitionTemplateNumber": 44, "shortName": None}, [0, 6, 12])
    grib.run("times of template 57", grib.times, {"productDefinitionTemplateNumber": 57, "shortName": None}, [0, 6, 12])
    grib.run("times in minutes", grib.times, {"stepUnits": "m"}, [0, 15, 30])
    grib.run("several fields in a message", grib.multi_field)
    grib.run("one of several variables", grib.named)
    for name, kind, level in [("t", "isobaricInhPa", 850), ("2t", "heightAboveGround", 2), ("10u", "heightAboveGround", 10), ("msl", "meanSea", 0), ("t", "hybrid", 17)]:
        if name != "msl":
            grib.run("description of %s at %s" % (name, kind), grib.description, name, kind, level)
    for options, most in [([], 2**-10), (["--compression", "simple"], 2**-10), (["--quality", "bits=24"], 2**-15), (["--quality", "decimals=3"], 0.000501), (["--compression", "simple", "--quality", "bits=7"], 0.5), (["--compression", "ieee"], 0), (["--lossless"], 0)]:
        for kind in ("float32", "float64"):
            grib.run("%s written with %s" % (kind, " ".join(options) or "no options"), grib.written, kind, options, most)
    for kind in ("uint8", "uint16", "int16", "int32"):
        grib.run("%s written" % kind, grib.written, kind, [], 0)
        grib.run("%s written plainly" % kind, grib.written, kind, ["--compression", "simple"], 0)
    for options in ([], ["--compression", "simple"]):
        grib.run("nearly constant frames written with %s" % (" ".join(options) or "no options"), grib.nearly_constant, options)
    grib.run("a grid round the world", grib.round_the_world)
    grib.run("from the south through NetCDF", grib.through_netcdf)
    for packing in ("ccsds", "simple", "ieee"):
        grib.run("what is known survives, " + packing, grib.kept, packing)
    grib.run("through xarray", grib.through_xarray)
    grib.run("of nothing known, through xarray", grib.unknown_through_xarray)
    grib.run("edition 1 is refused", grib.refused, "regular_ll_sfc_grib1", "GRIB edition 1")
    grib.run("reduced grids are refused", grib.refused, "reduced_gg_sfc_grib2", "reduced")
    grib.run("spectra are refused", grib.refused, "sh_ml_grib2", "template 3.50")
    grib.end()


if __name__ == "__main__":
    main()
