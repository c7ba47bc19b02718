"""tools/mutants on a project of one file.

mutants_test.py ROOT
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))

from mutants_parts import faults  # noqa: E402

SOURCE = """// a < b && true is no code
#include <algorithm>
int clipped(int value, int limit) {
  const char* text = "1 < 2";  // 3
  if (!text || limit < 0) return 0;
  return std::min(value, limit);
}
"""
TEST = """extern "C" int puts(const char*);
int clipped(int, int);
int main() { return clipped(7, 5) == 5 && clipped(3, 5) == 3 && puts("seen") >= 0 ? 0 : 1; }
"""
PROJECT = """cmake_minimum_required(VERSION 3.20)
project(tiny LANGUAGES CXX)
enable_testing()
add_library(clipped OBJECT stages/clipped.cpp)
target_compile_options(clipped PRIVATE -Wall -Wextra -Werror)
add_subdirectory(tests/stages)
add_subdirectory(tests/other)
"""
STAGES = """add_executable(stage_tests clipped_test.cpp)
target_link_libraries(stage_tests PRIVATE clipped)
add_test(NAME stage_tests/clipped_test COMMAND stage_tests)
"""
OTHER = """add_test(NAME other/fails COMMAND false)
"""
PRESETS = """{"version": 6, "configurePresets": [
  {"name": "cpu", "generator": "Ninja", "binaryDir": "build/cpu", "cacheVariables": {"CMAKE_BUILD_TYPE": "Debug"}}]}
"""


class Faults(unittest.TestCase):
    def test_every_kind_in_code_and_none_in_comments_and_texts(self):
        becomes = {(fault.kind, SOURCE[fault.begin:fault.end], fault.text) for fault in faults.all_faults(SOURCE)}
        self.assertEqual(becomes, {
            ("not", "!", ""), ("and, or", " || ", " && "), ("comparison", " < ", " <= "), ("constant", "0", "1"),
            ("condition", "!text || limit < 0", "true"), ("condition", "!text || limit < 0", "false"),
            ("least, greatest", "std::min(", "std::max(")})

    def test_statements_conditions_and_functions(self):
        text = "void A::b(int c) {\n  sync(c);\n  if (int d = c; d) go();\n  return done(c);\n}\n"
        planted = {faults.planted(text, fault) for fault in faults.all_faults(text)}
        self.assertEqual(planted, {text.replace("sync(c);", "{}"), text.replace("go();", "{}"),
                                   text.replace("; d)", ";true)"), text.replace("; d)", ";false)"),
                                   text.replace("c) {", "c) { return;")})

    def test_a_seed_gives_one_order_of_all(self):
        first = faults.chosen(SOURCE, 1)
        self.assertEqual(first, faults.chosen(SOURCE, 1))
        self.assertEqual(sorted(first), sorted(faults.all_faults(SOURCE)))
        self.assertEqual(len({fault.kind for fault in first[:6]}), 6)


class Mutants(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "tools").mkdir()
        shutil.copy(ROOT / "tools/mutants", self.folder / "tools")
        shutil.copytree(ROOT / "tools/mutants_parts", self.folder / "tools/mutants_parts")
        for name, text in {"stages/clipped.cpp": SOURCE, "tests/stages/clipped_test.cpp": TEST, "CMakeLists.txt": PROJECT,
                           "tests/stages/CMakeLists.txt": STAGES, "tests/other/CMakeLists.txt": OTHER,
                           "CMakePresets.json": PRESETS, ".gitignore": "/build/\n"}.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, encoding="utf-8")
        subprocess.run(["git", "init", "-q"], cwd=self.folder, check=True)

    def mutants(self, *arguments, code):
        result = subprocess.run([sys.executable, self.folder / "tools/mutants", *arguments], cwd=self.folder,
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertEqual((self.folder / "stages/clipped.cpp").read_text(encoding="utf-8"), SOURCE)
        return result

    def test_what_is_found_what_is_not_and_what_does_not_compile(self):
        result = self.mutants("stages/clipped.cpp", code=1)
        self.assertIn("stages/clipped.cpp:6: least, greatest: return std::min(value, limit);  ->  "
                      "return std::max(value, limit);\n  found by stage_tests/clipped_test\n", result.stdout)
        self.assertIn("limit < 0) return 0;  ->  if (!text || limit <= 0) return 0;\n  NOT FOUND\n", result.stdout)
        self.assertTrue(result.stdout.endswith("\n6 planted, 2 found\n"), result.stdout)
        # Built already, and with other tests.
        for patch, words, code in ((("return 0;", "return missing;"), "  does not compile\n0 planted, 0 found\n", 0),
                                   (("limit);", "limit) + 1;"), "  found by stage_tests/clipped_test\n1 planted, 1 found\n", 0)):
            (self.folder / "a.patch").write_text(self.patch(*patch), encoding="utf-8")
            self.assertIn(words, self.mutants("stages/clipped.cpp", "--patch", "a.patch", code=code).stdout)
        self.assertIn("without any fault other/fails fails",
                      self.mutants("stages/clipped.cpp", "--tests", "other", code=2).stderr)
        self.assertIn("there is no test", self.mutants("stages/clipped.cpp", "--tests", "nothing", code=2).stderr)

    def patch(self, old, new):
        """As git makes it."""
        file = self.folder / "stages/clipped.cpp"
        subprocess.run(["git", "add", "."], cwd=self.folder, check=True)
        file.write_text(SOURCE.replace(old, new), encoding="utf-8")
        patch = subprocess.run(["git", "diff"], cwd=self.folder, capture_output=True, text=True, check=True).stdout
        file.write_text(SOURCE, encoding="utf-8")
        return patch

    def test_a_list_builds_nothing(self):
        lines = self.mutants("stages/clipped.cpp", "--list", "--count", "3", code=0).stdout.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertFalse((self.folder / "build").exists())

    def test_what_is_no_file_of_code_is_refused(self):
        for name in ("stages/none.cpp", "CMakeLists.txt", str(self.folder / "stages/clipped.cpp")):
            self.assertIn("is no .cpp, .hpp or .cu file of this tree", self.mutants(name, code=2).stderr)


if __name__ == "__main__":
    unittest.main()
