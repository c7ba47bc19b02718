#!/usr/bin/python3
"""Draws and stores charts as a user of Python would; tools/compare_peers runs it.

    python_peer.py DRAW STORE IMAGES INPUT.npy OUTPUT WIDTH HEIGHT LINE_WIDTH
    python_peer.py prepare CANDLES.csv|walks IMAGES POINTS OUTPUT.npy
    python_peer.py verify OUTPUT IMAGES
    python_peer.py sizes FILE.h5 IMAGES
    python_peer.py plot RESULTS.json OUTPUT.png

DRAW   matplotlib-new     a new figure for each chart
       matplotlib-reused  one figure, whose line gets new data
       cairo              an 8-bit surface, antialiased
       pillow             ImageDraw.line, 1 px wide: Pillow has neither antialiasing nor fractions of a pixel
STORE  hdf5-float32-gzip4 | hdf5-uint8-gzip1 (h5py, a chunk for each image) | jpeg | png | none
"""

import csv
import json
import os
import pathlib
import sys
import time

import numpy as np


class MatplotlibReused:
    def __init__(self, width, height, line_width, n_points):
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        self.plt, self.width, self.height = plt, width, height
        self.points, self.line_width = n_points, line_width * 72 / 100
        self.begin()

    def begin(self):
        self.figure = self.plt.figure(figsize=(self.width / 100, self.height / 100), dpi=100)
        axes = self.figure.add_axes([0, 0, 1, 1])
        axes.axis("off")
        # Pixel centres on whole numbers, as plotmill has them.
        half_x = 0.5 * max(self.points - 1, 1) / (self.width - 1)
        axes.set_xlim(-half_x, self.points - 1 + half_x)
        half_y = 0.5 / (self.height - 1)
        axes.set_ylim(-half_y, 1 + half_y)
        (self.line,) = axes.plot(np.arange(self.points), np.zeros(self.points), color="black", linewidth=self.line_width)

    def __call__(self, values):
        self.line.set_ydata(values)
        self.figure.canvas.draw()
        return np.asarray(self.figure.canvas.buffer_rgba())[:, :, 0]


class MatplotlibNew(MatplotlibReused):
    def __call__(self, values):
        self.plt.close(self.figure)
        self.begin()
        return super().__call__(values)


class Cairo:
    def __init__(self, width, height, line_width, n_points):
        import cairo

        self.surface = cairo.ImageSurface(cairo.FORMAT_A8, width, height)
        stride = self.surface.get_stride()
        self.pixels = np.frombuffer(self.surface.get_data(), np.uint8).reshape(height, stride)[:, :width]
        self.context = cairo.Context(self.surface)
        self.context.set_line_width(line_width)
        self.context.set_line_join(cairo.LINE_JOIN_ROUND)
        self.context.set_line_cap(cairo.LINE_CAP_ROUND)
        self.clear, self.over = cairo.OPERATOR_CLEAR, cairo.OPERATOR_OVER
        self.x = (np.linspace(0, width - 1, n_points) + 0.5).tolist()
        self.bottom = height - 1

    def __call__(self, values):
        context = self.context
        context.set_operator(self.clear)
        context.paint()
        context.set_operator(self.over)
        line_to = context.line_to
        for x, y in zip(self.x, ((1 - values) * self.bottom + 0.5).tolist()):
            line_to(x, y)
        context.stroke()
        self.surface.flush()
        return 255 - self.pixels


class Pillow:
    def __init__(self, width, height, line_width, n_points):
        from PIL import Image, ImageDraw

        self.image = Image.new("L", (width, height))
        self.drawing = ImageDraw.Draw(self.image)
        self.points = np.empty((n_points, 2), np.float32)
        self.points[:, 0] = np.linspace(0, width - 1, n_points)
        self.bottom = height - 1

    def __call__(self, values):
        self.image.paste(255, (0, 0, *self.image.size))
        self.points[:, 1] = (1 - values) * self.bottom
        self.drawing.line(self.points.ravel().tolist(), fill=0, width=1)
        return np.asarray(self.image)


