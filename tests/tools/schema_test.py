"""`plotmill schema` accepts every definition that plotmill accepts, and refuses all that a schema can refuse.

schema_test.py COMMAND ENGINE_TESTS

The definitions are those of the other tests, which write them down where PLOTMILL_RECORDED_DEFINITIONS names a file.
Ends with 77 where the package is missing.
"""
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

try:
    from jsonschema import Draft202012Validator
except ImportError as missing:
    print(f"SKIPPED: {missing}; Debian has python3-jsonschema")
    sys.exit(77)

COMMAND, ENGINE_TESTS = (os.path.abspath(path) for path in sys.argv[1:3])
HERE = pathlib.Path(__file__).resolve().parent
PIPELINES = sorted((HERE.parents[1] / "pipelines").glob("*.json"))

# Faults that no schema can find: the messages, and why.
BEYOND_A_SCHEMA = {
    "this is not JSON": "no JSON, so nothing that could be validated",
    "nested deeper than 32 levels": "refused while it is read, whatever it says",
    "is given twice": "a JSON reader keeps one of the two",
    "there is no stage \"[^\"]*\"": "`from` names the id of another stage",
    "the stage is fed by itself": "`from` compared with `id`",
    "feed each other in a circle": "`from` followed from stage to stage",
    "is taken by stages/": "one key of two stages compared",
    ", too; give one of them an \"id\"": "one key of two stages compared",
    ", but .* gives (series|ink|nothing)": "what the stage before gives, or the one that `from` names",
    "nothing takes what": "which ids are named in no `from`",
    "is not a multiple of": "two options compared",
    "is a name, but `header` is false": "two options compared",
    "is not a range; two numbers, the first less": "two numbers compared",
    "half of the lesser of width": "two options compared",
}


def schema_of_command():
    return subprocess.run([COMMAND, "schema"], check=True, capture_output=True, text=True).stdout


