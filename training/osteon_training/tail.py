"""Training of a shipped body-part model's last layers alone, on what its earlier ones make of augmented films: for few minutes of busy cores.

The features of each draw are kept, so that going over them again costs a tenth of drawing anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

from .data import load
from .datasets import PART_CLASSES
from .export import warmup_film, write
from .recipe import final_size
from .train import Average, make_draws, one_cycle

# What goes into the last block of the trunk, (N, 192, 7, 7): all before it is kept.
TAP = "trunk.blocks.15._expand_conv.weight"


def trunk_session(model: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """The model with one output, what its last block is given."""
    graph = onnx.load(model)
    step = next(node for node in graph.graph.node if any(name.endswith(TAP) for name in node.input))
    del graph.graph.output[:]
    graph.graph.output.append(onnx.helper.make_tensor_value_info(step.input[0], onnx.TensorProto.FLOAT, ["batch", 192, 7, 7]))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])


# What of a recipe says how its features are trained on, not how they are drawn.
TRAINING = {"rate", "decay", "warm", "batch", "average", "hard", "smoothing", "share", "none", "stages", "shards"}


def features_folder(recipe: dict, model: Path, root: Path) -> Path:
    """Where the features of this model and of these draws are kept: others have a folder of their own."""
    drawn = {name: value for name, value in recipe.items() if name not in TRAINING} | {"size": final_size(recipe)}
    digest = hashlib.sha256(model.read_bytes() + json.dumps(drawn, sort_keys=True).encode()).hexdigest()
    return root / f"{recipe['name']}-{digest[:12]}"


def draw_features(recipe: dict, model: Path, data: Path, out: Path) -> None:
    """Writes the shards of the recipe that are not there yet: features in half precision with their labels.

    Several processes may share the work: each takes up the shards in an order of its own.
    """
    out.mkdir(parents=True, exist_ok=True)
    session = trunk_session(model)
    draws = make_draws(recipe, load(data, "train"), final_size(recipe), recipe["films"])
    for shard in random.sample(range(recipe["shards"]), recipe["shards"]):
        path = out / f"{shard:04}.npz"
        if path.exists():
            continue
        draws.epoch = shard
        parts, labels = [], []
        for start in range(0, recipe["films"], 16):
            drawn = [draws[index] for index in range(start, min(start + 16, recipe["films"]))]
            parts.append(session.run(None, {"film": np.stack([each["x"].numpy() for each in drawn])})[0].astype(np.float16))
            labels += [each["label"] for each in drawn]
        unfinished = out / f"{shard:04}.{os.getpid()}.tmp.npz"
        np.savez(unfinished, x=np.concatenate(parts), label=np.array(labels))
        unfinished.replace(path)


class Tail(nn.Module):
    """The last block, the head and the classifier, with the file's weights: (N, 192, 7, 7) to logits (N, classes).

    Batch normalisation is folded into the convolutions, as in the file, and stays there.
    """

    PARTS = {
        "expand": "trunk.blocks.15._expand_conv", "depth": "trunk.blocks.15._depthwise_conv",
        "project": "trunk.blocks.15._project_conv", "head": "trunk.head",
    }

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        held = {each.name: torch.from_numpy(np.array(numpy_helper.to_array(each))) for each in model.graph.initializer}
        self.names: dict[str, str] = {}
        for part, name in self.PARTS.items():
            weight = held[f"network.{name}.weight"]
            groups = weight.shape[0] if weight.shape[1] == 1 else 1
            conv = nn.Conv2d(weight.shape[1] * groups, weight.shape[0], weight.shape[2], padding=weight.shape[2] // 2, groups=groups)
            self._take(part, conv, held, f"network.{name}.weight", f"network.{name}.weight_bias")
        classify = held["network.classify.weight"]
        self._take("classify", nn.Linear(classify.shape[1], classify.shape[0]), held, "network.classify.weight", "network.classify.bias")
        self.drop = nn.Dropout(0.2)

    def _take(self, part: str, layer: nn.Module, held: dict[str, torch.Tensor], weight: str, bias: str) -> None:
        layer.weight.data, layer.bias.data = held[weight], held[bias]
        self.add_module(part, layer)
        self.names |= {f"{part}.weight": weight, f"{part}.bias": bias}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu6(self.depth(F.relu6(self.expand(x))))
        pooled = F.relu6(self.head(self.project(x))).mean(dim=(2, 3))
        return self.classify(self.drop(pooled))

    def graft(self, model: onnx.ModelProto) -> None:
        """Puts the weights back into the file they were taken from."""
        state = {file: self.state_dict()[mine] for mine, file in self.names.items()}
        for each in model.graph.initializer:
            if each.name in state:
                each.CopyFrom(numpy_helper.from_array(state[each.name].numpy(), each.name))


def read_shards(folder: Path, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Features (half precision) and labels of the first `count` shards."""
    shards = [np.load(folder / f"{shard:04}.npz") for shard in range(count)]
    return torch.from_numpy(np.concatenate([s["x"] for s in shards])), torch.from_numpy(np.concatenate([s["label"] for s in shards]))


