"""The tail of the shipped body-part model (with all of training's packages): python -m unittest discover training/tests"""

import json
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "training"))

try:
    import onnx
    import onnxruntime
    import torch

    from osteon_training.tail import Tail, features_folder, trunk_session
except ImportError as error:
    raise unittest.SkipTest(f"training's packages are not installed: {error}") from error

MODEL = ROOT / "models/bodypart/model.onnx"
RECIPE = json.loads((ROOT / "training/recipes/bodypart-4.json").read_text())
FILMS = np.random.default_rng(1).standard_normal((3, 1, 224, 224), dtype=np.float32)


def logits(model: onnx.ModelProto) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"film": FILMS})[0]


class TheTail(unittest.TestCase):
    def test_behind_the_trunk_it_computes_what_the_whole_file_does(self) -> None:
        whole = onnx.load(MODEL)
        features = trunk_session(MODEL).run(None, {"film": FILMS})[0]
        with torch.inference_mode():
            said = Tail(whole).eval()(torch.from_numpy(features)).numpy()
        np.testing.assert_allclose(said, logits(whole), rtol=1e-3, atol=1e-3)

    def test_changed_weights_go_back_into_the_file(self) -> None:
        whole = onnx.load(MODEL)
        before, network = logits(whole), Tail(whole)
        with torch.no_grad():
            network.classify.bias[2] += 1.5
        network.graft(whole)
        expected = np.zeros_like(before)
        expected[:, 2] = 1.5
        np.testing.assert_allclose(logits(whole) - before, expected, atol=1e-4)

    def test_features_are_kept_by_model_and_draws(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            other = Path(folder, "other.onnx")
            other.write_bytes(MODEL.read_bytes() + b"\0")
            kept = features_folder(RECIPE, MODEL, Path(folder))
            self.assertEqual(features_folder(RECIPE | {"rate": 0.1, "hard": 0.0}, MODEL, Path(folder)), kept)
            self.assertNotEqual(features_folder(RECIPE | {"turned": 0.1}, MODEL, Path(folder)), kept)
            self.assertNotEqual(features_folder(RECIPE, other, Path(folder)), kept)


if __name__ == "__main__":
    unittest.main()
