#!/usr/bin/env python3
"""Lists what ptxas -v says of each kernel on standard input, and fails where one spills registers or none is there."""

import re
import subprocess
import sys

ENTRY = re.compile(r"Compiling entry function '(\w+)' for '(\w+)'")
SPILLS = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")


def kernels(lines):
    """(mangled name, architecture, registers, bytes of static shared memory, bytes of stack, bytes spilled) of each."""
    entry = stack = None
    for line in lines:
        if match := ENTRY.search(line):
            entry, stack = match.groups(), (0, 0)
        elif entry and (match := SPILLS.search(line)):
            # The first after the entry is the kernel's own; those of functions that it calls would follow.
            stack = (stack[0] + int(match[1]), stack[1] + int(match[2]) + int(match[3]))
        elif entry and (match := USED.search(line)):
            shared = SHARED.search(line)
            yield (*entry, int(match[1]), int(shared[1]) if shared else 0, *stack)
            entry = None


def main():
    found = sorted(kernels(sys.stdin))
    if not found:
        print("ptxas named no kernel", file=sys.stderr)
        return 1
    names = subprocess.run(
        ["c++filt", "--no-params"], input="\n".join(name for name, *_ in found), check=True, capture_output=True, text=True
    ).stdout.splitlines()
    spilled = False
    for name, (_, architecture, registers, shared, stack, spills) in zip(names, found):
        name = name.removeprefix("void ").replace("plotmill::kernels::(anonymous namespace)::", "")
        print(f"{name:28} {architecture}  {registers:3} registers  {shared:4} bytes shared  {stack:3} stack  {spills:3} spilled")
        spilled |= spills > 0
    if spilled:
        print("a kernel spills registers to memory", file=sys.stderr)
    return 1 if spilled else 0


if __name__ == "__main__":
    sys.exit(main())
