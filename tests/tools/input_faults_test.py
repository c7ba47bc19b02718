"""Data that cannot be read is told with file and place, and nothing is left behind.

input_faults_test.py COMMAND
"""
import os
import sys
import unittest

from bad_input import FAILED, WRONG, BadInput, definition, npy, stage
from skipping import skipped


class Inputs(BadInput):
    def read(self, kind, path, **params):
        return definition(stage("input", kind, {"path": path, **params}))

    def test_no_usable_file(self):
        (self.folder / "folder").mkdir()
        (self.folder / "dangling").symlink_to("nowhere")
        self.write("empty", "")
        for kind, params in [("read_csv", {"column": 0, "window": 2}), ("read_npy", {}), ("read_hdf5", {})]:
            with self.subTest(kind=kind):
                self.refused(FAILED, f"input ({kind}) missing: cannot be opened: No such file",
                             self.read(kind, "missing", **params))
                self.refused(FAILED, f"input ({kind}) folder: cannot be read: Is a directory",
                             self.read(kind, "folder", **params))
                self.refused(FAILED, f"input ({kind}) empty: ", self.read(kind, "empty", **params))
                self.refused(FAILED, f"input ({kind}) dangling: cannot be opened: No such file",
                             self.read(kind, "dangling", **params))
                self.refused(FAILED, f"input ({kind}) job.json/x: cannot be opened: Not a directory",
                             self.read(kind, "job.json/x", **params))
                self.refused(WRONG, "params/path", self.read(kind, "", **params))

    def test_unreadable_file(self):
        loop = self.folder / "loop"
        for kind, params in [("read_csv", {"column": 0, "window": 2}), ("read_npy", {}), ("read_hdf5", {})]:
            with self.subTest(kind=kind):
                # A file that even root cannot read.
                job = self.read(kind, "/proc/self/mem", **params)
                self.refused(FAILED, f"input ({kind}) /proc/self/mem: ", job)
                loop.symlink_to("loop")
                result = self.call("run", self.job(self.read(kind, "loop", **params)))
                loop.unlink()
                self.assertEqual(result.returncode, FAILED)
                self.assertIn(b"loop: cannot be opened: Too many levels of symbolic links", result.stderr)
        if os.geteuid() == 0:
            skipped("root reads files that nobody may read")
        (self.folder / self.write("closed.csv", "a\n1\n")).chmod(0)
        self.refused(FAILED, "closed.csv: cannot be opened: Permission denied", self.read("read_csv", "closed.csv", column=0))

    def csv(self, text, message, code=FAILED, **params):
        self.write("in.csv", text)
        self.refused(code, message, self.read("read_csv", "in.csv", **{"column": "b", "window": 2, **params}))

    def test_csv(self):
        self.csv("a,b\n1,2\n3\n5,6\n", "input (read_csv) in.csv:3: the row has 1 field, the first row has 2")
        self.csv("a,b\n1,2\n3,4,5\n", "in.csv:3: the row has 3 fields, the first row has 2 fields")
        self.csv("a,b\n1,2\n3,four\n", 'in.csv:3: column "b": "four" is not a number')
        self.csv("a,b\n1,2\n3,1 2\n", 'in.csv:3: column "b": "1 2" is not a number')
        self.csv("a,b\n1,2\n3,4\n", 'in.csv:1: there is no column "c" (`column`). The header has "a", "b"', column="c")
        self.csv("close,b\n1,2\n3,4\n", '(`column`), did you mean "close"?', column="clos")
        self.csv("a,b\n1,2\n3,4\n", "in.csv:1: column 2 (`column`) is outside 0..1", column=2)
        self.csv("a,b\n1,2\n3,4\n", 'there is no column "sym" (`group_by`)', group_by="sym")
        self.csv("b,b\n1,2\n3,4\n", 'several columns are named "b"')
        self.csv("a,b\n", "in.csv: has no rows after the header")
        self.csv("a,b\n1,2\n3,4\n", "has 2 rows, but `window` asks for 3 rows", window=3)
        self.csv("a,b\nx,2\nx,4\ny,5\n", 'no group has 3 rows; the longest, "x", has 2', window=3, group_by="a")
        self.csv('a,b\n1,"2\n3,4\n', "in.csv:2: ")
        self.csv("a,b\n1,2\n", "params/delimiter: ", code=WRONG, delimiter=",,")
        self.csv("a,b\n1,2\n", 'params/column: "b" is a name, but `header` is false', code=WRONG, header=False)
        self.csv(b"a,b\n1,\x002\n1,2\n", 'in.csv:2: column "b": "\\x002" is not a number'.encode().decode("utf-8"))

    def test_csv_faults_late_in_the_file(self):
        # The output is under way when the fault is met.
        self.write("in.csv", "a,b\n" + "1,2\n" * 20000 + "1,x\n")
        kept = self.stopped('input (read_csv) in.csv:20002: column "b": "x" is not a number',
                            self.read("read_csv", "in.csv", column="b", window=2),
                            ["out.h5.part", "out.h5.plotmill.jsonl"])
        self.assertLess(kept, 20000)
        # A mended file is another input: which of its rows have changed, nothing tells.
        self.write("in.csv", "a,b\n" + "1,2\n" * 20000 + "1,3\n")
        result = self.call("run", "job.json", "--quiet", "--resume")
        self.assertEqual(result.returncode, FAILED)
        self.assertIn(b"the input is not as it was when this began", result.stderr)

    def npy(self, content, message, **params):
        self.write("in.npy", content)
        self.refused(FAILED, "input (read_npy) in.npy: " + message, self.read("read_npy", "in.npy", **params))

    def test_npy(self):
        whole = npy()
        for size in (1, 5, 7, 9, 40, len(whole) - 1):
            with self.subTest(size=size):
                self.npy(whole[:size], "")
        self.npy(b"\x93NUMPX" + whole[6:], "is not a .npy file")
        self.npy(whole[:6] + b"\x09" + whole[7:], "")
        self.npy(npy(fortran="True"), "the array is in Fortran order")
        self.npy(npy(descr="'|O'"), 'the type of its numbers (dtype) is "|O"')
        self.npy(npy(descr="'<U4'"), 'the type of its numbers (dtype) is "<U4"')
        self.npy(npy(descr="'<c8'"), 'the type of its numbers (dtype) is "<c8"')
        self.npy(npy(descr="[('a', '<f4')]"), "the type of its numbers (dtype) is a structured type")
        self.npy(npy(shape="(3, 2, 2)"), "")
        self.npy(npy(shape="()"), "")
        self.npy(npy(shape="(12,)"), "")  # One long series without a window.
        self.npy(npy(shape="(99999999999, 99999999999)"), "")
        self.npy(npy(shape="(-3, 4)"), "")
        self.npy(npy(), "", window=5)

    def test_hdf5(self):
        self.done(definition())
        os.rename(self.folder / "out.h5", self.folder / "in.h5")
        whole = (self.folder / "in.h5").read_bytes()
        job = self.read("read_hdf5", "in.h5")

        def refused(message, **params):
            self.refused(FAILED, "input (read_hdf5) in.h5" + message, self.read("read_hdf5", "in.h5", **params))

        refused(': there is no dataset "/sequence", did you mean "/sequences"?', dataset="/sequence")
        refused(":/images: ", dataset="/images")
        refused(":/source: the type of the dataset is a compound", dataset="/source")
        refused(":/groups: the type of the dataset is text", dataset="/groups")
        refused(': "/" is a group', dataset="/")
        refused(":/sequences: ", window=11)
        for size in (len(whole) // 2, len(whole) - 1, 100, 9):
            with self.subTest(size=size):
                self.write("in.h5", whole[:size])
                self.refused(FAILED, "input (read_hdf5) in.h5: cannot be opened as an HDF5 file", job)
        self.write("in.h5", "not HDF5\n" * 100)
        self.refused(FAILED, "input (read_hdf5) in.h5: cannot be opened as an HDF5 file", job)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
