"""From a normalised film to a tensor: the Python side of docs/reference/bundles.md (NumPy and Pillow only)."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image


@dataclasses.dataclass(frozen=True)
class InputSpec:
    """The `input` of a manifest. Sizes in pixels; `pad`, `mean` and `std` on the scale 0..1 after contrast."""

    width: int
    height: int
    low: float = 0.01
    high: float = 0.99
    ignore_below: int = 8
    minimum_range: int = 16
    pad: float = 0.0
    mean: float = 0.449
    std: float = 0.226

    def manifest(self) -> dict:
        """The manifest's `input` object."""
        return {
            "name": "film",
            "width": self.width,
            "height": self.height,
            "contrast": {
                "method": "percentile",
                "low": self.low,
                "high": self.high,
                "ignoreBelow": self.ignore_below,
                "minimumRange": self.minimum_range,
            },
            "pad": self.pad,
            "mean": self.mean,
            "std": self.std,
        }


def fit(width: int, height: int, spec: InputSpec) -> tuple[int, int]:
    """Size (w, h) of a film letterboxed into the spec."""
    scale = min(spec.width / width, spec.height / height)
    return max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))


def stretch(film: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Percentile contrast: 8-bit grey (h, w) to float32 in 0..1, same shape."""
    counts = np.bincount(film.reshape(-1), minlength=256)
    counted = counts.copy()
    counted[: spec.ignore_below] = 0
    if counted.sum() == 0:
        counted = counts
    cumulative = np.cumsum(counted)
    total = cumulative[-1]
    low = int(np.argmax(cumulative >= spec.low * total))
    high = int(np.argmax(cumulative >= spec.high * total))
    high = max(high, low + spec.minimum_range)
    levels = np.clip((np.arange(256, dtype=np.float64) - low) / (high - low), 0, 1).astype(np.float32)
    return levels[film]


def place(values: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Centres values in 0..1 (h, w) on the padded canvas and standardises: float32 (height, width)."""
    height, width = values.shape
    canvas = np.full((spec.height, spec.width), spec.pad, dtype=np.float32)
    top, left = (spec.height - height) // 2, (spec.width - width) // 2
    canvas[top : top + height, left : left + width] = values
    return (canvas - np.float32(spec.mean)) / np.float32(spec.std)


def to_tensor(film: np.ndarray, spec: InputSpec) -> np.ndarray:
    """An 8-bit grey film (H, W) as float32 (1, height, width)."""
    height, width = film.shape
    size = fit(width, height, spec)
    resized = np.asarray(Image.fromarray(film).resize(size, Image.Resampling.BILINEAR), dtype=np.uint8)
    return place(stretch(resized, spec), spec)[None]
