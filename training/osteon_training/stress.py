"""A stress set: films of a split as other sources would have them, seeded."""

from __future__ import annotations

import dataclasses
import random

import numpy as np

from .data import Sample
from .geometry import draw
from .photometry import damage

LONGEST = 454


def stressed(samples: list[Sample], copies: int = 2, seed: int = 20261) -> list[Sample]:
    """Each film `copies` times: turned, mirrored, scaled, framed, cut out, and damaged by the training's kinds of change.

    The same kinds, other draws: it measures how evenly a model takes them, not kinds it has never met.
    """
    made = []
    for sample in samples:
        for copy in range(copies):
            rng = random.Random(f"{seed}-{sample.file}-{copy}")
            view = draw(sample, LONGEST, rng, 0.7)
            boxes = np.concatenate([view.polygons.min(axis=1), np.ptp(view.polygons, axis=1)], axis=1)
            made.append(dataclasses.replace(sample, image=damage(view.image, rng, 0.7), boxes=boxes.astype(np.float32)))
    return made
