"""Runs a program with the fault layer of tests/support/fault_layer/ loaded, and says which faults it met."""
import os
import pathlib
import subprocess
import tempfile


class Result:
    """How a run under the layer ended."""

    def __init__(self, process, hits):
        self.code = process.returncode
        self.output = process.stdout
        self.errors = process.stderr.decode("utf-8", errors="replace")
        lines = hits.splitlines()
        self.seen = sum(int(line.split()[2]) for line in lines if line.startswith("seen "))
        self.hits = [line for line in lines if not line.startswith("seen ")]

    def __str__(self):
        return f"exit code {self.code}, faults {self.hits[:3]}\n{self.errors}"


class FaultLayer:
    """The libraries, as CMake has built them."""

    def __init__(self, library):
        self.library = pathlib.Path(library).absolute()
        self.memory_library = self.library.with_name("memory_fault_layer.so")

    def environment(self, folder, rules="", hits="", log=""):
        """What a program that is started with it lives under."""
        library = self.memory_library if "allocate:" in rules else self.library
        more = {"LD_PRELOAD": str(library), "PLOTMILL_FAULT_FOLDER": str(folder), "PLOTMILL_FAULTS": rules,
                "PLOTMILL_FAULT_HITS": str(hits), "PLOTMILL_FAULT_LOG": str(log),
                # The sanitizer's library is then not the first one, which is meant.
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        return os.environ | {name: value for name, value in more.items() if value}

    def run(self, command, folder, rules="", log="", timeout=20, **options):
        """Runs a command to its end. A timeout is an error of the test."""
        with tempfile.TemporaryDirectory() as scratch:
            hits = pathlib.Path(scratch) / "hits"
            process = subprocess.run(command, cwd=folder, env=self.environment(folder, rules, hits, log),
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     timeout=timeout, check=False, **options)
            return Result(process, hits.read_text(encoding="utf-8") if hits.exists() else "")
