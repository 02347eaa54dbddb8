"""Choosing between checkpoints: each on val and on its stress sets. Never on test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .recipe import films_of, final_size
from .stress import KINDS, UNMET, stressed
from .tensor import InputSpec
from .train import keep_memory, make_network, validate


def check(recipe: dict, checkpoints: list[Path], data: Path, every: int = 1) -> dict[str, dict[str, float]]:
    """By checkpoint: accuracy (body part) or AUROC (fracture, pooled and mean of bones) on val, and its mean over the unmet stresses.

    `every`: the stress sets are made of each n-th film only.
    """
    torch.set_num_threads(2)
    keep_memory()
    keep = films_of(recipe, data, "val")
    sets = {"val": keep} | {kind: stressed(keep[::every], kind) for kind in KINDS}
    spec = InputSpec(final_size(recipe), final_size(recipe))
    names = ["accuracy"] if recipe["task"] == "bodypart" else ["auroc", "mean"]
    result = {}
    for path in checkpoints:
        network = make_network(recipe)
        network.load_state_dict(torch.load(path, weights_only=True)["network"])
        network.to(memory_format=torch.channels_last)
        found = {kind: validate(recipe, network, films, spec) for kind, films in sets.items()}
        line = {f"{kind} {name}": round(found[kind][name], 4) for kind in sets for name in names}
        line |= {f"stress {name}": round(float(np.mean([found[kind][name] for kind in UNMET])), 4) for name in names}
        result[str(path)] = line | {"val each": {k: round(v, 4) for k, v in found["val"].items() if k not in names}}
        print(path, result[str(path)], flush=True)
    return result


def mix(first: Path, second: Path, share: float, out: Path) -> None:
    """Weights between two checkpoints, `share` of the second: where one was trained on from the other, both work on the way."""
    a, b = (torch.load(path, weights_only=True)["network"] for path in (first, second))
    mixed = {name: torch.lerp(a[name], b[name], share) if a[name].dtype.is_floating_point else b[name] for name in a}
    torch.save({"network": mixed, "made": f"{share} of {second.name}"}, out)
