"""Weights on levels (with all of training's packages): python -m unittest discover training/tests"""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    from osteon_training.rounding import LEVELS, on_levels, round_weights
except ImportError as error:
    raise unittest.SkipTest(f"needs training's packages: {error.name}") from error

RANDOM = np.random.default_rng(5)
# As the pixels under a kernel are: much alike.
LIKE = 0.1 * np.eye(9) + 0.9


def nearest(weights: np.ndarray) -> np.ndarray:
    scale = np.abs(weights).max(axis=1, keepdims=True) / LEVELS
    return np.round(weights / scale) * scale


def error(rounded: np.ndarray, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    return np.einsum("ft,ftu,fu->f", rounded - weights, np.broadcast_to(covariance, (len(weights), 9, 9)), rounded - weights)


def convolutions(groups: int) -> onnx.ModelProto:
    """A 3 × 3 convolution of stride 2 over 4 channels, padded on two sides."""
    first = RANDOM.normal(size=(8, 4 // groups, 3, 3)).astype(np.float32) if groups == 1 else RANDOM.normal(size=(4, 1, 3, 3)).astype(np.float32)
    node = helper.make_node("Conv", ["film", "weight", "bias"], ["y"], "step", strides=[2, 2], pads=[0, 0, 1, 1], group=groups)
    given = helper.make_tensor_value_info("film", TensorProto.FLOAT, [1, 4, 12, 16])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, len(first), None, None])
    initial = [numpy_helper.from_array(first, "weight"), numpy_helper.from_array(np.zeros(len(first), np.float32), "bias")]
    return helper.make_model(helper.make_graph([node], "test", [given], [made], initial), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def run(model: onnx.ModelProto, films: list[np.ndarray]) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return np.concatenate([session.run(None, {"film": film})[0] for film in films])


class Rounding(unittest.TestCase):
    def test_a_filter_errs_less_over_its_inputs_than_with_the_nearest_levels(self) -> None:
        weights = RANDOM.normal(size=(20, 9))
        rounded = on_levels(weights, LIKE[None])
        self.assertTrue((error(rounded, weights, LIKE[None]) <= error(nearest(weights), weights, LIKE[None]) + 1e-9).all())
        self.assertLess(error(rounded, weights, LIKE[None]).sum(), 0.5 * error(nearest(weights), weights, LIKE[None]).sum())

    def test_each_weight_is_on_a_level_about_it_and_the_scale_stays(self) -> None:
        weights = RANDOM.normal(size=(20, 9))
        weights[3] = 0
        rounded = on_levels(weights, LIKE[None])
        greatest = np.abs(weights).max(axis=1, keepdims=True)
        np.testing.assert_allclose(np.abs(rounded).max(axis=1, keepdims=True), greatest, rtol=1e-12)
        levels = rounded / np.where(greatest > 0, greatest, 1) * LEVELS
        np.testing.assert_allclose(levels, np.round(levels), atol=1e-9)
        self.assertTrue((np.abs(rounded - weights) < greatest / LEVELS + 1e-12).all())

    def test_filters_may_have_inputs_of_their_own(self) -> None:
        weights = RANDOM.normal(size=(2, 9))
        other = np.linalg.qr(RANDOM.normal(size=(9, 9)))[0]
        own = np.stack([LIKE, other @ LIKE @ other.T])
        rounded = on_levels(weights, own)
        for at in range(2):
            np.testing.assert_allclose(rounded[at : at + 1], on_levels(weights[at : at + 1], own[at : at + 1]))

    def test_what_the_sums_shift_by_is_taken_out_of_the_bias(self) -> None:
        films = [RANDOM.normal(loc=3, size=(1, 4, 12, 16)).astype(np.float32) for _ in range(5)]
        for groups in (1, 4):
            model = convolutions(groups)
            before = run(model, films)
            round_weights(model, films, ["step"])
            after = run(model, films)
            self.assertGreater(np.abs(after - before).max(), 1e-3)
            np.testing.assert_allclose(after.mean(axis=(0, 2, 3)), before.mean(axis=(0, 2, 3)), atol=1e-4)


if __name__ == "__main__":
    unittest.main()
