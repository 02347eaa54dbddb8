"""Bundles as training reads and writes them (with all of training's packages): python -m unittest discover training/tests"""

import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from osteon_training import evaluate, quantise, refusal
    from osteon_training.bundle import Bundle, write_json
except ImportError as error:
    raise unittest.SkipTest(f"needs training's packages: {error.name}") from error

from osteon_training.data import BONES, Sample  # noqa: E402
from osteon_training.metrics import interval  # noqa: E402


class Bundles(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_a_bundle_of_another_contrast_layout_and_input_is_run(self) -> None:
        """As imported ones are: the mean of each channel."""
        node = helper.make_node("ReduceMean", ["picture"], ["logits"], axes=[1, 2], keepdims=0)
        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("picture", ["n", 32, 32, 3]), ("logits", ["n", 3]))]
        graph = helper.make_graph([node], "test", values[:1], values[1:])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), self.folder / "model.onnx")
        given = {"name": "picture", "width": 32, "height": 32, "contrast": {"method": "none", "maximum": 255}, "pad": 0, "mean": [0, 10, 20], "std": 1}
        write_json(self.folder / "model.json", {"input": given | {"channels": 3, "layout": "NHWC", "fit": "stretch"}, "outputs": {"logits": "logits"}})
        said = Bundle(self.folder).run([np.full((40, 50), 100, np.uint8)])
        np.testing.assert_allclose(said["logits"], [[100, 90, 80]])

    def test_figures_that_the_films_do_not_tell_are_left_out(self) -> None:
        figures = {"accuracy": interval(lambda i: 1.0, np.arange(5)), "accuracyOrigin": interval(lambda i: float(np.mean([])), np.arange(0))}
        written = evaluate.measured(figures, list(figures))
        self.assertEqual(list(written), ["accuracy"])
        write_json(self.folder / "model.json", written)
        kept = json.loads((self.folder / "model.json").read_text())
        with self.assertRaises(ValueError):
            write_json(self.folder / "model.json", figures)
        self.assertEqual(json.loads((self.folder / "model.json").read_text()), kept)

    def test_each_bundle_is_quantised_from_its_own_weights(self) -> None:
        for at, bone in enumerate(BONES):
            # Elbow and hand share weights, as bones of one training do.
            self.fracture_bundle(bone, weight=float(max(at, 1)))
        with (
            mock.patch.object(quantise, "load", lambda data, split: [Sample("a.png", "train", bone, False, False, None, None) for bone in BONES] * 14),
            mock.patch.object(quantise, "quantised", lambda bundle, films: onnx.load(bundle.folder / "model.onnx")),
            mock.patch.object(quantise, "Bundle", lambda folder, *file: mock.Mock(folder=folder, manifest={"bone": folder.name[9:]})),
            mock.patch.object(quantise, "quantise_bundle", lambda bundle, model: onnx.save(model, bundle.folder / "model.int8.onnx")),
        ):
            quantise.quantise(self.folder, self.folder, "fracture")
        for bone in BONES:
            whole, eight = (onnx.load(self.folder / f"fracture-{bone}" / f"model{kind}.onnx") for kind in ("", ".int8"))
            values = [{each.name: numpy_helper.to_array(each).tolist() for each in model.graph.initializer} for model in (whole, eight)]
            self.assertEqual(*values, bone)

    def fracture_bundle(self, bone: str, weight: float) -> None:
        nodes = [helper.make_node("Mul", ["film", "weight"], ["logits"]), helper.make_node("Gather", ["logits", "bone"], ["logit"], axis=0)]
        numbers = [numpy_helper.from_array(np.array(weight, np.float32), "weight"), numpy_helper.from_array(np.array(BONES.index(bone), np.int64), "bone")]
        film, logit = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("film", [5]), ("logit", [])))
        folder = self.folder / f"fracture-{bone}"
        folder.mkdir()
        onnx.save(helper.make_model(helper.make_graph(nodes, "test", [film], [logit], numbers)), folder / "model.onnx")

    def test_refusal_is_counted_on_the_films_of_the_split(self) -> None:
        picture = np.zeros((9, 9), np.uint8)
        other = Sample("a.png", "val", "other", False, False, picture, np.zeros((0, 4), np.float32))
        asked = []
        with (
            mock.patch.object(refusal, "pictures", lambda kind: [picture]),
            mock.patch.object(refusal, "photographs", lambda packages: []),
            mock.patch.object(refusal, "drawn", lambda size, rng: picture),
            mock.patch.object(refusal, "drawn_anatomy", lambda size, rng: picture),
            mock.patch.object(refusal, "taken", lambda bundle, images: np.zeros(len(images))),
            mock.patch.object(refusal, "load", lambda data, split: asked.append(split) or [other]),
        ):
            found = refusal.refusal(mock.Mock(), self.folder, "val")
        self.assertEqual(asked, ["val"])
        self.assertEqual(found["films of other regions, val"], {"pictures": 1, "taken": 0})


if __name__ == "__main__":
    unittest.main()
