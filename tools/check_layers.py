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
        [r"engine/plotmill/(contact_sheet|device_drawer|device_lines|device_queue|draw_lines|error|export|ink|sequences)\.hpp", r"kernels/.*"],
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
    (r"engine/device_cuda\.(cpp|cu|hpp)", CUDA),
    (r"engine/(profile|device_cuda)\..*", r"nvtx3/.*"),
]
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


def faults(root):
    n_files = 0
    for folder in ("engine", "kernels", "stages", "tools", "tests/package"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".cpp", ".hpp", ".h", ".cu", ".cuh", ".inc"):
                continue
            n_files += 1
            path = file.relative_to(root).as_posix()
            layer = layer_of(path)
            system, own = RULES[layer]
            extra = [pattern for files, pattern in EXTRA if re.fullmatch(files, path)]
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
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
    if n_files == 0:
        yield f"{root}: no source file found"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    found = list(faults(root))
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
