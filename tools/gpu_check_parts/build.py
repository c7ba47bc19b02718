"""Packages and builds."""

import os

from . import machine
from .steps import Missing


def install(steps, root):
    for what in ("test", "bench"):
        steps.command([root / "tools/bootstrap.sh", what])
    return {}


def build(steps, root, preset, targets, *settings):
    nvcc = machine.find("nvcc")
    if nvcc is None:
        raise Missing("nvcc was not found")
    # Where nvcc does not do, the build must fail and not leave the kernels out.
    settings = ["-DPLOTMILL_CUDA=ON", f"-DCMAKE_CUDA_COMPILER={nvcc}", *settings]
    steps.command(["cmake", "--preset", preset, *settings], cwd=root)
    jobs = str(len(os.sched_getaffinity(0)))
    steps.command(["cmake", "--build", "--preset", preset, "--parallel", jobs, "--target", *targets], cwd=root)
    return {}


def build_tests(steps, root):
    return build(steps, root, "cpu", ["kernel_tests", "pipeline_tests"], "-DPLOTMILL_TESTS=ON")


def build_release(steps, root):
    return build(steps, root, "release", ["plotmill_cli", "gpu_bench"], "-DPLOTMILL_BENCHES=ON")
