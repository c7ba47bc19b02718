"""The competitors, and the command of each."""

import json

from .programs import OPENCV_PEER, PLOTMILL, PLOTMILL_DRAW, PYTHON_PEER
from .rows import DrawRow, Row, threads_text

DRAWERS = {
    "pillow": "Pillow (not antialiased)",
    "cairo": "cairo",
    "matplotlib-reused": "matplotlib, one figure",
    "matplotlib-new": "matplotlib, new figures",
}
STORES = {
    "hdf5-uint8-gzip1": "h5py uint8 gzip 1",
    "hdf5-float32-gzip4": "h5py float32 gzip 4",
    "jpeg": "Pillow JPEG q90 files",
    "png": "Pillow PNG files, level 1",
}
MOST_PYTHON_DRAWINGS = 1000  # So many show how long a chart takes.


class Competitors:
    """Those that store charts. All read `series` and write to `output`; `folder` gets the definitions of plotmill's jobs."""

    def __init__(self, options, folder, series, output):
        self.options = options
        self.folder = folder
        self.series = series
        self.output = output
        self.rows = []

    def add_all(self):
        counts = sorted({1, self.options.threads})
        u8 = "plotmill, HDF5 uint8"
        for n in counts:
            self.add_plotmill(u8, "hdf5", n, "write_hdf5", {})
            for mode, name in (("hdf5-isal", "ISA-L 1 + H5Dwrite_chunk"), ("hdf5-zlib1", "zlib 1 + H5Dwrite_chunk")):
                self.add_opencv(f"OpenCV + {name}", "hdf5", n, mode, u8)
        if self.options.data:
            self.add_plotmill(f"{u8}, reading the CSV itself", "hdf5", counts[-1], "write_hdf5", {}, csv=True)
        for draw in ("pillow", "cairo", "matplotlib-reused"):
            self.add_python(draw, "hdf5-uint8-gzip1", "hdf5", u8)
        f32 = "plotmill, HDF5 float32"
        self.add_plotmill(f32, "hdf5-float32", 1, "write_hdf5", {"dtype": "float32"})
        for draw in ("matplotlib-reused", "matplotlib-new"):
            self.add_python(draw, "hdf5-float32-gzip4", "hdf5-float32", f32)
        jpeg = "plotmill, JPEG q90 files"
        for n in counts:
            self.add_plotmill(jpeg, "jpeg", n, "write_jpeg", {"quality": 90})
            self.add_opencv("OpenCV + libjpeg-turbo q90 files", "jpeg", n, "jpeg", jpeg)
        self.add_python("matplotlib-reused", "jpeg", "jpeg", jpeg)
        png = "plotmill, PNG files"
        for n in counts:
            self.add_plotmill(png, "png", n, "write_png", {})
        self.add_python("pillow", "png", "png", png)
        self.add_python("matplotlib-reused", "png", "png", png)

    def reader(self, csv):
        options = self.options
        if not csv:
            return {"type": "read_npy", "params": {"path": str(self.series), "limit": options.images}}
        params = {"path": options.data, "column": "close", "group_by": "symbol", "limit": options.images}
        return {"type": "read_csv", "params": {**params, "window": options.points, "stride": 1}}

    def add_plotmill(self, name, kind, threads, writer, params, csv=False):
        options = self.options
        line = {"width": options.width, "height": options.height, "line_width": options.line_width}
        target = "path" if writer == "write_hdf5" else "directory"
        definition = {
            "plotmill": 1,
            "run": {"threads": threads},
            "stages": [
                {"id": "read", **self.reader(csv)},
                {"id": "draw", "type": "draw_lines", "params": line},
                {"id": "write", "type": writer, "params": {**params, target: str(self.output)}},
            ],
        }
        file = self.folder / f"job_{len(self.rows)}.json"
        file.write_text(json.dumps(definition), encoding="utf-8")
        command = [PLOTMILL, "run", file, "--json", "--quiet"]
        self.rows.append(Row(f"{name}, {threads_text(threads)}", kind, options.images, threads, command, plotmill=True))

    def add_opencv(self, name, kind, threads, mode, against):
        options = self.options
        size = [options.width, options.height]
        command = [OPENCV_PEER, mode, options.images, self.series, self.output, *size, threads]
        words = threads_text(threads)
        self.rows.append(Row(f"{name}, {words}", kind, options.images, threads, command, f"{against}, {words}"))

    def add_python(self, draw, store, kind, against):
        options = self.options
        n = options.python_images
        line = [options.width, options.height, options.line_width]
        command = [*PYTHON_PEER, draw, store, n, self.series, self.output, *line]
        name = f"{DRAWERS[draw]} + {STORES[store]}"
        self.rows.append(Row(name, kind, n, 1, command, f"{against}, {threads_text(1)}"))


def draw_rows(options, series):
    """Those that draw, and store nothing."""
    size = [options.width, options.height]
    line = [*size, options.line_width]
    n = options.images
    rows = [
        DrawRow("plotmill (to ink)", n, [PLOTMILL_DRAW, n, series, *line], plotmill=True),
        DrawRow("OpenCV polylines LINE_AA, thickness 1", n, [OPENCV_PEER, "draw", n, series, "-", *size, 1]),
    ]
    n = min(options.python_images, MOST_PYTHON_DRAWINGS)
    for draw, name in {**DRAWERS, "cairo": "cairo, from Python"}.items():
        rows.append(DrawRow(name, n, [*PYTHON_PEER, draw, "none", n, series, "-", *line]))
    return rows
