"""Stress sets: films of a split as other sources would have them, seeded.

All kinds but `drawn` are made here by other means than training's augmentation: lenses, motion and shot noise instead of Gaussian
blur and noise; palettes, WebP and watermarks instead of JPEG and captions; a cut-out along the limb instead of a shutter; contrast by
a pyramid instead of one unsharp mask; dust, scratches and grid lines. So they measure what a model makes of changes it never met.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable

import cv2
import numpy as np

from .data import Sample
from .geometry import corners, draw
from .photometry import damage

LONGEST = 454

Change = Callable[[Sample, random.Random], Sample]


def stressed(samples: list[Sample], kind: str, seed: int = 20261) -> list[Sample]:
    """Each film once, changed by the kind."""
    return [KINDS[kind](sample, random.Random(f"{seed}-{kind}-{sample.file}")) for sample in samples]


def _drawn(sample: Sample, rng: random.Random) -> Sample:
    """Other draws of the training's own kinds of change."""
    view = draw(sample, LONGEST, rng, 0.7)
    return _boxed(sample, damage(view.image, rng, 0.7), view.polygons)


def _phone(sample: Sample, rng: random.Random) -> Sample:
    """Taken with a phone off a screen: turned, tilted, bent by the lens, out of focus or moved, in a cast of light, shot noise, JPEG twice."""
    image, points = _turned(sample, rng, rng.choice([0, 0, 90, 180, 270]) + rng.gauss(0, 5), margin=rng.uniform(1.0, 1.35), ground=rng.randrange(20, 160))
    image, points = _lens(image, points, rng.uniform(-0.12, 0.06))
    height, width = image.shape
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    fall = ((x - rng.random()) ** 2 + (y - rng.random()) ** 2) * rng.uniform(0.1, 0.5)
    lit = image.astype(np.float32) / 255 * (1 - fall)
    streak = np.exp(-(((x - rng.random()) + (y - rng.random()) * rng.uniform(-1, 1)) ** 2) / rng.uniform(0.001, 0.02))
    lit = np.clip(lit * rng.uniform(0.6, 1.0) + rng.uniform(0.03, 0.15) + streak * rng.uniform(0, 0.35), 0, 1)
    gains = [rng.uniform(0.7, 1.15) for _ in range(3)]
    bends = [math.exp(rng.gauss(0, 0.2)) for _ in range(3)]
    cast = np.stack([np.clip(lit**bend * gain, 0, 1) for gain, bend in zip(gains, bends)], -1)
    counts = rng.uniform(150, 900)
    cast = np.random.default_rng(rng.getrandbits(32)).poisson(cast * counts).astype(np.float32) / counts
    cast = cv2.filter2D(np.clip(cast * 255, 0, 255).astype(np.uint8), -1, _disc(rng) if rng.random() < 0.5 else _motion(rng))
    for _ in range(2):
        cast = cv2.imdecode(cv2.imencode(".jpg", cast, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(45, 85)])[1], cv2.IMREAD_COLOR)
    return _boxed(sample, cv2.cvtColor(cast, cv2.COLOR_BGR2GRAY), points)


