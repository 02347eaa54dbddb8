"""Pictures that are no radiograph: photographs that packages carry, and drawn ones."""

from __future__ import annotations

import importlib.util
import math
import random
import string
from pathlib import Path

import cv2
import numpy as np

# Photographs are few, so they are split by picture: what is measured on was never trained on.
TRAIN_PHOTOGRAPHS = {
    "skimage": ["astronaut.png", "brick.png", "camera.png", "cell.png", "coffee.png", "coins.png", "grass.png", "hubble_deep_field.jpg",
                "ihc.png", "moon.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg", "page.png", "color.png", "clock_motion.png"],
}
HELD_OUT_PHOTOGRAPHS = {
    "skimage": ["chelsea.png", "gravel.png", "horse.png", "text.png", "logo.png", "phantom.png", "chessboard_GRAY.png"],
    "sklearn": ["china.jpg", "flower.jpg"],
    "matplotlib": ["grace_hopper.jpg"],
}
FOLDERS = {"skimage": "data", "sklearn": "datasets/images", "matplotlib": "mpl-data/sample_data"}


def photographs(listing: dict[str, list[str]]) -> list[np.ndarray]:
    """The named pictures as 8-bit grey (H, W), read from the installed packages without importing them."""
    found = []
    for package, names in listing.items():
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        folder = Path(spec.origin).parent / FOLDERS[package]
        for name in names:
            picture = cv2.imread(str(folder / name), cv2.IMREAD_GRAYSCALE)
            if picture is not None:
                found.append(picture)
    return found


def drawn(size: int, rng: random.Random) -> np.ndarray:
    """A made picture with the longer side `size`: noise, blank, gradient, document, chart, shapes, waves, cells."""
    aspect = math.exp(rng.uniform(-0.5, 0.5))
    w, h = (size, round(size / aspect)) if aspect >= 1 else (round(size * aspect), size)
    kind = rng.choice([_noise, _blank, _gradient, _document, _document, _chart, _shapes, _shapes, _waves, _cells])
    return kind(w, h, rng)


def _noise(w: int, h: int, rng: random.Random) -> np.ndarray:
    coarse = rng.choice([1, 2, 4, 8, 16, 40])
    grain = np.random.default_rng(rng.getrandbits(32)).integers(0, 256, (max(2, h // coarse), max(2, w // coarse)), dtype=np.uint8)
    return cv2.resize(grain, (w, h), interpolation=rng.choice([cv2.INTER_NEAREST, cv2.INTER_CUBIC]))


def _blank(w: int, h: int, rng: random.Random) -> np.ndarray:
    image = np.full((h, w), rng.randrange(256), np.float32)
    image += np.random.default_rng(rng.getrandbits(32)).standard_normal((h, w), dtype=np.float32) * rng.choice([0, 1, 3])
    return np.clip(image, 0, 255).astype(np.uint8)


def _gradient(w: int, h: int, rng: random.Random) -> np.ndarray:
    y, x = np.mgrid[0 : 1 : h * 1j, 0 : 1 : w * 1j]
    turn = rng.uniform(0, 2 * math.pi)
    field = x * math.cos(turn) + y * math.sin(turn) if rng.random() < 0.5 else np.hypot(x - rng.random(), y - rng.random())
    return (255 * (field - field.min()) / max(1e-6, np.ptp(field))).astype(np.uint8)


def _document(w: int, h: int, rng: random.Random) -> np.ndarray:
    dark = rng.random() < 0.3
    paper, ink = (rng.randrange(0, 60), rng.randrange(170, 256)) if dark else (rng.randrange(200, 256), rng.randrange(0, 80))
    image = np.full((h, w), paper, np.uint8)
    scale = rng.uniform(0.25, 0.9)
    line = max(8, round(28 * scale))
    y = line
    while y < h:
        if rng.random() < 0.85:
            words = " ".join("".join(rng.choices(string.ascii_letters + string.digits, k=rng.randint(1, 9))) for _ in range(rng.randint(2, 14)))
            cv2.putText(image, words, (rng.randint(4, 30), y), rng.choice([0, 2, 3]), scale, ink, 1, cv2.LINE_AA)
        elif rng.random() < 0.5:
            box = (rng.randrange(w), y, rng.randint(20, w), rng.randint(10, 80))
            cv2.rectangle(image, box[:2], (box[0] + box[2], box[1] + box[3]), rng.randrange(256), rng.choice([-1, 1, 2]))
        y += line
    return image


def _chart(w: int, h: int, rng: random.Random) -> np.ndarray:
    image = np.full((h, w), rng.choice([255, 240, 20]), np.uint8)
    ink = 255 - int(image[0, 0])
    cv2.line(image, (30, h - 25), (w - 10, h - 25), ink, 1)
    cv2.line(image, (30, 10), (30, h - 25), ink, 1)
    count = rng.randint(4, 14)
    steps = np.linspace(35, w - 20, count).astype(int)
    heights = [rng.randint(20, h - 40) for _ in steps]
    if rng.random() < 0.5:
        for x, top in zip(steps, heights):
            cv2.rectangle(image, (int(x), h - 25), (int(x) + max(4, w // count // 2), top), rng.randrange(256), -1)
    else:
        cv2.polylines(image, [np.stack([steps, heights], 1).astype(np.int32)], False, ink, rng.randint(1, 3), cv2.LINE_AA)
    cv2.putText(image, "".join(rng.choices(string.ascii_letters, k=10)), (w // 3, 14), 2, 0.45, ink, 1, cv2.LINE_AA)
    return image


def _shapes(w: int, h: int, rng: random.Random) -> np.ndarray:
    image = _gradient(w, h, rng) if rng.random() < 0.5 else np.full((h, w), rng.randrange(256), np.uint8)
    for _ in range(rng.randint(2, 25)):
        level, thick = rng.randrange(256), rng.choice([-1, -1, 1, 2, 5])
        at = (rng.randrange(w), rng.randrange(h))
        kind = rng.random()
        if kind < 0.35:
            cv2.ellipse(image, at, (rng.randint(4, w // 2), rng.randint(4, h // 2)), rng.uniform(0, 180), 0, 360, level, thick, cv2.LINE_AA)
        elif kind < 0.7:
            cv2.rectangle(image, at, (rng.randrange(w), rng.randrange(h)), level, thick)
        else:
            points = np.array([[rng.randrange(w), rng.randrange(h)] for _ in range(rng.randint(3, 7))], np.int32)
            cv2.fillPoly(image, [points], level, cv2.LINE_AA)
    return image


def _waves(w: int, h: int, rng: random.Random) -> np.ndarray:
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    image = np.zeros((h, w), np.float32)
    for _ in range(rng.randint(1, 4)):
        turn, length = rng.uniform(0, math.pi), rng.uniform(5, 120)
        image += np.sin((x * math.cos(turn) + y * math.sin(turn)) * 2 * math.pi / length + rng.uniform(0, 6))
    image = (image - image.min()) / max(1e-6, float(np.ptp(image)))
    return (image * 255).astype(np.uint8)


def _cells(w: int, h: int, rng: random.Random) -> np.ndarray:
    """Blurred blobs: landscapes and tissue at a glance."""
    soft = _noise(w, h, rng).astype(np.float32)
    mixed = sum(cv2.GaussianBlur(soft, (0, 0), s) * s for s in (rng.uniform(2, 6), rng.uniform(8, 20), rng.uniform(25, 60)))
    mixed -= mixed.min()
    return (255 * mixed / max(1e-6, float(mixed.max()))).astype(np.uint8)
