"""What goes wrong is told in one message, with the right exit code, and leaves nothing behind.

bad_input_test.py COMMAND
"""
import array
import contextlib
import json
import os
import pathlib
import random
import resource
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest

COMMAND = os.path.abspath(sys.argv[1])
WRONG, FAILED, INTERRUPTED = 2, 1, 130

WRITERS = {
    "write_hdf5": {"path": "out.h5"},
    "write_png": {"directory": "out_png"},
    "write_jpeg": {"directory": "out_jpeg"},
}


def stage(name, kind, params=None, **more):
    return {"id": name, "type": kind, "params": params or {}, **more}


def definition(reader=None, draw=None, writers=("write_hdf5",), **more):
    """A definition that is right but for what the test gives."""
    stages = [reader or stage("walks", "make_sequences", {"count": 20, "window": 10}),
              stage("charts", "draw_lines", {"width": 40, "height": 30, **(draw or {})})]
    for kind in writers:
        if isinstance(kind, str):
            kind = stage(kind.replace("write", "to"), kind, WRITERS[kind], **{"from": "charts"})
        stages.append(kind)
    return {"plotmill": 1, **more, "stages": stages}


def npy(descr="'<f4'", shape="(3, 4)", fortran="False", data=bytes(48)):
    header = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def skipped(reason):
    print(f"SKIPPED: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)


class BadInput(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return name

    def job(self, content):
        return self.write("job.json", content if isinstance(content, (str, bytes)) else json.dumps(content))

    def call(self, *arguments, **options):
        return subprocess.run([COMMAND, *arguments], cwd=self.folder, capture_output=True, check=False, timeout=60,
                              **options)

    def files(self):
        return {path: (status.st_mtime_ns, status.st_size, status.st_ino) if stat.S_ISREG(status.st_mode) else None
                for path, status in ((path, path.lstat()) for path in self.folder.rglob("*"))}

    def refused(self, code, texts, content, *arguments, command="run", **options):
        """Each of `texts` is in a line of its own, there are no other lines, and no file has come, gone or changed."""
        texts = [texts] if isinstance(texts, str) else texts
        name = content if isinstance(content, str) and content.endswith(".json") else self.job(content)
        before = self.files()
        result = self.call(command, name, "--quiet", "--json", *arguments, **options)
        errors = result.stderr.decode("utf-8")
        self.assertEqual(result.returncode, code, errors)
        self.assertEqual(result.stdout, b"", errors)
        lines = errors.splitlines()
        self.assertEqual(len(lines), len(texts), errors)
        for line, text in zip(lines, texts):
            self.assertTrue(line.startswith("plotmill: "), line)
            self.assertLess(len(line), 1000, line)
            self.assertIn(text, line)
        self.assertEqual(self.files(), before, errors)

    def done(self, content, *arguments, **options):
        result = self.call("run", self.job(content), *arguments, "--quiet", **options)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))


