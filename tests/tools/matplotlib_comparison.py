"""Line charts of this command beside matplotlib's, and both against the exact area: matplotlib_comparison.py COMMAND.

Ends with 77 where a package is missing. "Exact" is the share of 16x16 points of a pixel that lie within half a line
width of the line; errors are means over the pixels that are ink for either side, in 255ths.
"""

import json
import os
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

WIDTH, HEIGHT, DPI = 800, 500, 100
N_CHARTS, N_POINTS, SEED = 4, 100, 2024
LINE_WIDTHS_PX = (0.5, 1, 1.5, 3)
SAMPLES = 16
LEAST_SIMILARITY = 0.999
GREATEST_ERROR = 1.0


def points_of(series):
    """x and y of each point in pixels, where pixel centres lie on whole numbers and y grows downwards."""
    value = series.astype(np.float64)
    x = np.arange(len(value)) * (WIDTH - 1) / (len(value) - 1)
    y = (1 - (value - value.min()) / (value.max() - value.min())) * (HEIGHT - 1)
    return x, y


def drawn_by_command(command, folder, walks, line_width):
    series, charts, job = (os.path.join(folder, name) for name in ("walks.npy", "charts.h5", "job.json"))
    np.save(series, walks)
    definition = {
        "plotmill": 1,
        "stages": [
            {"id": "walks", "type": "read_npy", "params": {"path": series}},
            {"id": "charts", "type": "draw_lines",
             "params": {"width": WIDTH, "height": HEIGHT, "line_width": line_width}},
            {"id": "store", "type": "write_hdf5", "params": {"path": charts}},
        ],
    }
    with open(job, "w", encoding="utf-8") as file:
        json.dump(definition, file)
    subprocess.run([command, "run", "--quiet", "--force", job], check=True)
    with h5py.File(charts, "r") as file:
        return file["images"][...]


def drawn_by_matplotlib(x, y, line_width):
    # All that makes matplotlib draw something else than the line itself is off.
    with matplotlib.rc_context({"path.simplify": False, "path.snap": False, "agg.path.chunksize": 0}):
        figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes([0, 0, 1, 1])
        axes.set_axis_off()
        # In Agg pixel c spans c to c + 1, so its centre is at c + 1/2.
        axes.set_xlim(-0.5, WIDTH - 0.5)
        axes.set_ylim(HEIGHT - 0.5, -0.5)
        axes.plot(x, y, color="black", linewidth=line_width * 72 / DPI, antialiased=True, snap=False,
                  solid_joinstyle="round", solid_capstyle="round")
        canvas.draw()
        return np.array(canvas.buffer_rgba())[..., 0]


def exact_coverage(x, y, radius):
    """Coverage in 255ths of the union of the segments, each with round ends."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    offsets = (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5

    def squared_distance(px, py, k):
        dx, dy = x[k + 1] - x[k], y[k + 1] - y[k]
        share = np.clip(((px - x[k]) * dx + (py - y[k]) * dy) / (dx * dx + dy * dy), 0, 1)
        return (px - x[k] - share * dx) ** 2 + (py - y[k] - share * dy) ** 2

    # Of each pixel near the line, which of its points are covered. sqrt(1/2) is half a pixel's diagonal.
    reach = radius + np.sqrt(0.5)
    near_of = []
    for k in range(len(x) - 1):
        left, right = max(0, int(x[k] - reach) - 1), int(x[k + 1] + reach) + 2
        top, bottom = max(0, int(min(y[k:k + 2]) - reach) - 1), int(max(y[k:k + 2]) + reach) + 2
        window = (slice(top, bottom), slice(left, right))
        near = squared_distance(columns[window], rows[window], k) <= reach * reach
        near_of.append((rows[window][near].astype(int), columns[window][near].astype(int)))
    slot = np.full((HEIGHT, WIDTH), -1)
    for near in near_of:
        slot[near] = 0
    slot[slot == 0] = np.arange(np.count_nonzero(slot == 0))
    covered = np.zeros((slot.max() + 1, SAMPLES, SAMPLES), bool)
    for k, (row, column) in enumerate(near_of):
        inside = squared_distance(column[:, None, None] + offsets, row[:, None, None] + offsets[:, None], k)
        covered[slot[row, column]] |= inside <= radius * radius
    coverage = np.zeros((HEIGHT, WIDTH))
    coverage[slot >= 0] = 255 * covered.mean(axis=(1, 2))[slot[slot >= 0]]
    return coverage


def mean_difference(a, b):
    ink = (a > 0) | (b > 0)
    return np.abs(a - b)[ink].mean()


def compare(line_width, images, walks):
    """Similarity and mean difference of the two, mean error of the command and of matplotlib, as means over the charts;
    but of the similarity the least."""
    results = []
    for image, series in zip(images, walks):
        x, y = points_of(series)
        other = drawn_by_matplotlib(x, y, line_width)
        exact = exact_coverage(x, y, line_width / 2)
        ours, theirs = 255.0 - image, 255.0 - other
        results.append((structural_similarity(image, other, data_range=255), mean_difference(ours, theirs),
                        mean_difference(ours, exact), mean_difference(theirs, exact)))
    results = np.array(results)
    return results[:, 0].min(), *results[:, 1:].mean(axis=0)


def main(command):
    walks = np.random.default_rng(SEED).standard_normal((N_CHARTS, N_POINTS)).cumsum(axis=1).astype(np.float32)
    faults = []
    print(f"{N_CHARTS} random walks of {N_POINTS} points, {WIDTH}x{HEIGHT}; matplotlib {matplotlib.__version__}")
    print("line width   least SSIM   difference   error   error of matplotlib")
    for line_width in LINE_WIDTHS_PX:
        with tempfile.TemporaryDirectory() as folder:
            images = drawn_by_command(command, folder, walks, line_width)
        similarity, difference, error, their_error = compare(line_width, images, walks)
        print(f"{line_width:7.1f} px {similarity:12.6f} {difference:12.3f} {error:7.3f} {their_error:21.3f}")
        if not similarity >= LEAST_SIMILARITY:
            faults.append(f"{line_width} px: similarity {similarity:.6f} is below {LEAST_SIMILARITY}")
        if not error <= GREATEST_ERROR:
            faults.append(f"{line_width} px: error {error:.3f} is above {GREATEST_ERROR}")
        if not error < their_error:
            faults.append(f"{line_width} px: error {error:.3f} is not below matplotlib's {their_error:.3f}")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
