#!/usr/bin/env python3
"""Shows that the checks of tools/check.sh fail where they must: each plants a fault in a small repository of its own."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEAN = {
    ".gitignore": "/build/\n",
    "engine/plotmill/error.hpp": "#pragma once\n#include <string>\n",
    "engine/plotmill/stage.hpp": '#pragma once\n#include "plotmill/error.hpp"\n',
    "engine/definition/graph.hpp": "#pragma once\n#include <tbb/flow_graph.h>\n",
    "engine/definition/graph.cpp": '#include "graph.hpp"\n',
    "engine/pipeline.cpp": '#include "engine/definition/graph.hpp"\n',
    "kernels/lines/draw.hpp": '#pragma once\n#include "plotmill/error.hpp"\n',
    "stages/read/read.cpp": '#include "kernels/lines/draw.hpp"\n#include "plotmill/stage.hpp"\n',
    "tools/plotmill.cpp": '#include <fmt/format.h>\n\n#include "plotmill/stage.hpp"\n',
}


class Repository(unittest.TestCase):
    """A clean little repository with the real scripts."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for path, text in CLEAN.items():
            self.write(path, text)
        for path in ["tools/check.sh", "tools/check_layers.py", "tools/check_unfinished.py", ".clang-format"]:
            shutil.copy(ROOT / path, self.root / path)
        # No test installs anything.
        self.write("tools/bootstrap.sh", "#!/usr/bin/env bash\n").chmod(0o755)
        subprocess.run(["git", "init", "--quiet"], cwd=self.root, check=True)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def check(self, *arguments, **environment):
        return subprocess.run(
            [self.root / "tools/check.sh", *arguments],
            env={**os.environ, "CHECK_STRICT": "0", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def assert_passes(self, *arguments, **environment):
        result = self.check(*arguments, **environment)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertNotIn("skipped  ", result.stdout)

    def assert_fails(self, name, message):
        result = self.check(name)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(f"failed:  {name}", result.stdout)
        self.assertIn(message, result.stdout)


class Format(Repository):
    def setUp(self):
        super().setUp()
        for tool in ("clang-format", "shellcheck"):
            if shutil.which(tool) is None:
                self.skipTest(f"{tool} is not installed")

    def test_a_clean_repository_passes(self):
        self.assert_passes("format")

    def test_c_plus_plus_by_another_style_fails(self):
        self.write("engine/definition/graph.cpp", "int  f( ){return 1;}\n")
        self.assert_fails("format", "clang-format")

    def test_a_shell_script_without_suffix_is_found_by_its_first_line(self):
        self.write("tools/test", "#!/usr/bin/env bash\nrm -rf $1/x\n")
        self.assert_fails("format", "SC2086")

    def test_json_that_does_not_parse_fails(self):
        self.write("pipelines/a.json", '{"plotmill": 1,}\n')
        self.assert_fails("format", "pipelines/a.json")


class Layers(Repository):
    def test_a_clean_repository_passes(self):
        self.assert_passes("layers")

    def test_every_include_across_a_border_fails(self):
        for path, line in [
            ("engine/plotmill/pipeline.hpp", "#include <tbb/flow_graph.h>"),
            ("engine/plotmill/pipeline.hpp", '#include "graph.hpp"'),
            ("engine/run/other.cpp", '#include "kernels/lines/draw.hpp"'),
            ("engine/run/other.cpp", '#include "../../kernels/lines/draw.hpp"'),
            ("engine/run/other.cpp", "#include <hdf5.h>"),
            ("engine/run/other.cpp", "#include <cuda_runtime.h>"),
            ("kernels/lines/draw.cpp", '#include "plotmill/stage.hpp"'),
            ("kernels/lines/draw.cpp", "#include <cuda_runtime.h>"),
            ("kernels/lines/draw.cpp", "  #  include <tbb/parallel_for.h>"),
            ("stages/read/other.cpp", '#include "engine/definition/graph.hpp"'),
            ("stages/read/other.cpp", '#include "graph.hpp"'),
            ("stages/read/other.cpp", "#include <oneapi/tbb/task.h>"),
            ("stages/read/other.cpp", "#include <CLI/CLI.hpp>"),
            ("tools/other.cpp", '#include "kernels/lines/draw.hpp"'),
            ("tools/other.cpp", "#include <hdf5.h>"),
            ("tools/other.cpp", "#include HEADER"),
            # Rooms: to a higher one, to one that is not named, from and to a file beside them.
            ("engine/text/other.cpp", '#include "engine/definition/graph.hpp"'),
            ("engine/text/other.cpp", '#include "../definition/graph.hpp"'),
            ("engine/device/other.cpp", '#include "engine/definition/graph.hpp"'),
            ("engine/run/other.cpp", '#include "engine/pipeline.cpp"'),
            ("kernels/ink/other.cpp", '#include "kernels/lines/draw.hpp"'),
            ("stages/files/other.cpp", '#include "stages/read/read.cpp"'),
        ]:
            with self.subTest(path=path, line=line):
                file = self.write(path, f"#pragma once\n{line}\n")
                result = subprocess.run(
                    [sys.executable, self.root / "tools/check_layers.py", self.root], capture_output=True, text=True
                )
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"{path}:2: ", result.stderr)
                file.unlink()

    def test_a_file_in_no_room_fails(self):
        for path in ["engine/other.cpp", "kernels/other.hpp", "stages/new_room/other.cpp"]:
            with self.subTest(path=path):
                file = self.write(path, "#include <vector>\n")
                self.assert_fails("layers", f"{path}:1: ")
                file.unlink()

    def test_a_room_that_may_include_one_above_it_fails(self):
        file = self.root / "tools/check_layers.py"
        text = file.read_text(encoding="utf-8")
        self.assertIn('"ink": "block"', text)
        file.write_text(text.replace('"ink": "block"', '"ink": "block lines"'), encoding="utf-8")
        self.assert_fails("layers", "kernels/ink may include lines, which is no room below it")

    def test_cuda_may_be_included_where_it_belongs(self):
        self.write("kernels/lines/draw.cu", "#include <cuda_runtime.h>\n")
        self.write("engine/device/cuda.cpp", "#include <cuda_runtime_api.h>\n")
        self.assert_passes("layers")

    def test_bit_functions_of_the_host_fail_in_device_code(self):
        for marked in ("PLOTMILL_DEVICE int f", "__global__ void f"):
            for call in ("std::countr_zero(x)", "std::popcount(x)", "std::bit_width(x)", "__builtin_ctz(x)"):
                with self.subTest(marked=marked, call=call):
                    self.write("kernels/lines/draw.hpp", f"#pragma once\n{marked}();\nint y = {call};\n")
                    self.assert_fails("layers", f"kernels/lines/draw.hpp:3: device code must not call {call[:-3]}")

    def test_bit_functions_may_be_called_where_they_are_right(self):
        self.write("kernels/lines/draw.hpp", "#pragma once\nint y = std::countr_zero(x);\n")
        self.write("kernels/block/device_code.hpp", "#pragma once\nPLOTMILL_DEVICE int f() { return std::countr_zero(x); }\n")
        self.write("kernels/block/other.hpp", "#pragma once\nPLOTMILL_DEVICE int f();  // std::countr_zero() is 32\n")
        self.assert_passes("layers")

    def test_a_public_header_that_does_not_compile_alone_fails(self):
        self.write("engine/plotmill/ink.hpp", "#pragma once\ninline std::string name() { return {}; }\n")
        self.assert_fails("layers", "ink.hpp")

    def test_a_repository_without_sources_fails(self):
        with tempfile.TemporaryDirectory() as empty:
            result = subprocess.run([sys.executable, ROOT / "tools/check_layers.py", empty], capture_output=True)
        self.assertEqual(result.returncode, 1)


class Unfinished(Repository):
    def test_a_clean_repository_passes(self):
        self.assert_passes("unfinished")

    def test_each_fault_is_found(self):
        # Put together here, so that the check finds nothing in this file.
        for text in [
            "// TO" + "DO later",
            "# FIX" + "ME",
            'path = "/ho' + 'me/me/data.csv"',
            "cd /wo" + "rk/plotmill",
            "index-url = https://py" + "pi.org/simple",
            "<" * 7 + " HEAD",
        ]:
            with self.subTest(text=text):
                self.write("notes.txt", f"fine\n{text}\n")
                self.assert_fails("unfinished", "notes.txt:2: ")

    def test_what_is_left_to_do_for_a_reason_passes(self):
        self.write("notes.txt", "TO" + "DO(libfoo 2 is not packaged yet): use it\nengine/work/file and $x/home/\n")
        self.assert_passes("unfinished")


class Readme(Repository):
    def test_its_marked_blocks_are_run_in_a_copy(self):
        self.write("README.md", "# x\n\n<!-- run -->\n```sh\nname=made\ntouch $name\n```\n\n<!-- run -->\n```sh\ntest -e $name\n```\n")
        self.assert_passes("readme")
        self.assertFalse((self.root / "made").exists())

    def test_a_block_that_fails_fails(self):
        self.write("README.md", "<!-- run -->\n```sh\nfalse\ntrue\n```\n")
        self.assert_fails("readme", "+ false")

    def test_a_readme_without_a_marked_block_fails(self):
        self.write("README.md", "```sh\nfalse\n```\n")
        self.assert_fails("readme", "no block to run")


class Bench(Repository):
    PRESETS = """{"version": 6,
        "configurePresets": [{"name": "release", "generator": "Ninja", "binaryDir": "build/release"}],
        "buildPresets": [{"name": "release", "configurePreset": "release"}]}"""
    CMAKE = """cmake_minimum_required(VERSION 3.25)
        project(small CXX)
        add_executable(kernels_bench bench.cpp)
        set_target_properties(kernels_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/bench)"""

    def setUp(self):
        super().setUp()
        self.write("CMakePresets.json", self.PRESETS)
        self.write("CMakeLists.txt", self.CMAKE)
        self.write("bench.cpp", "int main() { return 0; }\n")
        for tool in ("compare_peers", "scale_run"):
            self.stand_in(tool, "exit 0")

    def stand_in(self, tool, text):
        self.write(f"tools/{tool}", f"#!/usr/bin/env bash\n{text}\n").chmod(0o755)

    def test_benchmarks_that_run_pass(self):
        self.assert_passes("bench")

    def test_a_benchmark_that_fails_fails(self):
        self.write("bench.cpp", "#include <cstdio>\nint main() { std::puts(\"no benchmark\"); return 1; }\n")
        self.assert_fails("bench", "no benchmark")

    def test_a_comparison_that_fails_fails(self):
        for tool in ("scale_run", "compare_peers"):
            self.stand_in(tool, f"echo {tool} is unwell; exit 1")
            self.assert_fails("bench", f"{tool} is unwell")

    def test_packages_that_are_not_there_are_the_reason_to_skip(self):
        self.stand_in("bootstrap.sh", 'test "$1" != bench')
        result = self.check("bench")
        self.assertIn("skipped  the packages", result.stdout)

    WRITE = """
import sys, h5py, numpy
images = numpy.full((3, 20, 30), 255, "u1")
images[:, 10, 5:20] = 0
if sys.argv[2] == "blank":
    images[1] = 255
if sys.argv[2] == "short":
    images = images[:2]
with h5py.File(sys.argv[1], "w") as file:
    file["images"] = images
    file["sequences"] = numpy.zeros((len(images), 4), "f4")
"""

    WRITE_FILES = """
import pathlib, sys, numpy
from PIL import Image
image = numpy.full((20, 30), 255, "u1")
image[10, 5:20] = 0
folder = pathlib.Path(sys.argv[1])
folder.mkdir()
for i in range(2 if sys.argv[2] == "short" else 3):
    Image.fromarray(image).save(folder / f"{i}.png")
# The manifest, which plotmill writes beside its images.
(folder / "{index}.png.plotmill.jsonl").write_text("{}")
"""

    def verify(self, modules, write, cases):
        python = "/usr/bin/python3"  # As tools/compare_peers has it: the one that Debian's packages are for.
        if subprocess.run([python, "-c", f"import {modules}"], capture_output=True).returncode != 0:
            self.skipTest(f"{python} has not all of {modules}")
        for name, message in cases:
            with self.subTest(name):
                path = self.root / name
                subprocess.run([python, "-c", write, path, name], check=True)
                peer = ROOT / "tests/bench/peers/python_peer.py"
                result = subprocess.run([python, peer, "verify", path, "3"], capture_output=True, text=True)
                self.assertEqual(result.returncode, 1 if message else 0, result.stderr)
                self.assertIn(message, result.stderr)

    def test_wrong_outputs_are_found(self):
        self.verify("h5py", self.WRITE, [("good", ""), ("blank", "shows no line"), ("short", "holds 2")])

    def test_the_manifest_of_image_files_is_no_image(self):
        self.verify("numpy, PIL", self.WRITE_FILES, [("good", ""), ("short", "holds 2")])


class Fuzz(Repository):
    """The fuzzers are stand-ins: what counts is that one that fails, or that runs nothing, is a failure."""

    PRESETS = Bench.PRESETS.replace("release", "fuzz")
    CMAKE = """cmake_minimum_required(VERSION 3.25)
        project(small CXX)
        foreach(name first second third)
          add_executable(${name}_fuzz tests/fuzz/${name}_fuzz.cpp)
          set_target_properties(${name}_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/fuzz)
        endforeach()"""
    GOOD = """#include <cstdio>
        int main() { std::puts("#9 DONE cov: 12 ft: 1\\nstat::number_of_executed_units: 9"); }"""

    def setUp(self):
        super().setUp()
        shutil.copy(ROOT / "tools/fuzz", self.root / "tools/fuzz")
        self.write("CMakePresets.json", self.PRESETS)
        self.write("CMakeLists.txt", self.CMAKE)
        for name in ("first", "second", "third"):
            self.write(f"tests/fuzz/{name}_fuzz.cpp", self.GOOD)
            self.write(f"tests/fuzz/corpus/{name}/seed", "x")
        # The compiler is there where it says so; that it has libFuzzer is asked for by compiling something.
        self.compiler("exit 0")

    def compiler(self, text):
        self.write("bin/clang++-14", f"#!/bin/sh\n{text}\n").chmod(0o755)
        path = f"{self.root}/bin:{os.environ['PATH']}"
        self.addCleanup(os.environ.__setitem__, "PATH", os.environ["PATH"])
        os.environ["PATH"] = path

    def test_fuzzers_that_find_nothing_pass(self):
        self.assert_passes("fuzz")
        self.assertIn("third: 9 inputs", (self.root / "build/check/fuzz.log").read_text(encoding="utf-8"))

    def test_a_fuzzer_that_finds_something_fails(self):
        for name in ("first", "third"):
            with self.subTest(name):
                self.write(f"tests/fuzz/{name}_fuzz.cpp",
                           '#include <cstdio>\nint main() { std::puts("ERROR: planted"); return 77; }')
                self.assert_fails("fuzz", "ERROR: planted")
                self.write(f"tests/fuzz/{name}_fuzz.cpp", self.GOOD)

    def test_a_fuzzer_that_runs_no_input_fails(self):
        self.write("tests/fuzz/second_fuzz.cpp", "int main() { return 0; }")
        self.assert_fails("fuzz", "second ran no input")

    def test_a_clang_without_libfuzzer_is_the_reason_to_skip(self):
        self.compiler("exit 1")
        self.assertIn("skipped  clang 14 has no libFuzzer", self.check("fuzz").stdout)


class Cuda(Repository):
    """nvcc, and the program that executes what it made, are stand-ins: what counts is what the check makes of their words."""

    PRESETS = """{"version": 6,
        "configurePresets": [{"name": "cpu", "generator": "Ninja", "binaryDir": "build/cpu"}]}"""
    CMAKE = """cmake_minimum_required(VERSION 3.25)
        project(small NONE)
        %s
        foreach(name plotmill_cuda_kernels host_function check_ptx_75 check_ptx_90)
          add_custom_target(${name} COMMAND sh ${PROJECT_SOURCE_DIR}/${name}.sh)
        endforeach()"""
    WORDS = """ptxas info    : Compiling entry function '_Z4drawv' for 'sm_90'
ptxas info    : Function properties for _Z4drawv
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 80 registers, used 1 barriers
"""
    REFUSED = 'error: calling a constexpr __host__ function("countr_zero") from a __global__ function is not allowed'

    def setUp(self):
        super().setUp()
        shutil.copy(ROOT / "tools/check_ptxas.py", self.root / "tools/check_ptxas.py")
        self.write("CMakePresets.json", self.PRESETS)
        self.write("CMakeLists.txt", self.CMAKE % "")
        self.stand_in("plotmill_cuda_kernels", f"cat <<'END'\n{self.WORDS}END")
        self.stand_in("host_function", f"echo '{self.REFUSED}'; exit 1")
        self.stand_in("check_ptx_75", "echo 9 equal")
        self.stand_in("check_ptx_90", "echo 9 equal")

    def stand_in(self, target, text):
        self.write(f"{target}.sh", f"{text}\n")

    def test_kernels_without_fault_pass(self):
        self.assert_passes("cuda")

    def test_compiled_kernels_that_draw_something_else_fail(self):
        for architecture in (75, 90):
            with self.subTest(architecture):
                self.stand_in(f"check_ptx_{architecture}", "echo 8 equal, 1 unequal; exit 1")
                self.assert_fails("cuda", "1 unequal")
                self.stand_in(f"check_ptx_{architecture}", "echo 9 equal")

    def test_an_nvcc_that_takes_functions_of_the_host_into_device_code_fails(self):
        self.stand_in("host_function", "exit 0")
        self.assert_fails("cuda", "nvcc compiles tests/kernels/compiled/host_function.cu")

    def test_an_nvcc_that_fails_for_another_reason_fails(self):
        self.stand_in("host_function", "echo error: no space left on device; exit 1")
        self.assert_fails("cuda", "no space left on device")

    def test_a_kernel_that_spills_fails(self):
        self.stand_in("plotmill_cuda_kernels", f"cat <<'END'\n{self.WORDS.replace('0 bytes spill stores', '8 bytes spill stores')}END")
        self.assert_fails("cuda", "a kernel spills registers")

    def test_no_nvcc_is_the_reason_to_skip(self):
        self.write("CMakeLists.txt", self.CMAKE % 'message(STATUS "No kernels for GPUs: nvcc was not found")')
        self.assertIn("skipped  nvcc was not found", self.check("cuda").stdout)


class Memcheck(Repository):
    PRESETS = """{"version": 6,
        "configurePresets": [{"name": "cpu", "generator": "Ninja", "binaryDir": "build/cpu"}],
        "buildPresets": [{"name": "cpu", "configurePreset": "cpu"}]}"""
    CMAKE = """cmake_minimum_required(VERSION 3.25)
        project(small CXX)
        add_executable(plotmill_cli plotmill.cpp)
        set_target_properties(plotmill_cli PROPERTIES RUNTIME_OUTPUT_DIRECTORY tools OUTPUT_NAME plotmill)"""
    # Ends as plotmill does in each run of the check, but for the fault.
    STAND_IN = r"""
        #include <csignal>
        #include <cstdio>
        #include <cstdlib>
        #include <fstream>
        #include <string>
        #include <unistd.h>
        int* lost;
        int end(int code) {
          FAULT
          lost = nullptr;
          return code;
        }
        int main(int, char** arguments) {
          const std::string command = arguments[1], job = arguments[2], name = job.substr(0, job.find('.'));
          if (command != "run") return 0;
          if (job == "wrong.json") return std::fputs("params/path\n", stderr), end(2);
          if (job == "endless.json") {
            std::signal(SIGINT, [](int) {});
            std::fputs("begun\n", stderr);
            pause();
            return std::fputs("cancelled\n", stderr), end(130);
          }
          const std::string option = arguments[3] ? arguments[3] : "";
          if (option == "--resume") return std::fputs("went on after 1 image\n", stderr), end(0);
          if (job == "long.json") return std::fputs("--resume goes on after them\n", stderr), end(1);
          if (option == "--force")
            return std::fputs("\"four\" is not a number\n", stderr), end(1);
          if (std::ifstream(name + ".h5")) return std::fputs("exists already\n", stderr), end(1);
          std::ofstream(name + ".h5") << name;
          return std::fputs("1 images in 1 s\n", stderr), end(0);
        }
        """

    def setUp(self):
        super().setUp()
        if shutil.which("valgrind") is None:
            self.skipTest("valgrind is not installed")
        self.write("CMakePresets.json", self.PRESETS)
        self.write("CMakeLists.txt", self.CMAKE)
        for path in ["tests/tools/memcheck.py", "tests/support/memcheck.supp"]:
            self.write(path, (ROOT / path).read_text(encoding="utf-8"))

    def plant(self, fault):
        self.write("plotmill.cpp", f"#define FAULT {fault}\n{self.STAND_IN}")

    def test_a_command_without_fault_passes(self):
        self.plant("")
        self.assert_passes("memcheck")

    def test_a_leak_fails_however_the_run_ends(self):
        self.plant("lost = new int[30 + code];")
        result = self.check("memcheck")
        self.assertEqual(result.returncode, 1)
        log = (self.root / "build/check/memcheck.log").read_text(encoding="utf-8")
        for code, part in [(0, "[csv]"), (0, "[hdf5]"), (0, "[stopped]"), (1, "[an output that exists]"), (1, "[a bad row]"),
                           (2, "[a wrong definition]"), (130, "test_a_run_that_is_cancelled")]:
            self.assertRegex(log, rf"FAIL: .*{re.escape(part)}")
            self.assertIn(f"{4 * (30 + code)} bytes in 1 blocks are definitely lost", log)

    def test_a_wrong_use_of_memory_fails(self):
        self.plant("lost = new int; if (code == 1) delete lost; if (*lost) std::fputs(\"set\", stdout); if (code != 1) delete lost;")
        self.assert_fails("memcheck", "Invalid read of size 4")
        self.assertIn("depends on uninitialised value", (self.root / "build/check/memcheck.log").read_text(encoding="utf-8"))


class Tidy(Repository):
    """Sources are checked many at once; each finding is told as if each were alone."""

    PRESETS = """{"version": 6,
        "configurePresets": [{"name": "cpu", "generator": "Ninja", "binaryDir": "build/cpu"}]}"""
    CMAKE = """cmake_minimum_required(VERSION 3.25)
        project(small CXX)
        set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
        add_library(small STATIC engine/definition/graph.cpp engine/definition/other.cpp)
        add_library(alone STATIC tools/plotmill.cpp)
        set_target_properties(alone PROPERTIES UNITY_BUILD OFF)"""

    def setUp(self):
        super().setUp()
        for tool in ("clang-tidy", "run-clang-tidy"):
            if shutil.which(tool) is None:
                self.skipTest(f"{tool} is not installed")
        shutil.copy(ROOT / ".clang-tidy", self.root / ".clang-tidy")
        self.write("CMakePresets.json", self.PRESETS)
        self.write("CMakeLists.txt", self.CMAKE)
        self.write("engine/definition/graph.hpp", "#pragma once\nint* graph();\n")
        self.write("engine/definition/other.cpp", '#include "graph.hpp"\nint* other() { return graph(); }\n')
        self.write("tools/plotmill.cpp", "int main() { return 0; }\n")

    def test_a_clean_repository_passes(self):
        self.assert_passes("tidy")

    def test_a_finding_fails_wherever_it_is(self):
        for path, text in [
            ("engine/definition/graph.cpp", '#include "graph.hpp"\nint* graph() { return 0; }\n'),
            ("engine/definition/graph.hpp", "#pragma once\ninline int* graph() { return 0; }\n"),
            ("engine/definition/other.cpp", "int* other() { return 0; }\n"),
            ("tools/plotmill.cpp", "int main() { int* none = 0; return none != nullptr; }\n"),
        ]:
            with self.subTest(path):
                before = (self.root / path).read_text(encoding="utf-8")
                self.write(path, text)
                self.assert_fails("tidy", "modernize-use-nullptr")
                self.write(path, before)

    def test_a_using_that_only_another_file_uses_fails(self):
        self.write("engine/definition/graph.hpp", "#pragma once\nnamespace far {\nstruct Away {};\n}\n")
        self.write("engine/definition/graph.cpp", '#include "graph.hpp"\nusing far::Away;\n')
        self.write("engine/definition/other.cpp", '#include "graph.hpp"\nusing far::Away;\nAway other() { return {}; }\n')
        self.assert_fails("tidy", "misc-unused-using-decls")


class Ci(Repository):
    """What CI runs, with stand-ins for the tests and the checks."""

    CLOSING = "100% tests passed, 0 tests failed out of 7"

    def setUp(self):
        super().setUp()
        (self.root / ".ci").mkdir()
        shutil.copy(ROOT / ".ci/run", self.root / ".ci/run")

    def run_ci(self, test, check):
        for path, text in {"tools/test": test, "tools/check.sh": check}.items():
            self.write(path, f"#!/usr/bin/env bash\n{text}\n").chmod(0o755)
        return subprocess.run(["bash", ".ci/run"], cwd=self.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def test_it_ends_with_what_the_tests_said(self):
        result = self.run_ci(f"echo '{self.CLOSING}'; echo 'Total Test time (real) = 3.00 sec'", "echo checked $*")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("checked ^cpu", result.stdout)
        closing, time, seconds = result.stdout.splitlines()[-3:]
        self.assertEqual((closing, time), (self.CLOSING, "Total Test time (real) = 3.00 sec"))
        self.assertRegex(seconds, "^tests [0-9]+ s, checks [0-9]+ s, all [0-9]+ s$")

    def test_a_test_or_a_check_that_fails_fails(self):
        for test, check in [("exit 8", "exit 0"), (f"echo '{self.CLOSING}'", "exit 1")]:
            with self.subTest(test=test, check=check):
                self.assertEqual(self.run_ci(test, check).returncode, 1)

    def test_a_build_that_fails_is_told_at_the_end(self):
        result = self.run_ci("exit 1", "exit 0")
        self.assertIn("the tests did not get to their end; see build/check/test.log", result.stdout.splitlines()[-2])


class Runner(Repository):
    def test_a_skipped_check_is_told_and_is_a_failure_when_strict(self):
        result = self.check("readme")
        self.assertEqual(result.returncode, 0)
        self.assertIn("passed:  none", result.stdout)
        self.assertIn("readme: there is no README.md", result.stdout)
        self.assertEqual(self.check("readme", CHECK_STRICT="1").returncode, 1)

    def test_the_seconds_of_each_check_and_of_all_are_told(self):
        self.assertRegex(self.check("layers", "unfinished").stdout,
                         "(?s)^layers +passed +[0-9]+ s\nunfinished +passed +[0-9]+ s\n.*\nseconds: [0-9]+\n")

    def test_a_check_can_be_left_out(self):
        self.write("notes.txt", "FIX" + "ME\n")
        result = self.check("layers", "unfinished", "^unfinished")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("passed:  layers\n", result.stdout)

    def test_a_name_that_does_not_exist_is_refused(self):
        self.assertEqual(self.check("formt").returncode, 2)
        self.assertEqual(self.check("^formt").returncode, 2)


if __name__ == "__main__":
    program = unittest.main(exit=False)
    if program.result.wasSuccessful() and len(program.result.skipped) == program.result.testsRun:
        sys.exit(77)
    sys.exit(not program.result.wasSuccessful())
