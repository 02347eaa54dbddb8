"""Patches of one film in another: a fracture where it was never seen, or sound bone with the same seam.

Source: D. Dwibedi, I. Misra, M. Hebert, Cut, Paste and Learn, ICCV 2017; G. Ghiasi et al., Simple Copy-Paste is a Strong Data
Augmentation Method for Instance Segmentation, CVPR 2021.
"""

from __future__ import annotations

import dataclasses
import math
import random

import cv2
import numpy as np

from .data import Sample

# Random places that are looked at for a patch.
LOOKS = 60


def transplant(onto: Sample, donor: Sample, rng: random.Random) -> Sample:
    """`onto`, a sound film, with a patch of `donor`: around one of its boxes, or around any place of a sound donor.

    Sound patches are as large as boxes are, so that neither a seam nor its size tells a fracture. The result is fractured as the
    donor is, with the patch's box; where the donor is fractured and has no box, or nothing fits, `onto` comes back as it is.
    """
    if donor.fractured and len(donor.boxes) == 0:
        return onto
    box = donor.boxes[rng.randrange(len(donor.boxes))] if donor.fractured else _anywhere(donor, rng)
    patch = _patch(donor.image, box, rng.uniform(1.4, 2.2))
    scale = max(onto.image.shape) / max(donor.image.shape) * rng.uniform(0.8, 1.25)
    inner = box[2:] * scale
    patch = cv2.warpAffine(*_turned(patch, scale, rng), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    height, width = patch.shape
    if min(height, width) < 12 or height >= onto.image.shape[0] or width >= onto.image.shape[1]:
        return onto
    x, y = _place(onto.image, patch, rng)
    image = onto.image.copy()
    under = image[y : y + height, x : x + width].astype(np.float32)
    seam = _seam(height, width)
    # Brightness and contrast of what lies there: the fracture's lines are to tell it, not its film's exposure.
    level, spread = patch.mean(), max(4.0, float(patch.std()))
    fitted = (patch - level) / spread * min(2.0 * spread, max(0.5 * spread, float(under.std()))) + under.mean()
    image[y : y + height, x : x + width] = np.clip(under * (1 - seam) + fitted * seam, 0, 255).astype(np.uint8)
    boxes = np.float32([[x + (width - inner[0]) / 2, y + (height - inner[1]) / 2, *inner]]) if donor.fractured else onto.boxes
    return dataclasses.replace(onto, image=image, fractured=donor.fractured, boxes=boxes)


def _anywhere(film: Sample, rng: random.Random) -> np.ndarray:
    """A box over edges of bone, of a size as fractures' boxes have (nine of ten: 0.025 to 0.15 of a film's longer side)."""
    height, width = film.image.shape
    w, h = (math.exp(rng.uniform(math.log(0.025), math.log(0.15))) * max(height, width) for _ in range(2))
    places = [(rng.uniform(0, max(1, width - w)), rng.uniform(0, max(1, height - h))) for _ in range(LOOKS // 3)]

    def edges(at: tuple[float, float]) -> float:
        seen = film.image[round(at[1]) : round(at[1] + h), round(at[0]) : round(at[0] + w)]
        return float(seen.std()) * (1 - 2 * _lost(seen))

    return np.float32([*max(places, key=edges), w, h])


def _patch(image: np.ndarray, box: np.ndarray, reach: float) -> np.ndarray:
    x, y, w, h = box
    return cv2.getRectSubPix(image, (max(8, round(w * reach)), max(8, round(h * reach))), (float(x + w / 2), float(y + h / 2))).astype(np.float32)


def _turned(patch: np.ndarray, scale: float, rng: random.Random) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """What `warpAffine` takes: the patch scaled, turned a little, half of the time mirrored, about its middle."""
    height, width = patch.shape
    out = (max(1, round(width * scale)), max(1, round(height * scale)))
    linear = cv2.getRotationMatrix2D((0, 0), rng.gauss(0, 12), scale)[:, :2] @ np.diag([rng.choice([-1.0, 1.0]), 1.0])
    shift = np.float64(out) / 2 - linear @ [width / 2, height / 2]
    return patch, np.concatenate([linear, shift[:, None]], axis=1), out


def _place(image: np.ndarray, patch: np.ndarray, rng: random.Random) -> tuple[int, int]:
    """Of some random places the one whose coarse pattern is most like the patch's: a shaft's on a shaft, none on air or burnt out."""
    height, width = patch.shape
    coarse, spread = _coarse(patch)
    places = [(rng.randrange(image.shape[1] - width), rng.randrange(image.shape[0] - height)) for _ in range(LOOKS)]

    def likeness(at: tuple[int, int]) -> float:
        under = image[at[1] : at[1] + height, at[0] : at[0] + width]
        pattern, contrast = _coarse(under)
        flat = max(0.0, 1 - contrast / spread)
        return float((pattern * coarse).mean()) - flat - _lost(under)

    return max(places, key=likeness)


def _lost(seen: np.ndarray) -> float:
    """Share of pixels that are air or burnt out."""
    return float(((seen > 235) | (seen < 12)).mean())


def _coarse(patch: np.ndarray) -> tuple[np.ndarray, float]:
    """The patch in 6 x 6, mean 0 and spread 1, and what its spread was (1 or more)."""
    small = cv2.resize(patch, (6, 6), interpolation=cv2.INTER_AREA).astype(np.float32)
    spread = max(1.0, float(small.std()))
    return (small - small.mean()) / spread, spread


def _seam(height: int, width: int) -> np.ndarray:
    """Weights of a patch: 1 within, falling smoothly to 0 at its rim."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return np.clip((1 - np.maximum(np.abs(x), np.abs(y)) ** 2 - 0.1 * (x * y) ** 2) * 2.5, 0, 1)
