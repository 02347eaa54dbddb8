import csv
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from osteon_training import copies, data  # noqa: E402


class Copies(unittest.TestCase):
    """A film that the source has twice is in one split only."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        (self.root / "images").mkdir()
        noise = np.random.default_rng(1).integers(0, 256, (4, 80, 60), dtype=np.uint8)
        films = [("a", "train", 0), ("b", "val", 0), ("c", "test", 0), ("d", "train", 1), ("e", "train", 1), ("f", "val", 2), ("g", "test", 2), ("h", "test", 3)]
        with open(self.root / "annotations.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "split", "region", "fractured", "hardware", "boxes"])
            for name, split, picture in films:
                Image.fromarray(noise[picture]).save(self.root / "images" / f"{name}.png")
                writer.writerow([f"{name}.png", split, "hand", 0, 0, ""])
        self.listed = data.listed
        data.listed = lambda: copies.find(self.root)

    def tearDown(self) -> None:
        data.listed = self.listed
        self.folder.cleanup()

    def test_groups(self) -> None:
        self.assertEqual(copies.find(self.root), [["a.png", "b.png", "c.png"], ["d.png", "e.png"], ["f.png", "g.png"]])

    def test_films_that_are_listed_and_not_there_are_passed_over(self) -> None:
        data.listed = lambda: [["a.png", "of-other-data.png"], ["neither.png", "nor.png"]]
        self.assertEqual(data.copied(self.root, "test", ["train", "val"]), set())
        self.assertEqual(data.copied(self.root, "train", ["train"]), {"a.png"})

    def test_an_earlier_split_does_without_what_a_later_one_has(self) -> None:
        found = {split: [s.file for s in data.load(self.root, split)] for split in data.ORDER}
        self.assertEqual(found, {"train": ["d.png", "e.png"], "val": [], "test": ["c.png", "g.png", "h.png"]})
        self.assertEqual(data.copied(self.root, "test", ["train", "val"]), {"c.png", "g.png"})


if __name__ == "__main__":
    unittest.main()
