"""Whole runs of the plotmill command: random walks, drawn on the GPU and on the CPU, stored in an HDF5 file.

That both store the same images is read in the outputs' manifests: with no checkpoint in between, there is one
checksum (XXH3, 128 bits) of all image data as they are stored, one image after another, and `plotmill verify` reads
the file back against it. A checksum of the whole file would not do, as the file holds the definition, which names
the device.
"""

import json
import pathlib
import shutil
import statistics
import tempfile

from .steps import Failed, Missing

IMAGES, IMAGES_QUICK = 200_000, 4_000
FEWEST_IMAGES = 2_000
BYTES_PER_IMAGE = 18_000  # More than an image of these takes.
RUNS = 3
DRAW = "charts"
WIDTH, HEIGHT, POINTS, LINE_WIDTH = 800, 500, 100, 1.5


def definition(count, device):
    return {
        "plotmill": 1,
        "run": {"device": device, "checkpoint": 3600},
        "stages": [
            {"id": "walks", "type": "make_sequences", "params": {"count": count, "window": POINTS}},
            {"id": DRAW, "type": "draw_lines", "params": {"width": WIDTH, "height": HEIGHT, "line_width": LINE_WIDTH}},
            {"id": "store", "type": "write_hdf5", "params": {"path": "charts.h5"}},
        ],
    }


def stored(manifest):
    """Bytes and checksum of the image data."""
    pieces = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()[1:-1]]
    if len(pieces) != 1:
        raise Failed(f"the manifest has {len(pieces)} pieces instead of one")
    return pieces[0]["bytes"], " ".join(pieces[0]["xxh3"])


def share_of(stage, seconds):
    """Of the run's time, in which the stage worked: of all its threads, or, where it does not tell how many it has, of
    any of them."""
    if stage.get("threads"):
        return stage["busy_seconds"] / (seconds * stage["threads"])
    return 1 - stage["waiting_seconds"] / seconds


def measured(report):
    seconds = report["seconds"]
    stages = {stage["id"]: stage for stage in report["stages"]}
    shares = {name: share_of(stage, seconds) for name, stage in stages.items()}
    slowest = max(shares, key=shares.get)
    return {"images_per_second": report["images"] / seconds, "seconds": seconds, "device": report["device"],
            "streams": report["streams"], "draw_busy_share": 1 - stages[DRAW]["waiting_seconds"] / seconds,
            "slowest_stage": slowest, "slowest_stage_share": shares[slowest]}


def run_once(steps, programs, folder, count, device, read_back):
    output = folder / "out"
    output.mkdir()
    job = output / "job.json"
    job.write_text(json.dumps(definition(count, device)), encoding="utf-8")
    command = programs.command("plotmill", "run", "job.json", "--json", "--quiet", "--device", device)
    report = json.loads(steps.command(command, cwd=output).stdout)
    if report["images"] != count:
        raise Failed(f"{device}: {report['images']} images instead of {count}")
    if (report["device"] == "cpu") != (device == "cpu"):
        raise Failed(f"asked for {device}, and ran on {report['device']}")
    data = stored(output / "charts.h5.plotmill.jsonl")
    if read_back:
        steps.command(programs.command("plotmill", "verify", "charts.h5"), cwd=output)
    shutil.rmtree(output)
    return measured(report), data


def images_for(steps, place):
    """As many as the place holds."""
    wanted = IMAGES_QUICK if steps.quick else IMAGES
    n_free = shutil.disk_usage(place).free
    count = min(wanted, int(0.8 * n_free / BYTES_PER_IMAGE))
    if count < min(wanted, FEWEST_IMAGES):
        n_needed = FEWEST_IMAGES * BYTES_PER_IMAGE / 0.8
        raise Missing(f"{place} has {n_free / 1e6:.0f} MB free, and {n_needed / 1e6:.0f} MB are needed")
    return count


def median_run(runs):
    """The run of the median rate, with all its figures, and what the rates were."""
    rates = [run["images_per_second"] for run in runs]
    median = statistics.median_low(rates)
    return {**runs[rates.index(median)], "all images_per_second": rates}


def run(steps, programs, place):
    if not pathlib.Path(place).is_dir():
        raise Missing(f"there is no folder {place}")
    count = images_for(steps, place)
    runs = {"cuda": [], "cpu": []}
    data = set()
    with tempfile.TemporaryDirectory(prefix="plotmill_gpu_", dir=place) as folder:
        for number in range(RUNS):
            # In turn, so that what else the machine does disturbs both.
            for device, done in runs.items():
                figures, found = run_once(steps, programs, pathlib.Path(folder), count, device, read_back=number == 0)
                done.append(figures)
                data.add(found)
    if len(data) != 1:
        raise Failed(f"runs have stored different images: bytes and XXH3 {sorted(data)}")
    n_bytes, checksum = data.pop()
    result = {"images": count, "width": WIDTH, "height": HEIGHT, "points": POINTS, "line_width_px": LINE_WIDTH,
              "stored_bytes_per_image": n_bytes / count, "xxh3 of the images": checksum,
              **{device: median_run(done) for device, done in runs.items()}}
    cpu = result["cpu"]["images_per_second"]
    result["cuda over cpu"] = result["cuda"]["images_per_second"] / cpu
    return result