def train_tail(recipe: dict, model: Path, features: Path, run: Path, threads: int = 1) -> None:
    """Trains the tail of `model` on the shards of `features`; writes `run`/tail.onnx, the whole model, after each epoch.

    The last shard is kept for the log. A negative weighs the more, the surer it is taken for a film of a region.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe["seed"])
    torch.set_num_threads(threads)
    whole = onnx.load(model)
    network = Tail(whole).to(memory_format=torch.channels_last)
    x, label = read_shards(features, recipe["shards"])
    kept = recipe["films"]
    size, epochs, supported = recipe["batch"], recipe["stages"][-1]["epochs"], len(PART_CLASSES) - 2
    decayed = [p for p in network.parameters() if p.ndim > 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": recipe["decay"]}, {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0}], lr=recipe["rate"]
    )
    steps = epochs * ((len(x) - kept) // size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: one_cycle(step / steps, recipe["warm"]))
    average = Average(network, recipe["average"])
    for epoch in range(epochs):
        began, total = time.time(), 0.0
        network.train()
        order = torch.randperm(len(x) - kept)[: (len(x) - kept) // size * size]
        for batch in order.split(size):
            logits, truth = network(x[batch].float().contiguous(memory_format=torch.channels_last)), label[batch]
            film = logits.detach().softmax(1)[:, :supported].sum(1)
            weight = torch.where(truth >= supported, 1 + recipe["hard"] * film, 1.0)
            loss = (F.cross_entropy(logits, truth, label_smoothing=recipe["smoothing"], reduction="none") * weight).sum() / weight.sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            average.update(network)
            total += loss.item()
        with torch.inference_mode():
            said, truth = average.network(x[-kept:].float()).argmax(1), label[-kept:]
        line = {"epoch": epoch, "size": final_size(recipe), "draws": len(order), "seconds": round(time.time() - began, 1)}
        line |= {"loss_part": round(total / (len(order) // size), 4)}
        line |= {"kept_films": round(float((said == truth)[truth < supported].float().mean()), 4), "kept_negatives": round(float((said >= supported)[truth >= supported].float().mean()), 4)}
        with open(run / "log.jsonl", "a") as log:
            log.write(json.dumps(line) + "\n")
        average.network.graft(whole)
        onnx.save(whole, run / "tail.onnx")


def graft(recipe: dict, model: Path, trained: Path, data: Path, models: Path) -> None:
    """Writes the body-part bundle: `model` with its tail `share` of the way to that of `trained`, and the class `none` raised by `none`.

    Both are the recipe's, chosen on val, its stress sets and pictures of packages that neither training nor test has.
    """
    whole, end = onnx.load(model), Tail(onnx.load(trained)).state_dict()
    network = Tail(whole)
    mixed = {name: torch.lerp(value, end[name], recipe["share"]) for name, value in network.state_dict().items()}
    mixed["classify.bias"][PART_CLASSES.index("none")] += recipe["none"]
    network.load_state_dict(mixed)
    network.graft(whole)
    onnx.checker.check_model(whole)
    write(whole, "bodypart", recipe, final_size(recipe), warmup_film(load(data, "train"), "hand", False), models)
