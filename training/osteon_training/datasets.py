"""What a training step sees: augmented films as tensors with their targets."""

from __future__ import annotations

import random

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from .data import REGIONS, Sample
from .geometry import View, draw
from .negatives import TRAIN_PHOTOGRAPHS, drawn, photographs
from .photometry import damage
from .tensor import InputSpec, place, stretch

PART_CLASSES = [*REGIONS, "none"]
STRIDE = 8


def finish(image: np.ndarray, spec: InputSpec) -> np.ndarray:
    """A drawn film no larger than the spec to (1, height, width): the serving path from its second step on."""
    return place(stretch(image, spec), spec)[None]


class Draws(Dataset):
    """Random films: index i of epoch e is drawn from a generator seeded by (seed, e, i), so a run can be repeated."""

    def __init__(self, length: int, seed: int) -> None:
        self.length, self.seed, self.epoch = length, seed, 0

    def __len__(self) -> int:
        return self.length

    def rng(self, index: int) -> random.Random:
        return random.Random(f"{self.seed}-{self.epoch}-{index}")


class BodyPartDraws(Draws):
    """Tensors (1, S, S) with the index of a class of `PART_CLASSES`, in the recipe's mix of classes."""

    def __init__(self, samples: list[Sample], spec: InputSpec, mix: dict[str, float], length: int, seed: int) -> None:
        super().__init__(length, seed)
        self.spec, self.mix = spec, mix
        self.by_region = {region: [s for s in samples if s.region == region] for region in REGIONS}
        self.photographs = photographs(TRAIN_PHOTOGRAPHS)

    def __getitem__(self, index: int) -> dict:
        cv2.setNumThreads(1)
        rng = self.rng(index)
        label = rng.choices(list(self.mix), list(self.mix.values()))[0]
        size = self.spec.width
        if label == "none":
            image = self._negative(size, rng)
        else:
            pool = self.by_region[label]
            image = draw(rng.choice(pool), size, rng, 0.5).image
            if rng.random() < 0.06:
                image = beside(View(image, np.zeros((0, 4, 2), np.float32)), draw(rng.choice(pool), size, rng), size).image
        image = damage(image, rng, 1.0)
        return {"x": torch.from_numpy(finish(image, self.spec)), "label": PART_CLASSES.index(label)}

    def _negative(self, size: int, rng: random.Random) -> np.ndarray:
        if rng.random() < 0.45 and self.photographs:
            picture = rng.choice(self.photographs)
            sample = Sample("", "train", "none", False, False, picture, np.zeros((0, 4), np.float32))
            return draw(sample, size, rng).image
        return drawn(size, rng)


class FractureDraws(Draws):
    """Tensors (1, S, S), a heat map (1, S/8, S/8), bone, region and label; about a third of them fractured."""

    def __init__(self, samples: list[Sample], spec: InputSpec, weights: dict[str, float], fractured: float, length: int, seed: int) -> None:
        super().__init__(length, seed)
        self.spec, self.fractured = spec, fractured
        self.weights = weights
        self.pools = {
            (bone, label): [s for s in samples if s.region == bone and s.fractured == label]
            for bone in weights
            for label in (False, True)
        }

    def __getitem__(self, index: int) -> dict:
        cv2.setNumThreads(1)
        rng = self.rng(index)
        bone = rng.choices(list(self.weights), list(self.weights.values()))[0]
        label = rng.random() < self.fractured
        size = self.spec.width
        sample = rng.choice(self.pools[bone, label])
        view = draw(sample, size, rng)
        if rng.random() < 0.06:
            other = rng.choice(self.pools[bone, rng.random() < self.fractured])
            view = beside(view, draw(other, size, rng), size)
            label = label or other.fractured
        image = damage(view.image, rng, 0.9)
        heat = heat_target(view.polygons, image.shape, self.spec)
        return {
            "x": torch.from_numpy(finish(image, self.spec)),
            "heat": torch.from_numpy(heat),
            "boxed": not label or len(view.polygons) > 0,
            "bone": list(self.weights).index(bone),
            "label": float(label),
        }


def beside(left: View, right: View, size: int) -> View:
    """Two views on one film, side by side, the whole scaled to the longer side `size`."""
    height = max(left.image.shape[0], right.image.shape[0])
    width = left.image.shape[1] + right.image.shape[1]
    canvas = np.zeros((height, width), np.uint8)
    canvas[: left.image.shape[0], : left.image.shape[1]] = left.image
    canvas[: right.image.shape[0], left.image.shape[1] :] = right.image
    scale = size / max(height, width)
    shifted = right.polygons + np.float32([left.image.shape[1], 0])
    polygons = np.concatenate([left.polygons, shifted]) * np.float32(scale)
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    return View(cv2.resize(canvas, target, interpolation=cv2.INTER_AREA), polygons.astype(np.float32))


def heat_target(polygons: np.ndarray, shape: tuple[int, int], spec: InputSpec) -> np.ndarray:
    """Soft Gaussians (1, S/8, S/8) over the boxes: 1 at a box's centre, about 0.6 at its rim, none below 0.05."""
    top, left = (spec.height - shape[0]) // 2, (spec.width - shape[1]) // 2
    rows, columns = spec.height // STRIDE, spec.width // STRIDE
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    heat = np.zeros((rows, columns), np.float32)
    for polygon in polygons:
        points = (polygon + np.float32([left, top])) / STRIDE - 0.5
        centre = points.mean(axis=0)
        spread = np.cov((points - centre).T, bias=True) + np.eye(2) * 0.6
        inverse = np.linalg.inv(spread)
        offset = np.stack([x - centre[0], y - centre[1]], -1)
        distance = np.einsum("hwi,ij,hwj->hw", offset, inverse, offset)
        heat = np.maximum(heat, np.exp(-0.5 * distance))
    heat[heat < 0.05] = 0
    return heat[None].astype(np.float32)
