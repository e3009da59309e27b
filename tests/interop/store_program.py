"""What `pimage store` makes of stores is what Python's imgstore makes of them: timecodes, new numbers, indexes, parts, rows, extra data."""

import csv
import io
import json
import os
import shutil
import sqlite3

import av
import numpy as np
import pyarrow
import pyarrow.ipc

from _checks import Checks, assert_equal, gray_clip
from _imgstore import imgstore
from imgstore.align import StoreAligner
from imgstore.apps import generate_timecodes

COUNT = 47
CHUNK = 10
START = 1_500_000_000.125
# The numbers of a recorder that was reset once: one frame is 0.
NUMBERS = [900 + 2 * i for i in range(13)] + list(range(COUNT - 13))


def times_of(count):
    return [START + i / 25 + (i % 3) * 0.001 for i in range(count)]


class Program(Checks):
    """Has imgstore write stores, and the program do something with them."""

    def write(self, name, numbers=None, clip=None, format_name="npy"):
        path = self.path(name)
        shutil.rmtree(path, ignore_errors=True)
        clip = gray_clip(COUNT, 48, 64) if clip is None else clip
        numbers = NUMBERS if numbers is None else numbers
        store = imgstore.new_for_format(
            format_name, path=path, mode="w", imgshape=clip.shape[1:], imgdtype=clip.dtype, chunksize=CHUNK
        )
        with store:
            for frame, number, time in zip(clip, numbers, times_of(len(clip))):
                store.add_image(frame, number, time)
                store.add_extra_data(light=float(number) / 2, name="frame %d" % number)
        return path, clip

    def opened(self, path):
        store = imgstore.new_for_filename(path)
        metadata = store.get_frame_metadata()
        images = np.stack([store.get_next_image()[0] for _ in range(store.frame_count)])
        store.close()
        return images, metadata

    def timecodes(self):
        path, _ = self.write("timecodes")
        expected = io.StringIO()
        generate_timecodes(imgstore.new_for_filename(path), expected)
        assert self.pimage("store", "timecodes", path) == expected.getvalue()

    def reindex(self):
        ours, _ = self.write("reindex")
        theirs = self.path("reindex-theirs")
        shutil.rmtree(theirs, ignore_errors=True)
        shutil.copytree(ours, theirs)
        self.pimage("store", "reindex", ours)
        imgstore.new_for_filename(theirs).reindex()
        _, found = self.opened(ours)
        _, expected = self.opened(theirs)
        assert list(found["frame_number"]) == list(expected["frame_number"])
        assert found["frame_number"][:14] == list(range(-13, 1))
        for chunk in range(COUNT // CHUNK + 1):
            members = []
            for path in (ours, theirs):
                with np.load(os.path.join(path, "%06d" % chunk, "index.npz")) as index:
                    members.append(index["_frame_number_before_reindex"])
            assert_equal(members[0].astype(np.int64), members[1].astype(np.int64), "the numbers before")
        table = imgstore.new_for_filename(ours).get_extra_data()
        assert table["frame_number"].tolist() == found["frame_number"]
        assert table["_frame_number_before_reindex"].tolist() == NUMBERS

    def sqlite_index(self):
        path, clip = self.write("sqlite", list(range(COUNT)))
        self.pimage("store", "index", path, "--sqlite")
        # Only the saved index is left to tell numbers and times.
        store = imgstore.new_for_filename(path)
        image, (number, time) = store.get_image(23)
        assert number == 23 and time == times_of(COUNT)[23]
        assert_equal(image, clip[23], "a frame by the saved index")
        image, (number, _) = store.get_nearest_image(times_of(COUNT)[31] + 0.004)
        assert number == 31
        store.close()

    def parts(self):
        path, clip = self.write("whole")
        folder, merged = self.path("parts"), self.path("merged")
        for gone in (folder, merged):
            shutil.rmtree(gone, ignore_errors=True)
        for index in (2, 0, 1):
            self.pimage("store", "shard", path, folder, "--count", 3, "--index", index, "--format", "png", "-t", "flip=vertical")
        self.pimage("store", "merge", folder, "-o", merged)
        images, metadata = self.opened(merged)
        assert_equal(images, clip[:, ::-1], "the frames of the parts")
        assert metadata["frame_number"] == NUMBERS
        assert np.allclose(metadata["frame_time"], times_of(COUNT), rtol=0, atol=1e-6)
        table = imgstore.new_for_filename(merged).get_extra_data()
        assert table["light"].tolist() == [number / 2 for number in NUMBERS]
        assert table["frame_index"].tolist() == list(range(COUNT))

    def rows(self):
        numbers = [list(range(0, 47)), [i * 2 for i in range(47)]]
        paths = [self.write("row-%d" % i, one)[0] for i, one in enumerate(numbers)]
        stores = [imgstore.new_for_filename(path) for path in paths]
        aligner = StoreAligner(*stores)
        # imgstore looks at the policy before it is set: the second call has it.
        aligner.extract_common_frames("drop")
        expected = {"intersection": aligner.extract_common_frames("drop"), "union": StoreAligner(*stores).extract_common_frames("black")}
        for join, wanted in expected.items():
            text = self.pimage("store", "align", *paths, "--join", join, "--table")
            found = [int(row["number"]) for row in csv.DictReader(io.StringIO(text))]
            assert found == [int(number) for number in wanted], join
        output = self.path("rows.npy")
        self.pimage("store", "align", *paths, "--join", "union", "-o", output, "--overwrite", "--quiet")
        pictures = np.load(output)
        clip = gray_clip(COUNT, 48, 64)
        for row, number in enumerate(expected["union"]):
            for side, own in enumerate(numbers):
                wanted = clip[own.index(number)] if number in own else np.zeros_like(clip[0])
                assert_equal(pictures[row][:, side * 64 :][:, :64], wanted, "row %d, store %d" % (row, side))

    def extra(self):
        path, _ = self.write("extra")
        expected = imgstore.new_for_filename(path).get_extra_data()
        rows = json.loads(self.pimage("store", "extra", path, "--json"))
        assert [row["light"] for row in rows] == expected["light"].tolist()
        assert [row["name"] for row in rows] == expected["name"].tolist()
        table = list(csv.DictReader(io.StringIO(self.pimage("store", "extra", path))))
        assert [float(row["frame_time"]) for row in table] == expected["frame_time"].tolist()

    def arrow(self):
        path, _ = self.write("arrow")
        with open(os.path.join(path, "000000", "index.extra.json")) as file:
            rows = json.load(file)
        rows[1].update(place=[0.5, 2], count=[1, 2], flag=True)
        del rows[2]["light"]
        with open(os.path.join(path, "000000", "index.extra.json"), "w") as file:
            json.dump(rows, file)
        output = self.path("extra.arrow")
        self.pimage("store", "extra", path, "-o", output, "--overwrite")
        table = pyarrow.ipc.open_file(output).read_all()
        types = {name: str(table.schema.field(name).type) for name in table.column_names}
        expected = {"light": "double", "name": "string", "frame_number": "int64", "flag": "bool"}
        assert {name: types[name] for name in expected} == expected, types
        assert [types[name] for name in ("place", "count")] == ["list<item: double>", "list<item: int64>"], types
        found = table.to_pylist()
        for row, wanted in zip(found, rows):
            assert {name: value for name, value in row.items() if value is not None} == wanted
        assert len(found) == COUNT and found[2]["light"] is None

    def other_index(self):
        """The index of shaliulab's imgstore: another name, and a second SQLite index."""
        path, _ = self.write("other-index", list(range(COUNT)))
        base = sqlite3.connect(os.path.join(path, "index.db"))
        base.execute("CREATE TABLE frames (chunk INTEGER, frame_idx INTEGER, frame_number INTEGER, frame_time REAL)")
        base.execute("CREATE TABLE chunks (chunk INTEGER, chunk_path TEXT)")
        base.execute("CREATE TABLE index_information (name TEXT, value TEXT)")
        base.execute("CREATE TABLE summary (name TEXT, value REAL)")
        base.execute("INSERT INTO index_information VALUES ('version', '1')")
        base.execute("CREATE INDEX chunk_index ON frames (chunk, frame_idx)")
        rows = [(i // CHUNK, i % CHUNK, 3 * i, time) for i, time in enumerate(times_of(COUNT))]
        base.executemany("INSERT INTO frames VALUES (?,?,?,?)", rows)
        base.execute("CREATE UNIQUE INDEX id ON frames (frame_number)")
        base.commit()
        base.close()
        for chunk in range(COUNT // CHUNK + 1):
            os.remove(os.path.join(path, "%06d" % chunk, "index.npz"))
        info = json.loads(self.pimage("store", "info", path, "--json"))
        assert (info["first_number"], info["last_number"]) == (0, 3 * (COUNT - 1)), info

    def own_times(self):
        path = self.path("own-times")
        shutil.rmtree(path, ignore_errors=True)
        self.pimage("store", "save", "test:64x48", path, "--format", "avc1/mp4", "--chunk-frames", CHUNK, "--stop", COUNT, "--quiet")
        _, metadata = self.opened(path)
        times = np.array(metadata["frame_time"]) - metadata["frame_time"][0]
        for name, tolerance in (("times.mkv", 0.0011), ("times.mp4", 0.0001)):
            video = self.path(name)
            self.pimage("store", "mux", path, video, "--times", "--overwrite")
            with av.open(video) as container:
                found = [frame.time for frame in container.decode(video=0)]
            assert len(found) == COUNT
            assert np.abs(np.array(found) - found[0] - times).max() <= tolerance, name

    def emptied(self):
        path, _ = self.write("emptied")
        before = open(os.path.join(path, "metadata.yaml")).read()
        self.pimage("store", "empty", path, "--yes", "--quiet")
        assert os.listdir(path) == ["metadata.yaml"], os.listdir(path)
        assert open(os.path.join(path, "metadata.yaml")).read() == before
        numbers = self.path("numbers.npy")
        np.save(numbers, gray_clip(7, 48, 64))
        self.pimage("store", "save", numbers, path, "--append", "--quiet")
        images, metadata = self.opened(path)
        assert_equal(images, gray_clip(7, 48, 64), "what was recorded after emptying")

    def by_number(self):
        path, _ = self.write("numbers", list(range(-5, COUNT - 5)))
        store = imgstore.new_for_filename(path)
        output = self.path("numbers.npy")
        self.pimage("store", "export", path, output, "--numbers=-3..12", "--overwrite", "--quiet")
        expected = np.stack([store.get_image(number)[0] for number in range(-3, 12)])
        assert_equal(np.load(output), expected, "frames by their numbers")
        self.pimage("extract", path, "--number", 17, "--number", -5, "-o", output, "--overwrite", "--quiet")
        expected = np.stack([store.get_image(number)[0] for number in (17, -5)])
        assert_equal(np.load(output), expected, "two frames by their numbers")
        store.close()

    def joined(self):
        path = self.path("recorded")
        shutil.rmtree(path, ignore_errors=True)
        self.pimage("store", "save", "test:64x48", path, "--format", "avc1/mp4", "--chunk-frames", CHUNK, "--stop", COUNT, "--quiet")
        video = self.path("joined.mkv")
        self.pimage("store", "mux", path, video, "--overwrite")
        images, metadata = self.opened(path)
        assert metadata["frame_number"] == list(range(COUNT))
        import cv2

        capture = cv2.VideoCapture(video, cv2.CAP_FFMPEG)
        for index in range(COUNT):
            is_read, frame = capture.read()
            assert is_read, "frame %d is missing" % index
            assert_equal(frame[..., 0], images[index], "frame %d" % index)
        assert not capture.read()[0]


def main():
    program = Program(__doc__)
    program.run("timecodes", program.timecodes)
    program.run("numbers around a frame 0", program.reindex)
    program.run("an index that imgstore opens", program.sqlite_index)
    program.run("parts of jobs in one store", program.parts)
    program.run("rows of two stores", program.rows)
    program.run("extra data", program.extra)
    program.run("extra data as Arrow", program.arrow)
    program.run("an index of shaliulab's imgstore", program.other_index)
    program.run("frames by their numbers", program.by_number)
    program.run("a store emptied and recorded again", program.emptied)
    program.run("chunks in one video", program.joined)
    program.run("chunks in one video, at their own times", program.own_times)
    program.end()


if __name__ == "__main__":
    main()
