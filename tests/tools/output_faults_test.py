"""Output that cannot be written, and runs that are interrupted: nothing half written is left behind.

output_faults_test.py COMMAND
"""
import array
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

from bad_input import COMMAND, FAILED, INTERRUPTED, KEPT, WRITERS, WRONG, BadInput, definition, npy, stage
from skipping import skipped
from slowness import SLOWNESS


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
            # With the manifests of both folders.
            runs.append({path: path.read_bytes() for path in self.folder.rglob("out*/*")})
            # The definition in it says how many threads there were.
            if threads != "1":
                runs[-1].update({self.folder / "out.h5": (self.folder / "out.h5").read_bytes()})
        self.assertEqual(len(runs[0]), 42)
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

    def test_force_that_fails_before_the_first_image_leaves_what_was_there(self):
        self.done(definition())
        names = sorted(name for name in os.listdir(self.folder) if name.startswith("out"))
        before = {name: (self.folder / name).read_bytes() for name in names if (self.folder / name).is_file()}
        self.assertIn("out.h5.plotmill.jsonl", before)
        other = stage("b", "write_png", {"directory": "none/folder"}, **{"from": "charts"})
        self.refused(FAILED, "none/folder", definition(writers=[*WRITERS, other]), "--force")
        self.refused(FAILED, "run/memory", definition(), "--force", "--set", "run.memory=1KiB")
        for name, content in before.items():
            self.assertEqual((self.folder / name).read_bytes(), content, name)

    def test_two_stages_cannot_write_the_same_files(self):
        (self.folder / "folder").mkdir()
        (self.folder / "link").symlink_to("folder")
        for kind, first, second in [
                ("write_hdf5", {"path": "x.h5"}, {"path": "x.h5"}),
                ("write_hdf5", {"path": "folder/x.h5"}, {"path": "./link//x.h5"}),
                ("write_hdf5", {"path": "x.h5", "images_per_file": 5}, {"path": "x_0000.h5"}),
                ("write_hdf5", {"path": "x.h5", "images_per_file": 5}, {"path": "x_0003.h5"}),
                ("write_png", {"directory": "new", "name": "a{index}.png"},
                 {"directory": "new", "name": "a2{index}.png"}),
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
                job = self.job(definition(series, writers=[stage("out", kind, {key: path})]))
                result = self.call("run", job, "--quiet")
                errors = result.stderr.decode("utf-8")
                self.assertEqual((result.returncode, result.stdout), (FAILED, b""), errors)
                self.assertRegex(errors, rf"^plotmill: out \({kind}\) {path}.*: No space left on device(; .*)?\n$")
                kept = re.search(KEPT, errors)
                self.assertEqual(kept is not None, any(full.iterdir()), errors)
                if kind != "write_hdf5":
                    self.assertEqual(self.check_whole(full), int(kept[1]) if kept else 0)
                # With room again the run goes on.
                subprocess.run(["mount", "-o", "remount,size=40m", str(full)], check=True)
                result = self.call("run", job, "--quiet", "--json", "--resume")
                self.assertEqual((result.returncode, result.stderr), (0, b""))
                report = json.loads(result.stdout)
                self.assertEqual(report["images"] + report["resumed_at"], 2000)
                self.assertEqual(report["resumed_at"], int(kept[1]) if kept else 0)
                for file in full.iterdir():
                    file.unlink()
                subprocess.run(["mount", "-o", "remount,size=200k", str(full)], check=True)

    def check_whole(self, folder):
        """Every image under its final name is complete, and nothing else is there but a manifest. Returns how many."""
        ends = {".png": b"IEND\xaeB`\x82", ".jpg": b"\xff\xd9"}
        files = [file for file in folder.iterdir() if not file.name.endswith(".plotmill.jsonl")]
        self.assertLessEqual(sum(1 for _ in folder.iterdir()) - len(files), 1)
        for file in files:
            self.assertIn(file.suffix, ends, file)
            self.assertTrue(file.read_bytes().endswith(ends[file.suffix]), file)
        return len(files)

    def interrupt(self, number, name, *arguments):
        """Sends the signal once a run is well under way. Returns how many images are kept."""
        with subprocess.Popen([COMMAND, "run", name, "--json", *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as run:
            run.stderr.readline()  # What the run has chosen: it is under way.
            time.sleep(max(0.5, 0.2 * SLOWNESS))
            begin = time.monotonic()
            run.send_signal(number)
            output, errors = run.communicate(timeout=60)
            seconds = time.monotonic() - begin
        self.assertEqual(run.returncode, INTERRUPTED, errors)
        self.assertEqual(output, b"", errors)
        last = errors.decode("utf-8").splitlines()[-1]
        self.assertRegex(last, r"plotmill: cancelled(; .*)?$")
        self.assertLess(seconds, 2 * SLOWNESS)
        kept = re.search(KEPT, last)
        return int(kept[1]) if kept else 0

    def check_resumable(self, kind, n_kept):
        """Nothing is there, or what --resume goes on from."""
        self.assertFalse((self.folder / "out.h5").exists())
        outputs = sorted(path.name for path in self.folder.rglob("*") if path.name not in ("job.json", "noise.npy"))
        if n_kept == 0:
            self.assertEqual(outputs, [])
        elif kind == "write_hdf5":
            self.assertEqual(outputs, ["out.h5.part", "out.h5.plotmill.jsonl"])
        else:
            self.assertEqual(self.check_whole(self.folder / kind.replace("write", "out")), n_kept)

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
                n_kept = self.interrupt(number, name)
                self.check_resumable(kind, n_kept)
                if shape == "small":
                    self.assertGreater(n_kept, 0)
                    n_kept_again = self.interrupt(number, name, "--resume")
                    self.assertGreater(n_kept_again, n_kept)
                    self.check_resumable(kind, n_kept_again)
                for path in self.folder.iterdir():
                    if path.name.startswith("out"):
                        shutil.rmtree(path) if path.is_dir() else path.unlink()

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