DRAWERS = {"matplotlib-new": MatplotlibNew, "matplotlib-reused": MatplotlibReused, "cairo": Cairo, "pillow": Pillow}


class Hdf5:
    def __init__(self, path, series, width, height, dtype, level):
        import h5py

        self.file = h5py.File(path, "w")
        self.file["sequences"] = series
        shape = (len(series), height, width)
        self.images = self.file.create_dataset(
            "images", shape, dtype, chunks=(1, height, width), compression="gzip", compression_opts=level
        )
        self.unit = dtype == np.float32

    def __call__(self, i, image):
        self.images[i] = image.astype(np.float32) / np.float32(255) if self.unit else image

    def close(self):
        self.file.close()


class Files:
    def __init__(self, folder, suffix, **options):
        from PIL import Image

        self.folder, self.suffix, self.options = pathlib.Path(folder), suffix, options
        self.folder.mkdir()
        self.from_array = Image.fromarray

    def __call__(self, i, image):
        self.from_array(np.ascontiguousarray(image)).save(self.folder / f"{i:06}.{self.suffix}", **self.options)

    def close(self):
        pass


class Nothing:
    def __call__(self, i, image):
        pass

    def close(self):
        pass


def make_store(name, path, series, width, height):
    if name == "hdf5-float32-gzip4":
        return Hdf5(path, series, width, height, np.float32, 4)
    if name == "hdf5-uint8-gzip1":
        return Hdf5(path, series, width, height, np.uint8, 1)
    if name == "jpeg":
        return Files(path, "jpg", quality=90)
    if name == "png":
        return Files(path, "png", compress_level=1)
    if name == "none":
        return Nothing()
    sys.exit(f"python_peer: no store {name}")


def draw_all(drawer, store, n, source, output, width, height, line_width):
    width, height = int(width), int(height)
    table = np.load(source, mmap_mode="r")
    series = table[np.linspace(0, len(table) - 1, int(n)).astype(int)]  # Spread over all, as charts differ.
    draw = DRAWERS[drawer](width, height, float(line_width), series.shape[1])
    begin = time.perf_counter()
    sink = make_store(store, output, series, width, height)
    for i, row in enumerate(series):
        lo, hi = row.min(), row.max()
        sink(i, draw((row - lo) / (hi - lo) if hi > lo else np.full_like(row, 0.5)))
    sink.close()
    print(json.dumps({"images": len(series), "seconds": time.perf_counter() - begin}))


