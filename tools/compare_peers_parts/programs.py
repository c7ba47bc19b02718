"""Where the programs are."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
PLOTMILL = BUILD / "tools/plotmill"
OPENCV_PEER = BUILD / "tests/bench/opencv_peer"
PLOTMILL_DRAW = BUILD / "tests/bench/plotmill_draw"
# The one that Debian's packages are for.
PYTHON_PEER = ["/usr/bin/python3", ROOT / "tests/bench/peers/python_peer.py"]
