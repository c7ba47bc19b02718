"""Every figure that the command prints for people is that of --json.

figures_test.py COMMAND
"""
import datetime
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import memory_folder  # noqa: F401

COMMAND = sys.argv[1]

# Two groups; every second window of "a" is flat, which is an error here, and one of "b" has no value at all.
N_ROWS = 80
JOB = {
    "plotmill": 1,
    "run": {"threads": 2, "batch": 10, "checkpoint": 0, "on_bad_series": "skip"},
    "stages": [
        {"id": "in", "type": "read_csv",
         "params": {"path": "in.csv", "column": "v", "group_by": "g", "window": 2, "stride": 2}},
        {"id": "charts", "type": "draw_lines", "params": {"width": 40, "height": 30, "flat": "error"}},
        {"id": "pages", "type": "write_png", "params": {"directory": "pages"}},
    ],
}


def rows():
    lines = ["g,v"]
    for i in range(N_ROWS):
        lines.append(f"a,{i // 2 if i % 4 < 2 else i}")
        lines.append(f"b,{i * 7 % 5}" if i > 1 else "b,")
    return "\n".join(lines) + "\n"


def size_text(n_bytes):
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 999.95:
            return f"{n_bytes:.0f} B" if unit == "B" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    raise ValueError(n_bytes)


