"""What a profiler is told of a run: a range for each batch in each node, and what the threads are called.

profile_test.py COMMAND RECORDER
"""
import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

COMMAND, RECORDER = (os.path.abspath(path) for path in sys.argv[1:3])
N_IMAGES, BATCH = 45, 10
N_BATCHES = -(-N_IMAGES // BATCH)


class Profile(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def record(self, *arguments, reader=None, code=0):
        """What the recorder has written."""
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        environment = dict(os.environ, NVTX_INJECTION64_PATH=RECORDER, PLOTMILL_NVTX_LOG=str(log))
        reader = reader or f'{{"id": "walks", "type": "make_sequences", "params": {{"count": {N_IMAGES}}}}}'
        definition = f"""{{"plotmill": 1, "run": {{"batch": {BATCH}, "threads": 2}}, "stages": [
            {reader},
            {{"id": "charts", "type": "draw_lines", "params": {{"width": 48, "height": 32}}}},
            {{"id": "store", "type": "write_hdf5", "params": {{"path": "out.h5"}}}}]}}"""
        (self.folder / "job.json").write_text(definition, encoding="utf-8")
        result = subprocess.run([COMMAND, "run", "job.json", "--quiet", "--force", *arguments], cwd=self.folder,
                                env=environment, capture_output=True, check=False, timeout=60)
        self.assertEqual(result.returncode, code, result.stderr)
        return log.read_text(encoding="utf-8").splitlines()

    def ranges(self, lines):
        """Payloads by name; every range has ended."""
        payloads, begun = collections.defaultdict(list), []
        for kind, *words in (line.split(" ", 4) for line in lines):
            if kind == "begin":
                number, domain, payload, name = words
                self.assertEqual(domain, "plotmill")
                payloads[name].append(int(payload))
                begun.append(number)
            elif kind == "end":
                begun.remove(words[0])
        self.assertEqual(begun, [])
        return payloads

    def test_every_batch_is_a_range_in_every_node(self):
        payloads = self.ranges(self.record())
        batches = list(range(N_BATCHES))
        self.assertEqual(set(payloads), {"walks read", "charts draw", "store encode", "store commit", "store finish"})
        for name in ("charts draw", "store encode"):
            self.assertEqual(sorted(payloads[name]), batches)
        for name in ("walks read", "store commit"):
            self.assertEqual(payloads[name], batches)
        self.assertEqual(payloads["store finish"], [N_BATCHES])

    def test_threads_have_names(self):
        names = {line.split(" ", 1)[1] for line in self.record() if line.startswith("thread ")}
        self.assertLessEqual({"walks read", "store commit"}, names)
        self.assertTrue(names & {"worker 0", "worker 1"}, names)

    def test_ranges_of_a_run_that_fails_end(self):
        (self.folder / "in.csv").write_text("v\n" + "1\n" * 2000 + "oops\n", encoding="utf-8")
        reader = '{"id": "walks", "type": "read_csv", "params": {"path": "in.csv", "column": "v", "window": 4}}'
        payloads = self.ranges(self.record(reader=reader, code=1))
        self.assertEqual(payloads["walks read"][0], 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
