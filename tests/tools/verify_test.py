"""`plotmill verify`, and what `plotmill run --resume` does with outputs that are complete, as a user calls them.

verify_test.py COMMAND
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

COMMAND = os.path.abspath(sys.argv[1])


def job(writers, **reading):
    return {"plotmill": 1, "run": {"threads": 2, "batch": 10}, "stages": [
        {"id": "walks", "type": "make_sequences", "params": {"count": 60, "window": 30, **reading}},
        {"id": "charts", "type": "draw_lines", "params": {"width": 80, "height": 60}},
        *({"id": f"store{i}", "type": type_, "from": "charts", "params": params}
          for i, (type_, params) in enumerate(writers))]}


class Verify(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def call(self, *arguments):
        return subprocess.run([COMMAND, *arguments], cwd=self.folder, capture_output=True, text=True, check=False,
                              timeout=120)

    def run_job(self, writers, *arguments, **reading):
        (self.folder / "job.json").write_text(json.dumps(job(writers, **reading)), encoding="utf-8")
        result = self.call("run", "job.json", "--quiet", *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def flip(self, name, at):
        data = bytearray((self.folder / name).read_bytes())
        data[at] ^= 0x20
        (self.folder / name).write_bytes(data)

    def test_a_folder_of_all_kinds(self):
        self.run_job([("write_hdf5", {"path": "one.h5"}), ("write_hdf5", {"path": "many.h5", "images_per_file": 25}),
                      ("write_png", {"directory": "."}), ("write_jpeg", {"directory": "jpeg"})])
        result = self.call("verify", ".")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"^plotmill: nothing is damaged in 64 files: 180 of 180 images checked in "
                                        r"[\d.]+ s, \d+ images/s; [\d.]+ kB read, [\d.]+ [kM]?B/s on \d+ threads?\n$")
        result = self.call("verify", "jpeg", "--json", "--quiet", "--threads", "1")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        report = json.loads(result.stdout)
        self.assertEqual((report["ok"], report["images"], report["images_checked"], report["threads"], report["problems"]),
                         (True, 60, 60, 1, []))
        report = json.loads(self.call("verify", ".", "--sample", "4", "--json").stdout)
        self.assertEqual(report["images_checked"], 12)

    def test_damage_is_named_and_ends_with_1(self):
        self.run_job([("write_png", {"directory": "png"})])
        self.flip("png/000017.png", -20)
        (self.folder / "png/000003.png").unlink()
        result = self.call("verify", "png", "--quiet", "--json")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "plotmill: png/{index:06}.png: image 3: the file is missing\n"
                         "plotmill: png/{index:06}.png: image 17: the PNG file is damaged: a chunk has another CRC\n")
        report = json.loads(result.stdout)
        self.assertEqual((report["ok"], report["n_problems"], report["images_damaged"]), (False, 2, 2))
        self.assertEqual([problem["images"] for problem in report["problems"]], [[3, 4], [17, 18]])
        result = self.call("verify", "png")
        self.assertIn("plotmill: there is damage in 59 files: 59 of 60 images checked", result.stderr)

    def test_resume_of_a_complete_run_verifies(self):
        self.run_job([("write_hdf5", {"path": "out.h5"}), ("write_jpeg", {"directory": "jpeg"})])
        result = self.call("run", "job.json", "--resume", "--quiet")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.flip("jpeg/000005.jpg", 2)
        result = self.call("run", "job.json", "--resume", "--quiet")
        self.assertEqual(result.returncode, 1)
        self.assertIn("jpeg/{index:06}.jpg: image 5: ", result.stderr)
        self.assertIn("--force makes it anew", result.stderr)
        self.run_job([("write_hdf5", {"path": "out.h5"}), ("write_jpeg", {"directory": "jpeg"})], "--force")
        self.assertEqual(self.call("verify", ".").returncode, 0)

    def test_what_cannot_be_verified(self):
        for arguments, code, message in (
            (["nowhere.h5"], 1, "plotmill: nowhere.h5: cannot be opened: No such file or directory\n"),
            (["."], 1, "plotmill: .: holds nothing that plotmill has written: no manifest (NAME.plotmill.jsonl) and no "
                       ".h5 file\n"),
            ([".", "--sample", "0"], 2, "--sample: Value 0 not in range"),
            ([], 2, "path is required"),
        ):
            result = self.call("verify", *arguments)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn(message, result.stderr)

    def test_while_a_run_goes_on_and_after_it_was_killed(self):
        writers = [("write_hdf5", {"path": "out.h5", "images_per_file": 1000})]
        (self.folder / "job.json").write_text(json.dumps(job(writers, count=10_000_000)), encoding="utf-8")
        with subprocess.Popen([COMMAND, "run", "job.json", "--quiet"], cwd=self.folder) as process:
            try:
                deadline = time.monotonic() + 60
                while not (self.folder / "out_0001.h5").exists() and time.monotonic() < deadline:
                    time.sleep(0.01)
                result = self.call("verify", "out.h5")
                self.assertEqual(result.returncode, 1)
                self.assertIn("images are stored, and a run is writing it now", result.stderr)
                self.assertEqual(self.call("verify", "out_0000.h5").returncode, 0)
                self.assertIsNone(process.poll())
            finally:
                process.send_signal(signal.SIGKILL)
        result = self.call("verify", "out.h5")
        self.assertEqual(result.returncode, 1)
        self.assertIn("images are stored, and its run was interrupted; `plotmill run --resume` goes on", result.stderr)

    def test_a_crash_is_told(self):
        """Many images to read: time enough to play the crash."""
        self.run_job([("write_hdf5", {"path": "out.h5"})], count=100_000)
        # A sanitizer would take the signal for a finding.
        quiet = {name: os.environ.get(name, "") + ":handle_segv=0:handle_sigbus=0:handle_abort=0"
                 for name in ("ASAN_OPTIONS", "TSAN_OPTIONS")}
        for number, text in ((signal.SIGSEGV, "signal 11 (segmentation fault)"), (signal.SIGBUS, "signal 7 (bus error)"),
                             (signal.SIGABRT, "signal 6 (aborted)")):
            with subprocess.Popen([COMMAND, "verify", "out.h5"], cwd=self.folder, stderr=subprocess.PIPE, text=True,
                                  env=os.environ | quiet) as process:
                deadline = time.monotonic() + 60
                while not (catches(process, number) and reads(process, "out.h5")) and time.monotonic() < deadline:
                    time.sleep(0.01)
                process.send_signal(number)
                _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1)
            self.assertIn(f"plotmill: out.h5: reading it ended with {text}: it is damaged in a way that", errors)

    def test_bytes_flipped_anywhere_end_with_0_or_1(self):
        self.run_job([("write_hdf5", {"path": "out.h5"})])
        original = (self.folder / "out.h5").read_bytes()
        generator = random.Random(7)
        codes = []
        for _ in range(100):
            (self.folder / "out.h5").write_bytes(original)
            self.flip("out.h5", generator.randrange(len(original)))
            codes.append(self.call("verify", "out.h5", "--quiet").returncode)
        self.assertLessEqual(set(codes), {0, 1})
        # Image data are most of the file. What passes is room that is not used.
        self.assertGreater(codes.count(1), 50)


def status(process, name):
    """A value of /proc/PID/status."""
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(line for line in lines if line.startswith(name + ":")).split()[1]


def catches(process, number):
    """Whether a process has a handler for a signal."""
    return int(status(process, "SigCgt"), 16) >> (number - 1) & 1


def reads(process, name):
    """Whether a process has this file open."""
    folder = pathlib.Path(f"/proc/{process.pid}/fd")
    for entry in folder.iterdir():
        try:
            if os.path.basename(os.readlink(entry)) == name:
                return True
        except FileNotFoundError:
            pass
    return False


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