class Figures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "job.json").write_text(json.dumps(JOB), encoding="utf-8")
        (self.folder / "in.csv").write_text(rows(), encoding="utf-8")

    def call(self, *arguments, code=0):
        result = subprocess.run([COMMAND, *arguments], cwd=self.folder, capture_output=True, text=True, check=False,
                                timeout=60)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def both(self, *arguments, code=0):
        """What is printed for people, and for programs."""
        result = self.call(*arguments, "--json", code=code)
        return result.stderr.splitlines(), json.loads(result.stdout)

    def check_summary(self, lines, report):
        rate = report["images"] / report["seconds"]
        self.assertAlmostEqual(rate, report["images_per_second"])
        expected = [f"plotmill: {report['images']} images in {report['seconds']:.2f} s, {rate:.0f} images/s, "
                    f"{size_text(report['bytes_written'])} written"]
        if report["resumed_at"]:
            expected.append(f"plotmill: went on after {report['resumed_at']} images that were stored before")
        if report["blank"]:
            expected.append(f"plotmill: {report['blank']} images are blank, as their series have no finite value")
        n_bad = report["skipped"] + report["blanked"]
        if n_bad:
            self.assertEqual(len(report["bad_series"]), n_bad)
            what = "were skipped" if report["skipped"] else "are blank images"
            expected.append(f"plotmill: {n_bad} series could not be drawn, and {what}:")
            for bad in report["bad_series"][:20]:
                image = "" if bad["image"] is None else f"image {bad['image']}, "
                expected.append(f"  {image}group \"{bad['group']}\", data row {bad['first_row']}: {bad['reason']}")
            if n_bad > 20:
                expected.append(f"  and {n_bad - 20} more")
        columns = [("stage", "type", "busy s", "waiting s")]
        columns += [(stage["id"], stage["type"], f"{stage['busy_seconds']:.2f}", f"{stage['waiting_seconds']:.2f}")
                    for stage in report["stages"]]
        expected += [f"  {name:<12}  {kind:<10}  {busy:>10}  {waiting:>10}" for name, kind, busy, waiting in columns]
        self.assertEqual(lines, expected)

    def check_plan(self, line, report):
        preview = self.both("preview", "job.json")[1]
        self.assertRegex(line, rf"^plotmill: device: cpu( \(.*\))?; 2 threads; 10 images a batch, at most "
                               rf"{report['batches_in_flight']} batches in flight; memory: at most "
                               rf"{re.escape(size_text(preview['memory_bytes']))}$")
        self.assertEqual((report["threads"], report["batch"]), (2, 10))

    def test_of_a_run_with_bad_series(self):
        for what, n_skipped, n_blanked in (("skip", 20, 0), ("blank", 0, 20)):
            with self.subTest(what=what):
                lines, report = self.both("run", "job.json", "--force", "--set", f"run.on_bad_series={what}")
                self.assertEqual((report["images"], report["skipped"], report["blanked"], report["blank"]),
                                 (N_ROWS - n_skipped, n_skipped, n_blanked, 1))
                self.check_plan(lines[0], report)
                self.check_summary(lines[1:], report)

    def test_of_a_run_with_more_bad_series_than_are_shown(self):
        (self.folder / "in.csv").write_text(rows() + "a,0\na,0\n", encoding="utf-8")
        lines, report = self.both("run", "job.json")
        self.assertEqual(report["skipped"], 21)
        self.assertIn("  and 1 more", lines)
        self.check_summary(lines[1:], report)

    def test_of_a_run_that_is_resumed(self):
        obstacle = self.folder / "pages" / "000030.png.part"
        obstacle.mkdir(parents=True)
        self.call("run", "job.json", "--quiet", code=1)
        obstacle.rmdir()
        lines, report = self.both("run", "job.json", "--resume")
        self.assertEqual((report["images"], report["resumed_at"], report["skipped"]), (30, 30, 20))
        self.check_summary(lines[1:], report)

    def test_of_a_verification(self):
        self.call("run", "job.json", "--quiet")
        for damaged in (False, True):
            if damaged:
                (self.folder / "pages" / "000003.png").unlink()
            lines, report = self.both("verify", "pages", code=int(damaged))
            seconds = report["seconds"]
            self.assertEqual(lines[-1], (
                f"plotmill: {'there is damage' if damaged else 'nothing is damaged'} in {report['files']} files: "
                f"{report['images_checked']} of {report['images']} images checked in {seconds:.2f} s, "
                f"{report['images_checked'] / seconds:.0f} images/s; {size_text(report['bytes_read'])} read, "
                f"{size_text(report['bytes_read'] / seconds)}/s on {report['threads']} threads"))

    def test_of_a_preview(self):
        lines, preview = self.both("preview", "job.json", "--count", "24")
        n_bad = len(preview["bad_series"])
        self.assertEqual(n_bad, 6)
        self.assertEqual(lines, [
            "plotmill: job_preview.png: 24 charts",
            f"plotmill: the run: {preview['images']} images, less than a second on {preview['threads']} threads if the "
            "disk keeps up",
            f"plotmill:   pages (write_png): about {size_text(preview['outputs'][0]['bytes'])}",
            f"plotmill: memory: at most {size_text(preview['memory_bytes'])}, in {preview['batches_in_flight']} batches "
            f"of {preview['batch']} images",
            *("plotmill: " + bad for bad in preview["bad_series"][:5]),
            f"plotmill: and {n_bad - 5} more of the charts shown"])

    def test_how_long_a_run_would_take(self):
        """Of more images than anybody makes, in every unit."""
        job = json.loads(json.dumps(JOB))
        job["stages"][0] = {"id": "in", "type": "make_sequences", "params": {"count": 1000000, "window": 10}}
        (self.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        seconds_of_one = 1e-5
        for least, wanted, most in ((0, 0.01, 1), (1, 10, 120), (120, 900, 7200), (7200, 1e5, 1e9)):
            # The estimate differs from one preview to the next, on a busy machine by much.
            for _ in range(20):
                count = round(wanted / seconds_of_one)
                lines, preview = self.both("preview", "job.json", "--count", "1", "--set", f"in.count={count}")
                seconds = preview["seconds"]
                text = ("less than a second" if seconds < 1 else f"about {seconds:.0f} s" if seconds < 120 else
                        f"about {seconds / 60:.0f} min" if seconds < 7200 else f"about {seconds / 3600:.1f} h")
                self.assertIn(f"the run: {count} images, {text} on 2 threads", lines[1])
                if least <= seconds < most:
                    break
                seconds_of_one = seconds / count
            else:
                self.fail(f"no estimate of {least} to {most} seconds")

    def test_of_a_preview_that_could_not_read_all(self):
        (self.folder / "in.csv").write_text("g,v\n" + "a,1\na,2\n" * 10000000, encoding="utf-8")
        lines, preview = self.both("preview", "job.json", "--count", "1")
        self.assertFalse(preview["images_exact"])
        self.assertIn(f"the run: about {preview['images']} images, ", lines[1])

    def test_of_a_verification_with_more_damage_than_is_shown(self):
        job = json.loads(json.dumps(JOB))
        job["stages"][0] = {"id": "in", "type": "make_sequences", "params": {"count": 220, "window": 10}}
        (self.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        self.call("run", "job.json", "--quiet")
        for image in range(0, 220, 2):
            (self.folder / "pages" / f"{image:06}.png").unlink()
        lines, report = self.both("verify", "pages", "--quiet", code=1)
        self.assertEqual((report["n_problems"], report["images_damaged"], report["images_checked"]), (110, 110, 110))
        self.assertEqual(len(lines), 101)
        self.assertEqual(lines[-1], "plotmill: and 10 more")

    def test_when_the_page_says_that_the_run_began(self):
        before = datetime.datetime.now().replace(microsecond=0)
        self.call("run", "job.json", "--quiet", "--report", "run.html")
        page = (self.folder / "run.html").read_text(encoding="utf-8")
        began = datetime.datetime.fromisoformat(re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", page)[0])
        self.assertTrue(before <= began <= datetime.datetime.now(), began)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
