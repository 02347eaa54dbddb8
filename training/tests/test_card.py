"""What the committed cards say of operating points (with all of training's packages): python -m unittest discover training/tests"""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    from osteon_training.card import POINTS, few_warning, point
except ImportError as error:
    raise unittest.SkipTest(f"needs training's packages: {error.name}") from error

MODELS = Path(__file__).resolve().parents[2] / "models"


class Card(unittest.TestCase):
    def test_points_of_all_bones_are_not_told_as_the_bones_own(self) -> None:
        for bone in ("shoulder", "hip"):
            self.assertIn("specificity at least 0.95 on val, all bones together", point("specific", bone))
            self.assertIn("operating points are, those of all bones together", few_warning(bone))
        self.assertEqual(point("specific", "hand"), "specificity at least 0.95 on val")

    def test_committed_cards_say_what_the_code_writes(self) -> None:
        for folder in sorted(MODELS.glob("fracture-*")):
            manifest, card = json.loads((folder / "model.json").read_text()), (folder / "CARD.md").read_text()
            self.assertIn(few_warning(manifest["bone"]), card)
            for name in POINTS:
                self.assertIn(f"\n| {point(name, manifest['bone'])} | {manifest['thresholds'][name]} |", card)


if __name__ == "__main__":
    unittest.main()
