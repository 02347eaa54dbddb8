"""The tensor's definition and its golden files (NumPy and Pillow only): python -m unittest discover training/tests"""

import json
import sys
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from osteon_training.tensor import InputSpec, to_tensor  # noqa: E402


class Golden(unittest.TestCase):
    def test_the_golden_files_are_what_this_side_makes(self) -> None:
        folder = HERE.parent / "fixtures"
        index = json.loads((folder / "index.json").read_text())
        self.assertGreater(len(index), 10)
        for entry in index:
            with self.subTest(entry["tensor"]), Image.open(folder / entry["film"]) as picture:
                made = to_tensor(np.asarray(picture.convert("L")), InputSpec.of_manifest(entry["input"]))
                kept = np.fromfile(folder / entry["tensor"], "<f4").reshape(made.shape)
                np.testing.assert_allclose(made, kept, atol=1e-6)


class Definition(unittest.TestCase):
    def test_a_film_is_centred_and_its_margin_is_the_pad(self) -> None:
        tensor = to_tensor(np.full((100, 50), 200, np.uint8), InputSpec(40, 40, mean=0, std=1, pad=0.5))
        self.assertEqual(tensor.shape, (1, 40, 40))
        self.assertTrue((tensor[0, :, :10] == 0.5).all() and (tensor[0, :, 30:] == 0.5).all())

    def test_contrast_does_not_depend_on_brightness_or_window(self) -> None:
        film = np.tile(np.linspace(60, 180, 64).astype(np.uint8), (64, 1))
        darker = (film * 0.5).astype(np.uint8)
        spec = InputSpec(64, 64)
        self.assertLess(np.abs(to_tensor(film, spec) - to_tensor(darker, spec)).mean(), 0.1)


if __name__ == "__main__":
    unittest.main()
