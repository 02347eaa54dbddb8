"""Metrics (NumPy only): python -m unittest discover training/tests"""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from osteon_training.metrics import calibration_error, calibration_noise, interval  # noqa: E402


class CalibrationNoise(unittest.TestCase):
    def test_it_is_what_a_perfect_model_errs_by_chance(self) -> None:
        rng = np.random.default_rng(0)
        few, many = rng.random(40), rng.random(4000)
        self.assertLess(calibration_noise(many, 200)["mean"], calibration_noise(few, 200)["mean"] / 3)

    def test_nothing_is_left_to_chance_where_the_model_is_sure(self) -> None:
        self.assertEqual(calibration_noise(np.repeat([0.0, 1.0], 20), 50), {"mean": 0.0, "most": 0.0})

    def test_wrong_probabilities_lie_beyond_it(self) -> None:
        rng = np.random.default_rng(1)
        said = rng.random(400)
        noise = calibration_noise(said, 200)
        self.assertLess(noise["mean"], noise["most"])
        self.assertGreater(calibration_error(rng.random(400) < said**3, said), noise["most"])


class Interval(unittest.TestCase):
    def test_copies_of_a_film_make_it_no_narrower(self) -> None:
        right = np.random.default_rng(2).random(60) < 0.8
        once = interval(lambda i: float(right[i].mean()), np.arange(60))
        four = np.tile(right, 4)
        copies = interval(lambda i: float(four[i].mean()), np.tile(np.arange(60), 4))
        taken_for_films = interval(lambda i: float(four[i].mean()), np.arange(240))
        width = lambda found: found["high"] - found["low"]  # noqa: E731
        self.assertEqual(once["value"], copies["value"])
        self.assertAlmostEqual(width(once), width(copies), delta=0.03)
        self.assertLess(width(taken_for_films), 0.65 * width(once))


if __name__ == "__main__":
    unittest.main()
