"""All figures of a competition, as they go to the JSON file."""

import datetime
import pathlib
import statistics

from .rows import threads_text


def ratios(row, by_name):
    """How many times as fast plotmill is: by wall time, against the peer without its start, and by processor time."""
    if not row.against:
        return None, None
    ours = by_name[row.against]
    return (
        ours.rate()["median"] / row.rate_inside()["median"],
        ours.rate_per_core()["median"] / row.rate_per_core()["median"],
    )


def of_row(row, by_name):
    ratio, ratio_per_core = ratios(row, by_name)
    return {
        "name": row.name,
        "kind": row.kind,
        "plotmill": row.plotmill,
        "plot": row.plot,
        "images": row.images,
        "threads": row.threads,
        "rate": row.rate(),
        "rate_without_start": row.rate_inside(),
        "rate_per_core": row.rate_per_core(),
        "peak_bytes": row.peak_bytes(),
        "bytes_per_image": row.bytes_per_image,
        "against": row.against or None,
        "plotmill_times_as_fast": ratio,
        "plotmill_times_as_fast_per_core": ratio_per_core,
        "runs": row.runs,
    }


def of_drawing(row):
    around = row.around_microseconds
    return {
        "name": row.name,
        "plotmill": row.plotmill,
        "images": row.images,
        "microseconds": statistics.median(row.microseconds),
        "clear_and_place_microseconds": statistics.median(around) if around else None,
        "runs": row.microseconds,
    }


def scaling(rows, by_name):
    """Rate on all threads over the rate on one."""
    found = []
    for row in rows:
        alone = by_name.get(row.name.removesuffix(threads_text(row.threads)) + threads_text(1))
        if row.threads > 1 and alone is not None:
            base = row.name.rsplit(", ", 1)[0]
            times = row.rate()["median"] / alone.rate()["median"]
            found.append({"name": base, "threads": row.threads, "times": times})
    return found


def results_of(competition, command, about):
    options = competition.options
    by_name = {row.name: row for row in competition.rows}
    return {
        "date": datetime.date.today().isoformat(),
        "command": command,
        "machine": about,
        "runs": options.runs,
        "job": {
            "width": options.width,
            "height": options.height,
            "points": options.points,
            "line_width_px": options.line_width,
            "series": pathlib.Path(options.data).name if options.data else "random walks",
        },
        "rows": [of_row(row, by_name) for row in competition.rows],
        "drawing": [of_drawing(row) for row in competition.draw_rows],
        "sizes": competition.sizes,
        "scaling": scaling(competition.rows, by_name),
    }
