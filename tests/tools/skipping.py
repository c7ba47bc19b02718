"""A part of a test that this machine cannot do."""
import shutil
import sys
import unittest


def skipped(reason):
    """Ends the test case; the reason is in the output, as CTest shows a case that is left out as passed."""
    print(f"SKIPPED: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)


def need(program, package):
    if shutil.which(program) is None:
        skipped(f"{program} is not installed (package {package})")
