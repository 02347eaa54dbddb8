"""The FracAtlas subset: annotations and films in memory."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

from .copies import listed

REGIONS = ["elbow", "hand", "shoulder", "leg", "hip", "other"]
BONES = REGIONS[:5]


@dataclasses.dataclass(frozen=True)
class Sample:
    """One film. `image` is 8-bit grey (H, W); `boxes` float32 (n, 4) as x, y, w, h in its pixels."""

    file: str
    split: str
    region: str
    fractured: bool
    hardware: bool
    image: np.ndarray
    boxes: np.ndarray


# What a later split has, an earlier one does without.
ORDER = ["train", "val", "test"]


def load(root: Path, split: str) -> list[Sample]:
    """All films of a split, in the order of the annotations. Never mixes splits: they are blocks of neighbours.

    The source has some films twice (`copies.py`): of those that lie in two splits `train` leaves out what `val` or `test` has, and
    `val` what `test` has.
    """
    samples = []
    left_out = copied(root, split, ORDER[ORDER.index(split) + 1 :])
    for row in annotations(root):
        if row["split"] == split and row["file"] not in left_out:
            boxes = [[float(n) for n in box.split()] for box in row["boxes"].split("|") if box]
            with Image.open(root / "images" / row["file"]) as picture:
                image = np.asarray(picture.convert("L"))
            samples.append(
                Sample(
                    row["file"],
                    split,
                    row["region"],
                    row["fractured"] == "1",
                    row["hardware"] == "1",
                    image,
                    np.asarray(boxes, dtype=np.float32).reshape(-1, 4),
                )
            )
    return samples


def annotations(root: Path) -> list[dict[str, str]]:
    with open(root / "annotations.csv", newline="") as file:
        return list(csv.DictReader(file))


def copied(root: Path, split: str, others: list[str]) -> set[str]:
    """The films of a split that one of the others has too, by their names."""
    split_of = {row["file"]: row["split"] for row in annotations(root)}
    # Other data than the source's need not have the films that are listed.
    shared = [group for group in listed() if any(split_of.get(name) in others for name in group)]
    return {name for group in shared for name in group if split_of.get(name) == split}
