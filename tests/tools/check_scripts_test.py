"""Shows that the scripts which checks call judge as they must: check_ptxas.py, check_symbols.py, and bootstrap.sh; and the
scripts of CMake that a build calls."""

import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Ptxas(unittest.TestCase):
    """What the check `cuda` makes of the words of ptxas."""

    WORDS = """ptxas info    : Compiling entry function '_ZN8plotmill7kernels4drawEv' for 'sm_90'
ptxas info    : Function properties for _ZN8plotmill7kernels4drawEv
    0 bytes stack frame, {} bytes spill stores, 0 bytes spill loads
ptxas info    : Used 80 registers, used 1 barriers, 256 bytes smem
"""

    def judge(self, words):
        return subprocess.run(
            [sys.executable, ROOT / "tools/check_ptxas.py"], input=words, capture_output=True, text=True
        )

    def test_a_kernel_without_spills_passes_and_is_listed(self):
        result = self.judge(self.WORDS.format(0))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, "plotmill::kernels::draw +sm_90 +80 registers +256 bytes shared")

    def test_a_kernel_that_spills_fails(self):
        self.assertEqual(self.judge(self.WORDS.format(4)).returncode, 1)

    def test_no_kernel_at_all_fails(self):
        self.assertEqual(self.judge("ninja: no work to do.\n").returncode, 1)


class Symbols(unittest.TestCase):
    GOOD = """
        #include <stdexcept>
        namespace plotmill {
        struct __attribute__((visibility("default"))) Error : std::runtime_error { using runtime_error::runtime_error; };
        __attribute__((visibility("default"))) const char* version() noexcept { return "1"; }
        __attribute__((visibility("default"))) void fail() { throw Error("x"); }
        }  // namespace plotmill
        """

    def check(self, source):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "a.cpp"
            file.write_text(source, encoding="utf-8")
            library = pathlib.Path(folder) / "liba.so"
            compiler = os.environ.get("CXX", "c++")
            subprocess.run([compiler, "-shared", "-fPIC", "-fvisibility=hidden", file, "-o", library], check=True)
            return subprocess.run(
                [sys.executable, ROOT / "tools/check_symbols.py", library], capture_output=True, text=True
            )

    def test_plotmills_own_names_pass(self):
        result = self.check(self.GOOD)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_foreign_name_fails(self):
        for planted, name in [
            ('extern "C" __attribute__((visibility("default"))) int igzip() { return 1; }', "igzip"),
            ('namespace other { __attribute__((visibility("default"))) int plotmill() { return 1; } }', "other::plotmill"),
        ]:
            with self.subTest(name=name):
                result = self.check(self.GOOD + planted)
                self.assertEqual(result.returncode, 1)
                self.assertIn(name, result.stderr)

    def test_a_library_that_exports_nothing_fails(self):
        self.assertEqual(self.check("int hidden() { return 1; }").returncode, 1)


