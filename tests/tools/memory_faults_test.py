"""Memory that is refused: allocations that fail one by one, and a process that may not grow.

memory_faults_test.py COMMAND LAYER [--all]

What plotmill itself asks for in pieces of some KiB must end cleanly when refused. A small piece may be one of oneTBB,
HDF5 or the C++ library, which end the program where they have none: that is told, and the outputs must be sound. --all
lets each single allocation of a run fail, and prints how the runs ended.
"""
import collections
import resource
import subprocess
import sys
import unittest

from fault_runs import COMMAND, CRASHED, DONE, FAILED, OUTPUTS, FaultRuns, run, spread

REFUSED = "the system refused memory"
ALL = "--all" in sys.argv


class MemoryFaults(FaultRuns):
    def refuse(self, output, source, least, nth):
        self.new_job(output, source)
        return run(self.folder, rules=f"allocate:ENOMEM,min={least},nth={nth}", may_crash=least == 1)

    def n_allocations(self, output, source, least):
        self.new_job(output, source)
        return run(self.folder, rules=f"allocate:ENOMEM,min={least},nth=1000000000").seen

    def check_clean(self, result):
        """Or well: what is asked for again in smaller pieces, or can be done without."""
        if result.code != DONE:
            self.check_message(result, FAILED, REFUSED)
        self.check_outputs()
        self.check_resume()

    def test_large_pieces_are_refused_cleanly(self):
        codes = collections.Counter()
        for source, output in (("none", "hdf5"), ("csv", "png"), ("npy", "jpeg"), ("hdf5", "shards")):
            for least in (8192, 65536):
                n_allocations = self.n_allocations(output, source, least)
                for nth in spread(n_allocations, 1000 if ALL else 6):
                    with self.subTest(source=source, output=output, least=least, nth=nth, of=n_allocations):
                        result = self.refuse(output, source, least, nth)
                        codes[result.code] += 1
                        self.check_clean(result)
        self.assertGreater(codes[FAILED], 0)

    def test_small_pieces_leave_sound_outputs(self):
        codes = collections.Counter()
        for source, output in (("none", "hdf5"), ("csv", "png"), ("npy", "jpeg"), ("hdf5", "shards")):
            n_allocations = self.n_allocations(output, source, 1)
            # Before main() nobody can tell.
            n_at_begin = run(self.folder, "--version", rules="allocate:ENOMEM,nth=1000000000").seen
            for nth in spread(n_allocations, n_allocations if ALL else 6):
                with self.subTest(source=source, output=output, nth=nth, of=n_allocations):
                    result = self.refuse(output, source, 1, nth)
                    codes[self.outcome(result)] += 1
                    if nth > n_at_begin:
                        # A library may end the program in its own way, but not by a signal that nobody tells of.
                        self.assertGreaterEqual(result.code, 0, result)
                    self.check_outputs()
                    self.check_resume()
        print(dict(codes), file=sys.stderr)

    def outcome(self, result):
        line = (result.errors.splitlines() or [""])[0]
        return f"code {result.code}: {line.split(': ')[-1][:60]}" if ALL else f"code {result.code}"

    def test_no_room_for_the_process(self):
        for output in OUTPUTS:
            codes = collections.Counter()
            for mebibytes in range(40, 1100, 106):
                with self.subTest(output=output, mebibytes=mebibytes):
                    self.new_job(output)
                    limit = mebibytes << 20
                    result = subprocess.run(
                        [COMMAND, "run", "job.json", "--quiet"], cwd=self.folder, capture_output=True, timeout=60,
                        check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
                    codes[result.returncode] += 1
                    # 127: the loader has no room for the libraries.
                    self.assertIn(result.returncode, (DONE, FAILED, 127), result.stderr.decode())
                    self.assertNotIn(CRASHED, result.stderr.decode())
                    self.check_outputs()
                    self.check_resume()
            self.assertIn(DONE, codes)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
