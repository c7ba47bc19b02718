"""The tests that need a GPU, alone and under compute-sanitizer."""

import os

from . import machine
from .steps import Failed, Missing

TESTS = {
    "kernels against the CPU": ("kernel_tests", "--source-file=*tests/kernels/lines/cuda_test.cpp"),
    "pipelines against the CPU": ("pipeline_tests", "--source-file=*tests/pipelines/gpu_test.cpp"),
}
SKIPPED = "SKIPPED: "


def refuse_skips(output):
    skips = [line.split(SKIPPED, 1)[1] for line in output.splitlines() if SKIPPED in line]
    if skips:
        raise Failed(f"a test was skipped: {skips[0]}")


def run_tests(steps, programs, name):
    program, choice = TESTS[name]
    # With the variable, a test that finds no GPU fails.
    environment = {**os.environ, "PLOTMILL_REQUIRE_GPU": "1"}
    result = steps.command(programs.command(program, choice), cwd=programs.working_folder, environment=environment)
    refuse_skips(result.stdout + result.stderr)
    return {}


def run_sanitizer(steps, programs, tool):
    sanitizer = machine.find("compute-sanitizer")
    if sanitizer is None:
        raise Missing("compute-sanitizer was not found: it comes with the CUDA Toolkit (package "
                      "cuda-sanitizer-VERSION); --without-sanitizer leaves the step out")
    program, choice = TESTS["kernels against the CPU"]
    environment = {**os.environ, "PLOTMILL_REQUIRE_GPU": "1", "PLOTMILL_SMALL_GPU_CASES": "1"}
    # Without --error-exitcode a finding would not be seen in how it ends.
    command = [sanitizer, "--tool", tool, "--error-exitcode", "99", *programs.command(program, choice)]
    result = steps.command(command, cwd=programs.working_folder, environment=environment)
    refuse_skips(result.stdout + result.stderr)
    if "ERROR SUMMARY: 0 errors" not in result.stdout and "RACECHECK SUMMARY: 0 hazards" not in result.stdout:
        raise Failed(f"{tool} does not say that it has found nothing; see its log")
    return {}