class Definitions(BadInput):
    def test_not_json(self):
        for text, message in [("", "job.json:1:1: this is not JSON: unexpected end"),
                              (" \n ", "job.json:2:2: this is not JSON"),
                              ('{"plotmill": 1,\n "stages": [\n   {"id" "x"}]}', "job.json:3:12: this is not JSON"),
                              ('{"ü": 1 2}', "job.json:1:9: this is not JSON"),
                              ('{"plotmill": 1,}', "job.json:1:16: this is not JSON"),
                              (b'{"plotmill": "\xff"}', "job.json:1:15: this is not JSON"),
                              ('{"plotmill": NaN}', "job.json:1:14: this is not JSON"),
                              ('{"plotmill": 1e999}', 'the number "1e999" is too large'),
                              ("[" * 100000, "nested deeper than 32 levels")]:
            with self.subTest(text=text[:40]):
                self.refused(WRONG, message, text)

    def test_not_a_definition(self):
        for value in ([], 7, "x", None):
            with self.subTest(value=value):
                self.refused(WRONG, "job.json", json.dumps(value))

    def test_file_that_cannot_be_read(self):
        self.refused(WRONG, "none.json: the definition can't be read: No such file", "none.json")
        (self.folder / "folder.json").mkdir()
        self.refused(WRONG, "folder.json: the definition can't be read: Is a directory", "folder.json")
        (self.folder / "loop.json").symlink_to("loop.json")
        # It cannot be looked at by self.files().
        result = self.call("run", "loop.json")
        self.assertEqual(result.returncode, WRONG)
        self.assertIn(b"loop.json: the definition can't be read: Too many levels", result.stderr)

    def test_unknown_names(self):
        self.refused(WRONG, 'unknown key "stagse"; did you mean stages?', {**definition(), "stagse": []})
        self.refused(WRONG, 'did you mean draw_lines?', definition(writers=[stage("x", "draw_line"), "write_png"]))
        self.refused(WRONG, 'did you mean width?', definition(draw={"widht": 4}))
        self.refused(WRONG, "did you mean memory?", definition(run={"memry": 1}))
        self.refused(WRONG, "did you mean charts?",
                     definition(writers=[stage("s", "write_hdf5", {"path": "x.h5"}, **{"from": "chart"})]))
        self.refused(WRONG, 'unknown key', {**definition(), "k" * 100000: 1})

    def test_wrong_types_and_ranges(self):
        self.refused(WRONG, "charts (draw_lines) params/width: ", definition(draw={"width": "40"}))
        self.refused(WRONG, "charts (draw_lines) params/width: ", definition(draw={"width": 40.5}))
        self.refused(WRONG, "charts (draw_lines) params/antialias: ", definition(draw={"antialias": 1}))
        self.refused(WRONG, "charts (draw_lines) params/width: 0 is outside 1..65535", definition(draw={"width": 0}))
        self.refused(WRONG, "charts (draw_lines) params/width: 70000 is outside 1..65535",
                     definition(draw={"width": 70000}))
        self.refused(WRONG, "params/line_width: 0 is outside", definition(draw={"line_width": 0}))
        self.refused(WRONG, "params/normalize: ", definition(draw={"normalize": {"range": [1, 1]}}))
        self.refused(WRONG, "run/memory: ", definition(run={"memory": "1XB"}))
        self.refused(WRONG, "\"plotmill\"", {**definition(), "plotmill": 2})
        self.refused(WRONG, "to_hdf5 (write_hdf5) params/images_per_file: 3 is not a multiple of images_per_chunk",
                     definition(writers=[stage("to_hdf5", "write_hdf5", {
                         "path": "x.h5", "images_per_chunk": 2, "images_per_file": 3})]))
        self.refused(WRONG, 'to_png (write_png) params/name: ',
                     definition(writers=[stage("to_png", "write_png", {"directory": "d", "name": "x.png"})]))
        self.refused(WRONG, "params/path",
                     definition(writers=[stage("s", "write_hdf5", {"path": ""})]))

    def test_nan_line_width(self):
        self.refused(WRONG, "this is not JSON", json.dumps(definition(draw={"line_width": float("nan")})))
        for value in ("nan", "NaN", "-inf", "1e999"):
            self.refused(WRONG, f'charts (draw_lines) params/line_width: "{value}" is text; a number is accepted',
                         definition(), f"--set=charts.line_width={value}")

    def test_wrong_graphs(self):
        circle = definition()
        circle["stages"] += [stage("a", "draw_lines", **{"from": "b"}), stage("b", "draw_lines", **{"from": "a"})]
        self.refused(WRONG, "stages: a and b feed each other in a circle", circle)
        itself = definition(writers=[stage("s", "draw_lines", **{"from": "s"}), "write_hdf5"])
        self.refused(WRONG, "s (draw_lines): the stage is fed by itself", itself)
        self.refused(WRONG, ["no stage writes; add one such as write_hdf5", "nothing takes what charts (draw_lines)"],
                     definition(writers=()))
        headless = definition()
        headless["stages"].pop(0)
        self.refused(WRONG, ["charts (draw_lines): takes series, but is the first stage", "no stage reads"], headless)
        self.refused(WRONG, "to_hdf5 (write_hdf5): takes ink, but walks (make_sequences) gives series",
                     {"plotmill": 1, "stages": [stage("walks", "make_sequences"),
                                                stage("charts", "draw_lines"),
                                                stage("pages", "write_png", {"directory": "d"}),
                                                stage("to_hdf5", "write_hdf5", {"path": "x"}, **{"from": "walks"})]})
        self.refused(WRONG, 's (write_hdf5): from: there is no stage "nobody"',
                     definition(writers=["write_png", stage("s", "write_hdf5", {"path": "x"}, **{"from": "nobody"})]))
        self.refused(WRONG, "", definition(writers=["write_hdf5", "write_hdf5"]))
        self.refused(WRONG, ['"stages"'], {"plotmill": 1})

    def test_all_faults_at_once(self):
        self.refused(WRONG, ["params/width: 0 is outside", "params/paper: 999 is outside", "params/quality: 0 is"],
                     definition(draw={"width": 0, "paper": 999},
                                writers=[stage("s", "write_jpeg", {"directory": "d", "quality": 0})]))

    def test_check_finds_the_same(self):
        result = self.call("check", self.job(definition(draw={"width": 0})))
        self.assertEqual((result.returncode, result.stdout), (WRONG, b""))
        self.assertIn(b"params/width: 0 is outside", result.stderr)

    def test_wrong_overrides(self):
        for change, message in [("charts.widht=1", 'charts (draw_lines) has no option "widht"; did you mean width?'),
                                ("chart.width=1", 'there is no stage "chart"; did you mean charts?'),
                                ("run.thread=1", 'run has no "thread"; did you mean threads?'),
                                ("charts.width", "--set charts.width: "), ("charts=1", "--set charts: "),
                                (".width=1", "--set .width: "), ("charts.=1", "--set charts.: "),
                                ("charts.width=", 'params/width: "" is text; an integer is accepted'),
                                ("charts.width=0", "params/width: 0 is outside 1..65535")]:
            with self.subTest(change=change):
                self.refused(WRONG, message, definition(), "--set", change)

    def test_wrong_arguments(self):
        for arguments, message in [(("--limit", "-1"), "walks (make_sequences) params/limit: -1 is outside"),
                                   (("--threads", "100000"), "run/threads: 100000 is outside 0..1024"),
                                   (("--threads", "-1"), "run/threads: -1 is outside 0..1024"),
                                   (("--memory", "1XB"), 'run/memory: "1XB" is not a size'),
                                   (("--device", "tpu"), "run/device: ")]:
            with self.subTest(arguments=arguments):
                self.refused(WRONG, message, definition(), *arguments)
        hint = "`plotmill --help` tells more"
        for arguments in (["--set"], ["--memory="], ["job.json"], ["--limit", "1", "--limit", "2"]):
            with self.subTest(arguments=arguments):
                self.refused(WRONG, ["", hint], definition(), *arguments)

    def test_the_last_set_counts_and_zero_means_all(self):
        self.done(definition(), "--set", "charts.width=0", "--set", "charts.width=5", "--limit", "0", "--threads", "0")

    def test_names_with_spaces_quotes_and_other_scripts(self):
        folder = self.folder / 'größe "x" \'y\' 图'
        folder.mkdir()
        path = f"{folder.name}/out 'ü\".h5"
        odd = definition(writers=[stage("out", "write_hdf5", {"path": path})])
        self.refused(WRONG, 'stages/2/id: "sp ace \\"q\\" ü"',
                     definition(writers=[stage('sp ace "q" ü', "write_hdf5", {"path": path})]))
        self.done(odd)
        self.assertTrue((self.folder / path).exists())
        self.refused(FAILED, f'out (write_hdf5) {path}: exists already', odd)


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
        self.csv("a,b\n" + "1,2\n" * 20000 + "1,x\n", 'in.csv:20002: column "b": "x" is not a number')

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


