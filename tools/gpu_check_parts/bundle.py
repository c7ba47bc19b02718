"""Makes the folder that is carried to a machine with a GPU: programs with every library that they need, the C library
and its loader included, and this script. Of that machine it needs Python, the driver, and a Linux kernel on x86-64.
"""

import datetime
import pathlib
import platform
import re
import shutil
import subprocess
import sys

from . import build, machine
from .programs import LOADER, PATHS, Programs
from .steps import Steps

# The driver's libcuda.so.1 asks for these, and may only get the ones that belong to the bundle's C library. Some have
# been empty since glibc 2.34, so that no program of ours names them.
C_LIBRARY = ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2"]
# What the tests read.
FILES = ["pipelines", "tests/golden"]


def run(command):
    return subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True).stdout


def libraries_of(program):
    """Of name and path."""
    text = run(["ldd", program])
    if "not found" in text:
        raise SystemExit(f"gpu_check: a library of {program} is not there:\n{text}")
    found = dict(re.findall(r"^\s*(\S+) => (/\S+)", text, re.M))
    loader = re.search(r"^\s*(/\S*ld-linux\S*)", text, re.M)
    found[LOADER] = loader.group(1)
    return found


def copy_programs(root, to):
    libraries = {}
    (to / "bin").mkdir()
    (to / "lib").mkdir()
    for name, path in PATHS.items():
        run(["strip", "-o", to / "bin" / name, root / path])
        libraries.update(libraries_of(root / path))
    beside = pathlib.Path(libraries["libc.so.6"]).parent
    libraries.update({name: beside / name for name in C_LIBRARY if (beside / name).exists()})
    for name, path in libraries.items():
        shutil.copy(pathlib.Path(path).resolve(), to / "lib" / name)


def copy_rest(root, to):
    for name in FILES:
        shutil.copytree(root / name, to / name)
    shutil.copy(root / "tools/gpu_check", to)
    shutil.copytree(root / "tools/gpu_check_parts", to / "gpu_check_parts",
                    ignore=shutil.ignore_patterns("__pycache__"))
    commit = subprocess.run(["git", "-C", str(root), "describe", "--always", "--dirty"], capture_output=True, text=True,
                            check=False).stdout.strip()
    nvcc = run([machine.find("nvcc"), "--version"]).split("release ")[-1].split(",")[0]
    (to / "bundle.txt").write_text(
        f"commit {commit or 'unknown'}, made {datetime.date.today()}, CUDA {nvcc}, "
        f"glibc {platform.libc_ver()[1]}\n", encoding="utf-8")


def check_starts(to):
    """That the programs start with nothing but what is in the folder."""
    programs = Programs.of_bundle(to)
    for name, arguments in (("plotmill", ["version"]), ("gpu_bench", ["--help"]), ("kernel_tests", ["--count"]),
                            ("pipeline_tests", ["--count"])):
        run(programs.command(name, *arguments))


def make(root, to):
    if to.exists() and any(to.iterdir()):
        print(f"gpu_check: {to} is not empty", file=sys.stderr)
        return 1
    if platform.machine() != "x86_64":
        print("gpu_check: bundles are made on x86-64 alone", file=sys.stderr)
        return 1
    steps = Steps(root / "build/gpu_check", quick=False)
    nvcc = steps.run("nvcc", machine.look_at_nvcc)
    packages = steps.run("packages", build.install, root, needs=[nvcc])
    tests = steps.run("build of the tests", build.build_tests, root, needs=[packages])
    steps.run("build of what is measured", build.build_release, root, needs=[tests])
    if not steps.all_passed():
        return 1
    to.mkdir(parents=True, exist_ok=True)
    copy_programs(root, to)
    copy_rest(root, to)
    check_starts(to)
    n_bytes = sum(path.stat().st_size for path in to.rglob("*") if path.is_file())
    print(f"{to}: {n_bytes / 1e6:.0f} MB; on the machine with a GPU: python3 {to.name}/gpu_check --prebuilt")
    return 0
