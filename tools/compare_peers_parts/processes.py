"""Programs are started, waited for and measured. Where one fails, everything ends."""

import json
import os
import subprocess
import sys
import time

from .programs import ROOT


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_or_exit(command):
    """Runs it in the root of the sources, and returns what it prints."""
    command = [str(part) for part in command]
    result = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{result.stdout}{result.stderr}compare_peers: {' '.join(command)} failed")
    return result.stdout


def measure(command, folder):
    """Runs it, and returns what the process took and the report that it prints. `folder` gets its output."""
    with open(folder / "stdout", "w+", encoding="utf-8") as out, open(folder / "stderr", "w+", encoding="utf-8") as err:
        begin = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall_seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            sys.exit(f"{err.read()}compare_peers: {' '.join(map(str, command))} ended with {process.returncode}")
        report = json.loads(out.read())
    return {
        "wall_seconds": wall_seconds,
        "inside_seconds": report["seconds"],
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
    }, report
