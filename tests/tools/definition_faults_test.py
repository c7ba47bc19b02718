"""A wrong definition, override or argument is told in one message for each fault; nothing runs.

definition_faults_test.py COMMAND
"""
import json
import sys
import unittest

from bad_input import FAILED, WRONG, BadInput, definition, stage


class Definitions(BadInput):
    def test_not_json(self):
        for text, message in [("", "job.json:1:1: this is not JSON: unexpected end"),
                              (" \n ", "job.json:2:2: this is not JSON"),
                              ('{"plotmill": 1,\n "stages": [\n   {"id" "x"}]}', "job.json:3:12: this is not JSON"),
                              ('{"ü": 1 2}', "job.json:1:9: this is not JSON"),
                              ('{"plotmill": 1,}', "job.json:1:16: this is not JSON"),
                              (b'{"plotmill": "\xff"}', "job.json:1:15: this is not JSON"),
                              ('{"plotmill": NaN}', "job.json:1:14: this is not JSON"),
                              ('{"plotmill": 1e999}', 'the number "1e999" is too large'),
                              ("[" * 100000, "nested deeper than 32 levels")]:
            with self.subTest(text=text[:40]):
                self.refused(WRONG, message, text)

    def test_not_a_definition(self):
        for value in ([], 7, "x", None):
            with self.subTest(value=value):
                self.refused(WRONG, "job.json", json.dumps(value))

    def test_file_that_cannot_be_read(self):
        self.refused(WRONG, "none.json: the definition can't be read: No such file", "none.json")
        (self.folder / "folder.json").mkdir()
        self.refused(WRONG, "folder.json: the definition can't be read: Is a directory", "folder.json")
        (self.folder / "loop.json").symlink_to("loop.json")
        # It cannot be looked at by self.files().
        result = self.call("run", "loop.json")
        self.assertEqual(result.returncode, WRONG)
        self.assertIn(b"loop.json: the definition can't be read: Too many levels", result.stderr)

    def test_unknown_names(self):
        self.refused(WRONG, 'unknown key "stagse"; did you mean stages?', {**definition(), "stagse": []})
        self.refused(WRONG, 'did you mean draw_lines?', definition(writers=[stage("x", "draw_line"), "write_png"]))
        self.refused(WRONG, 'did you mean width?', definition(draw={"widht": 4}))
        self.refused(WRONG, "did you mean memory?", definition(run={"memry": 1}))
        self.refused(WRONG, "did you mean charts?",
                     definition(writers=[stage("s", "write_hdf5", {"path": "x.h5"}, **{"from": "chart"})]))
        self.refused(WRONG, 'unknown key', {**definition(), "k" * 100000: 1})

    def test_wrong_types_and_ranges(self):
        self.refused(WRONG, "charts (draw_lines) params/width: ", definition(draw={"width": "40"}))
        self.refused(WRONG, "charts (draw_lines) params/width: ", definition(draw={"width": 40.5}))
        self.refused(WRONG, "charts (draw_lines) params/antialias: ", definition(draw={"antialias": 1}))
        self.refused(WRONG, "charts (draw_lines) params/width: 0 is outside 1..65535", definition(draw={"width": 0}))
        self.refused(WRONG, "charts (draw_lines) params/width: 70000 is outside 1..65535",
                     definition(draw={"width": 70000}))
        self.refused(WRONG, "params/line_width: 0 is outside", definition(draw={"line_width": 0}))
        self.refused(WRONG, "params/margin: 20 is outside 0..14", definition(draw={"margin": 20}))
        self.refused(WRONG, "params/normalize: ", definition(draw={"normalize": {"range": [1, 1]}}))
        self.refused(WRONG, "run/memory: ", definition(run={"memory": "1XB"}))
        self.refused(WRONG, "input (read_csv) params/column: a value is required",
                     definition(stage("input", "read_csv", {"path": "x.csv", "column": None})))
        self.refused(WRONG, "\"plotmill\"", {**definition(), "plotmill": 2})
        self.refused(WRONG, "to_hdf5 (write_hdf5) params/images_per_file: 3 is not a multiple of images_per_chunk",
                     definition(writers=[stage("to_hdf5", "write_hdf5", {
                         "path": "x.h5", "images_per_chunk": 2, "images_per_file": 3})]))
        self.refused(WRONG, 'to_png (write_png) params/name: ',
                     definition(writers=[stage("to_png", "write_png", {"directory": "d", "name": "x.png"})]))
        self.refused(WRONG, "params/path",
                     definition(writers=[stage("s", "write_hdf5", {"path": ""})]))

    def test_nan_line_width(self):
        self.refused(WRONG, "this is not JSON", json.dumps(definition(draw={"line_width": float("nan")})))
        for value in ("nan", "NaN", "-inf", "1e999"):
            self.refused(WRONG, f'charts (draw_lines) params/line_width: "{value}" is text; a number is accepted',
                         definition(), f"--set=charts.line_width={value}")

    def test_wrong_graphs(self):
        circle = definition()
        circle["stages"] += [stage("a", "draw_lines", **{"from": "b"}), stage("b", "draw_lines", **{"from": "a"})]
        self.refused(WRONG, "stages: a and b feed each other in a circle", circle)
        itself = definition(writers=[stage("s", "draw_lines", **{"from": "s"}), "write_hdf5"])
        self.refused(WRONG, "s (draw_lines): the stage is fed by itself", itself)
        self.refused(WRONG, ["no stage writes; add one such as write_hdf5", "nothing takes what charts (draw_lines)"],
                     definition(writers=()))
        headless = definition()
        headless["stages"].pop(0)
        self.refused(WRONG, ["charts (draw_lines): takes series, but is the first stage", "no stage reads"], headless)
        self.refused(WRONG, "to_hdf5 (write_hdf5): takes ink, but walks (make_sequences) gives series",
                     {"plotmill": 1, "stages": [stage("walks", "make_sequences"),
                                                stage("charts", "draw_lines"),
                                                stage("pages", "write_png", {"directory": "d"}),
                                                stage("to_hdf5", "write_hdf5", {"path": "x"}, **{"from": "walks"})]})
        self.refused(WRONG, 's (write_hdf5): from: there is no stage "nobody"',
                     definition(writers=["write_png", stage("s", "write_hdf5", {"path": "x"}, **{"from": "nobody"})]))
        self.refused(WRONG, "", definition(writers=["write_hdf5", "write_hdf5"]))
        self.refused(WRONG, ['"stages"'], {"plotmill": 1})

    def test_all_faults_at_once(self):
        self.refused(WRONG, ["params/width: 0 is outside", "params/paper: 999 is outside", "params/quality: 0 is"],
                     definition(draw={"width": 0, "paper": 999},
                                writers=[stage("s", "write_jpeg", {"directory": "d", "quality": 0})]))

    def test_check_finds_the_same(self):
        result = self.call("check", self.job(definition(draw={"width": 0})))
        self.assertEqual((result.returncode, result.stdout), (WRONG, b""))
        self.assertIn(b"params/width: 0 is outside", result.stderr)

    def test_wrong_overrides(self):
        for change, message in [("charts.widht=1", 'charts (draw_lines) has no option "widht"; did you mean width?'),
                                ("chart.width=1", 'there is no stage "chart"; did you mean charts?'),
                                ("run.thread=1", 'run has no "thread"; did you mean threads?'),
                                ("charts.width", "--set charts.width: "), ("charts=1", "--set charts: "),
                                (".width=1", "--set .width: "), ("charts.=1", "--set charts.: "),
                                ("charts.width=", 'params/width: "" is text; an integer is accepted'),
                                ("charts.width=0", "params/width: 0 is outside 1..65535")]:
            with self.subTest(change=change):
                self.refused(WRONG, message, definition(), "--set", change)

    def test_wrong_arguments(self):
        for arguments, message in [(("--limit", "-1"), "walks (make_sequences) params/limit: -1 is outside"),
                                   (("--threads", "100000"), "run/threads: 100000 is outside 0..1024"),
                                   (("--threads", "-1"), "run/threads: -1 is outside 0..1024"),
                                   (("--memory", "1XB"), 'run/memory: "1XB" is not a size'),
                                   (("--device", "tpu"), "run/device: ")]:
            with self.subTest(arguments=arguments):
                self.refused(WRONG, message, definition(), *arguments)
        hint = "`plotmill --help` tells more"
        for arguments in (["--set"], ["--memory="], ["job.json"], ["--limit", "1", "--limit", "2"]):
            with self.subTest(arguments=arguments):
                self.refused(WRONG, ["", hint], definition(), *arguments)

    def test_the_last_set_counts_and_zero_means_all(self):
        self.done(definition(), "--set", "charts.width=0", "--set", "charts.width=5", "--limit", "0", "--threads", "0")

    def test_names_with_spaces_quotes_and_other_scripts(self):
        folder = self.folder / 'größe "x" \'y\' 图'
        folder.mkdir()
        path = f"{folder.name}/out 'ü\".h5"
        odd = definition(writers=[stage("out", "write_hdf5", {"path": path})])
        self.refused(WRONG, 'stages/2/id: "sp ace \\"q\\" ü"',
                     definition(writers=[stage('sp ace "q" ü', "write_hdf5", {"path": path})]))
        self.done(odd)
        self.assertTrue((self.folder / path).exists())
        self.refused(FAILED, f'out (write_hdf5) {path}: exists already', odd)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
