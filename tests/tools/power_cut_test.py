"""The simulated power cut itself: small programs whose data it must lose, and such whose data it must keep.

power_cut_test.py LAYER
"""
import pathlib
import sys
import tempfile
import unittest

import power_cut
from fault_layer import FaultLayer

LAYER = FaultLayer(sys.argv[1])

HEAD = """
import os
def write(name, data, sync=True):
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(file, data)
    if sync:
        os.fsync(file)
    os.close(file)
def sync(name):
    file = os.open(name, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
"""
NEW, OLD = b"new" * 5000, b"old" * 5000


class PowerCut(unittest.TestCase):
    def outcomes(self, program, before=None, n_operations=None, **model):
        """What a power cut may leave after `n_operations`, or after all: 200 times."""
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as scratch:
            power_cut.restore(before or {}, pathlib.Path(folder))
            log = pathlib.Path(scratch) / "log"
            result = LAYER.run([sys.executable, "-I", "-S", "-B", "-c",
                                f"{HEAD}NEW, OLD = {NEW!r}, {OLD!r}\n{program}"], folder, log=log)
            self.assertEqual((result.code, result.errors), (0, ""))
            self.operations = power_cut.read_log(log, folder)
            after = power_cut.snapshot(pathlib.Path(folder))
        disk = power_cut.Disk(before, **model)
        for operation in self.operations[:n_operations]:
            disk.apply(operation)
        found = [disk.after_cut(seed) for seed in range(200)]
        self.assertEqual(found, [disk.after_cut(seed) for seed in range(200)])
        if n_operations is None:
            power_cut_free = power_cut.Disk(before)
            for operation in [*self.operations, power_cut.Operation(power_cut.SYNC_ALL)]:
                power_cut_free.apply(operation)
            self.assertEqual(power_cut_free.after_cut(1), after)
        return found

    def test_without_a_sync_all_may_be_lost_torn_or_zero(self):
        found = [files.get("a") for files in self.outcomes("write('a', NEW, sync=False)")]
        self.assertIn(None, found)
        self.assertIn(b"", found)
        self.assertIn(NEW, found)
        self.assertIn(bytes(len(NEW)), found)
        self.assertTrue(any(content and content != NEW and NEW.startswith(content) for content in found))
        self.assertTrue(any(content and content.endswith(NEW[-100:]) and content != NEW for content in found))

    def test_a_synced_file_without_its_name(self):
        program = "write('a', NEW)"
        self.assertEqual({files.get("a") for files in self.outcomes(program)}, {None, NEW})
        self.assertEqual({files.get("a") for files in self.outcomes(program, file_sync_keeps_name=True)}, {NEW})
        self.assertEqual({files.get("a") for files in self.outcomes(program + "; sync('.')")}, {NEW})

    def test_a_replaced_file_is_the_old_one_or_the_new_one(self):
        program = "write('a.part', NEW); os.rename('a.part', 'a')"
        before = {"a": OLD}
        self.assertEqual({files["a"] for files in self.outcomes(program, before)}, {OLD, NEW})
        self.assertEqual({files["a"] for files in self.outcomes(program + "; sync('.')", before)}, {NEW})
        for n in range(5):
            self.assertLessEqual({files["a"] for files in self.outcomes(program, before, n)}, {OLD, NEW})

    def test_a_file_that_is_renamed_without_a_sync_may_be_empty_under_its_name(self):
        program = "write('a.part', NEW, sync=False); os.rename('a.part', 'a'); sync('.')"
        self.assertIn(b"", {files["a"] for files in self.outcomes(program, {"a": OLD})})

    def test_syncfs_covers_what_came_before_it_alone(self):
        library = "import ctypes; root = os.open('.', os.O_RDONLY); ctypes.CDLL(None).syncfs(root)\n"
        program = "os.mkdir('inner'); write('inner/a', NEW, sync=False)\n" + library + "write('b', NEW, sync=False)"
        found = self.outcomes(program)
        self.assertEqual({files.get("inner/a") for files in found}, {NEW})
        self.assertGreater(len({files.get("b") for files in found}), 5)

    def test_names_change_in_order(self):
        program = "write('a', NEW); write('b', NEW); os.unlink('a')"
        names = {frozenset(files) for files in self.outcomes(program)}
        self.assertEqual(names, {frozenset(), frozenset("a"), frozenset("ab"), frozenset("b")})

    def test_overwriting_in_place_is_torn_at_blocks(self):
        program = "file = os.open('a', os.O_WRONLY); os.pwrite(file, NEW, 100); os.ftruncate(file, 9000)"
        found = [files["a"] for files in self.outcomes(program, {"a": bytes(100) + OLD})]
        self.assertIn(bytes(100) + OLD, found)
        self.assertIn((bytes(100) + NEW)[:9000], found)
        self.assertEqual({len(content) for content in found}, {9000, 15100})
        for content in found:
            blocks = [content[begin:begin + 512] for begin in range(512, 9000 - 512, 512)]
            for number, block in enumerate(blocks, 1):
                self.assertIn(block, [(bytes(100) + text)[512 * number:512 * number + 512] for text in (OLD, NEW)])

    def test_a_folder_that_was_not_synced_takes_its_files_along(self):
        program = "os.mkdir('inner'); write('inner/a', NEW); sync('inner')"
        self.assertEqual({frozenset(files) for files in self.outcomes(program)},
                         {frozenset(), frozenset({"inner", "inner/a"})})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
