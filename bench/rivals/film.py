"""What every rival serves: the path of a film through the shipped ONNX files, as Python does it best.

Pillow decodes, NumPy makes the tensors by training's own definition (training/osteon_training/tensor.py), ONNX Runtime runs
one intra-op thread a session: several films side by side make more films a second than several cores on one film.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "training"))

from osteon_training.tensor import InputSpec, to_tensor  # noqa: E402

LONGEST_SIDE = 1024


class Model:
    """One bundle: its manifest and a session."""

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "model.json").read_text())
        entry, contrast = self.manifest["input"], self.manifest["input"]["contrast"]
        self.spec = InputSpec(
            width=entry["width"],
            height=entry["height"],
            low=contrast["low"],
            high=contrast["high"],
            ignore_below=contrast["ignoreBelow"],
            minimum_range=contrast["minimumRange"],
            pad=entry["pad"],
            mean=entry["mean"],
            std=entry["std"],
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.outputs = self.manifest["outputs"]

    def run(self, film: np.ndarray) -> dict[str, np.ndarray]:
        return self.infer(self.tensor(film))

    def tensor(self, film: np.ndarray) -> np.ndarray:
        return to_tensor(film, self.spec)[None]

    def infer(self, tensor: np.ndarray) -> dict[str, np.ndarray]:
        found = self.session.run(list(self.outputs.values()), {self.manifest["input"]["name"]: tensor})
        return dict(zip(self.outputs, found))


class FilmReader:
    """Every model, hot."""

    def __init__(self, models: Path | None = None) -> None:
        folder = models or Path(os.environ.get("BENCH_MODELS", ROOT / "models"))
        bundles = [Model(path.parent) for path in sorted(folder.glob("*/model.json"))]
        self.bodypart = next(each for each in bundles if each.manifest["task"] == "bodypart")
        self.fractures = {
            each.manifest["bone"]: each for each in bundles if each.manifest["task"] == "fracture"
        }

    def read(self, data: bytes) -> dict:
        """Decode, classify, examine: a film's bytes to its finding."""
        film = decode(data)
        manifest = self.bodypart.manifest
        logits = self.bodypart.run(film)["logits"][0] / manifest["calibration"]["temperature"]
        powers = np.exp(logits - logits.max())
        probabilities = powers / powers.sum()
        best = int(probabilities.argmax())
        label, decision = manifest["classes"][best], manifest["decision"]
        answer: dict = {
            "bodyPart": {"label": label, "probability": float(probabilities[best])},
            "outcome": "analysed",
        }
        if probabilities[best] < decision["minimumProbability"] or label in decision["unknown"]:
            return {**answer, "outcome": "not-identified"}
        if label in decision["unsupported"]:
            return {**answer, "outcome": "unsupported-region"}
        model = self.fractures[label]
        found = model.run(film)
        calibration = model.manifest["calibration"]
        score = calibration["scale"] * float(found["logit"].reshape(-1)[0]) + calibration["offset"]
        probability = 1 / (1 + float(np.exp(-score)))
        heat = (found["heatmap"].reshape(found["heatmap"].shape[-2:]) * 255).round().astype(np.uint8)
        answer["fracture"] = {
            "probability": probability,
            "label": "fractured" if probability >= model.manifest["thresholds"]["balanced"] else "normal",
        }
        answer["heatmap"] = {"shape": list(heat.shape), "hottest": int(heat.max())}
        return answer


def stages(reader: FilmReader, films: list[bytes]) -> dict[str, float]:
    """CPU milliseconds a film by stage, one film at a time."""
    spent = dict.fromkeys(("decode", "tensor", "models"), 0.0)

    def timed(stage: str, step):
        began = time.process_time()
        result = step()
        spent[stage] += (time.process_time() - began) * 1000 / len(films)
        return result

    for data in films:
        film = timed("decode", lambda: decode(data))
        answer = reader.read(data)
        models = [reader.bodypart]
        if answer["outcome"] == "analysed":
            models.append(reader.fractures[answer["bodyPart"]["label"]])
        for model in models:
            tensor = timed("tensor", lambda: model.tensor(film))
            timed("models", lambda: model.infer(tensor))
    return spent


def decode(data: bytes) -> np.ndarray:
    """A film's bytes as 8-bit grey (height, width), the longest side at most 1024."""
    picture = Image.open(io.BytesIO(data))
    picture = ImageOps.exif_transpose(picture).convert("L")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return np.asarray(picture)
