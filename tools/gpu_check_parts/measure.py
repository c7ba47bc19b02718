"""The kernels' rates, from gpu_bench."""

import json

from .steps import Failed


def run_bench(steps, programs):
    arguments = ["--images", "32768", "--batch", "1024"] if steps.quick else []
    result = steps.command(programs.command("gpu_bench", *arguments), cwd=programs.working_folder, accept=(0, 77))
    if result.returncode == 77:
        raise Failed(f"gpu_bench found no GPU: {result.stderr.strip()}")
    return json.loads(result.stdout)
