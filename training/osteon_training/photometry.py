"""Random damage to the levels of a film: window, sharpness, noise, compression, writing. All on 8-bit grey (h, w)."""

from __future__ import annotations

import math
import random
import string

import cv2
import numpy as np


def damage(image: np.ndarray, rng: random.Random, strength: float = 1.0) -> np.ndarray:
    """Each kind of change with its own chance times `strength`."""
    chance = lambda p: rng.random() < p * strength  # noqa: E731
    if chance(0.15):
        clahe = cv2.createCLAHE(clipLimit=rng.uniform(1, 4), tileGridSize=(rng.randint(2, 8),) * 2)
        image = clahe.apply(image)
    if chance(0.22):
        image = window(image, rng)
    image = levels(image, rng, strength)
    if chance(0.15):
        image = flatten(image, rng)
    if chance(0.2):
        image = shade(image, rng)
    if chance(0.35):
        image = write(image, rng)
    if chance(0.12):
        image = frame(image, rng)
    if chance(0.2):
        image = resample(image, rng)
    if chance(0.2):
        sigma = rng.uniform(0.4, 1.4)
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    elif chance(0.4):
        image = sharpen(image, rng)
    if chance(0.25):
        noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(image.shape, dtype=np.float32)
        image = np.clip(image + noise * rng.uniform(1, 12), 0, 255).astype(np.uint8)
    if chance(0.3):
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(20, 85)])[1]
        image = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    if chance(0.08):
        image = 255 - image
    return image


def levels(image: np.ndarray, rng: random.Random, strength: float) -> np.ndarray:
    """Gamma, window and a bent curve, as one table of 256 levels."""
    x = np.linspace(0, 1, 256)
    x = x ** math.exp(rng.gauss(0, 0.3 * strength))
    if rng.random() < 0.3 * strength:
        steep = rng.uniform(3, 9)
        middle = rng.uniform(0.3, 0.7)
        curve = 1 / (1 + np.exp(-steep * (x - middle)))
        x = (curve - curve[0]) / (curve[-1] - curve[0])
    low, high = sorted((rng.uniform(-0.2, 0.15) * strength, 1 + rng.uniform(-0.3, 0.2) * strength))
    x = np.clip((x - low) / max(0.2, high - low), 0, 1)
    if rng.random() < 0.25 * strength:
        floor = rng.uniform(0, 0.35)
        x = floor + x * rng.uniform(0.35, 1 - floor)
    return cv2.LUT(image, np.clip(x * 255, 0, 255).astype(np.uint8))


def window(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """A window set on the film's own levels: air and soft tissue pure black, or dense bone blown out, or both."""
    bare = image[image > 4]
    if len(bare) < 100:
        return image
    low = float(np.quantile(bare, rng.uniform(0, 0.45)))
    high = float(np.quantile(bare, rng.uniform(0.85, 1)))
    table = np.clip((np.arange(256) - low) / max(24.0, high - low), 0, 1)
    return cv2.LUT(image, (table * 255).astype(np.uint8))


def flatten(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """Local contrast evened out, as processing in the device does: the slow part of the picture is damped, the fine part kept."""
    fine = image.astype(np.float32)
    slow = cv2.GaussianBlur(fine, (0, 0), max(4.0, max(image.shape) * rng.uniform(0.03, 0.12)))
    damped = (fine - slow) * rng.uniform(1, 2.2) + slow * rng.uniform(0.3, 0.8) + rng.uniform(0, 60)
    if rng.random() < 0.6:
        damped = np.where(image < 6, image, damped)
    return np.clip(damped, 0, 255).astype(np.uint8)


def sharpen(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """Edges raised: with halos (unsharp mask, clipped), or smoothly inside the range (a soft knee keeps extremes)."""
    fine = image.astype(np.float32)
    detail = fine - cv2.GaussianBlur(fine, (0, 0), math.exp(rng.uniform(math.log(0.7), math.log(6))))
    if rng.random() < 0.4:
        knee = rng.uniform(6, 30)
        detail = knee * np.tanh(detail / knee)
    return np.clip(fine + rng.uniform(0.3, 2.5) * detail, 0, 255).astype(np.uint8)


def shade(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """Uneven light: a gradient in a random direction, or a vignette."""
    height, width = image.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    turn = rng.uniform(0, 2 * math.pi)
    field = x * math.cos(turn) + y * math.sin(turn) if rng.random() < 0.6 else -(x * x + y * y) / 2
    return np.clip(image * (1 + rng.uniform(0.1, 0.5) * field), 0, 255).astype(np.uint8)


def write(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """Letters, arrows, markers, rulers and caption bars, drawn in."""
    image = image.copy()
    height, width = image.shape
    ink = rng.choice([255, 255, 230, 0, rng.randrange(256)])
    for _ in range(rng.randint(1, 3)):
        at = (rng.randrange(width), rng.randrange(height))
        kind = rng.random()
        if kind < 0.5:
            text = rng.choice(["L", "R", "LT", "RT", "AP", "LAT", "".join(rng.choices(string.ascii_letters + string.digits + " ", k=rng.randint(2, 16)))])
            cv2.putText(image, text, at, rng.choice([0, 2, 3, 4]), rng.uniform(0.3, 1.4), ink, rng.randint(1, 3), cv2.LINE_AA)
        elif kind < 0.7:
            to = (at[0] + rng.randint(-60, 60), at[1] + rng.randint(-60, 60))
            cv2.arrowedLine(image, at, to, ink, rng.randint(1, 3), cv2.LINE_AA, tipLength=0.3)
        elif kind < 0.85:
            cv2.circle(image, at, rng.randint(3, 14), ink, rng.choice([-1, 1, 2]), cv2.LINE_AA)
        else:
            bar = max(6, height // rng.randint(8, 24))
            top = rng.choice([0, height - bar])
            image[top : top + bar] = rng.choice([0, 255])
            cv2.putText(image, "".join(rng.choices(string.ascii_letters + " ", k=20)), (4, top + bar - 3), 2, bar / 40, 255 - int(image[top, 0]), 1, cv2.LINE_AA)
    return image


def frame(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """A border of one level over the rim: black, white or grey."""
    image = image.copy()
    height, width = image.shape
    level = rng.choice([0, 0, 255, rng.randrange(256)])
    top, bottom = (round(rng.uniform(0, 0.1) * height) for _ in range(2))
    left, right = (round(rng.uniform(0, 0.1) * width) for _ in range(2))
    image[:top] = level
    image[height - bottom :] = level
    image[:, :left] = level
    image[:, width - right :] = level
    return image


def resample(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """Down and up again, as a thumbnail saved large."""
    height, width = image.shape
    factor = rng.uniform(0.4, 0.85)
    small = cv2.resize(image, (max(8, round(width * factor)), max(8, round(height * factor))), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST]))


def thumbnail(image: np.ndarray, rng: random.Random, sides: tuple[int, int] = (64, 140)) -> np.ndarray:
    """Shrunk to a longer side between `sides`, coded hard, and large again: what is left of a film in a small picture of the web."""
    height, width = image.shape
    factor = rng.uniform(*sides) / max(height, width)
    small = cv2.resize(image, (max(8, round(width * factor)), max(8, round(height * factor))), interpolation=rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR]))
    coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(15, 70)])[1]
    return cv2.resize(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), (width, height), interpolation=rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
