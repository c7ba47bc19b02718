"""What the tests of bad input share: definitions that are right but for one thing, and how a refusal is checked."""
import json
import os
import pathlib
import re
import stat
import struct
import subprocess
import sys
import tempfile
import unittest

COMMAND = os.path.abspath(sys.argv[1])
WRONG, FAILED, INTERRUPTED = 2, 1, 130

# How the message of a run ends that can be resumed.
KEPT = r"; ([0-9]+) images are kept, and --resume goes on after them$"

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

    def record(self, errors):
        """Hands the definition to schema_test.py, which asks the schema about it."""
        if "PLOTMILL_RECORDED_DEFINITIONS" not in os.environ:
            return
        text = (self.folder / "job.json").read_text(encoding="utf-8", errors="replace")
        with open(os.environ["PLOTMILL_RECORDED_DEFINITIONS"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"definition": text, "faults": errors.replace("plotmill: ", "")}) + "\n")

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
        if code == WRONG and not arguments and name == "job.json":
            self.record(errors)

    def stopped(self, text, content, kept, *arguments, **options):
        """As refused() with FAILED, but images are stored and kept for --resume: nothing has come but the files `kept`."""
        before = self.files()
        result = self.call("run", self.job(content), "--quiet", "--json", *arguments, **options)
        errors = result.stderr.decode("utf-8")
        self.assertEqual((result.returncode, result.stdout), (FAILED, b""), errors)
        self.assertEqual(len(errors.splitlines()), 1, errors)
        self.assertIn(text, errors)
        self.assertRegex(errors, KEPT)
        self.assertEqual(sorted(path.name for path in self.files().keys() - before.keys() if path.name != "job.json"),
                         sorted(kept), errors)
        return int(re.search(KEPT, errors)[1])

    def done(self, content, *arguments, **options):
        result = self.call("run", self.job(content), *arguments, "--quiet", **options)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))
        if not arguments:
            self.record("")
