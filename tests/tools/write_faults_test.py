"""Outputs on a system that refuses: each kind of call of each kind of output fails at several points of a run.

write_faults_test.py COMMAND LAYER
"""
import os
import errno
import subprocess
import sys
import unittest

from fault_runs import DONE, FAILED, OUTPUTS, FaultRuns, need_root, run, spread
from skipping import skipped

PLACES = {output: f"out ({stage['type']}) " for output, stage in OUTPUTS.items()}


class WriteFaults(FaultRuns):
    def fails(self, output, call, number, rule):
        """The call fails, which ends the run with one message and leaves what can be resumed."""
        self.new_job(output)
        result = run(self.folder, rules=f"{call}:{number},{rule},at=out*")
        self.assertTrue(result.hits, result)
        self.check_message(result, FAILED, PLACES[output], "out", os.strerror(getattr(errno, number)))
        self.check_outputs()
        self.check_resume()

    def fails_everywhere(self, call, numbers, n_points=4):
        for output in OUTPUTS:
            n_calls = self.count_calls(output, call, where="out*")
            self.assertGreater(n_calls, 0, (output, call))
            for i, nth in enumerate(spread(n_calls, n_points)):
                number = numbers[i % len(numbers)]
                with self.subTest(output=output, call=call, number=number, nth=nth, of=n_calls):
                    self.fails(output, call, number, f"nth={nth}")

    def test_writing_fails(self):
        self.fails_everywhere("write", ["ENOSPC", "EIO", "EDQUOT"], 6)

    def test_writing_fails_from_some_byte_on(self):
        for output in OUTPUTS:
            for n_bytes in (0, 5000, 20001):
                with self.subTest(output=output, n_bytes=n_bytes):
                    self.fails(output, "write", "ENOSPC", f"bytes={n_bytes}")

    def test_bringing_to_the_disk_fails(self):
        self.fails_everywhere("sync", ["EIO", "ENOSPC"], 6)

    def test_renaming_fails(self):
        self.fails_everywhere("rename", ["EIO", "ENOSPC"])

    def test_closing_fails(self):
        # What is synced is safe, so a failure of close() may also be without consequence.
        for output in OUTPUTS:
            n_calls = self.count_calls(output, "close", where="out/*")
            for nth in spread(n_calls, 5):
                with self.subTest(output=output, nth=nth, of=n_calls):
                    self.ends_well_or_with_one_message(output, f"close:EIO,nth={nth},at=out/*", errno.EIO)

    def test_closing_an_image_file_fails(self):
        # Where a disk is far away, or a quota is used up, it is the only call that says so.
        for output in ("png", "jpeg"):
            n_calls = self.count_calls(output, "close", where="out/*.part")
            for nth in spread(n_calls, 3):
                with self.subTest(output=output, nth=nth, of=n_calls):
                    self.new_job(output)
                    result = run(self.folder, rules=f"close:EDQUOT,nth={nth},at=out/*.part")
                    self.check_message(result, FAILED, PLACES[output], "cannot be written", os.strerror(errno.EDQUOT))
                    self.check_outputs()
                    self.check_resume()

    def test_closing_what_hdf5_has_written_fails(self):
        # Others close the file, too, who have only looked at it.
        errors = []
        for nth in range(1, 1 + self.count_calls("hdf5", "close", where="out/*.part")):
            self.new_job("hdf5")
            errors.append(run(self.folder, rules=f"close:EIO,nth={nth},at=out/*.part").errors)
        self.assertEqual(sum("out/charts.h5: cannot be completed: " + os.strerror(errno.EIO) in text for text in errors), 1,
                         errors)

    def test_opening_fails(self):
        # HDF5 first tries to open what it then makes.
        for output in OUTPUTS:
            n_calls = self.count_calls(output, "open", where="out*")
            for i, nth in enumerate(spread(n_calls, 8)):
                number = ["EMFILE", "ENOSPC", "EACCES"][i % 3]
                with self.subTest(output=output, number=number, nth=nth, of=n_calls):
                    rule = f"open:{number},nth={nth},at=out*"
                    self.ends_well_or_with_one_message(output, rule, getattr(errno, number))

    def test_what_is_complete_need_not_be_writable(self):
        for output in OUTPUTS:
            for number in ("EACCES", "EROFS"):
                with self.subTest(output=output, number=number):
                    # The first opening is the one to write.
                    rule = f"open:{number},nth=1,at=out/*.jsonl"
                    self.new_job(output)
                    self.assertEqual(run(self.folder).code, DONE)
                    result = run(self.folder, "run", "job.json", "--quiet", "--resume", rules=rule)
                    self.assertTrue(result.hits, result)
                    self.assertEqual((result.code, result.errors), (DONE, ""))

                    self.new_job(output)
                    self.assertEqual(run(self.folder, rules="write:EIO,nth=20,at=out*").code, FAILED)
                    result = run(self.folder, "run", "job.json", "--quiet", "--resume", rules=rule)
                    self.check_message(result, FAILED, "cannot be opened", os.strerror(getattr(errno, number)))
                    self.check_resume()

    def test_truncating_and_removing_fail(self):
        for output in OUTPUTS:
            for rule in ("truncate:EIO,from=1,at=out*", "unlink:EIO,from=1,at=out*"):
                with self.subTest(output=output, rule=rule):
                    self.ends_well_or_with_one_message(output, rule, errno.EIO)

    def ends_well_or_with_one_message(self, output, rule, number):
        self.new_job(output)
        result = run(self.folder, rules=rule)
        if result.code != DONE:
            self.check_message(result, FAILED, PLACES[output], "out", os.strerror(number))
        self.check_outputs()
        self.check_resume()

    def test_calls_that_take_fewer_bytes_change_nothing(self):
        for output in OUTPUTS:
            with self.subTest(output=output):
                self.new_job(output)
                result = run(self.folder, rules="write:short,from=1,at=out/*.part")
                self.assertTrue(result.hits, result)
                self.assertEqual((result.code, result.errors), (DONE, ""))
                self.check_outputs()
                self.check_resume()

    def test_full_file_system(self):
        need_root()
        for output in OUTPUTS:
            with self.subTest(output=output):
                self.new_job(output)
                folder = self.folder / "out"
                mount = ["mount", "-t", "tmpfs", "-o", "size=20k", "tmpfs", str(folder)]
                if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
                    skipped("no small file system can be mounted here")
                try:
                    self.check_message(run(self.folder), FAILED, PLACES[output], os.strerror(errno.ENOSPC))
                    self.check_outputs()
                    subprocess.run(["mount", "-o", "remount,size=10m", str(folder)], check=True)
                    self.check_resume()
                finally:
                    subprocess.run(["umount", str(folder)], check=True)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
