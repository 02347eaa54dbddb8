"""How often a picture that is no film of a region we know is taken for one."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from .bundle import Bundle, part_probabilities
from .data import load
from .negatives import HELD_OUT_PHOTOGRAPHS, drawn, drawn_anatomy, photographs
from .pictures import pictures


def refusal(bundle: Bundle, data: Path, split: str) -> dict:
    """Pictures of each kind, and how many are taken for a film of a supported region. None was trained on.

    `photographs` are from packages that training had none of (fetched, see `pictures.py`, or installed); `drawn` and `drawn anatomy` are of the training's kinds, other draws; `other regions` are the films of such of the split alone.
    """
    fetched = pictures("held-out")
    if not fetched:
        raise FileNotFoundError("the packages' pictures are missing: python -m osteon_training pictures")
    rng = random.Random(77)
    kinds = {
        "photographs, screenshots and drawings of packages": photographs(HELD_OUT_PHOTOGRAPHS) + fetched,
        "noise, blank pictures, documents, charts and shapes, made": [drawn(400, rng) for _ in range(200)],
        "chests, skulls and spines, made": [drawn_anatomy(400, rng) for _ in range(60)],
        f"films of other regions, {split}": [s.image for s in load(data, split) if s.region == "other"],
    }
    return {name: {"pictures": len(images), "taken": int(taken(bundle, images).sum())} for name, images in kinds.items() if images}


def taken(bundle: Bundle, images: list[np.ndarray]) -> np.ndarray:
    """Which pictures are taken for a film of a supported region."""
    decision = bundle.manifest["decision"]
    probability = part_probabilities(bundle.manifest, bundle.run(images)["logits"])
    return (probability.argmax(1) < len(decision["supported"])) & (probability.max(1) >= decision["minimumProbability"])
