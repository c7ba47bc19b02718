"""Steps that pass, fail, or cannot be done, and the two files that tell of them."""

import datetime
import json
import pathlib
import subprocess
import sys
import time

from . import table

MOST_SECONDS = 3600  # Of one command.


class Failed(Exception):
    """The step was done, and went wrong."""


class Missing(Exception):
    """The step cannot be done: something is not there."""


class Step:
    def __init__(self, name):
        self.name = name
        self.status = "missing"
        self.reason = ""
        self.seconds = 0.0
        self.figures = {}

    def passed(self):
        return self.status == "passed"


class Steps:
    def __init__(self, out, quick):
        self.out = pathlib.Path(out).resolve()
        self.logs = self.out / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.quick = quick
        self.steps = []
        self.machine = {}
        self.log = None

    def run(self, name, work, *arguments, needs=()):
        """Calls work(self, *arguments), which returns figures or raises, and returns the step."""
        step = Step(name)
        self.steps.append(step)
        begin = time.monotonic()
        self.log = self.logs / (name.replace(",", "").replace(" ", "_") + ".log")
        self.log.write_bytes(b"")
        try:
            for needed in needs:
                if not needed.passed():
                    raise Missing(f"not done: the step '{needed.name}' has not passed")
            step.figures = work(self, *arguments) or {}
            step.status = "passed"
        except (Failed, Missing) as error:
            step.status = "failed" if isinstance(error, Failed) else "missing"
            step.reason = str(error)
        # A step that meets what nobody thought of must not cost the results of the others.
        except Exception as error:  # pylint: disable=broad-except
            step.status, step.reason = "failed", f"{type(error).__name__}: {error}"
        step.seconds = time.monotonic() - begin
        reason = f": {step.reason}" if step.reason else ""
        print(f"gpu_check: {name}: {step.status}{reason}", file=sys.stderr, flush=True)
        return step

    def command(self, command, cwd=None, environment=None, accept=(0,)):
        """Runs it, and returns the exit code, stdout and stderr, which go to the step's log as well."""
        command = [str(part) for part in command]
        try:
            result = subprocess.run(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                                    text=True, errors="replace", timeout=MOST_SECONDS, check=False)
        except FileNotFoundError as error:
            raise Missing(f"{error.filename} is not there") from None
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(command)} took more than {MOST_SECONDS} s") from None
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n{result.stdout}{result.stderr}ended with {result.returncode}\n")
        if result.returncode not in accept:
            last = (result.stderr.strip() or result.stdout.strip() or "it printed nothing").splitlines()[-5:]
            raise Failed(f"{pathlib.Path(command[0]).name} ended with {result.returncode}: {' | '.join(last)}")
        return result

    def all_passed(self):
        return all(step.passed() for step in self.steps)

    def report(self):
        return {
            "passed": self.all_passed(),
            "quick": self.quick,
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": self.machine,
            "steps": [vars(step) for step in self.steps],
        }

    def write_reports(self):
        report = self.report()
        (self.out / "gpu_check.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        text = table.text_of(report)
        (self.out / "gpu_check.txt").write_text(text, encoding="utf-8")
        print(text)
