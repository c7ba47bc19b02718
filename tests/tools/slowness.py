"""How much slower than usual the command is: CMakePresets.json says it of a sanitizer. What a test lets run for some
time is divided by it, and limits of time are multiplied."""
import os

SLOWNESS = int(os.environ.get("PLOTMILL_TEST_SLOWNESS", "1"))
