"""What a training step sees: augmented films as tensors with their targets."""

from __future__ import annotations

import random

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from .data import BONES, REGIONS, Sample
from .geometry import View, draw
from .negatives import TRAIN_PHOTOGRAPHS, drawn, drawn_anatomy, mirrored_chest, photographs, shuffled
from .photometry import damage, thumbnail
from .pictures import pictures
from .scenes import beside, page, photograph
from .tensor import InputSpec, place, standardise, stretch
from .transplant import transplant

PART_CLASSES = [*REGIONS, "none"]
STRIDE = 8


def finish(image: np.ndarray, spec: InputSpec) -> np.ndarray:
    """A drawn film no larger than the spec to (1, height, width): the serving path from its second step on."""
    return standardise(place(stretch(image, spec), spec), spec)


class Draws(Dataset):
    """Random films: index i of epoch e is drawn from a generator seeded by (seed, e, i), so a run can be repeated."""

    def __init__(self, length: int, seed: int) -> None:
        self.length, self.seed, self.epoch = length, seed, 0

    def __len__(self) -> int:
        return self.length

    def rng(self, index: int) -> random.Random:
        return random.Random(f"{self.seed}-{self.epoch}-{index}")


class BodyPartDraws(Draws):
    """Tensors (1, S, S) with the index of a class of `PART_CLASSES`, in the recipe's mix of classes.

    `turned` is the share of films that lie any quarter turn about before the view is drawn, their joint in its middle: so a lateral
    elbow stands as often as it lies. `small` is the share of pictures shrunk to a thumbnail. With `clean` there is also the view before
    it was shrunk or damaged (1, S, S), for a teacher.
    """

    def __init__(
        self,
        samples: list[Sample],
        spec: InputSpec,
        mix: dict[str, float],
        length: int,
        seed: int,
        *,
        turned: float = 0.0,
        small: float = 0.0,
        clean: bool = False,
    ) -> None:
        super().__init__(length, seed)
        self.spec, self.mix, self.turned, self.small, self.clean = spec, mix, turned, small, clean
        self.by_region = {region: [s for s in samples if s.region == region] for region in REGIONS}
        self.pictures = photographs(TRAIN_PHOTOGRAPHS) + pictures("train")

    def __getitem__(self, index: int) -> dict:
        cv2.setNumThreads(1)
        rng = self.rng(index)
        label = rng.choices(list(self.mix), list(self.mix.values()))[0]
        size = self.spec.width
        if label == "none":
            image = self._negative(size, rng)
        elif label == "other" and rng.random() < 0.3:
            image = drawn_anatomy(size, rng)
        elif label == "other" and rng.random() < 0.4:
            image = draw(self._made(mirrored_chest(rng.choice(self.by_region["shoulder"]).image, rng)), size, rng, 0.5).image
        else:
            pool = self.by_region[label]
            turned = rng.random() < self.turned
            shown = [self._turned(rng.choice(pool), rng) if turned else rng.choice(pool) for _ in range(views(rng))]
            image = staged([draw(sample, size, rng, 0.5) for sample in shown], size, rng, self.pictures).image
        clean = {"clean": torch.from_numpy(finish(image, self.spec))} if self.clean else {}
        if rng.random() < self.small:
            image = thumbnail(image, rng)
        image = damage(image, rng, 1.0)
        return clean | {"x": torch.from_numpy(finish(image, self.spec)), "label": PART_CLASSES.index(label)}

    def _negative(self, size: int, rng: random.Random) -> np.ndarray:
        if rng.random() < 0.3 or not self.pictures:
            return drawn(size, rng)
        film = rng.choice(self.by_region[rng.choice(REGIONS)]).image
        picture = shuffled(film, rng) if rng.random() < 0.1 else rng.choice(self.pictures)
        return staged([draw(self._made(picture), size, rng, 0.5)], size, rng, self.pictures).image

    def _turned(self, sample: Sample, rng: random.Random) -> Sample:
        return self._made(np.ascontiguousarray(np.rot90(sample.image, rng.randrange(4))))

    @staticmethod
    def _made(picture: np.ndarray) -> Sample:
        return Sample("", "train", "none", False, False, picture, np.zeros((0, 4), np.float32))


class FractureDraws(Draws):
    """Tensors (1, S, S), a heat map (1, S/8, S/8), bone, region and label; about a third of them fractured.

    `small` is the share of films shrunk to a small picture, in which a fracture can still be seen, `transplanted` that of sound films
    with a patch of another, fractured or sound in the recipe's share. With `clean` there is also the view before all damage (1, S, S),
    for a teacher.
    """

    def __init__(
        self,
        samples: list[Sample],
        spec: InputSpec,
        weights: dict[str, float],
        fractured: float,
        length: int,
        seed: int,
        *,
        small: float = 0.0,
        transplanted: float = 0.0,
        clean: bool = False,
    ) -> None:
        super().__init__(length, seed)
        self.spec, self.fractured, self.small, self.transplanted, self.clean = spec, fractured, small, transplanted, clean
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
        shown = [self._film(bone, label, rng)]
        shown += [rng.choice(self.pools[bone, rng.random() < self.fractured]) for _ in range(views(rng) - 1)]
        label = any(sample.fractured for sample in shown)
        view = staged([draw(sample, size, rng) for sample in shown], size, rng, [])
        image = thumbnail(view.image, rng, (140, 240)) if rng.random() < self.small else view.image
        image = damage(image, rng, 0.8)
        heat = heat_target(view.polygons, image.shape, self.spec)
        clean = {"clean": torch.from_numpy(finish(view.image, self.spec))} if self.clean else {}
        return clean | {
            "x": torch.from_numpy(finish(image, self.spec)),
            "heat": torch.from_numpy(heat),
            "boxed": not label or len(view.polygons) > 0,
            # The network has an output for every bone, whichever the recipe names, in which order.
            "bone": BONES.index(bone),
            "label": float(label),
        }

    def _film(self, bone: str, label: bool, rng: random.Random) -> Sample:
        if self.transplanted and rng.random() < self.transplanted:
            return transplant(rng.choice(self.pools[bone, False]), rng.choice(self.pools[bone, label]), rng)
        return rng.choice(self.pools[bone, label])


class WarmUpDraws(Draws):
    """Two views (2, 1, S, S) of one film of any region, drawn and damaged each on its own."""

    def __init__(self, samples: list[Sample], spec: InputSpec, length: int, seed: int) -> None:
        super().__init__(length, seed)
        self.samples, self.spec = samples, spec

    def __getitem__(self, index: int) -> dict:
        cv2.setNumThreads(1)
        rng = self.rng(index)
        film = rng.choice(self.samples)
        shown = [damage(draw(film, self.spec.width, rng, 0.5).image, rng, 1.0) for _ in range(2)]
        return {"x": torch.from_numpy(np.stack([finish(image, self.spec) for image in shown]))}


def views(rng: random.Random) -> int:
    """How many views are on a film: mostly one."""
    return rng.choices([1, 2, 3], [0.93, 0.06, 0.01])[0]


def staged(shown: list[View], size: int, rng: random.Random, around: list[np.ndarray]) -> View:
    """The views as one picture: beside one another, and seldom on a page or photographed before a picture of `around`."""
    view = beside(shown, size, rng) if len(shown) > 1 else shown[0]
    kind = rng.random()
    if kind < 0.08:
        return page(view, size, rng)
    if kind < 0.18:
        return photograph(view, size, rng, rng.choice(around) if around else None)
    return view


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
