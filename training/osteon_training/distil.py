"""Distillation: a network learns what a trained one makes of the same views, undamaged.

Source: G. Hinton, O. Vinyals, J. Dean, Distilling the Knowledge in a Neural Network, 2015; on views that differ between teacher and
student: Q. Xie et al., Self-training with Noisy Student improves ImageNet classification, CVPR 2020.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F


class Teacher:
    """Trained networks of one kind, whose logits are averaged."""

    def __init__(self, make: Callable[[], nn.Module], checkpoints: list[Path]) -> None:
        self.networks = []
        for path in checkpoints:
            network = make()
            network.load_state_dict(torch.load(path, weights_only=True)["network"])
            self.networks.append(network.to(memory_format=torch.channels_last).eval())

    @torch.inference_mode()
    def __call__(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        seen = [network(x) for network in self.networks]
        return {name: torch.stack([each[name].float() for each in seen]).mean(dim=0) for name in seen[0]}


def distilled(outputs: dict[str, torch.Tensor], taught: dict[str, torch.Tensor], hot: float) -> dict[str, torch.Tensor]:
    """How far the outputs are from the teacher's.

    Of a body part the classes' probabilities; of fractures the logits of all bones, the heat map (cells of heat weigh `hot` more) and
    the region.
    """
    if "heat" not in taught:
        return {"taught_part": F.cross_entropy(outputs["logits"], torch.softmax(taught["logits"], dim=1))}
    warm = torch.sigmoid(taught["heat"])
    heat = F.binary_cross_entropy_with_logits(outputs["heat"], warm, reduction="none") * (0.1 + (torch.sigmoid(outputs["heat"].detach()) - warm).abs())
    return {
        "taught_image": F.binary_cross_entropy_with_logits(outputs["logits"], torch.sigmoid(taught["logits"])),
        "taught_heat": (heat * (1 + hot * warm)).sum(dim=(1, 2, 3)).mean(),
        "taught_region": F.cross_entropy(outputs["region"], torch.softmax(taught["region"], dim=1)),
    }
