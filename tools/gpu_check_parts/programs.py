"""Where the programs are, and how each is started."""

import glob
import os
import pathlib
import subprocess

from .steps import Missing

PATHS = {
    "plotmill": "build/release/tools/plotmill",
    "gpu_bench": "build/release/tests/bench/gpu_bench",
    "kernel_tests": "build/cpu/tests/kernels/kernel_tests",
    "pipeline_tests": "build/cpu/tests/pipelines/pipeline_tests",
}
LOADER = "ld-linux-x86-64.so.2"
DRIVER_FOLDERS = ["/usr/local/nvidia/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib"]


def driver_folders():
    """Where the driver's libcuda.so.1 lies, which a bundle can't bring: it belongs to the kernel's module."""
    # Which is where the system's own linker begins to look.
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    for ldconfig in ("ldconfig", "/sbin/ldconfig", "/usr/sbin/ldconfig"):
        try:
            listed = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=False).stdout
        except OSError:
            continue
        lines = [line for line in listed.splitlines() if "libcuda.so.1 " in line and "x86-64" in line]
        paths = [line.rsplit("=> ", 1)[-1] for line in lines]
        folders += [os.path.dirname(path) for path in paths]
        break
    folders += DRIVER_FOLDERS
    return list(dict.fromkeys(folder for folder in folders if folder and glob.glob(folder + "/libcuda.so.1")))


class Programs:
    """`working_folder` has the files that the tests read."""

    def __init__(self, paths, working_folder, before=()):
        self.paths = paths
        self.working_folder = working_folder
        self.before = list(before)

    @staticmethod
    def of_build(root):
        return Programs({name: root / path for name, path in PATHS.items()}, root)

    @staticmethod
    def of_bundle(folder):
        paths = {name: folder / "bin" / name for name in PATHS}
        loader = folder / "lib" / LOADER
        before = []
        if loader.exists():
            # The bundle's own libraries come first; of the machine's there is only the driver's to be found.
            before = [loader, "--library-path", os.pathsep.join([str(folder / "lib"), *driver_folders()])]
        return Programs(paths, folder, before)

    def command(self, name, *arguments):
        path = pathlib.Path(self.paths[name])
        if not path.exists():
            raise Missing(f"the program {path} is not there")
        return [*self.before, path, *arguments]
