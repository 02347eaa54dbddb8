"""Metrics (NumPy only): python -m unittest discover training/tests"""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from osteon_training.metrics import auroc_interval, calibration_error, calibration_noise, interval, proportion  # noqa: E402


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


class FewFilms(unittest.TestCase):
    def test_two_films_that_are_told_right_leave_much_open(self) -> None:
        self.assertEqual(proportion(np.array([True, True]), np.arange(2)), {"value": 1.0, "low": 0.3424, "high": 1.0})
        label = np.arange(17) < 2
        found = auroc_interval(label, label.astype(float), np.arange(17))
        self.assertEqual((found["value"], found["high"]), (1.0, 1.0))
        self.assertLess(found["low"], 0.6)

    def test_the_score_interval_is_as_published(self) -> None:
        # Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for hits, count, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):
            found = proportion(np.arange(count) < hits, np.arange(count))
            self.assertAlmostEqual(found["low"], low, 4)
            self.assertAlmostEqual(found["high"], high, 4)

    def test_copies_of_a_film_make_it_no_narrower(self) -> None:
        hits = np.arange(20) < 15
        self.assertEqual(proportion(np.tile(hits, 4), np.tile(np.arange(20), 4)), proportion(hits, np.arange(20)))

    def test_where_there_are_enough_both_intervals_of_an_area_agree(self) -> None:
        rng = np.random.default_rng(3)
        label = np.arange(60) < 9
        score = label + rng.normal(0, 1, 60)
        few, many = auroc_interval(label, score, np.arange(60)), auroc_interval(np.tile(label, 2), np.tile(score, 2), np.arange(120))
        self.assertAlmostEqual(few["value"], many["value"], 4)
        self.assertLess(many["high"] - many["low"], few["high"] - few["low"])


if __name__ == "__main__":
    unittest.main()
