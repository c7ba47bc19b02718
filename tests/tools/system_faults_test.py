"""What else happens to a run: signals, closed pipes, outputs removed under it, too few descriptors, memory or threads.

system_faults_test.py COMMAND LAYER
"""
import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

from fault_runs import COMMAND, CRASHED, DONE, FAILED, INTERRUPTED, LAYER, OUTPUTS, FaultRuns, StoppedRun, run, spread
from skipping import skipped


class SystemFaults(FaultRuns):
    def stopped(self, output, where="out/*", nth=20):
        self.new_job(output)
        stopped = StoppedRun(self.folder, f"write:stop,nth={nth},at={where}")
        self.assertTrue(stopped.was_stopped)
        return stopped

    def test_signals(self):
        for output in OUTPUTS:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                with self.subTest(output=output, number=number.name):
                    result = self.stopped(output).go_on(number)
                    self.check_message(result, INTERRUPTED, "plotmill: cancelled")
                    self.check_outputs()
                    self.check_resume()

    def test_time_in_which_it_was_stopped_is_not_that_of_a_stall(self):
        self.new_job("hdf5", "csv")
        data = self.folder / "in" / "data.csv"
        text = data.read_bytes()
        data.unlink()
        os.mkfifo(data)
        process = subprocess.Popen([COMMAND, "run", "job.json", "--quiet", "--set", "run.stall_timeout=3"],
                                   cwd=self.folder, stderr=subprocess.PIPE)
        with open(data, "wb") as pipe:
            # The reader waits for the rest, and so does the whole run.
            pipe.write(text[:2000000])
            pipe.flush()
            time.sleep(0.7)
            process.send_signal(signal.SIGSTOP)
            time.sleep(4)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.2)
            pipe.write(text[2000000:])
        _, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (DONE, b""))
        self.check_outputs()

    def test_an_interrupt_while_nobody_writes_to_the_pipe_that_is_read(self):
        self.new_job("hdf5", "csv")
        data = self.folder / "in" / "data.csv"
        text = data.read_bytes()
        data.unlink()
        os.mkfifo(data)
        for begins in (False, True):
            with self.subTest(begins=begins):
                process = subprocess.Popen([COMMAND, "run", "job.json", "--quiet", "--force"], cwd=self.folder,
                                           stderr=subprocess.PIPE)
                pipe = None
                if begins:
                    pipe = open(data, "wb")
                    pipe.write(text[:2000000])
                    pipe.flush()
                time.sleep(0.7)
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=20)
                self.assertEqual(process.returncode, INTERRUPTED)
                self.assertIn(b"cancelled", errors)
                if pipe:
                    pipe.close()

    def test_the_files_about_a_run_cannot_be_written(self):
        self.new_job("hdf5")
        for option in ("--report", "--trace"):
            for rule, what in (("write:ENOSPC,nth=1,at=in/about.part", "about.part: cannot be written"),
                               ("sync:EIO,nth=1,at=in/about.part", "about.part: cannot be brought to the disk"),
                               ("rename:EIO,nth=1,at=in/about*", "about: cannot be renamed"),
                               ("sync:EIO,nth=1,at=in", "in: cannot be brought to the disk")):
                with self.subTest(option=option, rule=rule):
                    result = run(self.folder, "run", "job.json", "--quiet", "--force", option, "in/about", rules=rule)
                    number = errno.ENOSPC if "ENOSPC" in rule else errno.EIO
                    self.check_message(result, FAILED, "plotmill: in", what, os.strerror(number))
                    # Its name is its own where only the folder could not be brought to the disk.
                    left = ["about"] if rule.endswith("at=in") else []
                    self.assertEqual([path.name for path in (self.folder / "in").glob("about*")], left)
                    for path in (self.folder / "in").glob("about*"):
                        path.unlink()

    def test_a_second_signal_ends_it_at_once(self):
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTERM)
        for output, number in zip(OUTPUTS, numbers):
            with self.subTest(output=output, number=number.name):
                # Stopped once more after the first, so that the second finds it at work.
                self.new_job(output)
                stopped = StoppedRun(self.folder, "write:stop,nth=20,at=out/*;sync:stop,nth=1000;close:stop,from=1,at=out/*")
                stopped.process.send_signal(number)
                stopped.process.send_signal(signal.SIGCONT)
                _, status = os.waitpid(stopped.process.pid, os.WUNTRACED)
                self.assertTrue(os.WIFSTOPPED(status), "the run has ended already")
                self.assertEqual(stopped.go_on(number).code, -number)
                self.check_outputs()
                self.check_resume()

    def test_ignored_signals_stay_ignored(self):
        self.new_job("png")
        stopped = StoppedRun(self.folder, "write:stop,nth=20,at=out/*",
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.assertEqual(stopped.go_on(signal.SIGHUP).code, DONE)
        self.check_outputs()

    def test_the_reader_of_standard_output_goes(self):
        for output in OUTPUTS:
            with self.subTest(output=output):
                self.new_job(output)
                reading, writing = os.pipe()
                os.close(reading)
                result = subprocess.run([COMMAND, "run", "job.json", "--quiet", "--json"], cwd=self.folder, stdout=writing,
                                        stderr=subprocess.PIPE, check=False, timeout=60)
                os.close(writing)
                self.assertEqual((result.returncode, result.stderr),
                                 (FAILED, b"plotmill: standard output: the report could not be written\n"))
                # All was done but telling it.
                self.check_outputs()
                self.check_resume()

    def test_the_reader_of_standard_error_goes(self):
        for rules, code in (("", DONE), ("write:ENOSPC,nth=20,at=out/*", FAILED)):
            for arguments in ([], ["--quiet"], ["--progress", "json"], ["--progress", "line"]):
                with self.subTest(rules=rules, arguments=arguments):
                    self.new_job("hdf5")
                    reading, writing = os.pipe()
                    os.close(reading)
                    result = subprocess.run([COMMAND, "run", "job.json", *arguments, "--json"], cwd=self.folder,
                                            env=LAYER.environment(self.folder, rules), stdout=subprocess.PIPE,
                                            stderr=writing, check=False, timeout=60)
                    os.close(writing)
                    self.assertEqual(result.returncode, code)
                    if code == DONE:
                        self.assertEqual(json.loads(result.stdout)["images"], 130)
                    self.check_outputs()
                    self.check_resume()

    def test_the_file_under_way_is_removed(self):
        for output in ("hdf5", "shards"):
            with self.subTest(output=output):
                # The manifest tells of two pieces of the first file then.
                stopped = self.stopped(output, where="out/*.jsonl", nth=4)
                parts = list((self.folder / "out").glob("*.h5.part"))
                self.assertEqual(len(parts), 1)
                parts[0].unlink()
                # Writing into a file without a name goes well; that it has none shows when it is to get its final one.
                result = stopped.go_on()
                self.check_message(result, FAILED, f"out (write_hdf5) out/{parts[0].name}: was removed or replaced",
                                   os.strerror(errno.ENOENT))
                self.check_outputs()
                # What was stored is gone, and that is told before anything is done again.
                result = run(self.folder, "run", "job.json", "--quiet", "--resume")
                self.check_message(result, FAILED, f"out/{parts[0].stem}", "is missing", "--force starts anew")
                self.assertEqual(run(self.folder, "run", "job.json", "--quiet", "--force").code, DONE)
                self.check_resume()

    def test_the_file_under_way_is_replaced(self):
        for output in ("hdf5", "shards"):
            # Before the end, and at the beginning, when a run that fails removes what it has begun.
            for where, nth in (("out/*.jsonl", 4), ("out/*.part", 1)):
                with self.subTest(output=output, where=where):
                    stopped = self.stopped(output, where=where, nth=nth)
                    part = next((self.folder / "out").glob("*.h5.part"))
                    part.unlink()
                    part.write_text("another's", encoding="utf-8")
                    result = stopped.go_on(*([] if nth > 1 else [signal.SIGINT]))
                    if nth > 1:
                        self.check_message(result, FAILED, f"out/{part.name}: was removed or replaced while it was written")
                    self.assertEqual(part.read_text(encoding="utf-8"), "another's")
                    self.check_outputs()

    def test_another_run_has_begun_the_output_anew(self):
        for output in OUTPUTS:
            with self.subTest(output=output):
                first = self.stopped(output)
                for path in (self.folder / "out").iterdir():
                    path.unlink()
                second = StoppedRun(self.folder, "write:stop,nth=20,at=out/*")
                self.assertTrue(second.was_stopped)
                before = {path.name: path.read_bytes() for path in (self.folder / "out").iterdir()}
                result = first.go_on()
                self.check_message(result, FAILED, f"out ({OUTPUTS[output]['type']}) out", "its manifest out/",
                                   "was removed or replaced while the run wrote it")
                after = {path.name: path.read_bytes() for path in (self.folder / "out").iterdir()}
                self.assertEqual({name: after.get(name) for name in before}, before)
                self.assertEqual(second.go_on().code, DONE)
                self.check_resume()

    def test_the_folder_is_removed(self):
        for output in OUTPUTS:
            with self.subTest(output=output):
                stopped = self.stopped(output, where="out/*.part")
                shutil.rmtree(self.folder / "out")
                result = stopped.go_on()
                self.check_message(result, FAILED, f"out ({OUTPUTS[output]['type']}) out", "was removed or replaced")
                self.check_outputs()
                self.check_resume()

    def test_the_folder_is_renamed(self):
        for output in OUTPUTS:
            with self.subTest(output=output):
                stopped = self.stopped(output, where="out/*.part")
                (self.folder / "out").rename(self.folder / "in" / "moved")
                result = stopped.go_on()
                self.check_message(result, FAILED, f"out ({OUTPUTS[output]['type']}) out", "was removed or replaced")
                (self.folder / "in" / "moved").rename(self.folder / "out")
                self.check_outputs()
                self.check_resume()

    def with_limit(self, output, what, number):
        """A run under a limit ends well or with one message; fewer than the loader needs are told by the loader."""
        self.new_job(output, "npy")
        result = subprocess.run([COMMAND, "run", "job.json", "--quiet"], cwd=self.folder, check=False, timeout=60,
                                capture_output=True, preexec_fn=lambda: resource.setrlimit(what, (number, number)))
        errors = result.stderr.decode()
        if result.returncode == 127:
            self.assertIn("error while loading shared libraries", errors)
        elif result.returncode != DONE:
            # 2: the definition itself could not be read.
            self.assertIn(result.returncode, (FAILED, 2), errors)
            self.assertEqual(len(errors.splitlines()), 1, errors)
            self.assertTrue(errors.startswith("plotmill: "), errors)
            self.assertNotIn(CRASHED, errors)
        self.check_outputs()
        self.check_resume()
        return result.returncode, errors

    def test_few_descriptors(self):
        if "TSAN_OPTIONS" in os.environ:
            skipped("thread sanitizer needs descriptors itself, or its suppressions for oneTBB match nothing")
        for output in OUTPUTS:
            codes = {}
            for number in range(3, 12):
                with self.subTest(output=output, number=number):
                    codes[number], errors = self.with_limit(output, resource.RLIMIT_NOFILE, number)
                    if codes[number] == FAILED:
                        self.assertIn(os.strerror(errno.EMFILE), errors)
            with self.subTest(output=output):
                self.assertIn(FAILED, codes.values())
                self.assertEqual(codes[11], DONE)

    def test_few_threads(self):
        for output in OUTPUTS:
            n_threads = self.count_calls(output, "thread", where="*")
            for nth in range(1, n_threads + 1):
                with self.subTest(output=output, nth=nth, of=n_threads):
                    self.new_job(output)
                    result = run(self.folder, rules=f"thread:EAGAIN,nth={nth}")
                    self.assertTrue(result.hits, result)
                    # oneTBB does with fewer threads of its own.
                    if result.code != DONE:
                        self.check_message(result, FAILED, os.strerror(errno.EAGAIN))
                    self.check_outputs()
                    self.check_resume()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
