"""Model bundles as docs/reference/bundles.md describes them: written by export, read by evaluation."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from .tensor import InputSpec, to_tensor

INT8 = "model.int8.onnx"
# The key figures of a manifest, by its task.
METRICS = {"bodypart": ["accuracy", "accuracyOrigin"], "fracture": ["auroc", "sensitivity", "specificity", "calibrationError"]}


def digest(path: Path) -> dict:
    """A file's entry in the manifest."""
    content = path.read_bytes()
    return {"digest": f"sha256:{hashlib.sha256(content).hexdigest()}", "bytes": len(content)}


class Bundle:
    """A bundle opened in ONNX Runtime; `file` is the model of its two that is run."""

    def __init__(self, folder: Path, file: str = "model.onnx") -> None:
        self.folder = folder
        self.manifest = json.loads((folder / "model.json").read_text())
        self.spec = InputSpec.of_manifest(self.manifest["input"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        self.session = onnxruntime.InferenceSession(str(folder / file), options, providers=["CPUExecutionProvider"])

    def run(self, films: list[np.ndarray], size: int = 16) -> dict[str, np.ndarray]:
        """Raw outputs by the manifest's names, films along the first axis."""
        names = self.manifest["outputs"]
        parts = []
        for start in range(0, len(films), size):
            x = np.stack([to_tensor(film, self.spec) for film in films[start : start + size]])
            parts.append(self.session.run(list(names.values()), {self.manifest["input"]["name"]: x}))
        return {name: np.concatenate([part[at] for part in parts]) for at, name in enumerate(names)}


def part_probabilities(manifest: dict, logits: np.ndarray) -> np.ndarray:
    """Calibrated probabilities (N, classes)."""
    scaled = logits / manifest["calibration"]["temperature"]
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return scaled / scaled.sum(axis=1, keepdims=True)


def fracture_probability(manifest: dict, logit: np.ndarray) -> np.ndarray:
    """Calibrated probabilities (N)."""
    calibration = manifest["calibration"]
    return 1 / (1 + np.exp(-(calibration["scale"] * logit + calibration["offset"])))


def write_json(path: Path, value: dict) -> None:
    """Readable JSON, replaced whole. NaN is none: nobody else could read it."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    temporary.replace(path)


def read_film(path: Path) -> np.ndarray:
    """A grey picture file as a film."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"))
