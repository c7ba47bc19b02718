"""The fault layer itself, on small programs: what it lets fail, what it leaves alone, and what it writes down.

fault_layer_test.py LAYER
"""
import errno
import os
import pathlib
import signal
import sys
import tempfile
import unittest

import power_cut
from fault_layer import FaultLayer

LAYER = FaultLayer(sys.argv[1])

# Calls that the tests let fail, one after another; prints how each ended.
PROGRAM = """
import os, sys
def tell(name, call):
    try:
        print(name, call())
    except OSError as error:
        print(name, os.strerror(error.errno))
def opened(flags, name="a"):
    return os.open(name, flags, 0o644)
os.mkdir("inner")
file = opened(os.O_RDWR | os.O_CREAT)
for i in range(4):
    tell("write", lambda: os.write(file, bytes(1000)))
tell("pwrite", lambda: os.pwrite(file, bytes(10), 50))
tell("writev", lambda: os.writev(file, [bytes(5), bytes(6)]))
tell("pread", lambda: len(os.pread(file, 100, 0)))
tell("truncate", lambda: os.ftruncate(file, 70))
tell("fsync", lambda: os.fsync(file))
tell("fdatasync", lambda: os.fdatasync(file))
tell("close", lambda: os.close(file))
tell("open", lambda: os.close(opened(os.O_RDONLY)))
tell("rename", lambda: os.rename("a", "inner/b"))
tell("unlink", lambda: os.unlink("inner/b"))
tell("rmdir", lambda: os.rmdir("inner"))
tell("outside", lambda: os.write(1, b""))
"""
WELL = ["write 1000"] * 4 + ["pwrite 10", "writev 11", "pread 100", "truncate None", "fsync None", "fdatasync None",
                             "close None", "open None", "rename None", "unlink None", "rmdir None", "outside 0"]


class Layer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "folder"
        self.log = pathlib.Path(folder.name) / "log"

    def run_program(self, rules="", program=PROGRAM, **options):
        with tempfile.TemporaryDirectory() as folder:
            self.folder = pathlib.Path(folder)
            result = LAYER.run([sys.executable, "-I", "-S", "-B", "-c", program], folder, rules, **options)
            self.kept = power_cut.snapshot(self.folder)
        return result

    def lines(self, rules):
        result = self.run_program(rules)
        self.assertEqual((result.code, result.errors), (0, ""), rules)
        return result, result.output.decode().splitlines()

    def test_nothing_fails_without_a_rule(self):
        self.assertEqual(self.lines("")[1], WELL)

    def test_each_call_fails_with_the_number_that_is_asked_for(self):
        for rule, line in [("write:ENOSPC", 0), ("write:EDQUOT,nth=2", 1), ("pwrite64:EIO", 4), ("writev:EIO", None),
                           ("read:EIO", 6), ("truncate:EIO", 7), ("sync:EIO", 8), ("fdatasync:EIO", 9),
                           ("close:EIO", 10), ("open:EMFILE,nth=2", 11), ("rename:ENOSPC", 12), ("unlink:EIO", 13),
                           ("rmdir:EIO", 14), ("write:EIO,at=a,nth=3", 2), ("write:EIO,min=1001", None)]:
            with self.subTest(rule=rule):
                result, lines = self.lines(rule)
                expected = list(WELL)
                if line is not None:
                    number = getattr(errno, rule.split(":")[1].split(",")[0])
                    expected[line] = f"{WELL[line].split()[0]} {os.strerror(number)}"
                    if rule.startswith("rename"):
                        expected[13:15] = ["unlink No such file or directory", "rmdir None"]
                    if rule.startswith("unlink"):
                        expected[14] = "rmdir Directory not empty"
                self.assertEqual(lines, expected)
                self.assertEqual(len(result.hits), 1 if line is not None else 0, result)

    def test_from_one_call_on_and_a_disk_that_is_full(self):
        self.assertEqual(self.lines("write:EIO,from=3")[1][:6],
                         ["write 1000"] * 2 + ["write Input/output error"] * 2 +
                         ["pwrite Input/output error", "writev Input/output error"])
        full = "No space left on device"
        self.assertEqual(self.lines("write:ENOSPC,bytes=2500")[1][:5],
                         ["write 1000"] * 2 + ["write 500", f"write {full}", f"pwrite {full}"])
        self.assertEqual(self.lines("write:short,nth=2")[1][:3], ["write 1000", "write 500", "write 1000"])

    def test_death_at_one_call(self):
        for rule, size in (("write:kill,nth=3", 2000), ("write:tear,nth=3", 2500)):
            self.assertEqual(self.run_program(rule).code, -signal.SIGKILL)
            self.assertEqual(len(self.kept["a"]), size)

    def test_memory_is_refused(self):
        program = "print(len(bytearray(3000000)))"
        self.assertIn("MemoryError", self.run_program("allocate:ENOMEM,min=1000000", program).errors)
        result = self.run_program("allocate:ENOMEM,min=1000000,nth=2", program)
        self.assertEqual((result.code, result.seen, result.hits), (0, 1, []))

    def test_a_rule_that_is_not_understood_ends_the_program(self):
        for rule in ("write:ENOSUCH", "write:EIO,when=3"):
            self.assertEqual(self.run_program(rule).code, 99)

    def test_the_log_holds_every_change_in_order(self):
        with tempfile.TemporaryDirectory() as scratch:
            log = pathlib.Path(scratch) / "log"
            self.run_program(log=log)
            operations = power_cut.read_log(log, self.folder)
        self.assertEqual([str(operation) for operation in operations],
                         ["mkdir inner", "create a", "write a 0 1000", "write a 1000 1000", "write a 2000 1000",
                          "write a 3000 1000", "write a 50 10", "write a 4000 11", "truncate a 70", "sync a", "sync a",
                          "rename a inner/b", "unlink inner/b", "rmdir inner"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
