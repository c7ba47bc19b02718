"""Runs the command under valgrind's memcheck: no error and no leak, also of runs that fail or are cancelled.

memcheck.py COMMAND
"""
import json
import os
import pathlib
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

COMMAND = os.path.abspath(sys.argv[1])
DONE, FAILED, WRONG, FOUND, INTERRUPTED = 0, 1, 2, 99, 130
# A shell has what it starts in the background ignore this signal, and so would the command.
signal.signal(signal.SIGINT, signal.default_int_handler)
SUPPRESSIONS = pathlib.Path(__file__).resolve().parents[1] / "support/memcheck.supp"
# What is still reachable is no leak: oneTBB and HDF5 keep some tables to the end. Valgrind runs one thread at a time;
# a fair turn for each keeps those that wait from starving those that work.
VALGRIND = ["valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible", f"--error-exitcode={FOUND}", "--fair-sched=yes",
            "--num-callers=40", f"--suppressions={SUPPRESSIONS}"]

READERS = {
    "csv": {"type": "read_csv", "params": {"path": "in.csv", "column": "price", "group_by": "name", "window": 5}},
    "npy": {"type": "read_npy", "params": {"path": "in.npy"}},
    "hdf5": {"type": "read_hdf5", "params": {"path": "csv.h5", "dataset": "sequences"}},
    "sequences": {"type": "make_sequences", "params": {"count": 20, "window": 10}},
}


def definition(name, reader, run):
    """One reader and every writer; small batches, so that several are in flight."""
    return {"plotmill": 1, "run": {"threads": 2, "batch": 4, **run}, "stages": [
        {"id": "in", **reader},
        {"id": "charts", "type": "draw_lines", "params": {"width": 40, "height": 30}},
        {"id": "a", "type": "write_hdf5", "from": "charts", "params": {"path": f"{name}.h5", "images_per_chunk": 2}},
        {"id": "b", "type": "write_png", "from": "charts", "params": {"directory": f"{name}_png"}},
        {"id": "c", "type": "write_jpeg", "from": "charts", "params": {"directory": f"{name}_jpeg"}}]}


class Memcheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "checked"
        self.plain = pathlib.Path(folder.name) / "plain"
        for each in (self.folder, self.plain):
            each.mkdir()
            rows = [f"{'ABC'[i // 20]},{i * 7919 % 101}" if i % 13 else "A," for i in range(60)]
            (each / "in.csv").write_text("\n".join(["name,price", *rows, ""]), encoding="utf-8")
            header = "{'descr': '<f4', 'fortran_order': False, 'shape': (9, 7), }".ljust(117) + "\n"
            values = struct.pack("<63f", *(i * 31 % 17 for i in range(63)))
            (each / "in.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header.encode() + values)
            for name, reader in READERS.items():
                self.write(each, name, reader)

    @staticmethod
    def write(folder, name, reader, **run):
        (folder / f"{name}.json").write_text(json.dumps(definition(name, reader, run)), encoding="utf-8")

    def start(self, *arguments):
        return subprocess.Popen([*VALGRIND, f"--log-file={self.folder}/memcheck.log", COMMAND, *arguments],
                                cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def check_end(self, process, code, message):
        _, errors = process.communicate(timeout=600)
        log = self.folder / "memcheck.log"
        found = log.read_text(encoding="utf-8")
        log.unlink()
        self.assertEqual(found, "", errors)
        self.assertEqual(process.returncode, code, errors)
        self.assertIn(message, errors)

    def check(self, code, message, *arguments):
        self.check_end(self.start(*arguments), code, message)

    def outputs(self, folder):
        """All files but the manifests, in which the times of the inputs stand."""
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*")
                if path.is_file() and path.suffix != ".jsonl"}

    def test_every_reader_and_writer(self):
        for name in READERS:
            with self.subTest(name):
                self.check(DONE, "images in", "run", f"{name}.json")
                subprocess.run([COMMAND, "run", f"{name}.json", "--quiet"], cwd=self.plain, check=True)
                self.assertTrue((self.folder / f"{name}.h5").exists())
                # Valgrind knows fewer instructions, so other SIMD code runs under it, and it must draw the same.
                here, there = self.outputs(self.folder), self.outputs(self.plain)
                self.assertEqual([path for path in {*here, *there} if here.get(path) != there.get(path)], [])

    def test_runs_that_fail(self):
        (self.folder / "csv.h5").write_bytes(b"here first")
        with self.subTest("an output that exists"):
            self.check(FAILED, "exists", "run", "csv.json")
        with (self.folder / "in.csv").open("a", encoding="utf-8") as file:
            file.write("A,1\n" * 20 + "A,four\n")
        with self.subTest("a bad row"):
            self.check(FAILED, '"four" is not a number', "run", "csv.json", "--force")
        self.write(self.folder, "wrong", {"type": "read_csv", "params": {"window": 5}})
        with self.subTest("a wrong definition"):
            self.check(WRONG, "params/path", "run", "wrong.json")

    def test_a_run_that_is_cancelled(self):
        self.write(self.folder, "endless", {"type": "make_sequences", "params": {"count": 10**9, "window": 10}})
        process = self.start("run", "endless.json")
        process.stderr.readline()  # What the run has chosen: it is under way.
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        self.check_end(process, INTERRUPTED, "cancelled")

    def test_a_run_that_goes_on_where_it_stopped(self):
        self.write(self.folder, "long", {"type": "make_sequences", "params": {"count": 60, "window": 10}},
                   checkpoint=0)
        # The HDF5 file, which has 45 kB in the end, can't grow so far.
        stopped = subprocess.run([COMMAND, "run", "long.json"], cwd=self.folder, stderr=subprocess.PIPE, text=True,
                                 check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000)))
        self.assertEqual(stopped.returncode, FAILED)
        self.assertIn("--resume goes on after them", stopped.stderr)
        for state in ("stopped", "done"):
            with self.subTest(state):
                self.check(DONE, "went on after", "run", "long.json", "--resume")

    def test_what_looks_at_a_job_and_at_its_output(self):
        self.check(DONE, "", "preview", "npy.json")
        subprocess.run([COMMAND, "run", "npy.json", "--quiet"], cwd=self.folder, check=True)
        self.check(DONE, "", "show", "npy.h5")
        self.check(DONE, "", "verify", "npy.h5")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
