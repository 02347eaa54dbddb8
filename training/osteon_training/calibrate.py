"""Calibration and operating points, chosen on the val split and written into the bundles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .bundle import INT8, Bundle, fracture_probability, part_probabilities, write_json
from .data import BONES, load
from .pictures import pictures
from .regions import best_level

# A bone with fewer fractured val films than this takes its operating points from all bones together.
FEW = 15
# Of pictures that are no film, taken for one: half of the goal. Below a third the best of so many classes says nothing.
MOST_TAKEN = 0.025
LEAST_FLOOR = 0.35


def calibrate(data: Path, models: Path, task: str | None = None) -> dict:
    """Calibrates every bundle under `models`, or those of a task, and returns what was chosen."""
    val = load(data, "val")
    chosen: dict = {} if task == "fracture" else {"bodypart": calibrate_parts(Bundle(models / "bodypart"), val)}
    if task == "bodypart":
        return chosen
    shares = prevalence([*load(data, "train"), *val])
    chosen |= calibrate_fractures({bone: Bundle(models / f"fracture-{bone}") for bone in BONES}, val, shares)
    return chosen


def prevalence(films: list) -> dict[str, float]:
    """The share of fractured films of each bone. Those of val alone are small and uneven, so train's count too."""
    return {bone: round(float(np.mean([s.fractured for s in films if s.region == bone])), 3) for bone in BONES}


def calibrate_parts(bundle: Bundle, val: list) -> dict:
    """Temperature scaling (Guo et al. 2017), and the floor of the best probability."""
    classes = bundle.manifest["classes"]
    films = [s for s in val if s.region != "other"]
    logits = torch.from_numpy(bundle.run([s.image for s in films])["logits"])
    truth = torch.tensor([classes.index(s.region) for s in films])
    log_t = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_t], max_iter=100)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(logits / log_t.exp(), truth)
        loss.backward()
        return loss

    optimiser.step(closure)
    manifest = bundle.manifest
    manifest["calibration"]["temperature"] = round(log_t.exp().item(), 4)
    best = part_probabilities(manifest, logits.numpy())[:, : len(BONES)].max(axis=1)
    strangers = part_probabilities(manifest, bundle.run(pictures("choosing"))["logits"])
    manifest["decision"]["minimumProbability"] = least_floor(best, strangers)
    write_json(bundle.folder / "model.json", manifest)
    return {"temperature": manifest["calibration"]["temperature"], "minimumProbability": manifest["decision"]["minimumProbability"]}


def least_floor(best: np.ndarray, strangers: np.ndarray) -> float:
    """The least floor that takes no more than 2.5 % of pictures for a film of a region, and never one that refuses more than 1 % of real films.

    Below it a film is not identified: what is refused there beyond need are films of other sources, of whose part a model is less sure.

    :param best: of real films, the best probability of a region
    :param strangers: of pictures that are no film, the probabilities of all classes, regions first
    """
    regions = strangers[:, : len(BONES)].max(axis=1)
    taken = np.sort(np.where(strangers.argmax(axis=1) < len(BONES), regions, 0))[::-1]
    least = float(taken[int(MOST_TAKEN * len(taken))]) + 5e-4
    return round(max(LEAST_FLOOR, min(least, float(np.quantile(best, 0.01)), 0.7)), 3)


