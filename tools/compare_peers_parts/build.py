"""Packages and builds."""

import subprocess
import sys

from .processes import run_or_exit, say
from .programs import ROOT


def build():
    say("compare_peers: building ...")
    if subprocess.run([ROOT / "tools/bootstrap.sh", "bench"], stdin=subprocess.DEVNULL).returncode != 0:
        sys.exit("compare_peers: the packages of `tools/bootstrap.sh bench` are not all there")
    run_or_exit(["cmake", "--preset", "release"])
    targets = ["plotmill_cli", "opencv_peer", "plotmill_draw"]
    run_or_exit(["cmake", "--build", "--preset", "release", "--target", *targets])
