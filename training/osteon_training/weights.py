"""From a bundle back to a checkpoint, so that training can go on from models that were shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.utils.data import DataLoader

from .model import Trunk
from .recipe import films_of, final_size
from .train import make_draws, make_network


def to_checkpoint(recipe: dict, model: Path, data: Path, out: Path) -> None:
    """Writes `out`, a checkpoint of the recipe's network that computes what the ONNX file `model` computes.

    The export folds each batch normalisation into the convolution before it. Here it is taken out again: its statistics are
    those of the convolution over augmented train films, its scale and shift the ones that leave the function as it was. Parts
    that the file lacks (heads that serve training only, classes that are new) keep their start.
    """
    network = make_network(recipe)
    held = {i.name.removeprefix("network."): torch.from_numpy(np.array(numpy_helper.to_array(i))) for i in onnx.load(model).graph.initializer}
    state = network.state_dict()
    for name, value in state.items():
        given = held.get(name)
        if given is not None and given.ndim == value.ndim:
            value[: given.shape[0]] = given
    network.load_state_dict(state)
    folded = {norm: held[f"{conv}.weight_bias"] for conv, norm in normalised(network) if f"{conv}.weight_bias" in held}
    unfold(network, folded, recipe, data)
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"network": network.state_dict(), "recipe": recipe}, out)


def normalised(network: nn.Module) -> list[tuple[str, str]]:
    """Names of each convolution and of the batch normalisation that follows it."""
    pairs = [("trunk.stem", "trunk.norm"), ("trunk.head", "trunk.head_norm")]
    trunk: Trunk = network.trunk
    for index in range(len(trunk.blocks)):
        steps = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
        pairs += [(f"trunk.blocks.{index}.{conv}", f"trunk.blocks.{index}.{norm}") for conv, norm in steps]
    return pairs + [(f"{at}.1", f"{at}.2") for at in ("smooth.0", "smooth.1", "smooth.2", "heat.0")]


@torch.inference_mode()
def unfold(network: nn.Module, folded: dict[str, torch.Tensor], recipe: dict, data: Path, films: int = 256) -> None:
    """Gives each batch normalisation named in `folded` (its shift after the fold) the statistics of what it sees."""
    norms = {name: network.get_submodule(name) for name in folded}
    sums = {name: torch.zeros(2, len(shift), dtype=torch.float64) for name, shift in folded.items()}
    seen = dict.fromkeys(folded, 0)

    def watch(name: str):
        def note(module: nn.Module, inputs: tuple[torch.Tensor]) -> None:
            x = inputs[0].double()
            sums[name] += torch.stack([x.sum(dim=(0, 2, 3)), x.square().sum(dim=(0, 2, 3))])
            seen[name] += x.numel() // x.shape[1]

        return note

    for name, norm in norms.items():
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        norm.weight.fill_(1)
        norm.bias.copy_(folded[name])
    hooks = [norm.register_forward_pre_hook(watch(name)) for name, norm in norms.items()]
    samples = films_of(recipe, data, "train")
    network.eval()
    for batch in DataLoader(make_draws(recipe, samples, final_size(recipe), films), 32):
        network(batch["x"])
    for hook in hooks:
        hook.remove()
    for name, norm in norms.items():
        if seen[name] == 0:
            continue
        mean, square = sums[name] / seen[name]
        variance = (square - mean**2).clamp_min(0)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.copy_(folded[name] + mean)
