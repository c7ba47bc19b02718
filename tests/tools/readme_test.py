"""What README.md promises: its Python reads what a run writes, its JSON is JSON, and no command stands there unchecked.

readme_test.py COMMAND SOURCE_FOLDER
"""
import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import types
import unittest

import h5py
import numpy as np

COMMAND, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
README = (SOURCE / "README.md").read_text(encoding="utf-8")


def blocks(language):
    """The line before each block of the language, and its text."""
    return re.findall(rf"^([^\n]*)\n```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def torch_or_stand_in():
    """torch, or where it is absent what the README uses of it, made of numpy."""
    if importlib.util.find_spec("torch"):
        return importlib.import_module("torch")

    class Tensor(np.ndarray):
        def float(self):
            return self.astype(np.float32)

    class Dataset:
        pass

    data = types.SimpleNamespace(Dataset=Dataset)
    return types.SimpleNamespace(utils=types.SimpleNamespace(data=data), from_numpy=lambda array: array.view(Tensor))


class Readme(unittest.TestCase):
    def test_every_command_is_run_by_a_check(self):
        commands = blocks("sh")
        self.assertGreater(len(commands), 5)
        for before, text in commands:
            self.assertRegex(before, r"^<!-- run( by .+)? -->$", text)

    def test_the_json_is_that_of_the_candles_and_of_an_editor(self):
        definition, settings = (json.loads(text) for _, text in blocks("json"))
        self.assertEqual(definition, json.loads((SOURCE / "pipelines/candles.json").read_text(encoding="utf-8")))
        self.assertIn("json.schemas", settings)

    def test_the_dataset_gives_the_images_of_a_file(self):
        ((_, text),) = blocks("python")
        names = {"torch": torch_or_stand_in(), "h5py": h5py}
        exec(text, names)  # pylint: disable=exec-used
        with tempfile.TemporaryDirectory() as folder:
            job = {"plotmill": 1, "stages": [
                {"id": "walks", "type": "make_sequences", "params": {"count": 9, "window": 30}},
                {"id": "charts", "type": "draw_lines", "params": {"width": 80, "height": 60}},
                {"id": "store", "type": "write_hdf5", "params": {"path": "charts.h5"}}]}
            (pathlib.Path(folder) / "job.json").write_text(json.dumps(job), encoding="utf-8")
            subprocess.run([COMMAND, "run", "job.json", "--quiet"], cwd=folder, check=True)
            path = f"{folder}/charts.h5"
            dataset = names["Charts"](path)
            self.assertEqual(len(dataset), 9)
            with h5py.File(path) as file:
                stored = file["images"][...]
            for i, image in enumerate(stored):
                np.testing.assert_allclose(np.asarray(dataset[i]), image[None] / 255, rtol=1e-6)
            dataset.images.file.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
