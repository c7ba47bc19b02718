"""The command line as a user calls it: exit codes, what goes to which stream, signals.

command_line_test.py COMMAND VERSION
"""
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from skipping import need

COMMAND, VERSION = sys.argv[1:3]

PNG_JOB = {
    "plotmill": 1,
    "stages": [
        {"id": "walks", "type": "make_sequences", "params": {"count": 20, "window": 10}},
        {"id": "charts", "type": "draw_lines", "params": {"width": 40, "height": 30}},
        {"id": "pages", "type": "write_png", "params": {"directory": "out"}},
    ],
}


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.job = self.write(json.dumps(PNG_JOB))

    def write(self, text):
        path = pathlib.Path(self.folder.name, "job.json")
        path.write_text(text, encoding="utf-8")
        return str(path)

    def call(self, *arguments):
        return subprocess.run([COMMAND, *arguments], cwd=self.folder.name, capture_output=True, text=True, check=False)

    def check_refused(self, message, *arguments):
        result = self.call(*arguments)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertIn(message, result.stderr)
        for line in result.stderr.splitlines():
            self.assertTrue(line.startswith("plotmill: "), line)

    def pages(self):
        return sorted(path.name for path in pathlib.Path(self.folder.name, "out").glob("*.png"))

    def test_version(self):
        result = self.call("--version")
        self.assertEqual((result.returncode, result.stdout), (0, f"plotmill {VERSION}\n"))

    def test_version_says_what_this_plotmill_was_built_from_and_with(self):
        result = self.call("version")
        self.assertEqual(result.returncode, 0)
        first, *lines = result.stdout.splitlines()
        self.assertEqual(first, f"plotmill {VERSION}")
        told = {line[:15].strip(): line[15:] for line in lines}
        known = json.loads(self.call("version", "--json").stdout)
        self.assertEqual(known["plotmill"], VERSION)
        cuda = known["cuda"]
        cuda_text = f"none: {cuda['absence']}" if cuda["absence"] else f"{cuda['toolkit']} for {' '.join(cuda['architectures'])}"
        libraries = {name: of["built"] if of["loaded"] in (None, of["built"]) else f"{of['loaded']}, built with {of['built']}"
                     for name, of in known["libraries"].items()}
        self.assertEqual(told, {"commit": known["commit"], "compiler": known["compiler"],
                                "SIMD target": known["simd_target"], "CUDA": cuda_text, **libraries})
        self.assertLessEqual({"oneTBB", "HDF5", "libjpeg-turbo"}, set(libraries))

    def test_version_names_a_commit_of_this_clone(self):
        commit = json.loads(self.call("version", "--json").stdout)["commit"]
        root = pathlib.Path(__file__).resolve().parents[2]
        if shutil.which("git") is None or not (root / ".git").exists():
            self.assertEqual(commit, "unknown")
            return
        known = subprocess.run(["git", "cat-file", "-e", f"{commit.removesuffix('-dirty')}^{{commit}}"], cwd=root, check=False)
        self.assertEqual(known.returncode, 0, commit)

    def test_stages_lists_every_type(self):
        result = self.call("stages")
        self.assertEqual(result.returncode, 0)
        types = [line.split()[0] for line in result.stdout.splitlines()]
        described = json.loads(self.call("stages", "--json").stdout)
        self.assertEqual([stage["type"] for stage in described], types)
        self.assertIn("draw_lines", types)
        self.assertRegex(result.stdout, "(?m)^draw_lines +series -> ink +Draws ")

    def test_stages_shows_the_options_of_one(self):
        result = self.call("stages", "draw_lines")
        self.assertEqual(result.returncode, 0)
        self.assertIn("  width       an integer, 1..65535 px; default 800\n", result.stdout)
        self.assertIn('Example: "line_width": 1.5\n', result.stdout)
        self.assertTrue(all(len(line) <= 100 for line in result.stdout.splitlines()))
        self.assertEqual(len(json.loads(self.call("stages", "draw_lines", "--json").stdout)), 1)

    def test_help_is_not_an_error(self):
        for arguments in (["--help"], ["run", "--help"]):
            result = self.call(*arguments)
            self.assertEqual(result.returncode, 0)
            self.assertIn("Usage", result.stdout)

    def test_wrong_commands_are_refused(self):
        self.check_refused("A subcommand is required")
        known = "run, check, preview, show, verify, stages, schema, completion, man and version"
        self.check_refused(f"there is no command rum; {known} are known", "rum")
        self.check_refused("--graph: svg not in {text,dot}", "check", self.job, "--graph", "svg")
        self.check_refused("shell: fish not in {bash,zsh}", "completion", "fish")
        self.check_refused("file is required", "run")
        self.check_refused("--frob", "run", self.job, "--frob")
        self.check_refused("there is no stage type draw_cubes", "stages", "draw_cubes")

    def test_wrong_definitions_are_refused(self):
        self.check_refused("nowhere.json: the definition can't be read: No such file", "check", "nowhere.json")
        self.check_refused("the definition can't be read: Is a directory", "run", self.folder.name)
        self.check_refused("job.json:1:6: this is not JSON", "check", self.write('{"a" 1}'))

    def test_wrong_overrides_are_refused(self):
        self.check_refused("--set pages: a stage's id, a dot, an option, = and a value are accepted",
                           "check", self.job, "--set", "pages")
        self.check_refused("--set page.directory: there is no stage \"page\"; did you mean pages?",
                           "check", self.job, "--set", "page.directory=x")
        self.check_refused("charts (draw_lines) params/width: 0 is outside 1..65535",
                           "run", self.job, "--set", "charts.width=0")
        self.check_refused("run/threads: \"many\" is text; an integer is accepted", "run", self.job, "--threads", "many")
        self.check_refused("run/memory: \"lots\" is not a size", "run", self.job, "--memory", "lots")
        self.check_refused("walks (make_sequences) params/limit: -1 is outside", "run", self.job, "--limit", "-1")

    def test_check_shows_the_graph_and_runs_nothing(self):
        result = self.call("check", self.job)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("pages commit", result.stdout)
        self.assertFalse(os.path.exists(os.path.join(self.folder.name, "out")))

    def test_check_shows_the_graph_for_graphviz(self):
        text = self.call("check", self.job, "--graph", "text")
        self.assertEqual(text.stdout, self.call("check", self.job).stdout)
        nodes = [line.split("  ")[0] for line in text.stdout.splitlines()]
        result = self.call("check", self.job, "--graph", "dot")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r'\A(?s:digraph \w+ \{\n.*\}\n)\Z')
        self.assertEqual(re.findall(r'^  "([^"]*)" \[label="[^"]*"\];$', result.stdout, re.MULTILINE), nodes)
        edges = re.findall(r'^  "([^"]*)" -> "([^"]*)" \[label="[^"]*"\];$', result.stdout, re.MULTILINE)
        self.assertEqual(edges, list(zip(nodes, nodes[1:])))
        need("dot", "graphviz")
        drawn = subprocess.run(["dot", "-Tplain"], input=result.stdout, capture_output=True, text=True, check=False)
        self.assertEqual((drawn.returncode, drawn.stderr), (0, ""))
        self.assertEqual(sum(line.startswith("edge ") for line in drawn.stdout.splitlines()), len(edges))

    def test_run_writes_the_images_and_reports_to_people(self):
        result = self.call("run", self.job, "--limit", "7", "--threads", "1", "--device", "cpu")
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        self.assertIn("plotmill: 7 images in ", result.stderr)
        self.assertEqual(len(self.pages()), 7)

    def test_json_is_all_that_a_quiet_run_prints(self):
        result = self.call("run", self.job, "--json", "--quiet", "--set", "walks.count=3")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        report = json.loads(result.stdout)
        self.assertEqual(list(report), ["images", "resumed_at", "seconds", "images_per_second", "bytes_written",
                                        "device", "streams", "skipped", "blanked", "bad_series", "blank", "threads", "batch", "batches_in_flight", "stages"])
        self.assertEqual((report["images"], report["skipped"], report["device"]), (3, 0, "cpu"))
        self.assertEqual((report["resumed_at"], report["blanked"], report["bad_series"]), (0, 0, []))
        self.assertEqual([stage["id"] for stage in report["stages"]], ["walks", "charts", "pages encode", "pages commit"])
        self.assertEqual(set(report["stages"][0]), {"id", "type", "busy_seconds", "waiting_seconds", "items"})

    def test_numbers_do_not_follow_the_locale(self):
        environment = dict(os.environ, LC_ALL="de_DE.UTF-8")
        result = subprocess.run([COMMAND, "run", self.job, "--json", "--quiet"], cwd=self.folder.name, env=environment,
                                capture_output=True, text=True, check=True)
        self.assertGreater(json.loads(result.stdout)["seconds"], 0)

    def test_an_existing_output_needs_force(self):
        self.assertEqual(self.call("run", self.job).returncode, 0)
        result = self.call("run", self.job, "--json")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("plotmill: pages (write_png)", result.stderr)
        self.assertEqual(self.call("run", self.job, "--force").returncode, 0)

    def test_what_cannot_be_written_to_standard_output_is_a_failure(self):
        for arguments in (["run", self.job, "--json", "--quiet"], ["verify", "out", "--json", "--quiet"],
                          ["preview", self.job, "--json"], ["check", self.job], ["check", self.job, "--graph", "dot"],
                          ["stages"], ["stages", "--json"], ["stages", "draw_lines"], ["stages", "draw_lines", "--json"],
                          ["schema"], ["completion", "bash"], ["completion", "zsh"], ["man"], ["version"],
                          ["--version"], ["--help"], ["run", "--help"]):
            with self.subTest(arguments=arguments), open("/dev/full", "w", encoding="utf-8") as full:
                result = subprocess.run([COMMAND, *arguments], cwd=self.folder.name, stdout=full, stderr=subprocess.PIPE,
                                        text=True, check=False)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertIn("plotmill: standard output", result.stderr)

    def test_signals_interrupt_a_run(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([COMMAND, "run", self.job, "--json", "--force", "--set", "walks.count=100000000"],
                                  cwd=self.folder.name, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
                run.stderr.readline()  # What the run has chosen: it is under way.
                time.sleep(0.2)
                run.send_signal(number)
                output, errors = run.communicate(timeout=60)
            self.assertEqual((run.returncode, output), (130, ""), errors)
            self.assertIn("plotmill: cancelled", errors)
            kept = re.search(r"; (\d+) images are kept, and --resume goes on after them\n\Z", errors)
            self.assertEqual(len(self.pages()), int(kept[1]) if kept else 0, errors)
            self.assertEqual(self.call("run", self.job, "--resume", "--force").returncode, 2)
            shutil.rmtree(os.path.join(self.folder.name, "out"), ignore_errors=True)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
