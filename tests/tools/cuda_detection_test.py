#!/usr/bin/env python3
"""Whether the kernels for GPUs are built, by tools/cmake/cuda.cmake, with shell scripts in place of nvcc."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = f"""cmake_minimum_required(VERSION 3.25)
project(detection LANGUAGES CXX)
include({ROOT}/tools/cmake/cuda.cmake)
if(PLOTMILL_CUDA_FOUND)
  message(FATAL_ERROR "a script was taken for nvcc")
endif()
plotmill_gpu_architectures(nvcc architectures)
message(STATUS "architectures: ${{architectures}}")
"""


class Detection(unittest.TestCase):
    def configure(self, compile_line, *arguments, release="12.4", architectures="75 90"):
        """Runs CMake where nvcc is a script that compiles by `compile_line`: status, and all that was said on one line."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "CMakeLists.txt").write_text(PROJECT, encoding="utf-8")
            nvcc = root / "bin/nvcc"
            nvcc.parent.mkdir()
            nvcc.write_text(
                "#!/bin/sh\n"
                f'case "$1" in --version) echo "Cuda compilation tools, release {release}, V";;\n'
                f'--list-gpu-arch) printf "compute_%s\\n" {architectures};;\n*) {compile_line};; esac\n',
                encoding="utf-8",
            )
            nvcc.chmod(0o755)
            environment = {key: value for key, value in os.environ.items() if key not in ("CUDACXX", "CUDA_PATH")}
            environment["PATH"] = f"{nvcc.parent}:{environment['PATH']}"
            result = subprocess.run(
                ["cmake", "-S", root, "-B", root / "build", *arguments],
                env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            return result.returncode, " ".join(result.stdout.split())

    def test_where_nvcc_refuses_the_host_compiler_auto_builds_without_kernels_and_says_why(self):
        status, said = self.configure("echo 'unsupported GNU version!' >&2; exit 1")
        self.assertEqual(status, 0, said)
        self.assertIn("No kernels for GPUs: ", said)
        self.assertIn("can't compile here (unsupported GNU version!); set CMAKE_CUDA_HOST_COMPILER", said)

    def test_where_kernels_are_asked_for_the_same_is_an_error(self):
        status, said = self.configure("echo 'unsupported GNU version!' >&2; exit 1", "-DPLOTMILL_CUDA=ON")
        self.assertNotEqual(status, 0, said)
        self.assertIn("PLOTMILL_CUDA is ON, but ", said)

    def test_an_old_nvcc_is_passed_over(self):
        status, said = self.configure("exit 0", release="11.8")
        self.assertEqual(status, 0, said)
        self.assertIn("is of CUDA '11.8'; 12.0 or later is needed", said)

    def test_only_architectures_that_nvcc_knows_are_built_the_last_one_as_ptx_too(self):
        for known, chosen in [("75 80 86 90", "75-real;80-real;86-real;90"), ("80 90 100 103 120", "80-real;90-real;100-real;120")]:
            status, said = self.configure("exit 1", architectures=known)
            self.assertEqual(status, 0, said)
            self.assertIn(f"architectures: {chosen}", said)


if __name__ == "__main__":
    unittest.main()
