"""Random views of a film: which part of it, how large, how turned, on what surroundings."""

from __future__ import annotations

import dataclasses
import math
import random

import cv2
import numpy as np

from .data import Sample


@dataclasses.dataclass(frozen=True)
class View:
    """A film as drawn for one training step: 8-bit grey (h, w), and polygons (n, 4, 2) of its fracture boxes, pixels."""

    image: np.ndarray
    polygons: np.ndarray


def corners(boxes: np.ndarray) -> np.ndarray:
    """Boxes x, y, w, h (n, 4) as corner points (n, 4, 2)."""
    x, y, w, h = boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]
    return np.stack([np.stack([x, y], 1), np.stack([x + w, y], 1), np.stack([x + w, y + h], 1), np.stack([x, y + h], 1)], 1)


def film_size(aspect: float, size: int) -> tuple[int, int]:
    """Width and height with the longer side `size`."""
    return (size, max(32, round(size / aspect))) if aspect >= 1 else (max(32, round(size * aspect)), size)


def background(image: np.ndarray, rng: random.Random) -> int:
    """Level of the surroundings: mostly black, as cut-out films have."""
    return rng.choices([0, int(np.median(image[[0, -1]])), 255, rng.randrange(256)], [0.6, 0.2, 0.1, 0.1])[0]


def angle(rng: random.Random) -> float:
    """Degrees: upright with a tilt, a quarter turn with a tilt, or anything."""
    kind = rng.random()
    if kind < 0.45:
        return rng.gauss(0, 12)
    if kind < 0.72:
        return rng.choice([90, 180, 270]) + rng.gauss(0, 8)
    return rng.uniform(0, 360)


def zoom(rng: random.Random, least: float) -> float:
    """Scale beside the film that just fits: from the limb small in the frame (`least`) to a close-up of one joint."""
    kind = rng.random()
    if kind < 0.45:
        return rng.uniform(0.92, 1.1)
    if kind < 0.65:
        return math.exp(rng.uniform(math.log(least), math.log(0.95)))
    return math.exp(rng.uniform(math.log(1.0), math.log(2.2)))


def draw(sample: Sample, size: int, rng: random.Random, least: float = 0.6) -> View:
    """A random view with the longer side `size`. A fractured film keeps at least one fracture in sight."""
    for _ in range(6):
        view = _draw(sample, size, rng, zoom(rng, least))
        if not sample.fractured or len(sample.boxes) == 0 or len(view.polygons) > 0:
            return view
    return _draw(sample, size, rng, 0.95)


def _draw(sample: Sample, size: int, rng: random.Random, scale: float) -> View:
    height, width = sample.image.shape
    turn = math.radians(angle(rng))
    cos, sin = math.cos(turn), math.sin(turn)
    turned_w = abs(width * cos) + abs(height * sin)
    turned_h = abs(width * sin) + abs(height * cos)
    aspect = turned_w / turned_h if rng.random() < 0.6 else math.exp(rng.uniform(-0.5, 0.5))
    out_w, out_h = film_size(aspect, size)
    fitted = min(out_w / turned_w, out_h / turned_h) * scale
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    linear = fitted * np.array([[cos, -sin], [sin, cos]]) @ np.diag([mirror, 1.0])
    centre = _centre(sample, scale, rng)
    slack = max(0.0, 1 - scale) / 2
    target = np.array([out_w * (0.5 + rng.uniform(-slack, slack)), out_h * (0.5 + rng.uniform(-slack, slack))])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = target - linear @ centre
    if rng.random() < 0.15:
        matrix = _tilt(out_w, out_h, rng) @ matrix
    smoothing = cv2.INTER_AREA if fitted < 0.6 else cv2.INTER_LINEAR
    image = cv2.warpPerspective(
        sample.image, matrix, (out_w, out_h), flags=smoothing, borderMode=cv2.BORDER_CONSTANT, borderValue=background(sample.image, rng)
    )
    polygons = _visible(sample.boxes, matrix, out_w, out_h)
    return shutter(View(image, polygons), rng) if rng.random() < 0.16 else View(image, polygons)


def shutter(view: View, rng: random.Random) -> View:
    """Collimation: all outside a turned rectangle or a rounded field is one level, mostly black; boxes outside are gone."""
    height, width = view.image.shape
    mask = np.zeros((height, width), np.uint8)
    centre = (width * rng.uniform(0.42, 0.58), height * rng.uniform(0.42, 0.58))
    size = (width * rng.uniform(0.65, 1.1), height * rng.uniform(0.65, 1.1))
    if rng.random() < 0.7:
        points = cv2.boxPoints((centre, size, rng.gauss(0, 14)))
        points += np.float32([[rng.gauss(0, 0.02) * width, rng.gauss(0, 0.02) * height] for _ in range(4)])
        cv2.fillPoly(mask, [points.astype(np.int32)], 255, cv2.LINE_AA)
    else:
        cv2.ellipse(mask, (centre, size, rng.uniform(0, 180)), 255, -1, cv2.LINE_AA)
    share = mask.astype(np.float32) / 255
    image = (view.image * share + rng.choice([0, 0, 0, 255, rng.randrange(256)]) * (1 - share)).astype(np.uint8)
    middle = view.polygons.mean(axis=1).astype(int) if len(view.polygons) else np.zeros((0, 2), int)
    return View(image, view.polygons[mask[middle[:, 1], middle[:, 0]] > 127])


def _centre(sample: Sample, scale: float, rng: random.Random) -> np.ndarray:
    height, width = sample.image.shape
    if scale > 1.05 and len(sample.boxes) > 0:
        x, y, w, h = sample.boxes[rng.randrange(len(sample.boxes))]
        reach = 0.35 / scale
        return np.array([x + w / 2 + rng.uniform(-reach, reach) * width, y + h / 2 + rng.uniform(-reach, reach) * height])
    reach = max(0.02, (1 - 1 / scale) / 2.5) if scale > 1 else 0.02
    return np.array([width * (0.5 + rng.uniform(-reach, reach)), height * (0.5 + rng.uniform(-reach, reach))])


def _tilt(width: int, height: int, rng: random.Random) -> np.ndarray:
    """A slight perspective, as in a phone's picture of a film."""
    source = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    shift = np.float32([[rng.uniform(-0.08, 0.08) * width, rng.uniform(-0.08, 0.08) * height] for _ in range(4)])
    return cv2.getPerspectiveTransform(source, source + shift).astype(np.float64)


def _visible(boxes: np.ndarray, matrix: np.ndarray, width: int, height: int) -> np.ndarray:
    if len(boxes) == 0:
        return np.zeros((0, 4, 2), np.float32)
    points = cv2.perspectiveTransform(corners(boxes).reshape(1, -1, 2).astype(np.float64), matrix).reshape(-1, 4, 2)
    middle = points.mean(axis=1)
    inside = (middle[:, 0] > 4) & (middle[:, 0] < width - 4) & (middle[:, 1] > 4) & (middle[:, 1] < height - 4)
    return points[inside].astype(np.float32)
