"""Pictures that are no radiograph: photographs that packages carry, and drawn ones."""

from __future__ import annotations

import importlib.util
import math
import random
import string
from pathlib import Path

import cv2
import numpy as np

# Split by package: what is measured on comes from none that was trained on.
TRAIN_PHOTOGRAPHS = {
    "skimage": ["astronaut.png", "brick.png", "camera.png", "cell.png", "coffee.png", "coins.png", "grass.png", "hubble_deep_field.jpg",
                "ihc.png", "moon.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg", "page.png", "color.png", "clock_motion.png"],
}
HELD_OUT_PHOTOGRAPHS = {
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


def drawn_anatomy(size: int, rng: random.Random) -> np.ndarray:
    """A made film of a region that no model is for: a chest, a skull or a spine, as soft sums of shapes."""
    aspect = rng.uniform(0.75, 1.2)
    w, h = (size, round(size / aspect)) if aspect >= 1 else (round(size * aspect), size)
    kind = rng.choice([_chest, _chest, _chest, _skull, _spine])
    image = cv2.GaussianBlur(kind(w, h, rng), (0, 0), rng.uniform(0.6, 1.8))
    grain = np.random.default_rng(rng.getrandbits(32)).standard_normal((h, w), dtype=np.float32)
    image += cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.5, 2)) * rng.uniform(2, 14)
    return np.clip(image, 0, 255).astype(np.uint8)