def _web(sample: Sample, rng: random.Random) -> Sample:
    """As the web shows it: small, few levels, WebP, a watermark across, coloured arrows and circles, a page or a title around."""
    image, points = _turned(sample, rng, rng.choice([0, 0, 0, 90, 270]), margin=1.0, ground=0)
    scale = rng.uniform(0.5, 0.9)
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST if rng.random() < 0.3 else cv2.INTER_LINEAR)
    points = points * np.float32(scale)
    if rng.random() < 0.5:
        levels = rng.choice([12, 16, 24, 32])
        image = (np.round(image / 255 * (levels - 1)) / (levels - 1) * 255).astype(np.uint8)
    height, width = image.shape
    colour = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    for _ in range(rng.randint(0, 3)):
        hue = rng.choice([(0, 0, 255), (0, 255, 255), (255, 80, 0), (60, 220, 60)])
        at = (rng.randrange(width), rng.randrange(height))
        if rng.random() < 0.5:
            cv2.circle(colour, at, rng.randint(12, 50), hue, 2, cv2.LINE_AA)
        else:
            cv2.arrowedLine(colour, at, (at[0] + rng.randint(-50, 50), at[1] + rng.randint(-50, 50)), hue, 3, cv2.LINE_AA, tipLength=0.4)
    if rng.random() < 0.6:
        mark = np.zeros_like(colour)
        cv2.putText(mark, "SAMPLE  SAMPLE  SAMPLE", (0, height // 2), cv2.FONT_HERSHEY_TRIPLEX, width / 330, (255, 255, 255), 2, cv2.LINE_AA)
        spin = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-45, 45), 1)
        colour = cv2.addWeighted(colour, 1, cv2.warpAffine(mark, spin, (width, height)), rng.uniform(0.15, 0.45), 0)
    if rng.random() < 0.6:
        top, side = rng.randint(10, 60), rng.randint(0, 50)
        ground = rng.choice([(255, 255, 255), (240, 235, 225), (40, 40, 40)])
        colour = cv2.copyMakeBorder(colour, top, top // 2, side, side, cv2.BORDER_CONSTANT, value=ground)
        cv2.putText(colour, "Figure 3. Lateral view, day 2", (4, top - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.45, tuple(255 - c for c in ground), 1, cv2.LINE_AA)
        points = points + np.float32([side, top])
    coded = cv2.imencode(".webp", colour, [cv2.IMWRITE_WEBP_QUALITY, rng.randint(15, 70)])[1]
    return _boxed(sample, cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2GRAY), points)


def _hospital(sample: Sample, rng: random.Random) -> Sample:
    """Another hospital's digital film: fine pixels, the limb cut out on pure black, contrast evened over many scales, mirrored or turned."""
    image, points = _turned(sample, rng, rng.choice([0, 90, 180, 270]), margin=1.0, ground=0)
    image = np.where(_limb(image), image, 0).astype(np.uint8)
    scale = rng.uniform(1.3, 2.2)
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LANCZOS4)
    fine, result = image.astype(np.float32) / 255, np.zeros(image.shape, np.float32)
    bent = [rng.uniform(0.55, 0.9) for _ in range(5)]
    for power in bent:
        slow = cv2.pyrUp(cv2.pyrDown(fine), dstsize=fine.shape[::-1])
        detail = fine - slow
        result += np.sign(detail) * np.abs(detail) ** power * 0.25**(1 - power)
        fine = cv2.GaussianBlur(slow, (0, 0), 3)
    result += fine
    result = np.where(image < 3, 0, np.clip(result, 0, 1) ** math.exp(rng.gauss(0, 0.25)))
    return _boxed(sample, (result * 255).astype(np.uint8), points * np.float32(scale))


def _scan(sample: Sample, rng: random.Random) -> Sample:
    """A sheet on a flat-bed scanner: a film's S-curve, dust, scratches, the grid's lines, a bright rim, a slight turn, sometimes a negative."""
    image, points = _turned(sample, rng, rng.gauss(0, 4), margin=rng.uniform(1.0, 1.12), ground=rng.choice([255, 240, 10]))
    height, width = image.shape
    curve = 1 / (1 + np.exp(-rng.uniform(4, 8) * (np.linspace(0, 1, 256) - rng.uniform(0.35, 0.6))))
    curve = (curve - curve.min()) / np.ptp(curve) * rng.uniform(0.6, 0.9) + rng.uniform(0, 0.1)
    image = cv2.LUT(image, np.clip(curve * 255, 0, 255).astype(np.uint8))
    for _ in range(rng.randint(0, 60)):
        cv2.circle(image, (rng.randrange(width), rng.randrange(height)), rng.choice([0, 1, 1, 2]), rng.choice([20, 235]), -1)
    for _ in range(rng.randint(0, 5)):
        start = (rng.randrange(width), rng.randrange(height))
        cv2.line(image, start, (start[0] + rng.randint(-200, 200), start[1] + rng.randint(-60, 60)), rng.choice([30, 220]), 1, cv2.LINE_AA)
    x = np.arange(width, dtype=np.float32)
    lines = 1 + rng.uniform(0, 0.07) * np.sin(x * 2 * math.pi / rng.uniform(2.5, 5))
    image = np.clip(image * lines[None], 0, 255).astype(np.uint8)
    return _boxed(sample, 255 - image if rng.random() < 0.15 else image, points)


