"""`plotmill preview` and `plotmill show` as a user calls them.

preview_test.py COMMAND SOURCE_FOLDER
"""
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from slowness import SLOWNESS

COMMAND, SOURCE_FOLDER = sys.argv[1:3]
DATA = pathlib.Path(os.environ.get("PLOTMILL_TEST_DATA", pathlib.Path(SOURCE_FOLDER, "../shared/data")), "candles_1m.csv")

JOB = {
    "plotmill": 1,
    "stages": [
        {"id": "walks", "type": "make_sequences", "params": {"count": 200, "window": 10}},
        {"id": "charts", "type": "draw_lines", "params": {"width": 40, "height": 30}},
        {"id": "store", "type": "write_hdf5", "params": {"path": "out.h5"}},
    ],
}


def png_size(path):
    data = pathlib.Path(path).read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n") and data.endswith(b"IEND\xaeB`\x82"), path
    return struct.unpack(">II", data[16:24])


class InFolder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.job = self.path("job.json")
        pathlib.Path(self.job).write_text(json.dumps(JOB), encoding="utf-8")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def files(self):
        return sorted(os.listdir(self.folder.name))

    def call(self, *arguments, **options):
        return subprocess.run([COMMAND, *arguments], cwd=self.folder.name, capture_output=True, text=True, check=False,
                              timeout=60, **options)

    def check_done(self, *arguments):
        result = self.call(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def check_fails(self, code, message, *arguments):
        before = self.files()
        result = self.call(*arguments)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertIn(message, result.stderr)
        for line in result.stderr.splitlines():
            self.assertTrue(line.startswith("plotmill: "), line)
        self.assertEqual(self.files(), before)


class Preview(InFolder):
    def test_it_makes_a_sheet_and_nothing_else(self):
        result = self.check_done("preview", self.job)
        self.assertEqual(result.stdout, "")
        self.assertIn("plotmill: job_preview.png: 48 charts\n", result.stderr)
        self.assertIn("plotmill: the run: 200 images, less than a second on ", result.stderr)
        self.assertIn("plotmill:   store (write_hdf5): about ", result.stderr)
        self.assertIn("plotmill: memory: at most ", result.stderr)
        self.assertEqual(self.files(), ["job.json", "job_preview.png"])
        self.assertEqual(png_size(self.path("job_preview.png"))[0], 1600)

    def test_json_says_the_same_to_programs(self):
        preview = json.loads(self.check_done("preview", self.job, "--json", "--count", "3", "--spread",
                                             "-o", "sheet.png").stdout)
        self.assertEqual((preview["sheet"], preview["images"], preview["images_exact"]), ("sheet.png", 200, True))
        self.assertEqual([chart["index"] for chart in preview["charts"]], [0, 99, 199])
        self.assertEqual(preview["charts"][1],
                         {"stage": "charts", "index": 99, "group": "random walk", "first_row": 990, "drawn": True,
                          "place": preview["charts"][1]["place"]})
        self.assertEqual(preview["outputs"][0]["bytes"], preview["output_bytes"])
        self.assertEqual(self.files(), ["job.json", "sheet.png"])

    def test_a_sheet_replaces_an_older_one_and_nothing_else(self):
        for _ in range(2):
            self.check_done("preview", self.job, "-o", "sheet.png")
        pathlib.Path(self.path("data.h5")).write_bytes(b"precious")
        message = "data.h5: exists and is no PNG file; a sheet replaces only PNG files: give another name with -o"
        self.check_fails(2, message, "preview", self.job, "-o", "data.h5")
        self.check_fails(2, "exists and is no PNG file", "preview", self.job, "-o", self.folder.name)
        self.assertEqual(pathlib.Path(self.path("data.h5")).read_bytes(), b"precious")
        # As an HDF5 file begins, and so short a file as this.
        for content in (b"\x89HDF\r\n\x1a\n", b"\x89PN", b""):
            pathlib.Path(self.path("other")).write_bytes(content)
            self.check_fails(2, "other: exists and is no PNG file", "preview", self.job, "-o", "other")
        os.remove(self.path("other"))
        os.symlink("data.h5", self.path("sheet.png.part"))
        self.check_done("preview", self.job, "-o", "sheet.png")
        self.assertEqual(pathlib.Path(self.path("data.h5")).read_bytes(), b"precious")
        self.check_fails(1, "no/sheet.png.part: cannot be written: No such file", "preview", self.job, "-o", "no/sheet.png")

    def test_what_is_wrong_is_told_and_no_sheet_made(self):
        self.check_fails(2, "nowhere.json: the definition can't be read: No such file", "preview", "nowhere.json")
        self.check_fails(2, "params/width: 0 is outside 1..65535", "preview", self.job, "--set", "charts.width=0")
        for count in ("0", "-1", "1001", "99999999999999999999999", "many"):
            self.check_fails(2, f"--count: Value {count} not in range 1 to 1000", "preview", self.job, "--count", count)
        self.check_fails(2, "run/memory", "preview", self.job, "--set", "run.memory=lots")

    def csv_job(self, text):
        pathlib.Path(self.path("in.csv")).write_text(text, encoding="utf-8")
        stages = [{"id": "in", "type": "read_csv", "params": {"path": "in.csv", "column": "v", "window": 2}}]
        pathlib.Path(self.job).write_text(json.dumps({"plotmill": 1, "stages": stages + JOB["stages"][1:]}),
                                          encoding="utf-8")

    def test_inputs_fail_as_they_do_in_a_run(self):
        self.csv_job("v\n1\n2\n")
        os.remove(self.path("in.csv"))
        self.check_fails(1, "in (read_csv) in.csv: cannot be opened: No such file", "preview", self.job)
        self.csv_job("")
        self.check_fails(1, "in.csv: is empty", "preview", self.job)
        self.csv_job("v\n1\n")
        self.check_fails(1, "but `window` asks for 2 rows", "preview", self.job)
        self.csv_job("v\n1\n2\nx\n")
        self.check_fails(1, 'in.csv:4: column "v": "x" is not a number', "preview", self.job)

    def test_bad_series_are_told_beside_the_sheet(self):
        self.csv_job("v\n" + "1\n" * 20 + "2\n")
        result = self.call("preview", self.job, "--set", "charts.flat=error", "--json")
        self.assertEqual(result.returncode, 1, result.stderr)
        run = self.call("run", self.job, "--set", "charts.flat=error", "--quiet")
        self.assertEqual(run.returncode, 1)
        self.assertIn(run.stderr, result.stderr)
        self.assertIn("plotmill: and 14 more of the charts shown\n", result.stderr)
        self.assertEqual(len(json.loads(result.stdout)["bad_series"]), 19)
        self.assertTrue(os.path.exists(self.path("job_preview.png")))

    def test_bad_series_that_the_run_skips_or_blanks_are_no_failure(self):
        self.csv_job("v\n" + "1\n" * 20 + "2\n")
        for what in ("skip", "blank"):
            settings = ["--set", "charts.flat=error", "--set", f"run.on_bad_series={what}"]
            preview = json.loads(self.check_done("preview", self.job, "--json", *settings).stdout)
            run = json.loads(self.check_done("run", self.job, "--json", "--quiet", "--force", *settings).stdout)
            self.assertEqual(len(preview["bad_series"]), 19)
            self.assertEqual(run["skipped"] + run["blanked"], 19)

    def test_an_input_without_series(self):
        self.check_done("preview", self.job, "--set", "walks.count=0")
        self.assertLess(png_size(self.path("job_preview.png"))[1], 100)

    def test_images_of_one_pixel_and_of_very_many(self):
        for width, height in ((1, 1), (65535, 1), (1, 65535), (30000, 30000)):
            self.check_done("preview", self.job, "--set", f"charts.width={width}", "--set", f"charts.height={height}",
                            "--set", "run.memory=100GiB", "--count", "2")

    def test_an_interrupted_one_leaves_nothing(self):
        with open(self.path("in.csv"), "w", encoding="utf-8") as file:
            file.write("v\n")
            for _ in range(100):
                file.write("1\n2\n" * 50000)
        stages = [{"id": "in", "type": "read_csv", "params": {"path": "in.csv", "column": "v", "window": 5000}}]
        pathlib.Path(self.job).write_text(json.dumps({"plotmill": 1, "stages": stages + JOB["stages"][1:]}),
                                          encoding="utf-8")
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([COMMAND, "preview", self.job, "--spread"], cwd=self.folder.name,
                                  stderr=subprocess.PIPE) as preview:
                time.sleep(0.3)
                preview.send_signal(number)
                preview.communicate(timeout=60)
            self.assertEqual(preview.returncode, -number)
            self.assertEqual(self.files(), ["in.csv", "job.json"])

    def test_real_candles_take_less_than_a_second(self):
        if not DATA.exists():
            self.skipTest(f"{DATA} is absent; PLOTMILL_TEST_DATA names its folder")
        definition = os.path.join(SOURCE_FOLDER, "pipelines/candles.json")
        for arguments in ([], ["--spread"]):
            seconds = []
            for _ in range(3):  # The machine may be busy with other tests.
                start = time.monotonic()
                result = self.check_done("preview", definition, "--set", f"prices.path={DATA}", "--json", *arguments)
                seconds.append(time.monotonic() - start)
            preview = json.loads(result.stdout)
            # Without --spread a CSV is read for 0.3 s at most, and what is left is extrapolated.
            if SLOWNESS == 1 or arguments:
                self.assertEqual((preview["images"], preview["images_exact"]), (93610, True))
            else:
                self.assertAlmostEqual(preview["images"], 93610, delta=0.05 * 93610)
            self.assertLess(min(seconds), SLOWNESS)


class Show(InFolder):
    def setUp(self):
        super().setUp()
        self.check_done("run", self.job, "--quiet")

    def test_it_shows_what_the_preview_has_shown(self):
        self.assertIn("plotmill: out_sheet.png: 48 of 200 charts\n", self.check_done("show", "out.h5").stderr)
        self.check_done("preview", self.job, "--spread")
        sheets = [pathlib.Path(self.path(name)).read_bytes() for name in ("out_sheet.png", "job_preview.png")]
        self.assertEqual(*[png_size(self.path(name)) for name in ("out_sheet.png", "job_preview.png")])
        self.assertNotEqual(*sheets)  # The titles differ.

    def test_chosen_charts(self):
        self.check_done("show", "out.h5", "--at", "0,100,199", "-o", "three.png")
        self.check_done("show", "out.h5", "--count", "3", "-o", "spread.png")
        self.assertEqual(png_size(self.path("three.png")), png_size(self.path("spread.png")))

    def test_what_is_wrong_is_told(self):
        os.link(self.path("out.h5"), self.path("left.part"))
        self.check_fails(2, "left.part: is to be written, too, as left; give another path", "show", "left.part", "-o", "left")
        self.assertTrue(os.path.exists(self.path("left.part")))
        self.check_fails(1, "out.h5:/images: there is no image 200; 0..199 are accepted", "show", "out.h5", "--at", "7,200")
        for wrong in ("-1", "one", "1.5"):
            self.check_fails(2, f"--at: {wrong} is not the number of an image; 0, 1, 2 and so on are accepted",
                             "show", "out.h5", "--at", f"3,{wrong}")
        self.check_fails(2, "--at excludes --count", "show", "out.h5", "--at", "1", "--count", "2")
        self.check_fails(2, "--count: Value 0 not in range 1 to 1000", "show", "out.h5", "--count", "0")
        self.check_fails(1, "nowhere.h5: cannot be opened: No such file", "show", "nowhere.h5")
        self.check_fails(1, "job.json: cannot be opened as an HDF5 file", "show", self.job)
        self.check_fails(1, "cannot be read: Is a directory", "show", self.folder.name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
