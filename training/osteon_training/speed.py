"""Speed of the models beside the origin's ResNet50, on one thread, taking turns."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn
from torch.nn import functional as F

from .bundle import INT8

ROUNDS = 30


class Bottleneck(nn.Module):
    """ResNet's block of three convolutions (He et al. 2015), stride in the first, as in Keras."""

    def __init__(self, inside: int, width: int, stride: int) -> None:
        super().__init__()
        out = 4 * width
        self.path = nn.Sequential(
            nn.Conv2d(inside, width, 1, stride), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, out, 1), nn.BatchNorm2d(out),
        )
        self.short = nn.Sequential(nn.Conv2d(inside, out, 1, stride), nn.BatchNorm2d(out)) if stride > 1 or inside != out else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.path(x) + self.short(x))


class Origin(nn.Module):
    """The origin's network: ResNet50, global average pooling, dense 128, dense 50, softmax of three. Weights are random: speed only."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        inside = 64
        for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
            for index in range(count):
                layers.append(Bottleneck(inside, width, stride if index == 0 else 1))
                inside = 4 * width
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(2048, 128), nn.ReLU(), nn.Linear(128, 50), nn.ReLU(), nn.Linear(50, 3), nn.Softmax(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x).mean(dim=(2, 3)))


def measure(models: Path) -> dict[str, float]:
    """Median CPU milliseconds of a film: each model of the path, the path in each precision, two ResNet50 runs, and the ratios.

    CPU time of the process, because others may use the cores meanwhile; the models take turns, so what slows one slows all.
    """
    with tempfile.TemporaryDirectory() as temporary:
        origin = Path(temporary) / "origin.onnx"
        torch.onnx.export(Origin().eval(), (torch.zeros(1, 3, 224, 224),), str(origin), dynamo=True, external_data=False, verbose=False)
        sessions = {"resnet50": session(origin)}
        for name in ("bodypart", "fracture-hand"):
            for file in ("model.onnx", INT8):
                if (models / name / file).exists():
                    sessions[f"{name} {'int8' if file == INT8 else 'fp32'}"] = session(models / name / file)
        optimised = Path(temporary) / "ahead.onnx"
        session(models / "fracture-hand" / "model.onnx", optimised)
        sessions["fracture-hand fp32, optimised ahead of time"] = session(optimised)
    times: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(ROUNDS):
        for name, each in sessions.items():
            given = each.get_inputs()[0]
            shape = [1, *given.shape[1:]]
            x = np.random.default_rng(1).standard_normal(shape, dtype=np.float32)
            began = time.process_time()
            each.run(None, {given.name: x})
            times[name].append(time.process_time() - began)
    result = {name: round(float(np.median(values)) * 1000, 2) for name, values in times.items()}
    result["two resnet50"] = round(2 * result["resnet50"], 2)
    for precision in ("fp32", "int8"):
        if f"bodypart {precision}" in result:
            result[f"path {precision}"] = round(result[f"bodypart {precision}"] + result[f"fracture-hand {precision}"], 2)
            result[f"two resnet50 to path {precision}"] = round(result["two resnet50"] / result[f"path {precision}"], 2)
    return result


def session(path: Path, optimised: Path | None = None) -> onnxruntime.InferenceSession:
    """One thread, all optimisations; the optimised graph is saved where asked."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if optimised is not None:
        options.optimized_model_filepath = str(optimised)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def print_speed(models: Path) -> None:
    print(json.dumps(measure(models), indent=2))
