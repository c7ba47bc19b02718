#!/usr/bin/env python3
"""Checks that every #include stays within its layer: check_layers.py [ROOT]. The table is that of CONTRIBUTING.md."""

import pathlib
import re
import sys

STD = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
    clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
    cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
    functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
    memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator
    semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view
    syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray
    variant vector version""".split()
)
POSIX = r"(sys/\w+|unistd|fcntl|pthread|sched|signal|poll|dirent|linux/\w+)\.h"
CUDA = r"(cuda|cub/|thrust/|nv/|cooperative_groups|device_launch|vector_types).*"

# Layer: what its <...> includes may match besides the standard library, and what its "..." includes may resolve to.
RULES = {
    "engine/plotmill": ([], [r"engine/plotmill/.*"]),
    "kernels": (
        [r".*intrin\.h", r"arm_neon\.h", r"hwy/.*", r"(isa-l/)?(igzip_lib|crc)\.h", r"zlib\.h", r"(jpeglib|jerror|turbojpeg)\.h"],
        [r"engine/plotmill/(build_info|contact_sheet|device_drawer|device_lines|device_queue|draw_lines|error|export|ink|sequences)\.hpp", r"kernels/.*"],
    ),
    "engine": ([r"(oneapi/)?tbb/.*", r"nlohmann/.*", POSIX], [r"engine/.*"]),
    "stages": (
        [r"hdf5\.h", r"H5FDdevelop\.h", r"(jpeglib|jerror|turbojpeg)\.h", r"fmt/.*", r"nlohmann/.*", r"(xxhash|xxh_x86dispatch)\.h", POSIX],
        [r"engine/plotmill/.*", r"kernels/.*\.hpp", r"stages/.*"],
    ),
    "tools": ([r"fmt/.*", r"CLI/.*", POSIX], [r"engine/plotmill/.*", r"tools/.*"]),
    "tests/package": ([], [r"engine/plotmill/.*"]),
}
# Files that may include more than their layer.
EXTRA = [
    (r"kernels/.*\.(cu|cuh)", CUDA),
    (r"engine/device/cuda\.cpp", CUDA),
    (r"engine/(run/profile\.hpp|device/cuda\.cpp)", r"nvtx3/.*"),
]
# Layer: its rooms, lowest first, each with the rooms that it may include besides itself. As these stand above it, there
# is no circle.
ROOMS = {
    "engine": {
        "text": "",
        "definition": "text",
        "device": "text",
        "run": "text definition device",
        "report": "text",
        "preview": "text definition run",
        "version": "device",
    },
    "kernels": {
        "simd": "",
        "block": "",
        "ink": "block",
        "lines": "block ink",
        "deflate": "ink",
        "jpeg": "ink",
        "sheet": "ink deflate",
    },
    "stages": {
        "files": "",
        "hdf5": "files",
        "read": "files hdf5",
        "draw": "",
        "verify": "files hdf5",
        "write": "files hdf5 verify",
    },
}
# Stands on top of all rooms.
ON_TOP = ["engine/pipeline.cpp"]
# Functions that device code must not call, directly or not: kernels/block/device_code.hpp tells why and has its own.
DEVICE_BITS = re.compile(r"\b(__builtin_\w+|std::(count[lr]_\w+|popcount|bit_\w+|has_single_bit|rot[lr]|byteswap))\b")
IS_DEVICE = re.compile(r"\bPLOTMILL_DEVICE\b|__device__|__global__")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)"|(\S+))')


def layer_of(path):
    folders = [folder for folder in RULES if path.startswith(folder + "/")]
    return max(folders, key=len, default=None)


def resolve(root, path, name):
    """The file within the project that an include of `name` in `path` means, or None."""
    for folder in (pathlib.PurePosixPath(path).parent, pathlib.PurePosixPath("engine"), pathlib.PurePosixPath(".")):
        candidate = root / folder / name
        if candidate.is_file():
            return candidate.resolve().relative_to(root).as_posix()
    return None


def room_of(path, layer):
    """The name of the folder in which a file of the layer lies; "" where it lies in none."""
    parts = pathlib.PurePosixPath(path).relative_to(layer).parts
    return parts[0] if len(parts) > 1 else ""


def room_fault(path, target, layer):
    """What is wrong with `path` including `target`, both of `layer`, or None."""
    own, other = room_of(path, layer), room_of(target, layer)
    if path in ON_TOP or own == other or other in ROOMS[layer][own].split():
        return None
    return f"of the room {own}/, must not include {target}; may include {ROOMS[layer][own] or 'its own alone'}"


def table_faults():
    for layer, rooms in ROOMS.items():
        lower = set()
        for room, others in rooms.items():
            for other in set(others.split()) - lower:
                yield f"tools/check_layers.py: {layer}/{room} may include {other}, which is no room below it"
            lower.add(room)


def device_faults(path, lines):
    """Calls of bit functions in a file with code for GPUs."""
    if path == "kernels/block/device_code.hpp" or not any(map(IS_DEVICE.search, lines)):
        return
    for number, line in enumerate(lines, 1):
        if match := DEVICE_BITS.search(line.split("//")[0]):
            yield f"{path}:{number}: device code must not call {match[1]}; see kernels/block/device_code.hpp"


def faults(root):
    yield from table_faults()
    n_files = 0
    for folder in ("engine", "kernels", "stages", "tools", "tests/package"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".cpp", ".hpp", ".h", ".cu", ".cuh", ".inc"):
                continue
            n_files += 1
            path = file.relative_to(root).as_posix()
            layer = layer_of(path)
            system, own = RULES[layer]
            if layer in ROOMS and path not in ON_TOP and room_of(path, layer) not in ROOMS[layer]:
                yield f"{path}:1: {layer}/ has its files in rooms, which are {' '.join(ROOMS[layer])}"
                continue
            extra = [pattern for files, pattern in EXTRA if re.fullmatch(files, path)]
            lines = file.read_text(encoding="utf-8").splitlines()
            yield from device_faults(path, lines)
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                name = match[1] or match[2]
                where = f"{path}:{number}: {layer}/"
                if name is None:
                    yield f"{where} includes {match[3]}; write the file's name, so that this check can read it"
                    continue
                if match[1] and (name in STD or any(re.fullmatch(p, name) for p in system + extra)):
                    continue
                target = resolve(root, path, name)
                if target is None:
                    yield f"{where} must not include {name}"
                elif not any(re.fullmatch(pattern, target) for pattern in own):
                    yield f"{where} must not include {target}"
                elif layer in ROOMS and layer_of(target) == layer and (fault := room_fault(path, target, layer)):
                    yield f"{where} {fault}"
    if n_files == 0:
        yield f"{root}: no source file found"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    found = list(faults(root))
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
