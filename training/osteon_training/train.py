"""Training of one network by a recipe: resumable, seeded, logged."""

from __future__ import annotations

import copy
import ctypes
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from .data import BONES, Sample
from .datasets import PART_CLASSES, BodyPartDraws, Draws, FractureDraws, WarmUpDraws
from .depthwise import quicken
from .distil import Teacher, distilled
from .metrics import auroc
from .model import BodyPartNet, FractureNet, Trunk, WarmUpNet
from .recipe import films_of, final_size
from .tensor import InputSpec, to_tensor


def make_network(recipe: dict) -> nn.Module:
    """The recipe's network with ImageNet weights."""
    backbone = recipe.get("backbone", "lite0")
    if recipe["task"] == "bodypart":
        return BodyPartNet(len(PART_CLASSES), backbone)
    if recipe["task"] == "warm-up":
        return WarmUpNet(backbone)
    return FractureNet(len(BONES), len(BONES), backbone)


def freeze(network: nn.Module, blocks: int, keep_statistics: bool = False) -> None:
    """The stem and the first blocks keep their weights and statistics: they cost half the time and gain little.

    `keep_statistics`: so does every batch normalisation its statistics, as it should where a trained network is trained on: it then
    sees in training what it sees in serving, from the first step on.
    """
    trunk: Trunk = network.trunk
    for part in [trunk.stem, trunk.norm, *trunk.blocks[:blocks]]:
        part.eval()
        for parameter in part.parameters():
            parameter.requires_grad = False
    if keep_statistics:
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


class Average:
    """Exponential moving average of a network's weights and statistics."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network, self.decay, self.steps = copy.deepcopy(network).eval(), decay, 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        for mine, theirs in zip(self.network.state_dict().values(), network.state_dict().values()):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)


def make_draws(recipe: dict, samples: list[Sample], size: int, length: int) -> Draws:
    """The recipe's stream of augmented films at a size."""
    spec = InputSpec(size, size)
    if recipe["task"] == "bodypart":
        shares = {"turned": recipe.get("turned", 0.0), "small": recipe.get("small", 0.0)}
        return BodyPartDraws(samples, spec, recipe["mix"], length, recipe["seed"], **shares, clean="taught" in recipe)
    if recipe["task"] == "warm-up":
        return WarmUpDraws(samples, spec, length, recipe["seed"])
    shares = {"small": recipe.get("small", 0.0), "transplanted": recipe.get("transplanted", 0.0)}
    return FractureDraws(samples, spec, recipe["weights"], recipe["fractured"], length, recipe["seed"], **shares, clean="taught" in recipe)


