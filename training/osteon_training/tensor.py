"""From a normalised film to a tensor: the Python side of docs/reference/bundles.md (NumPy and Pillow only)."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image


@dataclasses.dataclass(frozen=True)
class InputSpec:
    """The `input` of a manifest. Sizes in pixels; `pad`, `mean` and `std` on the scale of the values after contrast.

    `maximum` is what the brightest level becomes without contrast; where it is None, contrast is by percentiles, to 0..1.
    `mean` and `std` are one number, or one a channel.
    """

    width: int
    height: int
    low: float = 0.01
    high: float = 0.99
    ignore_below: int = 8
    minimum_range: int = 16
    pad: float = 0.0
    mean: float | tuple[float, ...] = 0.449
    std: float | tuple[float, ...] = 0.226
    maximum: float | None = None
    channels: int = 1
    layout: str = "NCHW"
    fit: str = "letterbox"
    resample: str = "triangle"

    def manifest(self) -> dict:
        """The manifest's `input` object; what is as by default is left out."""
        percentile = {
            "method": "percentile",
            "low": self.low,
            "high": self.high,
            "ignoreBelow": self.ignore_below,
            "minimumRange": self.minimum_range,
        }
        written = {
            "name": "film",
            "width": self.width,
            "height": self.height,
            "contrast": percentile if self.maximum is None else {"method": "none", "maximum": self.maximum},
            "pad": self.pad,
            "mean": self.mean,
            "std": self.std,
        }
        for name, default in (("channels", 1), ("layout", "NCHW"), ("fit", "letterbox"), ("resample", "triangle")):
            if getattr(self, name) != default:
                written[name] = getattr(self, name)
        return written

    @classmethod
    def of_manifest(cls, written: dict) -> InputSpec:
        """The spec of a manifest's `input` object."""
        contrast = written["contrast"]
        if contrast["method"] == "none":
            values = {"maximum": contrast["maximum"]}
        else:
            values = {
                "low": contrast["low"],
                "high": contrast["high"],
                "ignore_below": contrast["ignoreBelow"],
                "minimum_range": contrast["minimumRange"],
            }
        for name in ("pad", "channels", "layout", "fit", "resample"):
            if name in written:
                values[name] = written[name]
        for name in ("mean", "std"):
            value = written[name]
            values[name] = tuple(value) if isinstance(value, list) else value
        return cls(written["width"], written["height"], **values)


def fit(width: int, height: int, spec: InputSpec) -> tuple[int, int]:
    """Size (w, h) of a film on the spec's canvas."""
    if spec.fit == "stretch":
        return spec.width, spec.height
    scale = min(spec.width / width, spec.height / height)
    return max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))


def stretch(film: np.ndarray, spec: InputSpec) -> np.ndarray:
    """8-bit grey (h, w) to float32 values, same shape: contrast by percentiles to 0..1, or none."""
    if spec.maximum is not None:
        return (np.arange(256, dtype=np.float64) * spec.maximum / 255).astype(np.float32)[film]
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
    """Centres values (h, w) on the padded canvas: float32 (height, width)."""
    height, width = values.shape
    canvas = np.full((spec.height, spec.width), spec.pad, dtype=np.float32)
    top, left = (spec.height - height) // 2, (spec.width - width) // 2
    canvas[top : top + height, left : left + width] = values
    return canvas


def standardise(canvas: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Values (height, width) on the model's scale: float32 (channels, height, width), or channels last."""
    mean, std = (np.broadcast_to(np.asarray(each, np.float32), spec.channels) for each in (spec.mean, spec.std))
    tensor = (canvas - mean[:, None, None]) / std[:, None, None]
    return tensor.transpose(1, 2, 0) if spec.layout == "NHWC" else tensor


def resize(film: np.ndarray, spec: InputSpec) -> np.ndarray:
    """The film at its size on the canvas, by its rows first: Pillow 13 in one call begins with the columns of tall films."""
    height, width = film.shape
    w, h = fit(width, height, spec)
    how = Image.Resampling.NEAREST if spec.resample == "nearest" else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(film).resize((w, height), how).resize((w, h), how), dtype=np.uint8)


def to_tensor(film: np.ndarray, spec: InputSpec) -> np.ndarray:
    """An 8-bit grey film (H, W) as float32 (channels, height, width), or channels last."""
    return standardise(place(stretch(resize(film, spec), spec), spec), spec)
