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

    from osteon_training.rounding import LEVELS, moments, on_levels, patches, round_weights
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


def convolutions(groups: int, **other: object) -> onnx.ModelProto:
    """A 3 × 3 convolution of stride 2 over 4 channels, padded on two sides."""
    first = RANDOM.normal(size=(8, 4 // groups, 3, 3)).astype(np.float32) if groups == 1 else RANDOM.normal(size=(4, 1, 3, 3)).astype(np.float32)
    node = helper.make_node("Conv", ["film", "weight", "bias"], ["y"], "step", **{"strides": [2, 2], "pads": [0, 0, 1, 1], "group": groups} | other)
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

    def test_films_decide_and_their_spread_alone(self) -> None:
        # Pixels of a channel go together, about a mean that is no part of what decides.
        films = [(20 + 2 * RANDOM.normal(size=(1, 4, 1, 1)) + 0.2 * RANDOM.normal(size=(1, 4, 12, 16))).astype(np.float32) for _ in range(20)]
        model = convolutions(1)
        plain = convolutions(1)
        plain.graph.initializer[0].CopyFrom(model.graph.initializer[0])
        before = run(model, films)
        round_weights(model, films, ["step"])
        weights = numpy_helper.to_array(plain.graph.initializer[0])
        plain.graph.initializer[0].CopyFrom(numpy_helper.from_array(nearest(weights.reshape(8, -1)).reshape(weights.shape).astype(np.float32), "weight"))
        inner = (slice(None), slice(None), slice(0, 5), slice(0, 7))
        spread = lambda y: (y - before)[inner].std(axis=(0, 2, 3)).mean()  # noqa: E731
        self.assertLess(spread(run(model, films)), 0.7 * spread(run(plain, films)))
        seen = moments(model, films, list(model.graph.node))["step"]
        under = np.concatenate([patches(film[0], model.graph.node[0], (3, 3))[0] for film in films], axis=1)
        np.testing.assert_allclose(seen.covariance[0], np.cov(under, bias=True), atol=1e-2)

    def test_a_convolution_of_another_kind_is_refused(self) -> None:
        film = [RANDOM.normal(size=(1, 4, 12, 16)).astype(np.float32)]
        for other in ({"pads": None, "auto_pad": "SAME_UPPER"}, {"dilations": [2, 2]}):
            model = convolutions(1, **other)
            with self.assertRaises(ValueError):
                round_weights(model, film, ["step"])
        without = convolutions(1)
        del without.graph.node[0].input[2]
        with self.assertRaises(ValueError):
            round_weights(without, film, ["step"])


if __name__ == "__main__":
    unittest.main()
