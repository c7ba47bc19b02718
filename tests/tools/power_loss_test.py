"""The power goes at chosen moments of a run: whatever of its unsynced data the disk has kept, no file under its final
name is incomplete, and --resume ends with what an uninterrupted run stores.

power_loss_test.py COMMAND LAYER [--all]
"""
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

import power_cut
import stored
from fault_runs import OUTPUTS, FaultRuns, run, spread

ALL = "--all" in sys.argv


class PowerLoss(FaultRuns):
    def record(self, *arguments):
        """Runs and gives all that it did to the folder, and what was there before."""
        before = power_cut.snapshot(self.folder)
        with tempfile.TemporaryDirectory() as scratch:
            log = pathlib.Path(scratch) / "log"
            result = run(self.folder, *arguments, log=log)
            self.assertEqual((result.code, result.errors), (0, ""))
            return before, power_cut.read_log(log, self.folder)

    def replace_folder(self, found):
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        power_cut.restore(found, self.folder)

    def moments(self, operations, n_points):
        """Numbers of operations done before the power goes: all over the run, and around what makes things durable."""
        chosen = set(spread(len(operations), n_points))
        turns = [i for i, operation in enumerate(operations)
                 if operation.kind in (power_cut.SYNC, power_cut.SYNC_ALL, power_cut.RENAME, power_cut.UNLINK)]
        for i in spread(len(turns), n_points):
            chosen |= {turns[i - 1], turns[i - 1] + 1}
        return range(1, len(operations) + 1) if ALL else sorted(chosen)

    def promised(self, disk):
        """How many images the manifests that are on the disk for sure tell of."""
        durable = {path: entry.durable for path, entry in durable_files(disk.root)}
        lines = [json.loads(line) for path, content in durable.items() if path.endswith(stored.MANIFEST)
                 for line in content.split(b"\n")[:-1]]
        return max((line["images"][1] for line in lines if isinstance(line.get("images"), list)), default=0)

    def check_cut(self, disk, seed):
        self.replace_folder(disk.after_cut(seed))
        self.check_outputs()
        self.assertGreaterEqual(self.check_resume(), self.promised(disk))

    def test_every_kind_of_output(self):
        for output in OUTPUTS:
            self.new_job(output)
            before, operations = self.record()
            disk, n_done = power_cut.Disk(before), 0
            for moment in self.moments(operations, 8):
                for operation in operations[n_done:moment]:
                    disk.apply(operation)
                n_done = moment
                for seed in range(5 if ALL else 2):
                    seed += 1000 * moment
                    with self.subTest(output=output, moment=moment, of=len(operations), seed=seed,
                                      last=operations[moment - 1], promised=self.promised(disk)):
                        self.check_cut(disk, seed)

    def test_again_while_resuming(self):
        for output in OUTPUTS:
            for share in (0.4, 0.8):
                for seed in range(3):
                    with self.subTest(output=output, share=share, seed=seed):
                        self.new_job(output)
                        arguments = ()
                        for n_cuts in range(3):
                            before, operations = self.record(*arguments)
                            disk = power_cut.Disk(before)
                            for operation in operations[:int(len(operations) * share)]:
                                disk.apply(operation)
                            self.replace_folder(disk.after_cut(seed + 10 * n_cuts))
                            self.check_outputs()
                            arguments = ("run", "job.json", "--quiet", "--resume")
                        self.check_resume()

    def test_while_a_file_is_taken_up_again(self):
        """Its journal may be cut off only when the pages that were in it are on the disk."""
        for output in ("hdf5", "shards"):
            self.new_job(output)
            before, operations = self.record()
            # Just listed: no page of these journals is in its place yet.
            listed = [i + 1 for i, operation in enumerate(operations)
                      if operation.kind == power_cut.SYNC and operation.path.endswith(stored.MANIFEST)]
            for moment in listed[2:8:2]:
                self.replace_folder(replayed(before, operations[:moment]).after_cut(moment))
                taken_up, resumed = self.record("run", "job.json", "--quiet", "--resume")
                cut_off = next(i for i, operation in enumerate(resumed)
                               if operation.kind == power_cut.TRUNCATE and operation.path.endswith(".part"))
                disk = replayed(taken_up, resumed[:cut_off + 1])
                # Many seeds leave the same.
                different = {str(disk.after_cut(seed)): seed for seed in range(40)}
                for seed in different.values():
                    with self.subTest(output=output, moment=moment, cut_off=cut_off, seed=seed):
                        self.check_cut(disk, seed)


def replayed(before, operations):
    disk = power_cut.Disk(before)
    for operation in operations:
        disk.apply(operation)
    return disk


def durable_files(folder, prefix=""):
    for name, entry in folder.durable.items():
        if isinstance(entry, power_cut.Folder):
            yield from durable_files(entry, prefix + name + "/")
        elif entry is not None:
            yield prefix + name, entry


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
