"""The FracAtlas subset: annotations and films in memory."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

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


def load(root: Path, split: str) -> list[Sample]:
    """All films of a split, in the order of the annotations. Never mixes splits: they are blocks of neighbours."""
    samples = []
    with open(root / "annotations.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] != split:
                continue
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
