"""Random definitions with their inputs, for tools/soak: small jobs of every reader and writer, each run in a second or so."""
import json
import math
import struct


def write_npy(path, chance, n_rows, n_points):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({n_rows}, {n_points}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    values = struct.pack(f"<{n_rows * n_points}f", *(bad_value(chance) or chance.gauss(0, 1)
                                                     for _ in range(n_rows * n_points)))
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values)


def bad_value(chance):
    return math.nan if chance.random() < 0.001 else None


def write_csv(path, chance, n_rows, tolerant):
    """Rows of a few groups, in blocks or mixed; some prices are missing, and some can't be read."""
    groups = [f"group {i}" for i in range(chance.randint(1, 5))]
    is_mixed = chance.random() < 0.5
    lines = ["name,price"]
    price = 100.0
    for row in range(n_rows):
        group = chance.choice(groups) if is_mixed else groups[row * len(groups) // n_rows]
        price += chance.gauss(0, 1)
        text = f"{price:.4f}"
        if chance.random() < 0.002:
            text = ""
        elif tolerant and chance.random() < 0.001:
            text = chance.choice(["n/a", "1,2", "--"])
        lines.append(f"{group},{text}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def reader(chance, folder, n_series, tolerant):
    kind = chance.choice(["make_sequences", "read_csv", "read_npy"])
    window = chance.choice([2, 30, 100, 400])
    if kind == "make_sequences":
        params = {"count": n_series, "window": window, "seed": chance.randrange(10**6)}
    elif kind == "read_npy":
        write_npy(folder / "data.npy", chance, n_series, window)
        params = {"path": "data.npy"}
    else:
        write_csv(folder / "data.csv", chance, n_series + window, tolerant)
        params = {"path": "data.csv", "column": "price", "group_by": "name", "window": min(window, 100),
                  "stride": chance.choice([1, 1, 3])}
    return {"id": "in", "type": kind, "params": params}


def writer(chance, kind, number, source):
    params = {"directory": f"out/images_{number}"}
    if kind in ("hdf5", "shards"):
        per_chunk = chance.choice([1, 1, 4])
        params = {"path": f"out/charts_{number}.h5", "images_per_chunk": per_chunk,
                  "dtype": chance.choice(["uint8", "uint8", "float32"]), "libver": chance.choice(["earliest", "v110"])}
        if kind == "shards":
            params["images_per_file"] = per_chunk * chance.choice([25, 100])
    stage = {"hdf5": "write_hdf5", "shards": "write_hdf5", "png": "write_png", "jpeg": "write_jpeg"}[kind]
    return {"id": f"out_{number}", "type": stage, "from": source, "params": params}


def make_job(chance, folder, kinds):
    """Writes job.json and its input into the folder. Outputs of these kinds lie in out/, which is made."""
    policy = chance.choice(["error", "skip", "blank"])
    tolerant = policy != "error"
    charts = []
    for number in range(chance.choice([1, 1, 2])):
        params = {"width": chance.choice([40, 64, 300, 800]), "height": chance.choice([30, 60, 200, 500]),
                  "line_width": chance.choice([0.5, 1.4, 3]), "antialias": chance.random() < 0.9}
        if tolerant:
            params |= {"gaps": chance.choice(["break", "error"]), "flat": chance.choice(["middle", "error"])}
        charts.append({"id": f"charts_{number}", "type": "draw_lines", "params": params})
    largest = max(stage["params"]["width"] * stage["params"]["height"] for stage in charts)
    n_series = chance.randint(1, max(50, 20_000_000 // (largest + 10_000)))
    stages = [reader(chance, folder, n_series, tolerant)]
    for chart in charts:
        stages.append({**chart, "from": "in"})
    sources = [chart["id"] for chart in charts]
    for number, kind in enumerate(kinds):
        stages.append(writer(chance, kind, number, sources.pop() if sources else charts[0]["id"]))
    # A draw stage that feeds nothing is a fault of the definition.
    stages = [stage for stage in stages if stage["id"] not in sources]
    (folder / "out").mkdir()
    definition = {"plotmill": 1, "run": {"on_bad_series": policy, "memory": "8GiB"}, "stages": stages}
    (folder / "job.json").write_text(json.dumps(definition, indent=1), encoding="utf-8")
