"""Shows that the scripts which checks call judge as they must: check_ptxas.py, check_symbols.py, and bootstrap.sh."""

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
