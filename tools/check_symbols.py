#!/usr/bin/env python3
"""Checks that a shared library exports plotmill's names and no others: check_symbols.py LIBRARY."""

import re
import subprocess
import sys

OURS = re.compile(r"(vtable for |VTT for |typeinfo for |typeinfo name for |(non-)?virtual thunk to )?plotmill::")


def main():
    listing = subprocess.run(
        ["nm", "--dynamic", "--defined-only", "--demangle", sys.argv[1]], check=True, capture_output=True, text=True
    ).stdout
    # "address type name"; the type is one letter and the name may hold blanks.
    names = [line.split(maxsplit=2)[2] for line in listing.splitlines()]
    foreign = [name for name in names if not OURS.match(name)]
    for name in foreign:
        print(f"{sys.argv[1]}: exports {name}", file=sys.stderr)
    # A library that shows nothing has nothing foreign either, and is of no use.
    missing = [name for name in ("plotmill::version()", "typeinfo for plotmill::Error") if name not in names]
    for name in missing:
        print(f"{sys.argv[1]}: does not export {name}", file=sys.stderr)
    return 1 if foreign or missing else 0


if __name__ == "__main__":
    sys.exit(main())
