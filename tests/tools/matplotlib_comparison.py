"""Line charts of this command beside matplotlib's, and both against the area under the stroke:
matplotlib_comparison.py COMMAND [CHARTS].

Ends with 77 where a package is missing. Errors are means over the pixels that are ink for either side, in 255ths, over
CHARTS (1) random walks and as many windows of prices (candles_1m.csv in the folder that PLOTMILL_TEST_DATA names, or else in
../shared/data). The area is had from straight slices between the stroke's sections at 64 verticals a pixel; beside it
stands the share of 16x16 points of a pixel that the stroke covers, which itself is off by 0.3 to 2.5 where lines are
steep and thin.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import h5py
    import matplotlib
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from skimage.metrics import structural_similarity
except ImportError as missing:
    print(f"SKIPPED: {missing}; Debian has python3-matplotlib, python3-numpy, python3-skimage and python3-h5py")
    sys.exit(77)

SIZES = ((64, 60), (224, 224), (256, 160), (800, 500))
POINTS = (20, 100, 300, 1000)
LINE_WIDTHS_PX = (0.5, 1, 1.5, 3)
SEED, DPI = 2024, 100
DATA = pathlib.Path(os.environ.get("PLOTMILL_TEST_DATA", pathlib.Path(__file__).parents[2] / "../shared/data"),
                    "candles_1m.csv")
VERTICALS, SAMPLES = 64, 16
# Where the two are to look alike: matplotlib's own error grows with the points in a column.
ALIKE, LEAST_SIMILARITY = (800, 500, 100), 0.999
GREATEST_ERROR = 0.5


def points_of(series, width, height):
    """x and y of each point in pixels, where pixel centres lie on whole numbers and y grows downwards."""
    value = series.astype(np.float64)
    x = np.arange(len(value)) * (width - 1) / (len(value) - 1)
    y = (1 - (value - value.min()) / (value.max() - value.min())) * (height - 1)
    return x, y


def walks(n_charts, n_points):
    return np.random.default_rng(SEED).standard_normal((n_charts, n_points)).cumsum(axis=1).astype(np.float32)


def prices(n_charts, n_points, cache={}):
    """Windows spread over the file, none across two symbols."""
    if not cache:
        table = np.genfromtxt(DATA, delimiter=",", skip_header=1, usecols=(0, 5), dtype=None, encoding="utf-8")
        cache.update({name: table["f1"][table["f0"] == name].astype(np.float32) for name in np.unique(table["f0"])})
    windows = [series[k:k + n_points] for series in cache.values() for k in range(len(series) - n_points + 1)]
    return np.stack([windows[i * len(windows) // n_charts] for i in range(n_charts)])


def drawn_by_command(command, charts, width, height, line_width):
    with tempfile.TemporaryDirectory() as folder:
        series, images, job = (os.path.join(folder, name) for name in ("series.npy", "charts.h5", "job.json"))
        np.save(series, charts)
        definition = {
            "plotmill": 1,
            "stages": [
                {"id": "series", "type": "read_npy", "params": {"path": series}},
                {"id": "charts", "type": "draw_lines",
                 "params": {"width": width, "height": height, "line_width": line_width}},
                {"id": "store", "type": "write_hdf5", "params": {"path": images}},
            ],
        }
        with open(job, "w", encoding="utf-8") as file:
            json.dump(definition, file)
        subprocess.run([command, "run", "--quiet", "--force", job], check=True)
        with h5py.File(images, "r") as file:
            return file["images"][...]


def drawn_by_matplotlib(x, y, width, height, line_width):
    # All that makes matplotlib draw something else than the line itself is off.
    with matplotlib.rc_context({"path.simplify": False, "path.snap": False, "agg.path.chunksize": 0}):
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes([0, 0, 1, 1])
        axes.set_axis_off()
        # In Agg pixel c spans c to c + 1, so its centre is at c + 1/2.
        axes.set_xlim(-0.5, width - 0.5)
        axes.set_ylim(height - 0.5, -0.5)
        axes.plot(x, y, color="black", linewidth=line_width * 72 / DPI, antialiased=True, snap=False,
                  solid_joinstyle="round", solid_capstyle="round")
        canvas.draw()
        return np.array(canvas.buffer_rgba())[..., 0]


def sections(x, y, radius, verticals):
    """Top and bottom of what the stroke covers of each vertical; beyond the stroke top > bottom. verticals rise."""
    top, bottom = np.full(len(verticals), np.inf), np.full(len(verticals), -np.inf)

    def include(low, high, edge):
        """edge(x) of the verticals from x = low to high."""
        part = slice(*np.searchsorted(verticals, (low, high)))
        found = edge(verticals[part])
        top[part] = np.minimum(top[part], found)
        bottom[part] = np.maximum(bottom[part], found)

    for px, py in zip(x, y):
        for sign in (-1, 1):
            include(px - radius, px + radius,
                    lambda at: py + sign * np.sqrt(np.maximum(radius * radius - (at - px) ** 2, 0)))
    for ax, ay, bx, by in zip(x, y, x[1:], y[1:]):
        length = np.hypot(bx - ax, by - ay)
        nx, ny = -(by - ay) / length * radius, (bx - ax) / length * radius
        corners = [(ax + nx, ay + ny), (bx + nx, by + ny), (bx - nx, by - ny), (ax - nx, ay - ny)]
        for (cx, cy), (dx, dy) in zip(corners, corners[1:] + corners[:1]):
            if cx != dx:
                include(min(cx, dx), max(cx, dx), lambda at: cy + (at - cx) / (dx - cx) * (dy - cy))
    return top, bottom


def area(x, y, width, height, radius):
    """Coverage in 255ths, by straight slices between verticals."""
    verticals = np.arange(width * VERTICALS + 1) / VERTICALS - 0.5
    top, bottom = sections(x, y, radius, verticals)
    for edge in (top, bottom):  # Where the stroke ends, it is empty.
        edge[verticals <= x[0] - radius], edge[verticals >= x[-1] + radius] = y[0], y[-1]

    def below(edge, heights):
        depth = np.maximum(edge - heights[:, None], 0)
        p, q = depth[:, :-1], depth[:, 1:]
        rise = np.maximum(np.abs(np.diff(edge)), 1e-9)
        return ((p + q) / 2 * np.minimum(np.maximum(p, q) / rise, 1)).mean(axis=1)

    covered = np.zeros((height, width))
    for column in range(width):
        part = slice(column * VERTICALS, (column + 1) * VERTICALS + 1)
        first = max(int(np.floor(top[part].min() + 0.5)), 0)
        last = min(int(np.floor(bottom[part].max() + 0.5)), height - 1)
        heights = np.arange(first, last + 2) - 0.5
        covered[first:last + 1, column] = 255 * -np.diff(below(bottom[part], heights) - below(top[part], heights))
    return np.maximum(covered, 0)


def samples(x, y, width, height, radius):
    """Coverage in 255ths, by 16x16 points in each pixel."""
    top, bottom = sections(x, y, radius, (np.arange(width * SAMPLES) + 0.5) / SAMPLES - 0.5)
    inside = top <= bottom
    top, bottom = np.where(inside, top, 0), np.where(inside, bottom, -1)
    first, last = np.ceil((top + 0.5) * SAMPLES - 0.5), np.floor((bottom + 0.5) * SAMPLES - 0.5)
    rows = np.arange(height)[:, None] * SAMPLES
    n = np.maximum(np.minimum(last, rows + SAMPLES - 1) - np.maximum(first, rows) + 1, 0)
    return 255 * n.reshape(height, width, SAMPLES).sum(axis=2) / SAMPLES ** 2


def mean_difference(a, b):
    ink = (a > 0) | (b > 0)
    return np.abs(a - b)[ink].mean()


def compare(command, charts, width, height, line_width):
    """Mean errors over the charts, of the command and of matplotlib: against the area, and against 16x16 points. And the
    least similarity of the two."""
    errors, similarity = [], 1
    for image, series in zip(drawn_by_command(command, charts, width, height, line_width), charts):
        x, y = points_of(series, width, height)
        other = drawn_by_matplotlib(x, y, width, height, line_width)
        similarity = min(similarity, structural_similarity(image, other, data_range=255))
        errors.append([mean_difference(255.0 - drawn, judge(x, y, width, height, line_width / 2))
                       for judge in (area, samples) for drawn in (image, other)])
    return np.mean(errors, axis=0), similarity


def main(command, n_charts=1):
    kinds = [("random walks", walks), ("prices", prices)]
    if not DATA.exists():
        print(f"SKIPPED: the prices: {DATA} is absent; PLOTMILL_TEST_DATA names its folder")
        kinds.pop()
    faults = []
    print(f"plotmill / matplotlib {matplotlib.__version__}; in brackets against 16x16 points")
    for kind, series in kinds:
        print(f"\n| {kind} | " + " | ".join(f"{line_width} px" for line_width in LINE_WIDTHS_PX) + " |")
        print("|---" * (len(LINE_WIDTHS_PX) + 1) + "|")
        for width, height in SIZES:
            for n_points in POINTS:
                cells = []
                for line_width in LINE_WIDTHS_PX:
                    where = f"{kind}, {width}x{height}, {n_points} points, {line_width} px"
                    errors, similarity = compare(command, series(int(n_charts), n_points), width, height, line_width)
                    ours, theirs, ours_sampled, theirs_sampled = errors
                    cells.append(f"{ours:.2f} / {theirs:.2f} ({ours_sampled:.2f} / {theirs_sampled:.2f})")
                    if not ours <= GREATEST_ERROR:
                        faults.append(f"{where}: error {ours:.3f} is above {GREATEST_ERROR}")
                    if not ours <= theirs:
                        faults.append(f"{where}: error {ours:.3f} is above matplotlib's {theirs:.3f}")
                    if not ours_sampled <= theirs_sampled:
                        faults.append(f"{where}: error {ours_sampled:.3f} against 16x16 points is above matplotlib's "
                                      f"{theirs_sampled:.3f}")
                    if (width, height, n_points) == ALIKE and not similarity >= LEAST_SIMILARITY:
                        faults.append(f"{where}: similarity {similarity:.6f} is below {LEAST_SIMILARITY}")
                print(f"| {width}x{height}, {n_points} points | " + " | ".join(cells) + " |", flush=True)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
