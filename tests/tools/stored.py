"""What runs have stored, in a form in which two of them can be compared. Needs h5py, so the system's Python."""
import json

MANIFEST = ".plotmill.jsonl"


def hdf5_content(path):
    """All that is in a file: of /images the chunks as stored, of everything else the values."""
    import h5py  # Here, for a test to be able to say that it is missing.

    with h5py.File(path) as file:
        images = file["images"]
        content = {"images": (images.shape, images.dtype.str, images.chunks, images.fillvalue.item()),
                   "names": sorted(file), "attributes": sorted(file.attrs),
                   "definition": {key: value for key, value in json.loads(file.attrs["definition"]).items()
                                  if key != "run"}}
        for number in range(images.id.get_num_chunks()):
            offset = images.id.get_chunk_info(number).chunk_offset
            content["chunk", offset] = images.id.read_direct_chunk(offset)
        for name in sorted(file):
            if name != "images":
                values = file[name][()]
                # As bytes, where these are all: NaN is equal to NaN here.
                plain = values.tolist() if values.dtype.hasobject else values.tobytes()
                content[name] = (str(file[name].dtype), file[name].shape, plain)
    return content


def content(path):
    """What counts of one output file."""
    return hdf5_content(path) if path.suffix == ".h5" else path.read_bytes()


def contents(folder):
    """Of every file under its final name: {path in the folder: what counts of it}."""
    return {str(path.relative_to(folder)): content(path) for path in sorted(folder.rglob("*"))
            if path.is_file() and not is_working_file(path)}


def is_working_file(path):
    """Whether it belongs to a run that is under way or was interrupted, or is a manifest."""
    return path.name.endswith((".part", MANIFEST))


def differences(found, expected):
    """In words, for a message; empty where all is equal."""
    texts = [f"{name} is missing" for name in expected if name not in found]
    texts += [f"{name} should not be there" for name in found if name not in expected]
    for name in expected:
        if name in found and found[name] != expected[name]:
            texts.append(f"{name} differs{part_that_differs(found[name], expected[name])}")
    return texts[:5]


def part_that_differs(found, expected):
    if isinstance(found, bytes):
        return f": {len(found)} bytes, expected {len(expected)}"
    parts = [key for key in {**expected, **found} if found.get(key) != expected.get(key)]
    return f" in {len(parts)} parts, first {parts[:1]}"


def manifests(folder):
    """{path in the folder: its lines, as they can be read}. A torn last line is left out, as the product has it."""
    found = {}
    for path in sorted(folder.rglob("*" + MANIFEST)):
        lines = path.read_text(encoding="utf-8").split("\n")
        found[str(path.relative_to(folder))] = [json.loads(line) for line in lines[:-1]]
    return found
