"""What a training step sees (with all of training's packages): python -m unittest discover training/tests"""

import random
import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    import torch
    from osteon_training.datasets import BodyPartDraws, FractureDraws, WarmUpDraws
    from osteon_training.distil import distilled
    from osteon_training.transplant import transplant
except ImportError as error:
    raise unittest.SkipTest(f"needs training's packages: {error.name}") from error

from osteon_training.data import BONES, Sample  # noqa: E402
from osteon_training.tensor import InputSpec  # noqa: E402


class Bones(unittest.TestCase):
    def test_a_film_is_of_its_bone_of_the_network_whichever_the_recipe_names(self) -> None:
        image = np.random.default_rng(1).integers(0, 256, (300, 260), dtype=np.uint8)
        boxes = np.array([[40, 40, 60, 60]], np.float32)
        samples = [
            Sample(f"{bone}-{label}.png", "train", bone, label, False, image, boxes if label else boxes[:0])
            for bone in ("hip", "hand")
            for label in (False, True)
        ]
        for bone in ("hip", "hand"):
            draws = FractureDraws(samples, InputSpec(64, 64), {"hip": float(bone == "hip"), "hand": float(bone == "hand")}, 0.5, 4, 1)
            self.assertEqual({draws[at]["bone"] for at in range(4)}, {BONES.index(bone)})

    def test_a_teacher_sees_the_view_before_its_damage(self) -> None:
        image = np.random.default_rng(2).integers(0, 256, (300, 260), dtype=np.uint8)
        samples = [Sample(f"{label}.png", "train", "hand", label, False, image, np.zeros((0, 4), np.float32)) for label in (False, True)]
        plain, taught = (FractureDraws(samples, InputSpec(64, 64), {"hand": 1.0}, 0.5, 8, 1, clean=clean) for clean in (False, True))
        self.assertNotIn("clean", plain[0])
        for at in range(8):
            # The same film either way; what differs from the student's is its damage.
            np.testing.assert_array_equal(plain[at]["x"], taught[at]["x"])
            self.assertEqual(taught[at]["clean"].shape, taught[at]["x"].shape)
        self.assertTrue(any((taught[at]["clean"] != taught[at]["x"]).any() for at in range(8)))

    def test_a_teacher_of_the_part_sees_it_too_where_it_was_not_shrunk(self) -> None:
        image = np.random.default_rng(5).integers(0, 256, (300, 260), dtype=np.uint8)
        samples = [Sample("a.png", "train", "hand", False, False, image, np.zeros((0, 4), np.float32))]
        plain, taught = (BodyPartDraws(samples, InputSpec(64, 64), {"hand": 1.0}, 8, 1, small=1.0, clean=clean) for clean in (False, True))
        self.assertNotIn("clean", plain[0])
        for at in range(8):
            np.testing.assert_array_equal(plain[at]["x"], taught[at]["x"])
            self.assertTrue((taught[at]["clean"] != taught[at]["x"]).any())

    def test_a_student_of_the_part_is_best_where_it_says_what_its_teacher_says(self) -> None:
        told = {"logits": torch.tensor([[2.0, 0.0, -1.0]])}
        losses = {at: distilled({"logits": told["logits"] + torch.tensor([[at, 0.0, 0.0]])}, told, 0.0)["taught_part"] for at in (-1.0, 0.0, 1.0)}
        self.assertLess(losses[0.0], min(losses[-1.0], losses[1.0]))

    def test_a_warm_up_sees_two_views_of_a_film(self) -> None:
        image = np.random.default_rng(3).integers(0, 256, (300, 260), dtype=np.uint8)
        draws = WarmUpDraws([Sample("a.png", "train", "other", False, False, image, np.zeros((0, 4), np.float32))], InputSpec(64, 64), 2, 1)
        one, two = draws[0]["x"]
        self.assertEqual(one.shape, (1, 64, 64))
        self.assertTrue((one != two).any())

    def test_a_sound_film_takes_a_patch_and_the_label_of_its_donor(self) -> None:
        drawn = np.random.default_rng(4)
        films = [np.clip(drawn.normal(120, 25, (300, 260)), 20, 230).astype(np.uint8) for _ in range(2)]
        none, box = np.zeros((0, 4), np.float32), np.array([[40, 40, 30, 20]], np.float32)
        onto, sound, broken, unmarked = (
            Sample(f"{at}.png", "train", "hand", fractured, False, films[min(at, 1)], boxes)
            for at, (fractured, boxes) in enumerate([(False, none), (False, none), (True, box), (True, none)])
        )
        for seed in range(8):
            made = transplant(onto, broken, random.Random(seed))
            x, y, w, h = made.boxes[0]
            self.assertTrue(made.fractured and x >= 0 and y >= 0 and x + w <= 260 and y + h <= 300)
            changed = np.argwhere(made.image != onto.image)
            self.assertTrue((changed.min(axis=0) <= [y, x]).all() and (changed.max(axis=0) >= [y + h - 1, x + w - 1]).all())
            plain = transplant(onto, sound, random.Random(seed))
            self.assertFalse(plain.fractured or len(plain.boxes))
            self.assertTrue((plain.image != onto.image).any())
        self.assertIs(transplant(onto, unmarked, random.Random(1)), onto)


if __name__ == "__main__":
    unittest.main()
