"""The floor of the best probability (with all of training's packages): python -m unittest discover training/tests"""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    from osteon_training.calibrate import FEW, LEAST_FLOOR, MOST_TAKEN, films_of_points, least_floor, points_of_both
except ImportError as error:
    raise unittest.SkipTest(f"needs training's packages: {error.name}") from error


def pictures(best: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Probabilities of seven classes: the first where a picture is like a region, else the last."""
    probabilities = np.zeros((len(best), 7))
    probabilities[np.arange(len(best)), np.where(regions, 0, 6)] = best
    return probabilities


class Floor(unittest.TestCase):
    def test_keeps_out_all_but_the_share_that_may_be_taken(self) -> None:
        best = np.linspace(0.36, 0.6, 400)
        strangers = pictures(best, np.arange(400) % 4 == 0)
        floor = least_floor(np.full(1000, 0.99), strangers)
        taken = (strangers.argmax(1) < 5) & (strangers.max(1) >= floor)
        self.assertLessEqual(taken.mean(), MOST_TAKEN)
        lower = (strangers.argmax(1) < 5) & (strangers.max(1) >= floor - 0.003)
        self.assertGreater(lower.mean(), MOST_TAKEN)

    def test_is_the_least_where_hardly_anything_is_taken(self) -> None:
        strangers = pictures(np.full(400, 0.9), np.arange(400) < 8)
        self.assertEqual(least_floor(np.full(1000, 0.99), strangers), LEAST_FLOOR)

    def test_refuses_no_more_than_a_hundredth_of_real_films(self) -> None:
        strangers = pictures(np.full(400, 0.95), np.ones(400, bool))
        best = np.linspace(0.4, 1, 1001)
        self.assertAlmostEqual(least_floor(best, strangers), 0.406, places=3)


class Points(unittest.TestCase):
    def test_of_a_bone_with_few_fractured_films_are_those_of_all_bones_however_often_each_is_answered(self) -> None:
        for fractured, own in ((FEW - 1, False), (FEW, True)):
            label = np.arange(100) < fractured
            answers, eight = np.concatenate([label, label, label]), np.arange(300) >= 200
            mine = np.concatenate([np.ones(100, bool), np.zeros(100, bool), np.ones(100, bool)])
            np.testing.assert_array_equal(films_of_points(answers, mine, eight), mine if own else np.full(300, True))

    def test_hold_in_either_precision_what_they_promise(self) -> None:
        rng = np.random.default_rng(3)
        label = rng.random(400) < 0.4
        probability = np.clip(0.3 + 0.3 * label + rng.normal(0, 0.12, 400), 0, 1)
        shifted = np.clip(probability - 0.06 + rng.normal(0, 0.02, 400), 0, 1)
        twice, eight = np.concatenate([label, label]), np.arange(800) >= 400
        points = points_of_both(twice, np.concatenate([probability, shifted]), eight)
        for answers in (probability, shifted):
            self.assertGreaterEqual((answers[label] >= points["sensitive"]).mean(), 0.95)
            self.assertGreaterEqual((answers[~label] < points["specific"]).mean(), 0.95)
        self.assertEqual(sorted(points.values()), [points[name] for name in ("sensitive", "balanced", "specific")])


if __name__ == "__main__":
    unittest.main()