def calibrate_fractures(bundles: dict[str, Bundle], val: list, shares: dict[str, float]) -> dict:
    """Platt scaling per bone, drawn toward the one of all bones: a bone with few fractures borrows from the others.

    Probabilities are for films of which a share of `shares` is fractured; val's own share is weighted to it. Where a bundle has an int8
    model, which is the one that serves, its answers count as much as the float32 one's.
    """
    logit, label, bone, eight, weight = [], [], [], [], []
    shown = []
    for index, (name, bundle) in enumerate(bundles.items()):
        films = [s for s in val if s.region == name]
        models = [bundle, *([Bundle(bundle.folder, INT8)] if (bundle.folder / INT8).exists() else [])]
        for at, model in enumerate(models):
            raw = model.run([s.image for s in films])
            logit.append(raw["logit"])
            label.append(np.array([s.fractured for s in films]))
            bone.append(np.full(len(films), index))
            eight.append(np.full(len(films), at > 0))
            weight.append(np.full(len(films), 1 / len(models)))
            if at == 0:
                shown += [(film, heat, bundle.spec) for film, heat in zip(films, raw["heatmap"])]
    logit, label, bone, eight, weight = (np.concatenate(each) for each in (logit, label, bone, eight, weight))
    level = best_level(shown)
    for index, name in enumerate(bundles):
        mine = bone == index
        weight[mine] *= np.where(label[mine], shares[name] / label[mine].mean(), (1 - shares[name]) / (1 - label[mine].mean()))
    scale, offset = fit_platt(logit, label, bone, len(bundles), weight)
    pooled_probability = np.empty(len(logit))
    chosen = {}
    for index, bundle in enumerate(bundles.values()):
        name = bundle.manifest["bone"]
        bundle.manifest["calibration"] |= {"scale": round(float(scale[index]), 4), "offset": round(float(offset[index]), 4), "prevalence": shares[name]}
        pooled_probability[bone == index] = fracture_probability(bundle.manifest, logit[bone == index])
    for index, (name, bundle) in enumerate(bundles.items()):
        use = films_of_points(label, bone == index, eight)
        bundle.manifest["thresholds"] = points_of_both(label[use], pooled_probability[use], eight[use])
        bundle.manifest["regions"]["threshold"] = level
        write_json(bundle.folder / "model.json", bundle.manifest)
        chosen[name] = bundle.manifest["calibration"] | bundle.manifest["thresholds"] | bundle.manifest["regions"]
    return chosen


def fit_platt(logit: np.ndarray, label: np.ndarray, bone: np.ndarray, bones: int, weight: np.ndarray, prior: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset per bone by penalised likelihood of the weighted films: `prior` pseudo-films hold each bone to the mean of all."""
    x, y, at = torch.from_numpy(logit).double(), torch.from_numpy(label).double(), torch.from_numpy(bone)
    common = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    own = torch.zeros(bones, 2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([common, own], max_iter=300, line_search_fn="strong_wolfe")

    def parameters() -> tuple[torch.Tensor, torch.Tensor]:
        both = common + own
        return both[:, 0].exp(), both[:, 1]

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        scale, offset = parameters()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scale[at] * x + offset[at], y, torch.from_numpy(weight), reduction="sum")
        loss = loss + prior * own.square().sum() + 0.05 * common.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    scale, offset = parameters()
    return scale.detach().numpy(), offset.detach().numpy()


def films_of_points(label: np.ndarray, mine: np.ndarray, eight: np.ndarray) -> np.ndarray:
    """Which answers a bone's operating points are drawn from: its own, or those of all bones where val has few fractured films of it.

    A film with an answer in each precision is one film.
    """
    return mine if label[mine & ~eight].sum() >= FEW else np.full(len(label), True)


def points_of_both(label: np.ndarray, probability: np.ndarray, eight: np.ndarray) -> dict[str, float]:
    """Operating points that hold in either precision: what they promise of sensitivity and specificity, both keep."""
    both = operating_points(label, probability)
    each = [operating_points(label[mine], probability[mine]) for mine in (eight, ~eight) if mine.any()]
    low, high = min(points["sensitive"] for points in each), max(points["specific"] for points in each)
    return {"sensitive": low, "balanced": min(max(both["balanced"], low), high), "specific": high}


def operating_points(label: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Sensitivity ≥ 0.95, the greatest Youden index, and specificity ≥ 0.95; in ascending order."""
    positives, negatives = np.sort(probability[label]), np.sort(probability[~label])
    sensitive = positives[int(np.floor(0.05 * len(positives)))]
    specific = negatives[min(len(negatives) - 1, int(np.ceil(0.95 * len(negatives))))] + 1e-4
    candidates = np.unique(probability)
    youden = [np.mean(positives >= t) + np.mean(negatives < t) for t in candidates]
    # Of neighbours about as good the middle: a single film decides the very best one.
    good = candidates[np.array(youden) >= max(youden) - 0.02]
    low, high = sorted((float(sensitive), float(specific)))
    balanced = float(np.clip(np.median(good), low, high))
    # Rounded away from the films that the points are of: one that fell below its own would take the sensitivity below 0.95.
    return {"sensitive": float(np.floor(low * 1e4) / 1e4), "balanced": round(balanced, 4), "specific": float(np.ceil(high * 1e4) / 1e4)}
