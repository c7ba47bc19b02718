"""A fault in a tested command is told, and ends it with a code that no test takes for one of the command's own.

sanitizers_test.py FAULTY SANITIZERS
"""
import subprocess
import sys
import unittest

FAULTY, SANITIZERS = sys.argv[1:3]
FOUND = 99  # As CMakePresets.json has it.
FAULTS = {
    "address,undefined": {"leak": "LeakSanitizer: detected memory leaks", "use after free": "heap-use-after-free",
                          "overflow": "signed integer overflow"},
    "thread": {"race": "ThreadSanitizer: data race", "lost thread": "ThreadSanitizer: thread leak"},
}[SANITIZERS]


class SanitizersTest(unittest.TestCase):
    def end_of(self, fault, code):
        return subprocess.run([FAULTY, fault, str(code)], capture_output=True, text=True, check=False, timeout=60)

    def test_a_fault_is_told_whatever_the_command_ends_with(self):
        for fault, message in FAULTS.items():
            for code in (0, 1, 2, 130):
                with self.subTest(fault=fault, code=code):
                    result = self.end_of(fault, code)
                    self.assertEqual(result.returncode, FOUND, result.stderr)
                    self.assertIn(message, result.stderr)

    def test_without_fault_the_command_keeps_its_code(self):
        for code in (0, 1, 2, 130):
            self.assertEqual(self.end_of("none", code).returncode, code)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
