#!/usr/bin/env python3
"""Checks that no file holds what must not be shipped: check_unfinished.py FILE ... Prints each place."""

import re
import sys

RULES = [
    # The words are split so that this file passes.
    (
        re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b(?!\(\w[^)]{9,}\))"),
        "what is left to do needs its reason: TODO(why it has to wait)",
    ),
    (re.compile(r"(?<![\w.$}])/(work|root|home)/"), "a path of one machine"),
    (
        re.compile(r"https?://[^/\s\"']*(pypi|npmjs|crates\.io|rubygems|conda|registry|artifactory|nexus|proxy)"),
        "a package registry",
    ),
    (re.compile(r"^(<{7} |>{7} |={7}$)"), "a merge conflict"),
]


def main():
    n_found = 0
    for name in sys.argv[1:]:
        with open(name, "rb") as file:
            data = file.read()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            for pattern, what in RULES:
                if pattern.search(line):
                    n_found += 1
                    print(f"{name}:{number}: {what}: {line.strip()[:100]}", file=sys.stderr)
    return 1 if n_found else 0


if __name__ == "__main__":
    sys.exit(main())
