"""What the tests of system faults share: a small job for each kind of output, runs of it that meet a fault, and what
must hold after such a run.

TEST.py COMMAND LAYER
"""
import functools
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

import memory_folder  # noqa: F401
import stored
from fault_layer import FaultLayer, Result
from skipping import skipped

COMMAND = os.path.abspath(sys.argv[1])
LAYER = FaultLayer(sys.argv[2])
DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
# What the command says when a signal like SIGSEGV ends it, with FAILED.
CRASHED = "ended by signal"

OUTPUTS = {
    "hdf5": {"type": "write_hdf5", "params": {"path": "out/charts.h5"}},
    "shards": {"type": "write_hdf5", "params": {"path": "out/charts.h5", "images_per_file": 50}},
    "png": {"type": "write_png", "params": {"directory": "out"}},
    "jpeg": {"type": "write_jpeg", "params": {"directory": "out"}},
}
N_SERIES, N_POINTS = 130, 40

try:
    import h5py
except ImportError:
    print("SKIPPED: h5py is not installed for this Python (package python3-h5py)", file=sys.stderr)
    sys.exit(77)


def values():
    chance = random.Random(5)
    return [[chance.random() for _ in range(N_POINTS)] for _ in range(N_SERIES)]


def make_npy(path):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({N_SERIES}, {N_POINTS}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    rows = b"".join(struct.pack(f"<{N_POINTS}f", *row) for row in values())
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + rows)


def make_csv(path):
    # Long rows, so that the file is read in several pieces.
    lines = [f"{group},{value:.5f},{'x' * 1000}" for group, row in enumerate(values()) for value in row]
    path.write_text("name,value,text\n" + "\n".join(lines) + "\n", encoding="utf-8")


def make_hdf5(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("series", data=values(), dtype="f4", chunks=(1, N_POINTS))


INPUTS = {
    "none": (None, {"type": "make_sequences", "params": {"count": N_SERIES, "window": N_POINTS}}),
    "npy": (make_npy, {"type": "read_npy", "params": {"path": "in/data.npy"}}),
    "csv": (make_csv, {"type": "read_csv", "params": {"path": "in/data.csv", "column": "value",
                                                      "group_by": "name", "window": N_POINTS}}),
    "hdf5": (make_hdf5, {"type": "read_hdf5", "params": {"path": "in/data.hdf5", "dataset": "series"}}),
}


def definition(output, source):
    return {"plotmill": 1, "run": {"threads": 2, "batch": 10, "checkpoint": 0},
            "stages": [{"id": "in", **INPUTS[source][1]},
                       {"id": "charts", "type": "draw_lines", "params": {"width": 48, "height": 32}},
                       {"id": "out", **OUTPUTS[output]}]}


def prepare(folder, output, source):
    """The job and its input; the folder of the outputs, empty."""
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    make, _ = INPUTS[source]
    if make:
        make(folder / "in" / f"data.{source}")
    (folder / "job.json").write_text(json.dumps(definition(output, source)), encoding="utf-8")


def run(folder, *arguments, rules="", log="", may_crash=False, **options):
    result = LAYER.run([COMMAND, *(arguments or ("run", "job.json", "--quiet"))], folder, rules, log, **options)
    assert may_crash or CRASHED not in result.errors, result
    return result


@functools.lru_cache(maxsize=None)
def whole(output, source="none"):
    """What an uninterrupted run stores."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(folder, output, source)
        result = run(folder)
        assert (result.code, result.errors) == (DONE, ""), result
        return stored.contents(folder / "out")


class FaultRuns(unittest.TestCase):
    """`self.folder` is new for each call of new_job()."""

    def new_job(self, output, source="none"):
        name = tempfile.mkdtemp(prefix="plotmill_faults_")
        self.addCleanup(shutil.rmtree, name, ignore_errors=True)
        self.folder = pathlib.Path(name)
        self.output, self.source = output, source
        prepare(self.folder, output, source)

    def count_calls(self, output, call, source="none", where="out/*"):
        """How many calls of a kind an uninterrupted run makes."""
        self.new_job(output, source)
        return run(self.folder, rules=f"{call}:EIO,nth=1000000000,at={where}").seen

    def check_outputs(self):
        """What is under a final name is complete; beside that there are only a .part and the manifest."""
        expected = whole(self.output, self.source)
        found = stored.contents(self.folder / "out") if (self.folder / "out").exists() else {}
        self.assertEqual(stored.differences(found, {name: expected.get(name) for name in found}), [])
        self.assertEqual({path.name for path in self.folder.iterdir()} - {"out"}, {"in", "job.json"})

    def check_message(self, result, code, *texts):
        """One line, which names the place and quotes the system."""
        self.assertEqual(result.code, code, result)
        self.assertEqual(result.output, b"", result)
        lines = result.errors.splitlines()
        self.assertEqual(len(lines), 1, result)
        self.assertTrue(lines[0].startswith("plotmill: "), result)
        for text in texts:
            self.assertIn(text, lines[0])
        self.assertLess(len(lines[0]), 1000)

    def check_resume(self):
        """The fault is gone: going on ends with what an uninterrupted run stores, and `verify` agrees. Returns how many
        images were not made again."""
        (self.folder / "out").mkdir(exist_ok=True)
        resumed = run(self.folder, "run", "job.json", "--quiet", "--json", "--resume")
        self.assertEqual((resumed.code, resumed.errors), (DONE, ""), resumed)
        self.assertEqual(stored.differences(stored.contents(self.folder / "out"), whole(self.output, self.source)), [])
        self.assertEqual(list(self.folder.rglob("*.part")), [])
        result = run(self.folder, "verify", "out")
        self.assertEqual(result.code, DONE, result)
        return json.loads(resumed.output)["resumed_at"]


def stopped(process):
    """Waits until a program has stopped itself. False where it has ended instead."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return True
    process.returncode = os.waitstatus_to_exitcode(status)
    return False


class StoppedRun:
    """A run that stops at a call, for the test to do something at exactly that moment."""

    def __init__(self, folder, rules, **options):
        self.process = subprocess.Popen([COMMAND, "run", "job.json", "--quiet"], cwd=folder,
                                        env=LAYER.environment(folder, rules), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.was_stopped = stopped(self.process)

    def go_on(self, *signals):
        """Sends the signals and lets it go on to its end."""
        for number in (*signals, signal.SIGCONT):
            if self.was_stopped:
                self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=60)
        self.process.stdout = output
        self.process.stderr = errors
        return Result(self.process, "")


def spread(n_calls, n_points):
    """Numbers of calls, from the first to the last, that many at most."""
    if n_calls <= n_points:
        return list(range(1, n_calls + 1))
    return sorted({1 + round(i * (n_calls - 1) / (n_points - 1)) for i in range(n_points)})


def need_root():
    if os.geteuid() != 0:
        skipped("only root can do this")
