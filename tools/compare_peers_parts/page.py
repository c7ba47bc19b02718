"""The results as a page that people read, in Markdown."""

from .machine import busy

KINDS = {
    "hdf5": "HDF5, uint8",
    "hdf5-float32": "HDF5, float32",
    "jpeg": "JPEG files, quality 90",
    "png": "PNG files",
}
COLUMNS = ["", "charts", "charts/s", "without start-up", "per core", "peak memory", "bytes a chart", "plotmill's rate",
           "per core"]
COLUMNS_EXPLAINED = (
    "*Per core* is charts for each second of processor time, user and system, of all threads. *Without start-up* is what "
    "the program itself measures from opening its input to closing its output. *plotmill's rate* is that of plotmill's "
    "whole process with as many threads, in multiples of the peer's rate without start-up. All store the series beside "
    "the images in HDF5. OpenCV draws with a thickness of 1 px, the nearest that it has to 1.4: its antialiased lines of "
    "that thickness cover 3 % less than lines of 1.4 px do."
)


def range_text(values, digits=0):
    return f"{values['median']:,.{digits}f} ({values['min']:,.{digits}f}..{values['max']:,.{digits}f})"


def table(header, rows):
    """Markdown; the first column is text, the others are numbers."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(cells):
        padded = [cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:]))]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])


def heading(results):
    job, about = results["job"], results["machine"]
    text = [
        "# How fast",
        "",
        f"Charts of {job['width']}x{job['height']} px, series of {job['points']} points ({job['series']}), a line of "
        f"{job['line_width_px']} px. {results['date']}, {about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, "
        f"{about['system']}, {about['compiler']}, {about['plotmill']}:",
        "",
        f"    {results['command']}",
        "",
        f"All figures are medians of {results['runs']} runs in turn (in brackets the least and the greatest), of whole "
        "processes.",
        "",
    ]
    if busy(about):
        load = f"the load was {about['load_before']:.1f} before the first run"
        text += [f"**Other programs ran on the machine ({load}): the rates are too low and scatter.**", ""]
    return text


def cells_of(row):
    times = [row["plotmill_times_as_fast"], row["plotmill_times_as_fast_per_core"]]
    return [
        row["name"],
        f"{row['images']:,}",
        range_text(row["rate"]),
        f"{row['rate_without_start']['median']:,.0f}",
        f"{row['rate_per_core']['median']:,.0f}",
        f"{row['peak_bytes']['median'] / 1e6:,.0f} MB",
        f"{row['bytes_per_image']:,.0f}",
        *("" if value is None else f"{value:,.2f}x" for value in times),
    ]


def kinds(results):
    text = []
    for kind, title in KINDS.items():
        rows = [cells_of(row) for row in results["rows"] if row["kind"] == kind]
        if rows:
            text += [f"## {title}", "", table(COLUMNS, rows), ""]
    return [*text, COLUMNS_EXPLAINED, ""]


def scaling(results):
    if not results["scaling"]:
        return []
    rows = [[row["name"], str(row["threads"]), f"{row['times']:.2f}x"] for row in results["scaling"]]
    return ["## Threads against one", "", table(["", "threads", "rate"], rows), ""]


def sizes(results):
    found = results["sizes"]
    rows = [["plotmill, HDF5 uint8", f"{found['stored']:,.0f}", ""]]
    for name in ("zlib 1", "zlib 6", "zlib 9"):
        rows.append([name, f"{found[name]:,.0f}", f"{found[name] / found['stored']:.3f}x"])
    header = [f"mean of {found['images']} charts", "bytes", "times plotmill's"]
    return ["## Bytes of a chart's stream, for the same pixels", "", table(header, rows), ""]


def drawing(results):
    ours = next(row["microseconds"] for row in results["drawing"] if row["plotmill"])
    rows = []
    for row in results["drawing"]:
        us = {"median": row["microseconds"], "min": min(row["runs"]), "max": max(row["runs"])}
        around = row["clear_and_place_microseconds"]
        name = row["name"]
        if around is not None:
            name += f"; {around:.1f} us of it clear the frame and place the points"
        rows.append([name, range_text(us, 1), "" if row["plotmill"] else f"{row['microseconds'] / ours:,.2f}x"])
    return ["## Drawing alone, one thread", "", table(["", "us a chart", "times plotmill's"], rows), ""]


def packages(results):
    names = ", ".join(f"{name} {version}" for name, version in results["machine"]["packages"].items())
    return [f"Debian packages: {names}.", ""] if names else []


def page_of(results):
    parts = (heading, kinds, scaling, sizes, drawing, packages)
    return "\n".join(line for part in parts for line in part(results))
