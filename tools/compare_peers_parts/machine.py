"""What the machine is and has, and whether other programs keep it busy."""

import os
import platform
import subprocess

from .processes import run_or_exit
from .programs import PLOTMILL

PACKAGES = """g++ libhdf5-dev libisal-dev zlib1g-dev libjpeg62-turbo-dev libopencv-imgproc-dev python3-h5py python3-matplotlib
    python3-pil python3-cairo python3-numpy""".split()


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return " ".join(line.split(":", 1)[1].split())
    return platform.machine()


def versions():
    """Of the Debian packages in use; empty where there is no dpkg."""
    try:
        text = subprocess.run(
            ["dpkg-query", "--show", "--showformat=${Package} ${Version}\\n", *PACKAGES], capture_output=True, text=True
        ).stdout
    except OSError:
        return {}
    return dict(line.split(" ", 1) for line in text.splitlines())


def describe():
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "kernel": platform.release(),
        "compiler": run_or_exit(["c++", "--version"]).splitlines()[0],
        "plotmill": run_or_exit([PLOTMILL, "version"]).splitlines()[0],
        "packages": versions(),
        "load_before": os.getloadavg()[0],
    }


def busy(about):
    return about["load_before"] > 0.5 * about["cores"]
