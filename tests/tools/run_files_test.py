"""The trace and the page about a run, as `plotmill run` writes them.

run_files_test.py COMMAND
"""
import base64
import html.parser
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

COMMAND = sys.argv[1]

JOB = {
    "plotmill": 1,
    "run": {"threads": 2, "batch": 10},
    "stages": [
        {"id": "walks", "type": "make_sequences", "params": {"count": 200, "window": 30}},
        {"id": "charts", "type": "draw_lines", "params": {"width": 80, "height": 60}},
        {"id": "store", "type": "write_hdf5", "params": {"path": "<script>charts.h5"}},
    ],
}


class Figures(html.parser.HTMLParser):
    """The values of all `data` elements by class, and the names of all elements."""

    def __init__(self, page):
        super().__init__()
        self.values = {}
        self.shown = {}
        self.elements = []
        self.inside = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.inside = None
        if tag == "data":
            self.inside = dict(attrs)["class"]
            self.values.setdefault(self.inside, []).append(float(dict(attrs)["value"]))

    def handle_data(self, data):
        if self.inside:
            self.shown.setdefault(self.inside, []).append(data)
            self.inside = None


class RunFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "job.json").write_text(json.dumps(JOB), encoding="utf-8")

    def call(self, *arguments):
        return subprocess.run([COMMAND, "run", "job.json", *arguments], cwd=self.folder, capture_output=True, text=True,
                              check=False)

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def parts(self):
        return [path.name for path in self.folder.rglob("*.part")]

    def test_a_trace_has_every_batch_in_every_step(self):
        result = self.call("--quiet", "--trace", "run.trace")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        events = json.loads(self.read("run.trace"))["traceEvents"]
        names = [event["name"] for event in events if event["ph"] == "X"]
        for name in ("walks read", "charts draw", "store encode", "store commit"):
            self.assertEqual(names.count(name), 20, name)
        self.assertEqual(names.count("store finish"), 1)
        for event in events:
            self.assertIn(event["ph"], "XCM")
            if event["ph"] == "X":
                self.assertEqual(set(event), {"ph", "pid", "tid", "name", "ts", "dur", "args"})
        self.assertEqual(self.parts(), [])

    def test_a_run_that_fails_leaves_its_trace_and_no_page(self):
        job = json.loads(json.dumps(JOB))
        job["stages"][0] = {"id": "walks", "type": "read_csv", "params": {"path": "in.csv", "column": "v", "window": 5}}
        (self.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        (self.folder / "in.csv").write_text("v\n" + "1\n" * 5000 + "wrong\n", encoding="utf-8")
        result = self.call("--trace", "run.trace", "--report", "run.html")
        self.assertEqual(result.returncode, 1, result.stderr)
        events = json.loads(self.read("run.trace"))["traceEvents"]
        self.assertIn("wrong", [event for event in events if event["ph"] == "i"][0]["args"]["error"])
        self.assertTrue([event for event in events if event["name"] == "walks read"])
        self.assertFalse((self.folder / "run.html").exists())
        # What was stored before the fault is kept for --resume; of the files about the run nothing half written is left.
        self.assertRegex(result.stderr, r"; [0-9]+ images are kept, and --resume goes on after them\n\Z")
        self.assertEqual(self.parts(), ["<script>charts.h5.part"])
        self.assertTrue((self.folder / "<script>charts.h5.plotmill.jsonl").exists())

    def test_a_file_that_cannot_be_written_is_an_error_before_the_run(self):
        (self.folder / "there").write_text("kept", encoding="utf-8")
        for option in ("--trace", "--report"):
            for path, message in ((
                "nowhere/x", "plotmill: nowhere/x.part: cannot be written: No such file or directory\n"
            ), ("there", "plotmill: there: exists already; --force replaces it\n"
            ), (".", "plotmill: .: is not a regular file; give the name of one, or of none\n"
            ), ("/dev/null", "plotmill: /dev/null: is not a regular file; give the name of one, or of none\n")):
                result = self.call(option, path)
                self.assertEqual((result.returncode, result.stderr), (2, message))
        self.assertEqual(self.read("there"), "kept")
        self.assertEqual(sorted(os.listdir(self.folder)), ["job.json", "there"])
        self.assertEqual(self.call("--trace", "there", "--force", "--quiet").returncode, 0)
        self.assertTrue(json.loads(self.read("there")))

    def test_a_file_that_the_run_uses_otherwise_is_refused_and_left_as_it_is(self):
        job = json.loads(json.dumps(JOB))
        job["stages"][0] = {"id": "in", "type": "read_csv", "params": {"path": "in.csv", "column": "v", "window": 5}}
        job["stages"].append({"id": "images", "type": "write_png", "from": "charts", "params": {"directory": "png"}})
        job["stages"][2]["params"]["path"] = "charts.h5"
        (self.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        (self.folder / "in.csv").write_text("v\n" + "1\n" * 200, encoding="utf-8")
        (self.folder / "in2.csv.part").write_text("v\n" + "2\n" * 200, encoding="utf-8")
        self.assertEqual(self.call("--quiet").returncode, 0)
        os.link(self.folder / "job.json", self.folder / "same.json")
        os.symlink(".", self.folder / "link")
        # As an interrupted run leaves it.
        (self.folder / "charts.h5.part").write_text("half", encoding="utf-8")

        def files():
            return {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

        before = files()
        written, read, to_be_read = "is written for something else", "is being read", "is to be written, too"
        for path, message in (("charts.h5", written), ("link/charts.h5", written), ("charts.h5.part", written),
                              ("charts.h5.plotmill.jsonl", written), ("png/000003.png", written),
                              ("png/000003.png.part", written), ("png/{index}.png.plotmill.jsonl", written),
                              ("in.csv", to_be_read), ("job.json", read), ("same.json", read)):
            for option in ("--report", "--trace"):
                with self.subTest(path=path, option=option):
                    result = self.call("--force", option, path)
                    self.assertIn(message, result.stderr)
                    self.assertEqual(result.returncode, 2)
                    self.assertEqual(files(), before)
        for arguments, message in ((["--trace", "x", "--report", "link/x"], written),
                                   (["--trace", "x", "--report", "x.part"], written),
                                   (["--report", "in2.csv", "--set", "in.path=in2.csv.part"], to_be_read),
                                   (["--set", "store.path=job.json"], read)):
            with self.subTest(arguments=arguments):
                result = self.call("--force", *arguments)
                self.assertIn(message, result.stderr)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(files(), before)

    def test_what_lies_where_a_file_is_written_aside_is_replaced_and_not_followed(self):
        (self.folder / "target").write_text("precious", encoding="utf-8")
        (self.folder / "run.html.part").symlink_to("target")
        (self.folder / "run.trace.part").write_text("of a run that died", encoding="utf-8")
        self.assertEqual(self.call("--quiet", "--report", "run.html", "--trace", "run.trace").returncode, 0)
        self.assertEqual(self.read("target"), "precious")
        self.assertFalse((self.folder / "run.html").is_symlink())
        self.assertTrue(json.loads(self.read("run.trace")))
        self.assertEqual(self.parts(), [])

    def test_a_run_that_never_began_leaves_no_file(self):
        (self.folder / "<script>charts.h5").write_text("", encoding="utf-8")
        self.assertEqual(self.call("--trace", "run.trace", "--report", "run.html").returncode, 1)
        self.assertEqual(sorted(os.listdir(self.folder)), ["<script>charts.h5", "job.json"])

    def test_the_page_shows_the_first_charts(self):
        self.assertEqual(self.call("--report", "run.html").returncode, 0)
        page = (self.folder / "run.html").read_text(encoding="utf-8")
        picture = re.search('src="data:image/png;base64,([^"]+)"', page)
        self.assertTrue(base64.b64decode(picture.group(1), validate=True).startswith(b"\x89PNG"))

    def test_skipped_and_blanked_series_are_on_the_page(self):
        job = json.loads(json.dumps(JOB))
        job["stages"][0] = {"id": "in", "type": "read_csv",
                            "params": {"path": "in.csv", "column": "v", "window": 5, "stride": 5}}
        (self.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        (self.folder / "in.csv").write_text("v\n" + ("1\n" * 4 + "2\n") * 30 + "wrong\n" * 10, encoding="utf-8")
        for on_bad, counts in (("skip", (30, 2, 0)), ("blank", (32, 0, 2))):
            result = self.call("--json", "--quiet", "--force", "--report", "run.html", "--set",
                               f"run.on_bad_series={on_bad}")
            self.assertEqual(result.returncode, 0, result.stderr)
            summary = json.loads(result.stdout)
            self.assertEqual((summary["images"], summary["skipped"], summary["blanked"]), counts)
            figures = Figures(self.read("run.html"))
            for name in ("images", "skipped", "blanked"):
                self.assertEqual(figures.values[name], [summary[name]], name)
                self.assertEqual(figures.shown[name], [str(summary[name])], name)

    def test_every_figure_of_the_page_is_that_of_the_summary(self):
        result = self.call("--json", "--quiet", "--report", "run.html")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        summary = json.loads(result.stdout)
        page = self.read("run.html")
        figures = Figures(page)
        for name in ("images", "seconds", "images_per_second", "bytes_written", "skipped", "blanked", "blank", "threads",
                     "batch", "batches_in_flight"):
            self.assertEqual(figures.values.pop(name), [summary[name]], name)
        for name in ("items", "busy_seconds", "waiting_seconds"):
            self.assertEqual(figures.values.pop(name), [stage[name] for stage in summary["stages"]], name)
        self.assertEqual(figures.values, {}, "figures that the summary lacks")
        self.assertEqual(figures.shown["images"], ["200"])
        self.assertEqual(figures.shown["seconds"], [f"{summary['seconds']:.2f}"])
        self.assertEqual(figures.shown["images_per_second"], [f"{int(summary['images_per_second'] + 0.5):,}"])
        self.assertNotIn("script", figures.elements)
        self.assertIn("&lt;script&gt;charts.h5", page)
        self.assertIn("job.json", page)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
