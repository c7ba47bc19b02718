"""Each test case of each program of tests runs in one CTest entry, and in one alone.

test_entries_test.py CTEST BUILD_FOLDER
"""
import collections
import json
import subprocess
import sys
import unittest
import xml.etree.ElementTree

CTEST, BUILD_FOLDER = sys.argv[1:3]
FILTER = "--source-file="


def cases_of(command):
    """The test cases that a command of doctest's would run, as (file, line, name)."""
    listed = subprocess.run([*command, "--list-test-cases", "--reporters=xml", "--no-skip=true"],
                            capture_output=True, text=True, check=True).stdout
    cases = xml.etree.ElementTree.fromstring(listed).iter("TestCase")
    return [(case.get("filename"), case.get("line"), case.get("name")) for case in cases]


class Entries(unittest.TestCase):
    def setUp(self):
        listed = subprocess.run([CTEST, "--test-dir", BUILD_FOLDER, "--show-only=json-v1"], capture_output=True, text=True,
                                check=True).stdout
        self.entries = {test["name"]: test["command"] for test in json.loads(listed)["tests"]
                        if any(argument.startswith(FILTER) for argument in test.get("command", []))}

    def test_each_case_runs_once(self):
        runs_in = collections.defaultdict(list)
        for name, command in self.entries.items():
            cases = cases_of(command)
            self.assertTrue(cases, f"{name} runs no test case")
            for case in cases:
                runs_in[command[0], case].append(name)
        for (program, case), names in runs_in.items():
            self.assertEqual(len(names), 1, f"{case} of {program} runs in {names}")
        programs = {command[0] for command in self.entries.values()}
        self.assertGreaterEqual(len(programs), 5)
        for program in programs:
            for case in cases_of([program]):
                self.assertIn((program, case), runs_in, "runs in no entry")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