def recorded_definitions():
    """What the tests of definitions have accepted and refused: {"definition", "faults", "schema"}."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "recorded")
        environment = dict(os.environ, PLOTMILL_RECORDED_DEFINITIONS=str(path))
        for command in ([ENGINE_TESTS, "--source-file=*definition_test.cpp,*wiring_test.cpp"],
                        [sys.executable, "-B", HERE / "definition_faults_test.py", COMMAND],
                        [sys.executable, "-B", HERE / "input_faults_test.py", COMMAND]):
            subprocess.run(command, check=True, capture_output=True, env=environment, cwd=folder)
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@functools.cache
def stages_of_command():
    return json.loads(subprocess.run([COMMAND, "stages", "--json"], check=True, capture_output=True).stdout)


def options_of_stages():
    return [(stage["type"], option) for stage in stages_of_command() for option in stage["options"]]


def definition_with(changed, params):
    """A definition that is right but for what `params` makes of the stage of that type, or of "run"."""
    chosen = {"reader": "make_sequences", "drawer": "draw_lines", "writer": "write_png"}
    for stage in stages_of_command():
        if stage["type"] == changed:
            chosen["reader" if stage["takes"] is None else "drawer" if stage["gives"] else "writer"] = changed
    stages = []
    for kind in chosen.values():
        described = next(stage for stage in stages_of_command() if stage["type"] == kind)
        required = {option["name"]: option["example"] for option in described["options"] if option["required"]}
        stages.append({"type": kind, "params": {**required, **(params if kind == changed else {})}})
    return {"plotmill": 1, "run": params if changed == "run" else {}, "stages": stages}


def probes(option):
    """Values on both sides of every border that the option could have."""
    values = [None, True, "", "no such word", -1, 0, 1.5, 2**63, [], {}, {"range": [0, 1]}, {"range": [0]},
              {"range": [0, 1], "more": 1}, option["example"], *option["words"]]
    for bound in (option["min"], option["max"]):
        if bound is not None:
            values += [bound, bound - 1, bound + 1]
    return values


@functools.cache
def validator_of(schema):
    return Draft202012Validator(json.loads(schema))


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = schema_of_command()
        cls.schema = json.loads(cls.text)
        cls.recorded = recorded_definitions()

    def is_valid(self, definition, schema=None):
        return validator_of(schema or self.text).is_valid(definition)

    def test_it_is_a_schema_itself(self):
        Draft202012Validator.check_schema(self.schema)
        for schema in {recorded["schema"] for recorded in self.recorded if "schema" in recorded}:
            Draft202012Validator.check_schema(json.loads(schema))

    def test_it_accepts_the_definitions_that_are_shipped(self):
        self.assertGreater(len(PIPELINES), 0)
        for path in PIPELINES:
            with self.subTest(path=path.name):
                Draft202012Validator(self.schema).validate(json.loads(path.read_text(encoding="utf-8")))

    def test_it_accepts_what_plotmill_accepts(self):
        accepted = [recorded for recorded in self.recorded if not recorded["faults"]]
        self.assertGreater(len(accepted), 5)
        for recorded in accepted:
            with self.subTest(definition=recorded["definition"]):
                self.assertTrue(self.is_valid(json.loads(recorded["definition"]), recorded.get("schema")))

    def test_it_refuses_what_plotmill_refuses_unless_no_schema_can(self):
        unused = set(BEYOND_A_SCHEMA)
        n_refused = 0
        for recorded in self.recorded:
            beyond = {fault: next((text for text in BEYOND_A_SCHEMA if re.search(text, fault)), None)
                      for fault in recorded["faults"].splitlines()}
            unused -= set(beyond.values())
            if not beyond or any(text in ("this is not JSON", "nested deeper than 32 levels")
                                 for text in beyond.values()):
                continue
            with self.subTest(definition=recorded["definition"], faults=recorded["faults"]):
                # Where every fault is beyond a schema, it accepts: otherwise the table above is wrong.
                can_be_accepted = None not in beyond.values()
                definition = json.loads(recorded["definition"])
                self.assertEqual(self.is_valid(definition, recorded.get("schema")), can_be_accepted)
                n_refused += not can_be_accepted
        self.assertGreater(n_refused, 40)
        self.assertEqual(unused, set(), "no recorded definition has these faults")

    def test_every_option_can_be_completed(self):
        """Type or words, description and example of each option, for whoever writes a definition in an editor."""
        objects = [self.schema["properties"]["run"]]
        for branch in self.schema["$defs"]["stage"]["allOf"]:
            objects.append(branch["then"]["properties"]["params"])
        self.assertEqual([set(properties["properties"]) for properties in objects[1:]],
                         [{option["name"] for option in stage["options"]} for stage in stages_of_command()])
        for options in objects:
            self.assertIs(options["additionalProperties"], False)
            for name, option in options["properties"].items():
                with self.subTest(name=name):
                    self.assertTrue({"type", "enum", "oneOf"} & set(option))
                    self.assertTrue(option["description"])
                    self.assertTrue(Draft202012Validator(option).is_valid(option["examples"][0]))
                    if name in options.get("required", ()):
                        self.assertNotIn("default", option)
                    elif "default" in option:
                        self.assertTrue(Draft202012Validator(option).is_valid(option["default"]))

    def check_agreement(self, definition, value):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "job.json").write_text(json.dumps(definition), encoding="utf-8")
            result = subprocess.run([COMMAND, "check", "job.json"], cwd=folder, capture_output=True, text=True,
                                    check=False)
        is_beyond = all(any(re.search(text, fault) for text in BEYOND_A_SCHEMA) for fault in result.stderr.splitlines())
        self.assertEqual(self.is_valid(definition), is_beyond, (value, result.stderr))

    def test_it_agrees_with_the_parser_on_every_option(self):
        n_probes = 0
        for stage, option in options_of_stages():
            for value in probes(option):
                with self.subTest(stage=stage, option=option["name"], value=value):
                    self.check_agreement(definition_with(stage, {option["name"]: value}), value)
                    n_probes += 1
        self.assertGreater(n_probes, 300)

    def test_it_agrees_with_the_parser_on_settings_and_patterns(self):
        cases = [("run", "device", ["auto", "cpu", "cuda", "cuda:0", "cuda:999", "cuda:all", "cuda:al", "cuda:", "cuda:1000", "gpu", "", "cpu "]),
                 ("run", "memory", ["1GiB", "1.5 kb", "0", 0, 5000, 1.5, "1XB", -1, "", True, None, 1e30]),
                 ("run", "threads", [0, 1024, 1025, -1, 1.5, "1"]),
                 ("run", "stall_timeout", [0, 0.001, 1e9, 2e9]),
                 ("write_png", "name", ["{index}", "{index:06}.png", "a{index:019}b", "{index:020}", "{index:00}",
                                        "x.png", "{index}{index}", "a/{index}", "..{index}", "{", "{index}}", ""]),
                 ("write_hdf5", "path", ["a", "a/b.h5", "a/", "", "a\u0000b"]),
                 ("read_csv", "delimiter", [",", "\t", "\\t", "\"", "\n", "", ",,"])]
        for stage, name, values in cases:
            for value in values:
                with self.subTest(stage=stage, name=name, value=value):
                    self.check_agreement(definition_with(stage, {name: value}), value)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
