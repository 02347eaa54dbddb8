"""The networks (with all of training's packages): python -m unittest discover training/tests"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    import torch

    from osteon_training.model import BACKBONES, FractureNet
except ImportError as error:
    raise unittest.SkipTest(f"needs training's packages: {error.name}") from error


class Backbones(unittest.TestCase):
    def test_the_features_of_each_have_strides_8_16_and_32(self) -> None:
        for backbone in BACKBONES:
            network = FractureNet(5, 5, backbone).eval()
            with torch.inference_mode():
                features = network.trunk(torch.zeros(1, 1, 96, 64))
                self.assertEqual(network(torch.zeros(1, 1, 96, 64))["heat"].shape, (1, 1, 12, 8), backbone)
            self.assertEqual([tuple(each.shape[2:]) for each in features], [(12, 8), (6, 4), (3, 2)], backbone)
            self.assertEqual([each.shape[1] for each in features], list(network.trunk.taps.values()), backbone)


if __name__ == "__main__":
    unittest.main()
