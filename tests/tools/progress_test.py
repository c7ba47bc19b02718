"""What a run shows of its progress, on a terminal and as JSON.

progress_test.py COMMAND
"""
import fcntl
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

from slowness import SLOWNESS

COMMAND = sys.argv[1]
IMAGES = 60000 // SLOWNESS

JOB = {
    "plotmill": 1,
    "run": {"threads": 2},
    "stages": [
        {"id": "walks", "type": "make_sequences", "params": {"count": IMAGES, "window": 10}},
        {"id": "charts", "type": "draw_lines", "params": {"width": 80, "height": 60}},
        {"id": "store", "type": "write_hdf5", "params": {"path": "out.h5"}},
    ],
}
ESCAPE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")


class Screen:
    """As much of a terminal as the progress needs: it wraps lines at its width and never scrolls."""

    def __init__(self, columns):
        self.columns = columns
        self.rows = [""]
        self.row = self.column = self.widest = 0

    def show(self, text):
        at = 0
        while at < len(text):
            escape = ESCAPE.match(text, at)
            if escape:
                at = escape.end()
                self.obey(escape[1], escape[2])
                continue
            self.put(text[at])
            at += 1

    def obey(self, number, letter):
        if letter == "A":
            self.row = max(0, self.row - int(number or 1))
        elif letter in "KJ":
            self.rows[self.row] = self.rows[self.row][: self.column]
            if letter == "J":
                del self.rows[self.row + 1 :]
        elif letter != "m":
            raise AssertionError(f"escape {letter}")

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row, self.column = self.row + 1, 0
            self.rows += [""] * (self.row + 1 - len(self.rows))
        else:
            line = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = line[: self.column] + character + line[self.column + 1 :]
            self.column += 1
            self.widest = max(self.widest, self.column)


class ProgressTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "job.json").write_text(json.dumps(JOB), encoding="utf-8")

    def on_terminal(self, columns, *arguments, command=("run", "job.json", "--force"), rows=24, resize=None,
                    **environment):
        """What a run writes to a terminal of this size, which gets another width once it shows something."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "LC_ALL", "LC_CTYPE")}
        with subprocess.Popen([COMMAND, *command, *arguments], cwd=self.folder, stderr=theirs,
                              env={**clean, "TERM": "xterm", "LANG": "C.UTF-8", **environment}) as run:
            os.close(theirs)
            shown = b""
            while True:
                try:
                    part = os.read(ours, 65536)
                except OSError:  # Linux's way to tell that the other end is closed.
                    break
                if not part:
                    break
                shown += part
                if resize and shown.count(b"\x1b[J") >= 2:
                    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, resize, 0, 0))
                    resize = None
        os.close(ours)
        self.assertEqual(run.returncode, 0)
        return shown.decode("utf-8")

    def piped(self, *arguments):
        return subprocess.run([COMMAND, "run", "job.json", "--force", *arguments], cwd=self.folder, capture_output=True,
                              text=True, check=True).stderr

    def test_a_terminal_shows_the_run_and_each_stage_and_at_the_end_the_summary_alone(self):
        shown = self.on_terminal(100)
        for text in ("█", f" of {IMAGES} images, ", " images/s, ", "store commit", " % busy"):
            self.assertIn(text, shown)
        screen = Screen(100)
        screen.show(shown)
        self.assertIn("plotmill: device: cpu", screen.rows[0])
        self.assertIn(f"plotmill: {IMAGES} images in ", screen.rows[1])
        self.assertNotIn("busy\n", "\n".join(screen.rows[1:]).replace(" % busy", "!"))
        self.assertFalse([row for row in screen.rows if "% busy" in row])

    def test_a_verification_shows_how_far_it_is(self):
        self.piped("--quiet")
        shown = ESCAPE.sub("", self.on_terminal(100, command=("verify", "out.h5"), rows=24))
        rates = re.findall(r"(\d+) images, (\d+) images/s, ([\d.]+) [kMG]B/s", shown)
        self.assertGreater(len(rates), 0)
        self.assertTrue(all(float(figure) > 0 for figures in rates for figure in figures), rates)
        self.assertTrue(all(int(images) <= IMAGES for images, _, _ in rates), rates)

    def test_no_line_is_wider_than_the_terminal(self):
        for columns in (8, 30, 50, 200):
            with self.subTest(columns=columns):
                shown = self.on_terminal(columns, "--quiet", "--progress", "line")
                screen = Screen(columns)
                screen.show(shown)
                self.assertLess(screen.widest, columns)
                self.assertGreater(screen.widest, min(columns, 40) - 6)
                self.assertEqual("".join(screen.rows), "")

    def test_a_window_that_becomes_narrower_leaves_nothing_behind(self):
        shown = self.on_terminal(110, "--quiet", "--progress", "line", "--set", f"walks.count={5 * IMAGES}", resize=40)
        blocks = shown.split("\x1b[J")
        widths = [max(len(ESCAPE.sub("", line).strip("\r")) for line in block.split("\n")) for block in blocks[:-2]]
        self.assertGreater(widths[0], 40)
        self.assertLess(widths[-1], 40)
        # The five lines of before take more rows of the narrow window, and all of them are gone over.
        first_narrow = next(i for i, width in enumerate(widths) if width < 40)
        before = [len(ESCAPE.sub("", line).strip("\r")) for line in blocks[first_narrow - 1].strip("\r\n").split("\r\n")]
        self.assertEqual(int(re.search(r"\x1b\[(\d+)A", blocks[first_narrow])[1]), sum(-(-n // 40) for n in before))

    def test_a_low_window_shows_the_run_alone(self):
        shown = self.on_terminal(100, "--quiet", "--progress", "line", rows=5)
        self.assertIn("images/s", shown)
        self.assertNotIn("busy", shown)

    def test_nothing_flickers(self):
        """No line is cleared before it is written again: only what is behind it, and below."""
        shown = self.on_terminal(100, "--quiet", "--progress", "line")
        self.assertNotRegex(shown, "\x1b\\[[12][JK]")
        for block in shown.split("\x1b[J")[:-2]:
            self.assertNotIn("\r\x1b[K", block)

    def test_colours_are_for_terminals_that_want_them(self):
        self.assertRegex(self.on_terminal(100), "\x1b\\[[0-9;]*m")
        self.assertNotRegex(self.on_terminal(100, NO_COLOR="1"), "\x1b\\[[0-9;]*m")
        self.assertNotIn("\x1b", self.piped("--progress", "line"))
        self.assertNotIn("\x1b", self.on_terminal(100, TERM="dumb"))

    def test_bars_are_ascii_where_the_locale_is(self):
        shown = self.on_terminal(100, LANG="C")
        self.assertTrue(shown.isascii())
        self.assertIn("##", shown)

    def test_nothing_is_shown_elsewhere_or_when_told_so(self):
        self.assertEqual(self.piped("--quiet"), "")
        self.assertNotIn(f" of {IMAGES} images", self.piped())
        self.assertNotIn("\x1b", self.on_terminal(100, "--progress", "none"))
        self.assertEqual(self.on_terminal(100, "--quiet"), "")

    def test_json_is_an_object_a_line_for_programs(self):
        images = 5 * IMAGES // 2
        lines = self.piped("--progress", "json", "--set", f"walks.count={images}").splitlines()
        objects = [json.loads(line) for line in lines]
        self.assertGreaterEqual(len(objects), 2)
        for before, now in zip([None, *objects], objects):
            self.assertEqual(list(now), ["seconds", "images", "images_per_second", "total", "bytes_written", "stages"])
            self.assertEqual([stage["id"] for stage in now["stages"]], ["walks", "charts", "store encode", "store commit"])
            for stage in now["stages"]:
                self.assertEqual(set(stage), {"id", "busy", "images", "batches_waiting"})
                self.assertTrue(0 <= stage["busy"] <= 1)
            self.assertTrue(before is None or now["seconds"] > before["seconds"] and now["images"] >= before["images"])
        self.assertEqual((objects[-1]["images"], objects[-1]["total"]), (images, images))
        self.assertEqual([stage["images"] for stage in objects[-1]["stages"]], [images] * 4)

    def test_another_word_is_refused(self):
        result = subprocess.run([COMMAND, "run", "job.json", "--progress", "loud"], cwd=self.folder, capture_output=True,
                                text=True, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertIn("loud not in {none,line,json}", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
