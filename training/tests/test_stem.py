"""The folded stem (with all of training's packages): python -m unittest discover training/tests"""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    from osteon_training.stem import fold_stem
except ImportError as error:
    raise unittest.SkipTest(f"needs training's packages: {error.name}") from error


def stem(height: int, width: int, pads: tuple[int, ...] = (0, 0, 1, 1)) -> onnx.ModelProto:
    weight = np.random.default_rng(3).normal(size=(5, 1, 3, 3)).astype(np.float32)
    node = helper.make_node("Conv", ["film", "weight"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=pads)
    given = helper.make_tensor_value_info("film", TensorProto.FLOAT, ["n", 1, height, width])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 5, None, None])
    graph = helper.make_graph([node], "test", [given], [made], [numpy_helper.from_array(weight, "weight")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class Stem(unittest.TestCase):
    def test_a_folded_stem_says_the_same(self) -> None:
        model = stem(12, 16)
        x = np.random.default_rng(4).normal(size=(2, 1, 12, 16)).astype(np.float32)
        run = lambda: onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"film": x})[0]  # noqa: E731
        before = run()
        fold_stem(model)
        self.assertEqual(model.graph.node[0].op_type, "SpaceToDepth")
        np.testing.assert_allclose(run(), before, atol=1e-6)

    def test_another_beginning_is_refused(self) -> None:
        for other in (stem(13, 16), stem(12, 16, (1, 1, 1, 1))):
            with self.assertRaises(ValueError):
                fold_stem(other)


if __name__ == "__main__":
    unittest.main()