KINDS: dict[str, Change] = {"drawn": _drawn, "phone": _phone, "web": _web, "hospital": _hospital, "scan": _scan}
UNMET = ["phone", "web", "hospital", "scan"]


def _boxed(sample: Sample, image: np.ndarray, polygons: np.ndarray) -> Sample:
    boxes = np.concatenate([polygons.min(axis=1), np.ptp(polygons, axis=1)], axis=1) if len(polygons) else np.zeros((0, 4))
    return dataclasses.replace(sample, image=image, boxes=boxes.astype(np.float32))


def _turned(sample: Sample, rng: random.Random, degrees: float, margin: float, ground: int) -> tuple[np.ndarray, np.ndarray]:
    """The whole film turned, half of the time mirrored, on a canvas `margin` times as large; boxes as corners (n, 4, 2)."""
    height, width = sample.image.shape
    turn = math.radians(degrees)
    spin = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]) @ np.diag([rng.choice([-1.0, 1.0]), 1.0])
    out_w, out_h = (max(32, round(side * margin)) for side in np.abs(spin) @ [width, height])
    matrix = np.concatenate([spin, (np.array([out_w, out_h]) / 2 - spin @ [width / 2, height / 2])[:, None]], axis=1)
    image = cv2.warpAffine(sample.image, matrix, (out_w, out_h), flags=cv2.INTER_CUBIC, borderValue=ground)
    points = corners(sample.boxes).reshape(-1, 2) @ spin.T + matrix[:, 2]
    return image, points.reshape(-1, 4, 2).astype(np.float32)


def _lens(image: np.ndarray, points: np.ndarray, bend: float) -> tuple[np.ndarray, np.ndarray]:
    """Radial distortion of the first order about the middle."""
    height, width = image.shape
    focal = max(height, width) / 2
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]], np.float64)
    coefficients = np.array([bend, 0, 0, 0], np.float64)
    bent = cv2.undistort(image, camera, coefficients)
    if len(points):
        points = cv2.undistortPoints(points.reshape(-1, 1, 2).astype(np.float64), camera, coefficients, P=camera).reshape(-1, 4, 2)
    return bent, points.astype(np.float32)


def _limb(image: np.ndarray) -> np.ndarray:
    """Where the limb is: above Otsu's threshold of the smoothed film between its dark half, closed and grown a little."""
    soft = cv2.GaussianBlur(image, (0, 0), 3)
    level, _ = cv2.threshold(soft, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    mask = (soft > level * 0.55).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    return cv2.dilate(mask, np.ones((7, 7), np.uint8)) > 0


def _disc(rng: random.Random) -> np.ndarray:
    """An aperture out of focus."""
    radius = rng.uniform(0.7, 2.2)
    y, x = np.mgrid[-3:4, -3:4]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return kernel / kernel.sum()


def _motion(rng: random.Random) -> np.ndarray:
    """A hand that moved along a line."""
    kernel = np.zeros((9, 9), np.float32)
    turn, reach = rng.uniform(0, math.pi), rng.uniform(1, 4)
    ends = [(round(4 + s * reach * math.cos(turn)), round(4 + s * reach * math.sin(turn))) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    return kernel / kernel.sum()