def loss_of(recipe: dict, outputs: dict[str, torch.Tensor], batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The parts of the loss, each already weighted."""
    if recipe["task"] == "bodypart":
        return {"part": F.cross_entropy(outputs["logits"], batch["label"], label_smoothing=recipe["smoothing"])}
    if recipe["task"] == "warm-up":
        # Each view's prediction is to meet the other's projection, which learns nothing from it.
        return {"alike": -F.cosine_similarity(outputs["predicted"], outputs["projected"].detach().flip(0), dim=-1).mean()}
    logits = outputs["logits"].gather(1, batch["bone"][:, None])[:, 0]
    label = batch["label"].float()
    soft = label * (1 - recipe["smoothing"]) + 0.5 * recipe["smoothing"]
    heat = F.binary_cross_entropy_with_logits(outputs["heat"], batch["heat"], reduction="none")
    focus = (torch.sigmoid(outputs["heat"].detach()) - batch["heat"]).abs() ** 1.0
    heat = (heat * (0.1 + focus) * (1 + recipe["hot"] * batch["heat"])).sum(dim=(1, 2, 3))
    boxed = batch["boxed"].float()
    return {
        "image": F.binary_cross_entropy_with_logits(logits, soft),
        "heat": recipe["heat"] * (heat * boxed).mean(),
        "region": recipe["region"] * F.cross_entropy(outputs["region"], batch["bone"]),
    }


def validate(recipe: dict, network: nn.Module, samples: list[Sample], spec: InputSpec) -> dict[str, float]:
    """Accuracy of the part, or AUROC of the fracture over all bones and each, on films as they come. A warm-up has neither."""
    if recipe["task"] == "warm-up":
        return {}
    outputs = predict(network, samples, spec)
    if recipe["task"] == "bodypart":
        truth = np.array([PART_CLASSES.index(s.region) for s in samples])
        right = outputs["logits"].argmax(1) == truth
        return {"accuracy": float(right.mean()), **{c: float(right[truth == i].mean()) for i, c in enumerate(PART_CLASSES) if (truth == i).any()}}
    bone = np.array([BONES.index(s.region) for s in samples])
    label = np.array([s.fractured for s in samples])
    score = outputs["logits"][np.arange(len(bone)), bone]
    each = {b: auroc(label[bone == i], score[bone == i]) for i, b in enumerate(BONES) if label[bone == i].any()}
    return {"auroc": auroc(label, score), "mean": float(np.mean(list(each.values()))), **each}


@torch.inference_mode()
def predict(network: nn.Module, samples: list[Sample], spec: InputSpec, size: int = 32) -> dict[str, np.ndarray]:
    """Raw outputs of all films, in order."""
    network.eval()
    parts: list[dict[str, torch.Tensor]] = []
    for start in range(0, len(samples), size):
        x = torch.from_numpy(np.stack([to_tensor(s.image, spec) for s in samples[start : start + size]]))
        with precision():
            parts.append({name: value.float() for name, value in network(x.to(memory_format=torch.channels_last)).items()})
    return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}


def precision() -> torch.autocast:
    """bfloat16 where the processor has it: twice as fast there, and slower by a third or more where it must be imitated."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def shaped(x: torch.Tensor) -> torch.Tensor:
    """A batch as the network takes it; two views of each film come as (N, 2, 1, H, W) and go as (2, N, 1, H, W)."""
    return x.to(memory_format=torch.channels_last) if x.ndim == 4 else x.transpose(0, 1)


def keep_memory() -> None:
    """Lets glibc keep what is freed: each step's large tensors would otherwise be mapped, and their pages filled, anew (a fifth of the time)."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        no_mmap, no_trim, grow = (-4, 0), (-1, 2**31 - 1), (-2, 2**28)
        for parameter, value in (no_mmap, no_trim, grow):
            libc.mallopt(parameter, value)


def one_cycle(done: float, warm: float) -> float:
    """Share of the greatest rate at a share of the training done: cosines from 0.04 up to 1 at `warm`, and down to nearly 0.

    It depends on nothing but `done`, so a stopped training may go on with fewer or more epochs.
    """
    if done < warm:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * done / warm)) / 2
    return max(1e-4, (1 + math.cos(math.pi * min(1.0, (done - warm) / (1 - warm)))) / 2)


def keep_file(value: dict, path: Path) -> None:
    """Replaced whole: a stop in the middle leaves the one before."""
    temporary = path.with_suffix(".tmp")
    torch.save(value, temporary)
    temporary.replace(path)


def begin(network: nn.Module, start: Path) -> None:
    """Begins from a checkpoint: of a warm-up the trunk, of the network's own task all."""
    held = torch.load(start, weights_only=True)["network"]
    if "predict.0.weight" in held:
        network.trunk.load_state_dict({name.removeprefix("trunk."): value for name, value in held.items() if name.startswith("trunk.")})
    else:
        network.load_state_dict(held)


def train(recipe: dict, data: Path, run: Path, start: Path | None = None, teachers: list[Path] | None = None) -> Path:
    """Trains by the recipe into `run` (log.jsonl, last.pt, best.pt) and returns the best checkpoint.

    Continues from `last.pt` where there is one. `start` names a checkpoint to begin from instead of ImageNet weights, `teachers` those
    of the recipe's own kind of network that teach it, where the recipe says how much (`taught`, beside the films' labels at 1).
    """
    if ("taught" in recipe) != bool(teachers):
        raise ValueError("A recipe that is taught, and no other, takes teachers.")
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe["seed"])
    random.seed(recipe["seed"])
    torch.set_num_threads(recipe.get("threads", 2))
    keep_memory()
    films, val = films_of(recipe, data, "train"), films_of(recipe, data, "val")
    network = make_network(recipe)
    if start is not None:
        begin(network, start)
    network = network.to(memory_format=torch.channels_last)
    network.train()
    freeze(network, recipe["frozen"], recipe.get("keep_statistics", False))
    decayed = [p for p in network.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in network.parameters() if p.requires_grad and p.ndim <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": recipe["decay"]}, {"params": plain, "weight_decay": 0.0}], lr=recipe["rate"])
    steps = sum(stage["epochs"] for stage in recipe["stages"]) * (recipe["films"] // recipe["batch"])
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: one_cycle(step / steps, recipe["warm"]))
    average = Average(network, recipe["average"])
    quicken(network)
    run_step = torch.compile(network) if recipe.get("compile", False) else network
    teacher = Teacher(lambda: make_network(recipe), teachers) if teachers else None
    epoch, best = 0, -1.0
    last = run / "last.pt"
    if last.exists():
        state = torch.load(last, weights_only=True)
        network.load_state_dict(state["raw"])
        average.network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        average.steps, epoch, best = state["steps"], state["epoch"], state["best"]
    sizes = [stage["size"] for stage in recipe["stages"] for _ in range(stage["epochs"])]
    final = InputSpec(final_size(recipe), final_size(recipe))
    for epoch in range(epoch, len(sizes)):
        began = time.time()
        draws = make_draws(recipe, films, sizes[epoch], recipe["films"])
        draws.epoch = epoch
        loader = DataLoader(draws, recipe["batch"], num_workers=1, prefetch_factor=3, drop_last=True)
        network.train()
        freeze(network, recipe["frozen"], recipe.get("keep_statistics", False))
        sums: dict[str, float] = {}
        for batch in loader:
            with precision():
                outputs = run_step(shaped(batch["x"]))
                taught = teacher(shaped(batch["clean"])) if teacher is not None else None
            outputs = {name: value.float() for name, value in outputs.items()}
            parts = loss_of(recipe, outputs, batch)
            if taught is not None:
                parts |= {name: recipe["taught"][name] * value for name, value in distilled(outputs, taught, recipe.get("hot", 0.0)).items()}
            optimiser.zero_grad(set_to_none=True)
            sum(parts.values()).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            average.update(network)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + value.item()
        line = {"epoch": epoch, "size": sizes[epoch], "seconds": round(time.time() - began, 1)}
        line |= {f"loss_{name}": round(value / len(loader), 4) for name, value in sums.items()}
        if epoch % recipe.get("every", 2) == 0 or epoch >= len(sizes) - 4:
            line |= {f"val_{name}": round(value, 4) for name, value in validate(recipe, average.network, val, final).items()}
        score = line.get("val_accuracy", line.get("val_auroc", -1.0))
        with open(run / "log.jsonl", "a") as log:
            log.write(json.dumps(line) + "\n")
        state = {
            "network": average.network.state_dict(), "raw": network.state_dict(), "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(), "steps": average.steps, "epoch": epoch + 1, "best": max(best, score), "recipe": recipe,
        }
        # Before the state that knows of it: a stop between the two would leave a best that no file holds.
        if score > best:
            best = score
            keep_file({"network": state["network"], "epoch": epoch, "score": score}, run / "best.pt")
        keep_file(state, last)
    return run / "best.pt"