def mirrored_chest(shoulder: np.ndarray, rng: random.Random) -> np.ndarray:
    """Something like a chest from a film of one shoulder: its inner side and that side's mirror image, with the arms cut off."""
    width = shoulder.shape[1]
    rim = max(4, width // 7)
    inner_left = shoulder[:, :rim].mean() > shoulder[:, -rim:].mean()
    half = (shoulder if inner_left else shoulder[:, ::-1])[:, : round(width * rng.uniform(0.45, 0.75))]
    whole = np.concatenate([half[:, ::-1], half], axis=1)
    middle, reach = half.shape[1], max(3, width // 40)
    seam = slice(middle - reach, middle + reach)
    whole[:, seam] = cv2.GaussianBlur(whole, (0, 0), reach / 2)[:, seam]
    return whole


def shuffled(film: np.ndarray, rng: random.Random) -> np.ndarray:
    """A film's tiles in another order: the grain and levels of a radiograph, and no anatomy."""
    count = rng.randint(3, 6)
    size = max(8, min(film.shape) // count)
    rows, columns = film.shape[0] // size, film.shape[1] // size
    tiles = [film[r * size : (r + 1) * size, c * size : (c + 1) * size] for r in range(rows) for c in range(columns)]
    rng.shuffle(tiles)
    return np.vstack([np.hstack([np.rot90(tile, rng.randrange(4)) for tile in tiles[r * columns : (r + 1) * columns]]) for r in range(rows)])


def _layer(w: int, h: int) -> np.ndarray:
    return np.zeros((h, w), np.float32)


def _oval(layer: np.ndarray, at: tuple[float, float], half: tuple[float, float], turn: float, level: float, soft: float) -> None:
    """Adds an ellipse; centre and half axes as fractions of the size, `soft` blurs its rim (pixels)."""
    h, w = layer.shape
    drawn_on = np.zeros_like(layer)
    cv2.ellipse(drawn_on, (round(at[0] * w), round(at[1] * h)), (max(1, round(half[0] * w)), max(1, round(half[1] * h))), turn, 0, 360, level, -1)
    layer += cv2.GaussianBlur(drawn_on, (0, 0), max(0.5, soft))


def _chest(w: int, h: int, rng: random.Random) -> np.ndarray:
    u = rng.uniform
    image = _layer(w, h)
    image += u(0, 25)
    cv2.rectangle(image, (0, round(h * u(0.05, 0.2))), (w, h), u(110, 170), -1)
    cv2.ellipse(image, (w // 2, round(h * u(0.02, 0.15))), (round(w * u(0.4, 0.55)), round(h * u(0.1, 0.2))), 0, 0, 360, u(110, 170), -1)
    image = cv2.GaussianBlur(image, (0, 0), u(2, 8))
    soft, middle, spread, dark = u(2, 6), u(0.47, 0.53), u(0.19, 0.25), u(80, 140)
    for side in (-1, 1):
        lean = side * u(4, 14)
        _oval(image, (middle + side * spread, u(0.42, 0.5)), (u(0.13, 0.2), u(0.27, 0.36)), lean, -dark, soft)
        _oval(image, (middle + side * spread, u(0.88, 1.0)), (u(0.22, 0.3), u(0.14, 0.24)), 0, dark * u(0.6, 1), soft * 2)
        for rib in range(rng.randint(7, 11)):
            y = 0.12 + rib * u(0.065, 0.08)
            half = (round(w * u(0.17, 0.24)), round(h * u(0.06, 0.13)))
            ribs = _layer(w, h)
            centre = (round(w * (middle + side * 0.2)), round(h * (y + 0.08)))
            cv2.ellipse(ribs, centre, half, side * u(12, 28), 180, 360, u(16, 45), max(2, round(h * u(0.012, 0.03))), cv2.LINE_AA)
            image += cv2.GaussianBlur(ribs, (0, 0), u(0.8, 2))
        collar = _layer(w, h)
        near, far = (round(w * (middle + side * 0.06)), round(h * u(0.14, 0.2))), (round(w * (middle + side * u(0.34, 0.44))), round(h * u(0.06, 0.14)))
        cv2.line(collar, near, far, u(25, 60), max(3, round(h * u(0.02, 0.04))), cv2.LINE_AA)
        image += cv2.GaussianBlur(collar, (0, 0), 1.2)
    _oval(image, (middle, 0.5), (u(0.04, 0.07), 0.5), 0, u(30, 70), 3)
    _oval(image, (middle + rng.choice([0.06, 0.06, -0.06]), u(0.56, 0.66)), (u(0.1, 0.17), u(0.14, 0.22)), u(20, 50), u(40, 90), soft * 2)
    _oval(image, (middle, u(0.1, 0.18)), (0.018, 0.14), 0, -u(20, 50), 3)
    return image


def _skull(w: int, h: int, rng: random.Random) -> np.ndarray:
    u = rng.uniform
    image = _layer(w, h)
    at, half, turn = (u(0.42, 0.58), u(0.36, 0.46)), (u(0.3, 0.42), u(0.28, 0.38)), u(-20, 20)
    _oval(image, at, half, turn, u(70, 120), 1.5)
    vault = _layer(w, h)
    cv2.ellipse(vault, (round(at[0] * w), round(at[1] * h)), (round(half[0] * w), round(half[1] * h)), turn, 0, 360, u(60, 110), round(w * u(0.02, 0.05)), cv2.LINE_AA)
    image += cv2.GaussianBlur(vault, (0, 0), 1.5)
    for _ in range(rng.randint(4, 9)):
        _oval(image, (at[0] + u(-0.22, 0.22), at[1] + u(0.02, 0.4)), (u(0.03, 0.12), u(0.03, 0.1)), u(0, 180), u(-60, 80), u(1, 5))
    _oval(image, (at[0] + u(-0.15, 0.15), u(0.75, 0.9)), (u(0.14, 0.24), u(0.08, 0.16)), u(-30, 30), u(50, 110), 2)
    for tooth in range(10):
        _oval(image, (at[0] - 0.15 + tooth * 0.03, u(0.78, 0.82)), (0.012, 0.035), 0, u(20, 60), 0.8)
    return image


def _spine(w: int, h: int, rng: random.Random) -> np.ndarray:
    u = rng.uniform
    image = _layer(w, h)
    _oval(image, (0.5, 0.5), (u(0.3, 0.6), u(0.6, 0.9)), 0, u(50, 110), 12)
    bodies, bend, wide = rng.randint(5, 9), u(-0.15, 0.15), u(0.07, 0.14)
    for index in range(bodies):
        t = (index + 0.5) / bodies
        x = 0.5 + bend * math.sin(t * math.pi) + u(-0.01, 0.01)
        body = _layer(w, h)
        corner = (round((x - wide) * w), round((t - 0.38 / bodies) * h))
        cv2.rectangle(body, corner, (round((x + wide) * w), round((t + 0.38 / bodies) * h)), u(50, 90), -1)
        cv2.rectangle(body, corner, (round((x + wide) * w), round((t + 0.38 / bodies) * h)), u(80, 130), max(1, round(w * 0.008)))
        image += cv2.GaussianBlur(body, (0, 0), u(1.2, 3))
        _oval(image, (x, t), (0.015, 0.03), 0, u(20, 50), 1)
        for side in (-1, 1):
            _oval(image, (x + side * wide * 0.55, t), (0.02, 0.022), 0, u(20, 60), 1)
            _oval(image, (x + side * wide * 1.3, t), (wide * 0.45, 0.013), side * u(-25, 25), u(15, 45), 1.5)
    return image
