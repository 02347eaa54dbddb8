"""A film as part of a larger picture: beside others, on a page, photographed from a screen or a light box."""

from __future__ import annotations

import math
import random
import string

import cv2
import numpy as np

from .geometry import View


def scaled(view: View, size: int) -> View:
    """The view with the longer side `size`."""
    height, width = view.image.shape
    scale = size / max(height, width)
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return View(cv2.resize(view.image, target, interpolation=way), (view.polygons * np.float32(scale)).astype(np.float32))


def beside(views: list[View], size: int, rng: random.Random) -> View:
    """Views on one film, in a row or a column, with or without a gap; the whole has the longer side `size`."""
    stack = rng.random() < 0.25
    gap, level = rng.choice([0, 0, rng.randint(2, 24)]), rng.choice([0, 0, 255, rng.randrange(256)])
    if rng.random() < 0.6:
        longest = max(view.image.shape[1 if stack else 0] for view in views)
        views = [_along(view, longest, 1 if stack else 0) for view in views]
    shapes = [view.image.shape for view in views]
    if stack:
        canvas = np.full((sum(s[0] for s in shapes) + gap * (len(views) - 1), max(s[1] for s in shapes)), level, np.uint8)
    else:
        canvas = np.full((max(s[0] for s in shapes), sum(s[1] for s in shapes) + gap * (len(views) - 1)), level, np.uint8)
    at, polygons = 0, []
    for view, (height, width) in zip(views, shapes):
        x, y = (0, at) if stack else (at, 0)
        canvas[y : y + height, x : x + width] = view.image
        polygons.append(view.polygons + np.float32([x, y]))
        at += (height if stack else width) + gap
    return scaled(View(canvas, np.concatenate(polygons)), size)


def _along(view: View, length: int, axis: int) -> View:
    scale = length / view.image.shape[axis]
    return scaled(view, max(1, round(max(view.image.shape) * scale)))


def page(view: View, size: int, rng: random.Random) -> View:
    """On a page of a book, the web or a viewer: a ground of one level, lines of writing, a caption, other boxes."""
    part = rng.uniform(0.65, 0.97)
    film = scaled(view, max(32, round(size * part)))
    height, width = film.image.shape
    long = size / part * rng.uniform(0.75, 1)
    out_w = round(max(width * rng.uniform(1.02, 1.5), min(long, width)))
    out_h = round(max(height * rng.uniform(1.02, 1.5), min(long, height)))
    ground = rng.choice([255, 255, 245, 230, 30, 20, 0])
    ink = 255 - ground if rng.random() < 0.7 else rng.randrange(256)
    canvas = np.full((out_h, out_w), ground, np.uint8)
    for y in range(rng.randint(8, 30), out_h, rng.randint(10, 40)):
        if rng.random() < 0.5:
            cv2.putText(canvas, words(rng), (rng.randint(0, out_w // 2), y), rng.choice([0, 2, 3]), rng.uniform(0.25, 0.6), ink, 1, cv2.LINE_AA)
    x, y = rng.randint(0, out_w - width), rng.randint(0, out_h - height)
    canvas[y : y + height, x : x + width] = film.image
    if rng.random() < 0.3:
        cv2.rectangle(canvas, (x - 1, y - 1), (x + width, y + height), rng.randrange(256), rng.randint(1, 3))
    return scaled(View(canvas, film.polygons + np.float32([x, y])), size)


def photograph(view: View, size: int, rng: random.Random, surroundings: np.ndarray | None) -> View:
    """As a phone sees a film on a screen or light box: tilted, before `surroundings`, with glare and the screen's grid."""
    height, width = view.image.shape
    turn = math.radians(rng.gauss(0, 6))
    fill = rng.uniform(0.6, 1.1)
    source = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    centre = np.float32([width / 2, height / 2])
    spin = np.float32([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    target = (source - centre) @ spin.T * fill + centre
    target += np.float32([[rng.uniform(-0.06, 0.06) * width, rng.uniform(-0.06, 0.06) * height] for _ in range(4)])
    matrix = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    seen = cv2.warpPerspective(view.image, matrix, (width, height), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    around = _surroundings(width, height, rng, surroundings)
    if rng.random() < 0.5:
        # The lit frame of the light box, or the dark one of the screen.
        reach = rng.randint(3, 25)
        frame = cv2.dilate(mask, np.ones((reach, reach), np.uint8))
        around = around * (1 - frame) + rng.choice([235, 250, 15, 5]) * frame
    picture = around * (1 - mask) + seen * mask
    if rng.random() < 0.5:
        picture = _glare(picture, rng)
    if rng.random() < 0.35:
        picture = _grid(picture, rng)
    polygons = view.polygons
    if len(polygons):
        polygons = cv2.perspectiveTransform(polygons.reshape(1, -1, 2).astype(np.float64), matrix.astype(np.float64)).reshape(-1, 4, 2)
    return scaled(View(np.clip(picture, 0, 255).astype(np.uint8), polygons.astype(np.float32)), size)


def _surroundings(width: int, height: int, rng: random.Random, given: np.ndarray | None) -> np.ndarray:
    if given is None or rng.random() < 0.4:
        y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
        return rng.uniform(0, 180) + rng.uniform(-60, 60) * x + rng.uniform(-60, 60) * y
    resized = cv2.resize(given, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    return resized * rng.uniform(0.3, 1)


def _glare(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    height, width = picture.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(rng.randint(1, 2)):
        cx, cy = rng.uniform(0, width), rng.uniform(0, height)
        rx, ry = rng.uniform(0.05, 0.45) * width, rng.uniform(0.05, 0.45) * height
        picture = picture + rng.uniform(20, 150) * np.exp(-(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2))
    return picture


def _grid(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """Moire: waves that the screen's pixels and the sensor's make together."""
    height, width = picture.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(rng.randint(1, 2)):
        turn, length = rng.uniform(0, math.pi), rng.uniform(2.2, 14)
        bend = rng.uniform(-0.002, 0.002) * ((x - width / 2) ** 2 + (y - height / 2) ** 2) / max(width, height)
        wave = np.sin((x * math.cos(turn) + y * math.sin(turn) + bend * 40) * 2 * math.pi / length)
        picture = picture * (1 + rng.uniform(0.02, 0.12) * wave)
    return picture


def words(rng: random.Random) -> str:
    """Something like a line of writing."""
    return " ".join("".join(rng.choices(string.ascii_letters + string.digits, k=rng.randint(1, 9))) for _ in range(rng.randint(1, 9)))
