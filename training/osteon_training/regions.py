"""Regions of a heat map, and the level that finds the true boxes best."""

from __future__ import annotations

import cv2
import numpy as np

from .data import Sample
from .tensor import InputSpec

LEVELS = np.arange(0.1, 0.65, 0.05)


def regions(heat: np.ndarray, level: float, maximum: int = 5) -> np.ndarray:
    """8-neighbour components of a heat map (h, w) at `level`: boxes x, y, w, h in cells (n, 4), hottest first."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((heat >= level).astype(np.uint8), connectivity=8)
    peaks = [float(heat[labels == at].max()) for at in range(1, len(stats))]
    order = np.argsort(peaks)[::-1][:maximum]
    return stats[1:][order, :4].astype(np.float32).reshape(-1, 4)


def in_cells(sample: Sample, spec: InputSpec, cells: int) -> np.ndarray:
    """A film's true boxes in heat-map cells (n, 4)."""
    height, width = sample.image.shape
    scale = min(spec.width / width, spec.height / height)
    offset = np.array([(spec.width - width * scale) / 2, (spec.height - height * scale) / 2, 0, 0])
    return (sample.boxes * scale + offset) * cells / spec.width


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes x, y, w, h."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return float(w * h / (a[2] * a[3] + b[2] * b[3] - w * h))


def best_level(seen: list[tuple[Sample, np.ndarray, InputSpec]], least: float = 0.2) -> float:
    """The level with the best F1 of regions against boxes (a hit is an IoU of at least `least`) over fractured films.

    :param seen: each film with its heat map (1, h, w), and what it was read as
    """
    scores = []
    for level in LEVELS:
        hits = found = true = 0
        for sample, heat, spec in seen:
            if not sample.fractured or len(sample.boxes) == 0:
                continue
            boxes, told = in_cells(sample, spec, heat.shape[-1]), regions(heat[0], float(level))
            found, true = found + len(told), true + len(boxes)
            hits += sum(any(overlap(box, each) >= least for each in told) for box in boxes)
        scores.append(2 * hits / max(1, found + true))
    return round(float(LEVELS[int(np.argmax(scores))]), 2)