class Outputs(BadInput):
    def test_existing_output(self):
        for kind in WRITERS:
            with self.subTest(kind=kind):
                self.done(definition(writers=[kind]))
                self.refused(FAILED, "already; --force replaces it", definition(writers=[kind]))

    def test_forced_twice_gives_equal_bytes(self):
        runs = []
        for threads in ("1", "2", "2"):
            self.done(definition(writers=list(WRITERS)), "--force", "--threads", threads)
            runs.append({path: path.read_bytes() for path in self.folder.rglob("out*/*")})
            # The definition in it says how many threads there were.
            if threads != "1":
                runs[-1].update({self.folder / "out.h5": (self.folder / "out.h5").read_bytes()})
        self.assertEqual(len(runs[0]), 40)
        self.assertEqual(runs[1], runs[2])
        self.assertEqual(runs[0], {path: runs[1][path] for path in runs[0]})

    def test_no_place_for_it(self):
        (self.folder / "folder").mkdir()
        for kind, key in [("write_hdf5", "path"), ("write_png", "directory"), ("write_jpeg", "directory")]:
            for path, message in [("none/out", "No such file or directory"), ("job.json/out", ""),
                                  ("/proc/plotmill_out", "")]:
                with self.subTest(kind=kind, path=path):
                    self.refused(FAILED, f"out ({kind}) {path}: ",
                                 definition(writers=[stage("out", kind, {key: path})]))
        self.refused(FAILED, "out (write_hdf5) folder: is a folder",
                     definition(writers=[stage("out", "write_hdf5", {"path": "folder"})]), "--force")
        self.refused(FAILED, "out (write_png) job.json: ",
                     definition(writers=[stage("out", "write_png", {"directory": "job.json"})]))
        if os.geteuid() == 0:
            skipped("root writes into every folder")
        (self.folder / "folder").chmod(0o555)
        self.refused(FAILED, "Permission denied",
                     definition(writers=[stage("out", "write_hdf5", {"path": "folder/x.h5"})]))

    def test_failure_of_one_writer_removes_what_the_others_wrote(self):
        self.refused(FAILED, "out (write_hdf5) none/x.h5: ",
                     definition(writers=[*WRITERS, stage("out", "write_hdf5", {"path": "none/x.h5"},
                                                         **{"from": "charts"})]))

    def test_two_stages_cannot_write_the_same_files(self):
        (self.folder / "folder").mkdir()
        (self.folder / "link").symlink_to("folder")
        for kind, first, second in [
                ("write_hdf5", {"path": "x.h5"}, {"path": "x.h5"}),
                ("write_hdf5", {"path": "folder/x.h5"}, {"path": "./link//x.h5"}),
                ("write_hdf5", {"path": "x.h5", "images_per_file": 5}, {"path": "x_0000.h5"}),
                ("write_png", {"directory": "folder"}, {"directory": "link/"}),
                ("write_jpeg", {"directory": "new"}, {"directory": "new", "name": "{index}.jpg"})]:
            for force in ([], ["--force"]):
                with self.subTest(first=first, second=second, force=force):
                    both = [stage(name, kind, params, **{"from": "charts"})
                            for name, params in (("one", first), ("two", second))]
                    self.refused(WRONG, f"two ({kind}) {second.get('path', second.get('directory'))}",
                                 definition(writers=both), *force)
        self.done(definition(writers=[stage("a", "write_png", {"directory": "new", "name": "a{index}.png"}),
                                      stage("b", "write_png", {"directory": "new", "name": "b{index}.png"},
                                            **{"from": "charts"})]))

    def test_an_input_is_not_overwritten(self):
        self.done(definition())
        os.link(self.folder / "out.h5", self.folder / "same.h5")
        (self.folder / "data.npy").write_bytes(npy())
        (self.folder / "data.csv").write_text("a\n1\n2\n3\n", encoding="utf-8")
        for kind, path, params, out in [("read_hdf5", "out.h5", {}, "out.h5"), ("read_hdf5", "same.h5", {}, "./out.h5"),
                                        ("read_npy", "data.npy", {}, "data.npy"),
                                        ("read_csv", "data.csv", {"column": 0, "window": 2}, "data.csv")]:
            for force in ([], ["--force"]):
                with self.subTest(kind=kind, force=force):
                    self.refused(WRONG, f"out (write_hdf5) {out}: is being read", definition(
                        stage("in", kind, {"path": path, **params}),
                        writers=[stage("out", "write_hdf5", {"path": out})]), *force)

    def test_images_that_no_file_holds(self):
        huge = {"width": 65535, "height": 65535}
        many = stage("walks", "make_sequences", {"count": 10**15})
        for kind in ("write_hdf5", "write_png"):
            self.refused(WRONG, "1000000000000000 images of 65535x65535 pixels are more than any file can hold",
                         definition(many, huge, [kind]), "--memory", "1000TiB")
        self.refused(FAILED, "run/memory: 1 GiB is less than the ", definition(draw=huge))
        self.refused(FAILED, "run/memory: 1 B is less than the ", definition(), "--memory", "1")
        self.refused(WRONG, "to_jpeg (write_jpeg)", definition(draw={"width": 65535}, writers=["write_jpeg"]))
        self.refused(WRONG, "params/images_per_chunk: 2 images of 65535x65535", definition(
            draw=huge, writers=[stage("out", "write_hdf5", {"path": "x.h5", "images_per_chunk": 2})]))

    def test_too_large_a_file(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

        job = definition(stage("walks", "make_sequences", {"count": 2000, "window": 50}))
        self.refused(FAILED, "to_hdf5 (write_hdf5) out.h5: images up to ", job, preexec_fn=limit)
        self.refused(FAILED, ": File too large", job, preexec_fn=limit)
        for kind, folder in (("write_png", "out_png"), ("write_jpeg", "out_jpeg")):
            with self.subTest(kind=kind):
                job = definition(stage("walks", "make_sequences", {"count": 3, "window": 5000}),
                                 {"width": 1000, "height": 1000}, [kind])
                self.refused(FAILED, f"({kind}) {folder}/000000.", job, preexec_fn=limit)
                self.refused(FAILED, ": File too large", job, preexec_fn=limit)

    def test_full_disk(self):
        full = self.folder / "full"
        full.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(full)]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            skipped("no small file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", str(full)], check=True)
        series = stage("walks", "make_sequences", {"count": 2000, "window": 50})
        for kind, key, path in [("write_hdf5", "path", "full/x.h5"), ("write_png", "directory", "full"),
                                ("write_jpeg", "directory", "full")]:
            with self.subTest(kind=kind):
                result = self.call("run", self.job(definition(series, writers=[stage("out", kind, {key: path})])),
                                   "--quiet")
                errors = result.stderr.decode("utf-8")
                self.assertEqual((result.returncode, result.stdout), (FAILED, b""), errors)
                self.assertRegex(errors, rf"^plotmill: out \({kind}\) {path}.*: No space left on device\n$")
                self.check_whole(full)
                for file in full.iterdir():
                    file.unlink()

    def check_whole(self, folder):
        """Every image under its final name is complete, and nothing else is there."""
        ends = {".png": b"IEND\xaeB`\x82", ".jpg": b"\xff\xd9"}
        for file in folder.iterdir():
            self.assertIn(file.suffix, ends, file)
            self.assertTrue(file.read_bytes().endswith(ends[file.suffix]), file)

    def test_signals_leave_nothing_half_written(self):
        endless = stage("walks", "make_sequences", {"count": 10**9, "window": 1000})
        shapes = {"small": {}, "large": {"width": 3000, "height": 3000, "line_width": 20},
                  "dense": {"width": 3000, "height": 3000}}
        # Dense charts, and memory for more of them at once than can be drawn in two seconds.
        noise = random.Random(1)
        values = array.array("f", (noise.random() for _ in range(64 * 4000)))
        self.write("noise.npy", npy(shape="(64, 4000)", data=values.tobytes()))
        dense = stage("walks", "read_npy", {"path": "noise.npy"})
        for number, kind, shape in [(signal.SIGINT, "write_hdf5", "dense"), (signal.SIGINT, "write_hdf5", "large"), (signal.SIGTERM, "write_hdf5", "small"),
                                    (signal.SIGINT, "write_png", "large"), (signal.SIGTERM, "write_jpeg", "small"),
                                    (signal.SIGHUP, "write_hdf5", "small")]:
            with self.subTest(number=number, kind=kind, shape=shape):
                name = self.job(definition(dense if shape == "dense" else endless, shapes[shape], [kind],
                                           run={"memory": "4GiB"}))
                with subprocess.Popen([COMMAND, "run", name, "--json", "--force"], cwd=self.folder,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
                    run.stderr.readline()  # What the run has chosen: it is under way.
                    time.sleep(0.5)
                    begin = time.monotonic()
                    run.send_signal(number)
                    output, errors = run.communicate(timeout=60)
                    seconds = time.monotonic() - begin
                self.assertEqual((run.returncode, output), (INTERRUPTED, b""), errors)
                self.assertIn(b"plotmill: cancelled", errors.splitlines()[-1])
                self.assertLess(seconds, 2)
                self.assertFalse((self.folder / "out.h5").exists())
                self.assertEqual(list(self.folder.rglob("*.part")), [])
                for folder in ("out_png", "out_jpeg"):
                    with contextlib.suppress(FileNotFoundError):
                        self.check_whole(self.folder / folder)

    def test_closed_streams(self):
        def closed(*numbers):
            def close():
                for number in numbers:
                    os.close(number)
            return close

        def run(close, *arguments):
            return subprocess.run([COMMAND, "run", self.job(definition(writers=["write_hdf5", "write_png"])),
                                   "--force", *arguments], cwd=self.folder, preexec_fn=close,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                  timeout=60)

        result = run(closed(1), "--json", "--quiet")
        self.assertEqual((result.returncode, result.stderr),
                         (FAILED, b"plotmill: standard output: the report could not be written\n"))
        result = run(closed(2), "--json")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(json.loads(result.stdout)["images"], 20)
        # What is meant for a closed stream must not land in a file that happens to get its number.
        expected = {path: path.read_bytes() for path in self.folder.rglob("out*/*")}
        self.assertEqual(run(closed(0, 1, 2)).returncode, 0)
        self.assertEqual({path: path.read_bytes() for path in self.folder.rglob("out*/*")}, expected)
        self.check_whole(self.folder / "out_png")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