class Commit(unittest.TestCase):
    """The commit that a build writes into the command."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.file = self.root / "out/commit.cpp"

    def git(self, *arguments):
        settings = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(["git", *settings, *arguments], cwd=self.root, check=True, capture_output=True, text=True).stdout

    def clone(self):
        self.git("init", "--quiet")
        (self.root / ".gitignore").write_text("/out/\n", encoding="utf-8")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "a")
        return self.git("rev-parse", "--short=12", "HEAD").strip()

    def written(self, root=None):
        script = ROOT / "tools/cmake/write_commit.cmake"
        subprocess.run(["cmake", "-D", f"ROOT={root or self.root}", "-D", f"FILE={self.file}", "-P", script], check=True)
        return self.file.read_text(encoding="utf-8").split('"')[3]

    def test_it_is_that_of_the_clone(self):
        self.assertEqual(self.written(), "unknown")
        commit = self.clone()
        self.assertEqual(self.written(), commit)
        (self.root / ".gitignore").write_text("/out/\n/x/\n", encoding="utf-8")
        self.assertEqual(self.written(), f"{commit}-dirty")

    def test_a_folder_in_a_clone_of_something_else_is_of_no_commit(self):
        self.clone()
        (self.root / "plotmill").mkdir()
        self.assertEqual(self.written(self.root / "plotmill"), "unknown")

    def test_nothing_is_compiled_again_for_the_same_commit(self):
        self.clone()
        self.written()
        os.utime(self.file, (1, 1))
        self.written()
        self.assertEqual(self.file.stat().st_mtime, 1)


class Ccache(unittest.TestCase):
    """What was compiled in one clone is not compiled again in another folder, whatever the user's own settings are."""

    PROJECT = """
        cmake_minimum_required(VERSION 3.25)
        project(small CXX)
        include(tools/cmake/ccache.cmake)
        set(CMAKE_BUILD_TYPE RelWithDebInfo)
        add_library(small STATIC a.cpp)
        target_include_directories(small PRIVATE ${PROJECT_SOURCE_DIR}/include)
        """

    def setUp(self):
        if shutil.which("ccache") is None:
            self.skipTest("ccache is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        # An empty cache, and no file of settings.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("CCACHE_", "CMAKE_"))}
        self.environment |= {"CCACHE_DIR": f"{self.root}/cache", "CCACHE_CONFIGPATH": "/dev/null"}

    def build(self, name, *options):
        clone = self.root / name
        for path, text in {"CMakeLists.txt": self.PROJECT, "include/a.hpp": "inline int a() { return 1; }\n",
                           "a.cpp": '#include <a.hpp>\nint b() { return a(); }\n'}.items():
            (clone / path).parent.mkdir(parents=True, exist_ok=True)
            (clone / path).write_text(text, encoding="utf-8")
        (clone / "tools/cmake").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tools/cmake/ccache.cmake", clone / "tools/cmake")
        for command in (["cmake", "-S", ".", "-B", "build", "-G", "Ninja", *options], ["cmake", "--build", "build"]):
            subprocess.run(command, cwd=clone, env=self.environment, check=True, capture_output=True)
        figures = subprocess.run(["ccache", "--print-stats"], env=self.environment, check=True, capture_output=True, text=True)
        told = dict(line.split("\t") for line in figures.stdout.splitlines())
        return int(told["direct_cache_hit"]) + int(told["preprocessed_cache_hit"]), int(told["cache_miss"])

    def test_a_clone_in_another_folder_hits(self):
        self.assertEqual(self.build("first"), (0, 1))
        self.assertEqual(self.build("deeper/second"), (1, 1))
        # Debuggers look for its sources in its own folder.
        self.assertNotIn(b"/first", (self.root / "deeper/second/build/CMakeFiles/small.dir/a.cpp.o").read_bytes())

    def test_it_can_be_switched_off(self):
        self.assertEqual(self.build("first", "-DPLOTMILL_CCACHE=OFF"), (0, 0))


class Bootstrap(unittest.TestCase):
    """Runs tools/bootstrap.sh with stand-ins for the system's commands, which write down how they were called."""

    def bootstrap(self, installed, user_id):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        scripts = {
            "dpkg-query": "".join(f"echo 'installed {name}'\n" for name in installed) + "exit 1\n",
            "apt-get": f'echo "apt-get $*" >>"{path}/calls"\n',
            "id": f"echo {user_id}\n",
        }
        for name, text in scripts.items():
            (path / name).write_text(f"#!/bin/bash\n{text}", encoding="utf-8")
            (path / name).chmod(stat.S_IRWXU)
        for name in ("bash", "env", "grep", "sed"):
            (path / name).symlink_to(shutil.which(name))
        result = subprocess.run(
            [path / "bash", ROOT / "tools/bootstrap.sh", "build"], env={"PATH": str(path)}, capture_output=True, text=True
        )
        self.assertEqual(result.stdout, "")
        calls = path / "calls"
        return result, calls.read_text(encoding="utf-8") if calls.exists() else ""

    def test_only_what_is_missing_is_installed(self):
        result, calls = self.bootstrap(["g++", "cmake", "ninja-build", "libtbb-dev", "libhdf5-dev", "libjpeg-dev", "libhwy-dev"], 0)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("installing libisal-dev libxxhash-dev zlib1g-dev libfmt-dev nlohmann-json3-dev libcli11-dev\n", result.stderr)
        self.assertIn("apt-get update", calls)
        self.assertIn("--no-install-recommends libisal-dev libxxhash-dev zlib1g-dev libfmt-dev", calls)
        self.assertNotIn("cmake", calls)

    def test_without_root_and_sudo_it_prints_the_command_and_fails(self):
        result, calls = self.bootstrap(["g++"], 1000)
        self.assertEqual(result.returncode, 1)
        self.assertIn("apt-get install --yes --no-install-recommends cmake ninja-build", result.stderr)
        self.assertEqual(calls, "")

    def test_it_is_silent_where_nothing_is_missing(self):
        result, calls = self.bootstrap(
            "g++ cmake ninja-build libtbb-dev libhdf5-dev libjpeg-dev libhwy-dev libisal-dev libxxhash-dev zlib1g-dev libfmt-dev nlohmann-json3-dev "
            "libcli11-dev".split(),
            1000,
        )
        self.assertEqual((result.returncode, result.stderr, calls), (0, "", ""))


if __name__ == "__main__":
    unittest.main()
