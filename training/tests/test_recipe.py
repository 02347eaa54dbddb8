import sys
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from osteon_training import recipe  # noqa: E402
from osteon_training.data import Sample  # noqa: E402


class Films(unittest.TestCase):
    def test_a_fracture_network_takes_those_of_its_bones_and_all_others_every_film(self) -> None:
        films = [Sample(f"{region}.png", "val", region, False, False, np.zeros((1, 1), np.uint8), np.zeros((0, 4), np.float32)) for region in ("hand", "hip", "other")]
        with mock.patch.object(recipe, "load", return_value=films):
            of = lambda **given: [s.region for s in recipe.films_of(given, Path(), "val")]  # noqa: E731
            self.assertEqual(of(task="fracture", weights={"hip": 1.0}), ["hip"])
            # Neither of these says which bones.
            self.assertEqual(of(task="bodypart"), ["hand", "hip", "other"])
            self.assertEqual(of(task="warm-up"), ["hand", "hip", "other"])


if __name__ == "__main__":
    unittest.main()
