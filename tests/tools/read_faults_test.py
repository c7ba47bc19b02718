"""Inputs that can no longer be read in the middle of a run: read errors, files that are cut, replaced or removed.

read_faults_test.py COMMAND LAYER
"""
import errno
import os
import sys
import unittest

from fault_runs import COMMAND, DONE, FAILED, INPUTS, FaultRuns, StoppedRun, run, spread

SOURCES = [source for source in INPUTS if source != "none"]


class ReadFaults(FaultRuns):
    def place(self, source):
        return f"in ({INPUTS[source][1]['type']}) in/data.{source}"

    def test_reading_fails(self):
        for source in SOURCES:
            n_calls = self.count_calls("hdf5", "read", source, "in/*")
            self.assertGreater(n_calls, 2, source)
            for i, nth in enumerate(spread(n_calls, 6)):
                output = ["hdf5", "png"][i % 2]
                with self.subTest(source=source, output=output, nth=nth, of=n_calls):
                    self.new_job(output, source)
                    result = run(self.folder, rules=f"read:EIO,nth={nth},at=in/*")
                    self.assertTrue(result.hits, result)
                    self.check_message(result, FAILED, self.place(source), os.strerror(errno.EIO))
                    self.check_outputs()
                    self.check_resume()

    def test_reading_the_definition_fails(self):
        self.new_job("hdf5")
        result = run(self.folder, rules="read:EIO,nth=1,at=job.json")
        self.assertTrue(result.hits, result)
        self.assertEqual(result.errors, "plotmill: job.json: the definition can't be read: Input/output error\n")
        self.assertNotEqual(result.code, DONE)

    def test_reading_takes_fewer_bytes(self):
        for source in SOURCES:
            with self.subTest(source=source):
                self.new_job("png", source)
                result = run(self.folder, rules="read:short,from=1,at=in/*")
                self.assertTrue(result.hits, result)
                self.assertEqual((result.code, result.errors), (DONE, ""))
                self.check_outputs()

    def test_opening_fails(self):
        for source in SOURCES:
            for number in ("EMFILE", "EACCES", "EIO"):
                with self.subTest(source=source, number=number):
                    self.new_job("hdf5", source)
                    result = run(self.folder, rules=f"open:{number},from=1,at=in/*")
                    self.check_message(result, FAILED, self.place(source), os.strerror(getattr(errno, number)))
                    self.check_outputs()
                    self.check_resume()

    def in_the_middle(self, source, act):
        """Stops a run at the read in the middle, lets `act` do something to the input, and lets the run go on."""
        n_calls = self.count_calls("hdf5", "read", source, "in/*")
        self.new_job("hdf5", source)
        stopped = StoppedRun(self.folder, f"read:stop,nth={(n_calls + 1) // 2},at=in/*")
        self.assertTrue(stopped.was_stopped)
        path = self.folder / "in" / f"data.{source}"
        before = path.read_bytes(), path.stat()
        act(path)
        result = stopped.go_on()
        path.write_bytes(before[0])
        os.utime(path, ns=(before[1].st_atime_ns, before[1].st_mtime_ns))
        return result

    def test_the_file_is_removed(self):
        # An open file stays.
        for source in SOURCES:
            with self.subTest(source=source):
                result = self.in_the_middle(source, os.unlink)
                if result.code != DONE:
                    self.check_message(result, FAILED, self.place(source))
                self.check_outputs()
                self.check_resume()

    def test_the_file_becomes_shorter(self):
        for source in SOURCES:
            with self.subTest(source=source):
                # What was read ahead may be all that a short run needs.
                result = self.in_the_middle(source, lambda path: os.truncate(path, path.stat().st_size // 8))
                self.check_message(result, FAILED, self.place(source))
                self.check_outputs()
                self.check_resume()

    def test_the_file_becomes_empty(self):
        for source in SOURCES:
            with self.subTest(source=source):
                result = self.in_the_middle(source, lambda path: os.truncate(path, 0))
                self.check_message(result, FAILED, self.place(source))
                self.check_outputs()
                self.check_resume()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