def prepare(source, n, n_points, output):
    """The windows that plotmill's read_csv would give: stride 1, none across two symbols."""
    n, n_points = int(n), int(n_points)
    if source == "walks":
        steps = np.random.default_rng(1).uniform(-1, 1, (n, n_points))
        table = np.cumsum(steps, axis=1).astype("<f4")
    else:
        groups = {}
        with open(source, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                groups.setdefault(row["symbol"], []).append(float(row["close"]))
        views = [
            np.lib.stride_tricks.sliding_window_view(np.array(prices, "<f4"), n_points)
            for prices in groups.values()
            if len(prices) >= n_points
        ]
        table = np.concatenate(views)[:n] if views else np.empty((0, n_points), "<f4")
    np.save(output, np.ascontiguousarray(table))
    print(json.dumps({"images": len(table)}))


def require(good, message):
    if not good:
        sys.exit(f"python_peer: {message}")


def has_ink(image):
    """White paper and a black line on it; a long series leaves little of a small paper."""
    unit = image.astype(np.float64) / (1 if image.dtype.kind == "f" else 255)
    share = float((1 - unit).mean())
    return unit.max() > 0.98 and unit.min() < 0.5 and 0 < share < 0.95


def verify(output, n):
    """That the output holds so many images, and that some of them, spread over it, show a line."""
    n = int(n)
    chosen = sorted({round(i * (n - 1) / 9) for i in range(10)})
    if os.path.isdir(output):
        from PIL import Image

        # plotmill writes its manifest beside the images.
        files = [entry for entry in os.scandir(output) if not entry.name.endswith(".plotmill.jsonl")]
        files.sort(key=lambda entry: entry.name)
        require(len(files) == n, f"{output} holds {len(files)} files instead of {n}")
        images = [np.asarray(Image.open(files[i].path)) for i in chosen]
    else:
        import h5py

        with h5py.File(output, "r") as file:
            require(len(file["images"]) == n, f"{output} holds {len(file['images'])} images instead of {n}")
            require(len(file["sequences"]) == n, f"{output} holds {len(file['sequences'])} sequences instead of {n}")
            images = [file["images"][i] for i in chosen]
    for i, image in zip(chosen, images):
        require(has_ink(image), f"{output}: image {i} shows no line")
    print(json.dumps({"images": n}))


def sizes(path, n):
    """What the chunks of some images take, and what zlib makes of the same pixels."""
    import zlib

    import h5py

    with h5py.File(path, "r") as file:
        images = file["images"]
        chosen = sorted({round(i * (len(images) - 1) / (int(n) - 1)) for i in range(int(n))})
        total = {"stored": sum(images.id.get_chunk_info_by_coord((i, 0, 0)).size for i in chosen)}
        for level in (1, 6, 9):
            total[f"zlib {level}"] = sum(len(zlib.compress(images[i].tobytes(), level)) for i in chosen)
    print(json.dumps({"images": len(chosen), **{name: size / len(chosen) for name, size in total.items()}}))


def plot(results, output):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with open(results, encoding="utf-8") as file:
        results = json.load(file)
    rows = [row for row in results["rows"] if row["plot"]]
    rows.sort(key=lambda row: (row["kind"], -row["rate"]["median"]))
    figure, axes = plt.subplots(figsize=(9, 0.9 + 0.3 * len(rows)), dpi=100)
    colours = ["#1f6f8b" if row["plotmill"] else "#b0b0b0" for row in rows]
    # A gap between the kinds of output.
    kinds = sorted({row["kind"] for row in rows})
    places = [-i - 0.7 * kinds.index(row["kind"]) for i, row in enumerate(rows)]
    medians = [row["rate"]["median"] for row in rows]
    spread = [
        [row["rate"]["median"] - row["rate"]["min"] for row in rows],
        [row["rate"]["max"] - row["rate"]["median"] for row in rows],
    ]
    axes.barh(places, medians, xerr=spread, color=colours, error_kw={"elinewidth": 0.8, "ecolor": "#404040"})
    axes.set_yticks(places, [row["name"] for row in rows], fontsize=8)
    for place, row in zip(places, rows):
        axes.text(row["rate"]["max"] * 1.08, place, f"{row['rate']['median']:,.0f}", va="center", fontsize=8)
    axes.set_xscale("log")
    axes.margins(y=0.01)
    least, most = min(row["rate"]["min"] for row in rows), max(row["rate"]["max"] for row in rows)
    axes.set_xlim(10 ** np.floor(np.log10(least)), most * 2.5)
    axes.set_xlabel(f"charts/s, logarithmic; median of {results['runs']} runs, whiskers least and greatest")
    job, machine = results["job"], results["machine"]
    axes.set_title(
        f"Charts of {job['width']}x{job['height']} px, {job['points']} points ({job['series']}), a line of "
        f"{job['line_width_px']} px; {machine['cpu']}, {machine['cores']} cores, {results['date']}",
        fontsize=8,
        loc="right",
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(output)


def main():
    commands = {"prepare": (prepare, 4), "verify": (verify, 2), "sizes": (sizes, 2), "plot": (plot, 2)}
    arguments = sys.argv[1:]
    if arguments and arguments[0] in commands:
        function, n = commands[arguments[0]]
        if len(arguments) == n + 1:
            return function(*arguments[1:])
    elif len(arguments) == 8 and arguments[0] in DRAWERS:
        return draw_all(*arguments)
    sys.exit(__doc__)


if __name__ == "__main__":
    main()
