"""What the machine is and has."""

import os
import pathlib
import platform
import shutil

from .steps import Failed, Missing


def cuda_folder():
    return pathlib.Path(os.environ.get("CUDA_PATH") or "/usr/local/cuda")


def find(name):
    """The program's path, from PATH or from the CUDA Toolkit; nothing where it is not there."""
    places = os.pathsep.join(map(str, [os.environ.get("PATH", ""), cuda_folder() / "bin",
                                       cuda_folder() / "compute-sanitizer"]))
    return shutil.which(name, path=places)


def look_at_gpu(steps):
    program = find("nvidia-smi")
    if program is None:
        raise Missing("nvidia-smi was not found: this machine has no NVIDIA driver, or the container was started "
                      "without its GPU")
    result = steps.command([program, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"])
    gpus = [line.strip() for line in result.stdout.splitlines() if line.strip()]
    if not gpus or "No devices" in result.stdout:
        raise Missing(f"nvidia-smi lists no GPU: {result.stdout.strip() or 'it printed nothing'}")
    steps.machine["GPUs (name, driver, memory)"] = gpus
    return {}


def look_at_nvcc(steps):
    program = find("nvcc")
    if program is None:
        raise Missing(f"nvcc was found neither in PATH nor in {cuda_folder() / 'bin'}: install the CUDA Toolkit, 12.0 "
                      "or later, or make a bundle on a machine that has it")
    lines = steps.command([program, "--version"]).stdout.split("release ")
    if len(lines) != 2:
        raise Failed(f"{program} does not tell its version")
    steps.machine["nvcc"] = lines[1].split(",")[0]
    return {}


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def describe(steps, working_folder):
    """Adds what can't fail."""
    steps.machine["processor"] = processor()
    # Not those of the machine, but those that this process may use.
    steps.machine["processors to be used"] = len(os.sched_getaffinity(0))
    steps.machine["memory_bytes"] = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    steps.machine["system"] = platform.platform()
    version = working_folder / "bundle.txt"
    if version.exists():
        steps.machine["bundle"] = version.read_text(encoding="utf-8").strip()
    sanitizer = find("compute-sanitizer")
    steps.machine["compute-sanitizer"] = sanitizer or "not found"
