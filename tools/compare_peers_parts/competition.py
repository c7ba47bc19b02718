"""The rounds: in each, every competitor runs once, one after another."""

import json
import os
import shutil
import sys

from .competitors import Competitors, draw_rows
from .processes import measure, run_or_exit, say
from .programs import PYTHON_PEER

MOST_SIZES = 500  # Charts whose pixels are compressed by zlib for comparison.


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def size_of(path):
    if path.is_dir():
        return sum(entry.stat().st_size for entry in os.scandir(path))
    return path.stat().st_size


class Competition:
    """`sizes` is of the first output of plotmill's: bytes of the stored pixels, and what zlib would make of them."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.series = folder / "series.npy"
        self.output = folder / "output"
        self.prepare()
        competitors = Competitors(options, folder, self.series, self.output)
        competitors.add_all()
        only = options.only
        self.rows = [row for row in competitors.rows if not only or row.plotmill or only in row.name]
        self.draw_rows = draw_rows(options, self.series)
        self.sizes = None

    def prepare(self):
        """Writes the series. The options get no more charts than there are."""
        source = self.options.data or "walks"
        n = self.options.images
        report = json.loads(run_or_exit([*PYTHON_PEER, "prepare", source, n, self.options.points, self.series]))
        if report["images"] == 0:
            sys.exit(f"compare_peers: {source} has no window of {self.options.points} points")
        if report["images"] < n:
            say(f"compare_peers: there are {report['images']} series, not {n}")
        # Those in Python draw fewer, spread over the same series.
        self.options.images = report["images"]
        self.options.python_images = min(self.options.python_images, report["images"])

    def compete(self):
        for number in range(1, self.options.runs + 1):
            round_text = f"run {number} of {self.options.runs}"
            for row in self.rows:
                self.store(row, round_text, first=number == 1)
            remove(self.output)
            for row in self.draw_rows:
                self.draw(row, round_text)

    def store(self, row, round_text, first):
        remove(self.output)
        took, _ = measure(row.command, self.folder)
        row.runs.append(took)
        if first:
            self.check(row)
        rate = row.images / took["wall_seconds"]
        say(f"{round_text}: {rate:10,.0f} images/s  {row.name}")

    def check(self, row):
        run_or_exit([*PYTHON_PEER, "verify", self.output, row.images])
        row.bytes_per_image = size_of(self.output) / row.images
        if self.sizes is None and row.plotmill and row.kind == "hdf5":
            n = min(row.images, MOST_SIZES)
            self.sizes = json.loads(run_or_exit([*PYTHON_PEER, "sizes", self.output, n]))

    def draw(self, row, round_text):
        _, report = measure(row.command, self.folder)
        row.microseconds.append(1e6 * report["seconds"] / report["images"])
        around = report.get("clear_and_place_seconds")
        if around is not None:
            row.around_microseconds.append(1e6 * around / report["images"])
        say(f"{round_text}: {row.microseconds[-1]:10.1f} us a chart, drawing  {row.name}")
