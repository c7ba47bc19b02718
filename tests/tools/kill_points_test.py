"""SIGKILL at chosen calls of a run: what is left is sound, and --resume ends with what an uninterrupted run stores.

kill_points_test.py COMMAND LAYER [--all]
"""
import signal
import sys
import unittest

from fault_runs import OUTPUTS, FaultRuns, run, spread

ALL = "--all" in sys.argv


class KillPoints(FaultRuns):
    def killed_everywhere(self, call, action, n_points):
        for output in OUTPUTS:
            n_calls = self.count_calls(output, call, where="out*")
            self.assertGreater(n_calls, 0, (output, call))
            for nth in spread(n_calls, n_calls if ALL else n_points):
                with self.subTest(output=output, call=call, action=action, nth=nth, of=n_calls):
                    self.new_job(output)
                    result = run(self.folder, rules=f"{call}:{action},nth={nth},at=out*")
                    self.assertEqual((result.code, result.errors), (-signal.SIGKILL, ""))
                    self.check_outputs()
                    self.check_resume()

    def test_before_a_write(self):
        self.killed_everywhere("write", "kill", 4)

    def test_in_a_write(self):
        self.killed_everywhere("write", "tear", 4)

    def test_before_bringing_to_the_disk(self):
        self.killed_everywhere("sync", "kill", 4)

    def test_before_a_rename(self):
        self.killed_everywhere("rename", "kill", 4)

    def test_again_and_again(self):
        """Each run is killed a little further on, until one comes to its end."""
        for output in OUTPUTS:
            with self.subTest(output=output):
                n_calls = self.count_calls(output, "write")
                self.new_job(output)
                for n_killed in range(20):
                    arguments = ("run", "job.json", "--quiet", "--resume") if n_killed else ("run", "job.json", "--quiet")
                    result = run(self.folder, *arguments, rules=f"write:tear,nth={1 + n_calls // 5},at=out/*")
                    self.check_outputs()
                    if result.code != -signal.SIGKILL:
                        break
                self.assertEqual((result.code, result.errors), (0, ""))
                self.assertGreater(n_killed, 1)
                self.check_resume()

    def test_nothing_is_forgotten_by_a_run_that_fails_at_once(self):
        """After a death at each point where something gets its name, or is listed, a run fails before it has stored
        anything."""
        for output in OUTPUTS:
            for call, where in (("rename", "out*"), ("sync", "out*"), ("write", "out/*.jsonl")):
                n_calls = self.count_calls(output, call, where=where)
                # The first ones above all: nothing is listed yet.
                for nth in spread(n_calls, n_calls) if ALL else sorted({*range(1, min(n_calls, 5)), n_calls}):
                    with self.subTest(output=output, call=call, nth=nth, of=n_calls):
                        self.new_job(output)
                        run(self.folder, rules=f"{call}:kill,nth={nth},at={where}")
                        failed = run(self.folder, "run", "job.json", "--quiet", "--resume", rules="write:ENOSPC,from=1,at=out/*")
                        self.check_outputs()
                        self.assertIn(failed.code, (0, 1), failed)
                        self.check_resume()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
