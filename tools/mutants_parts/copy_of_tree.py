"""A copy of the tree with a build and tests of its own: faults are planted there, and never in the tree itself."""

import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess

ADD_TEST = re.compile(r"^add_test\((\[=*\[)?(?P<name>[^\s\]\"]+)(\]=*\])? (?P<arguments>.*)\)$", re.MULTILINE)
ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"')
FAILED = re.compile(r"^\t *\d+ - (\S+) \((?!Skipped|Not Run|Disabled)", re.MULTILINE)
N_JOBS = str(os.cpu_count() or 1)


def limit_memory():
    """Half of what the machine has: with a fault in it a program may ask for any amount."""
    n_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))


class Problem(Exception):
    """Something that makes planting faults pointless, in words for people."""


class Copy:
    def __init__(self, root, folder):
        self.root, self.folder = root, folder / "tree"
        self.build = self.folder / "build/cpu"
        self.environment = {"PLOTMILL_TEST_DATA": str(root.parent / "shared/data"), **os.environ}
        if shutil.which("ccache"):
            self.environment.setdefault("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")

    def call(self, *command):
        """Runs a command, and then ends all that it left behind: with a fault in it a program may never end."""
        with subprocess.Popen(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              start_new_session=True, preexec_fn=limit_memory) as process:
            try:
                output, _ = process.communicate()
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        return subprocess.CompletedProcess(command, process.returncode, output)

    def refresh(self):
        """Makes the copy what the tree is now. What is equal is not touched, and so not built again."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root,
                                capture_output=True, check=True).stdout.decode()
        names = [name for name in listed.split("\0") if name and os.path.lexists(self.root / name)]
        for name in names:
            source, target = self.root / name, self.folder / name
            if target.is_file() and not source.is_symlink() and target.read_bytes() == source.read_bytes():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy(source, target, follow_symlinks=False)
        wanted = {self.folder / name for name in names}
        for path in [path for path in self.folder.rglob("*") if path.is_file() and not path.is_relative_to(self.build)]:
            if path not in wanted:
                path.unlink()

    def configure(self):
        result = self.call("cmake", "--preset", "cpu", "-DPLOTMILL_CUDA=OFF")
        if result.returncode != 0:
            raise Problem(f"the copy of the tree in {self.folder} can't be configured:\n{result.stdout}")

    def tests(self):
        """{name: [the file that lists it, targets that it needs]} of all CTest entries, built or not."""
        found = {}
        for listing in sorted(self.build.rglob("CTestTestfile.cmake")):
            for entry in ADD_TEST.finditer(listing.read_text(encoding="utf-8")):
                paths = [pathlib.Path(argument) for argument in ARGUMENT.findall(entry["arguments"])]
                targets = [str(path.relative_to(self.build)) for path in paths if path.is_relative_to(self.build)]
                found[entry["name"]] = [listing.relative_to(self.build), targets]
        return found

    def tests_of(self, file, expression):
        """The entries that an expression chooses, or those of the test folder that mirrors the file's."""
        tests = self.tests()
        if expression:
            names = [name for name in tests if re.search(expression, name)]
        else:
            folder = pathlib.Path("tests") / file.parent
            while not (self.build / folder / "CTestTestfile.cmake").exists() and folder != pathlib.Path("."):
                folder = folder.parent
            names = [name for name, (listing, _) in tests.items() if listing.is_relative_to(folder)]
        if not names:
            raise Problem(f"there is no test for {file}; --tests REGEX chooses some of CTest's")
        return names, sorted({target for name in names for target in tests[name][1]})

    def compile(self, targets):
        """The compiler's words where the targets can't be built."""
        result = self.call("ninja", "-C", str(self.build), "-j", N_JOBS, *targets)
        return "" if result.returncode == 0 else result.stdout

    def failing(self, names, timeout):
        """The first tests that fail, those in whose time others were under way included; [] where all pass."""
        if not names:
            return []
        chosen = "^(" + "|".join(map(re.escape, names)) + ")$"
        result = self.call("ctest", "--test-dir", str(self.build), "-R", chosen, "-j", N_JOBS, "--stop-on-failure",
                           "--timeout", str(timeout), "--no-tests=error")
        failed = FAILED.findall(result.stdout)
        if result.returncode != 0 and not failed:
            raise Problem(f"CTest can't run the tests:\n{result.stdout}")
        return failed
