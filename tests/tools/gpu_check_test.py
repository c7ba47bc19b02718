"""tools/gpu_check with shell scripts in place of the driver's programs and of plotmill's: gpu_check_test.py ROOT"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()

BENCH = {"device": "Stand-in", "copy_bytes_per_second": 2.5e12,
         "kernel": {"images_per_second": 1234567.0, "write_share_of_copy": 0.25}}
STAGES = [{"id": "walks", "busy_seconds": 0.1, "waiting_seconds": 1.9},
          {"id": "charts", "busy_seconds": 1.5, "waiting_seconds": 0.5},
          {"id": "store encode", "busy_seconds": 7.2, "waiting_seconds": 0.2, "threads": 4}]
# Its arguments: run job.json --json --quiet --device cuda. The images are those of --quick.
PLOTMILL = f"""
[ "$1" = run ] || exit 0
echo '{{}}' > charts.h5.plotmill.jsonl
echo '{{"bytes": 40000000, "xxh3": ["'"$CHECKSUM"'"]}}' >> charts.h5.plotmill.jsonl
echo '{{"complete": true}}' >> charts.h5.plotmill.jsonl
echo '{{"images": 4000, "seconds": 2.0, "streams": 0, "device": "'"$6"'", "stages": {json.dumps(STAGES)}}}'
"""
PLOTMILL_DIFFERENT = PLOTMILL.replace("$CHECKSUM", "$6")
SANITIZER = 'echo "ERROR SUMMARY: 0 errors"; echo "RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)"'


class GpuCheck(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.bundle = self.folder / "bundle"
        self.tools = self.folder / "tools"
        for folder in (self.bundle / "bin", self.tools / "bin"):
            folder.mkdir(parents=True)
        shutil.copy(ROOT / "tools/gpu_check", self.bundle)
        shutil.copytree(ROOT / "tools/gpu_check_parts", self.bundle / "gpu_check_parts")
        self.stand_in("nvidia-smi", "echo 'Stand-in GPU, 580.1, 81559 MiB'")
        self.stand_in("compute-sanitizer", SANITIZER)
        self.stand_in("kernel_tests", '[ "$PLOTMILL_REQUIRE_GPU" = 1 ]')
        self.stand_in("pipeline_tests", '[ "$PLOTMILL_REQUIRE_GPU" = 1 ]')
        self.stand_in("gpu_bench", f"echo '{json.dumps(BENCH)}'")
        self.stand_in("plotmill", PLOTMILL)

    def path_of(self, name):
        return (self.tools if name in ("nvidia-smi", "compute-sanitizer") else self.bundle) / "bin" / name

    def stand_in(self, name, script):
        path = self.path_of(name)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def run_check(self, *arguments, expected):
        """Returns the report, and the steps that have not passed with what is said of each."""
        out = self.folder / "out"
        environment = {"PATH": str(self.tools / "bin"), "CUDA_PATH": str(self.tools), "CHECKSUM": "c0ffee"}
        result = subprocess.run([sys.executable, self.bundle / "gpu_check", "--prebuilt", "--quick", "--out", out,
                                 "--ram-disk", self.folder, *arguments],
                                env=environment, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, expected, result.stderr)
        report = json.loads((out / "gpu_check.json").read_text(encoding="utf-8"))
        text = (out / "gpu_check.txt").read_text(encoding="utf-8")
        self.assertEqual(report["passed"], expected == 0)
        bad = {}
        for step in report["steps"]:
            if step["status"] != "passed":
                bad[step["name"]] = f"{step['status']}: {step['reason']}"
            self.assertRegex(text, rf"(?m)^{step['status']} +{step['name']} ")
            self.assertIn(step["reason"], text)
        return report, bad

    def figures(self, report, name):
        return next(step["figures"] for step in report["steps"] if step["name"] == name)

    def test_figures_are_in_the_report(self):
        report, bad = self.run_check(expected=0)
        self.assertEqual(bad, {})
        self.assertEqual(self.figures(report, "gpu_bench"), BENCH)
        for place in ("RAM disk", "disk"):
            run = self.figures(report, f"end to end, {place}")
            self.assertEqual(run["cuda"]["images_per_second"], 2000)
            self.assertEqual(run["cuda"]["draw_busy_share"], 0.75)
            self.assertEqual(run["cuda"]["slowest_stage"], "store encode")
            self.assertAlmostEqual(run["cuda"]["slowest_stage_share"], 0.9)
            self.assertEqual(run["cpu"]["device"], "cpu")
        text = (self.folder / "out/gpu_check.txt").read_text(encoding="utf-8")
        for part in ("1,234,567 images/s", "2,500.00 GB/s", "25.0%", "Stand-in GPU, 580.1, 81559 MiB"):
            self.assertIn(part, text)

    def test_without_a_gpu(self):
        self.path_of("nvidia-smi").unlink()
        _, bad = self.run_check(expected=1)
        self.assertIn("missing: nvidia-smi was not found", bad["GPU"])
        self.assertIn("missing: not done: the step 'GPU'", bad["gpu_bench"])
        self.assertEqual(len(bad), 8)

    def test_a_driver_without_a_gpu(self):
        self.stand_in("nvidia-smi", "echo 'No devices were found'; exit 6")
        _, bad = self.run_check(expected=1)
        self.assertIn("failed: nvidia-smi ended with 6: No devices were found", bad["GPU"])

    def test_a_test_that_is_skipped_fails(self):
        self.stand_in("pipeline_tests", "echo 'gpu_test.cpp:7: MESSAGE: SKIPPED: there is no GPU'")
        _, bad = self.run_check(expected=1)
        self.assertEqual(bad, {"pipelines against the CPU": "failed: a test was skipped: there is no GPU"})

    def test_a_program_that_fails_or_is_not_there(self):
        self.stand_in("kernel_tests", "echo 'ink differs'; exit 1")
        self.stand_in("gpu_bench", "echo 'no GPU' >&2; exit 77")
        self.path_of("plotmill").unlink()
        _, bad = self.run_check(expected=1)
        self.assertEqual(bad["kernels against the CPU"], "failed: kernel_tests ended with 1: ink differs")
        self.assertEqual(bad["gpu_bench"], "failed: gpu_bench found no GPU: no GPU")
        self.assertRegex(bad["end to end, disk"], "missing: the program .*plotmill is not there")

    def test_the_sanitizer(self):
        self.stand_in("compute-sanitizer", 'echo "RACECHECK SUMMARY: 2 hazards displayed"; exit 99')
        _, bad = self.run_check(expected=1)
        self.assertIn("failed: compute-sanitizer ended with 99", bad["racecheck"])
        self.stand_in("compute-sanitizer", "echo 'it could not attach'")
        _, bad = self.run_check(expected=1)
        self.assertIn("failed: memcheck does not say", bad["memcheck"])
        self.path_of("compute-sanitizer").unlink()
        _, bad = self.run_check(expected=1)
        self.assertIn("missing: compute-sanitizer was not found", bad["memcheck"])
        self.assertEqual(len(bad), 2)
        self.run_check("--without-sanitizer", expected=0)

    def test_other_images_than_the_cpus(self):
        self.stand_in("plotmill", PLOTMILL_DIFFERENT)
        _, bad = self.run_check(expected=1)
        self.assertIn("failed: runs have stored different images", bad["end to end, RAM disk"])


if __name__ == "__main__":
    unittest.main()
