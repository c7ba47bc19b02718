"""The page about a run in headless Chromium: no error, no scrolling sideways, light and dark.

report_in_browser_test.py COMMAND            PLOTMILL_SCREENSHOTS=FOLDER keeps the pictures
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

COMMAND = sys.argv[1]
CHROMIUM = shutil.which("chromium")

JOB = {
    "plotmill": 1,
    "run": {"threads": 2},
    "stages": [
        {"id": "walks_with_quite_a_long_name", "type": "make_sequences", "params": {"count": 20000, "window": 30}},
        {"id": "charts", "type": "draw_lines", "params": {"width": 80, "height": 60}},
        {"id": "store", "type": "write_hdf5", "params": {"path": "<script>console.error('run')<!--.h5"}},
    ],
}


class ReportInBrowser(unittest.TestCase):
    def test_a_browser_shows_the_page_without_an_error(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # Chromium may still be writing its profile.
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "job.json").write_text(json.dumps(JOB), encoding="utf-8")
        subprocess.run([COMMAND, "run", "job.json", "--quiet", "--report", "run.html"], cwd=self.folder, check=True)
        for width in (400, 1200):
            for theme in ("light", "dark"):
                with self.subTest(width=width, theme=theme):
                    self.check_in_browser(width, theme)

    def check_in_browser(self, width, theme):
        # A frame of exactly this width: a window of Chromium is never narrower than 500 px. The frame is of the same
        # origin, so that it can be measured.
        (self.folder / "frame.html").write_text(
            f"""<iframe src="run.html" width="{width}" height="3000" onload="
                const frame = document.querySelector('iframe').contentWindow;
                const page = frame.document;
                const root = page.documentElement;
                document.title = JSON.stringify({{scroll: root.scrollWidth, client: root.clientWidth,
                  background: getComputedStyle(page.body).backgroundColor,
                  requests: frame.performance.getEntriesByType('resource').map(entry => entry.name),
                  lanes: page.querySelectorAll('svg.lane').length}})"></iframe>""", encoding="utf-8")
        # Blink's number for a colour scheme: 0 is dark, 1 is light.
        scheme = {"dark": 0, "light": 1}[theme]
        shot = pathlib.Path(os.environ.get("PLOTMILL_SCREENSHOTS", self.folder), f"report_{width}_{theme}.png")
        result = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             f"--user-data-dir={self.folder}/profile", "--allow-file-access-from-files", "--enable-logging=stderr",
             "--v=0", f"--blink-settings=preferredColorScheme={scheme}", f"--window-size={max(width + 40, 500)},3040",
             f"--screenshot={shot}", "--virtual-time-budget=3000", "--dump-dom", f"file://{self.folder}/frame.html"],
            capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("CONSOLE", result.stderr)
        title = result.stdout.split("<title>")[1].split("</title>")[0]
        measured = json.loads(title.replace("&quot;", '"'))
        self.assertLessEqual(measured["scroll"], measured["client"], "the page is wider than the window")
        self.assertEqual(measured["lanes"], 4)
        self.assertEqual(measured["requests"], [])
        lightness = sum(int(part) for part in measured["background"][4:-1].split(","))
        self.assertEqual(lightness < 300, theme == "dark", measured["background"])
        self.assertGreater(shot.stat().st_size, 10_000)


if __name__ == "__main__":
    if not CHROMIUM:
        print("skipped: chromium is not installed")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
