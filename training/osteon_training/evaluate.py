"""Metrics of the bundles on a split and on the stress sets made from it, written into the manifests and a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .bundle import INT8, METRICS, Bundle, fracture_probability, part_probabilities, write_json
from .data import BONES, ORDER, Sample, copied, load
from .metrics import auroc, auroc_interval, calibration_error, calibration_noise, interval, proportion
from .refusal import refusal
from .stress import KINDS, UNMET, stressed

ORIGIN = ["elbow", "hand", "shoulder"]

# Label, probability, and the films they are of.
Answers = tuple[np.ndarray, np.ndarray, list[Sample]]


def evaluate(data: Path, models: Path, split: str = "test", write: bool = True) -> dict:
    """All metrics; on `test` they go into the manifests."""
    films = load(data, split)
    sets = {split: films} | {kind: stressed(films, kind) for kind in KINDS}
    report = {"split": split, "bodypart": part_report(models, sets, split, data), "fracture": fracture_report(models, sets, split, data)}
    if write and split == "test":
        write_metrics(models, report)
    return report


def write_metrics(models: Path, report: dict) -> None:
    """The key figures, into the manifests."""
    for folder in sorted(path.parent for path in models.glob("*/model.json")):
        manifest = Bundle(folder).manifest
        mine = report["bodypart"]["test"] if manifest["task"] == "bodypart" else report["fracture"][manifest["bone"]]["test"]
        counts = {name: mine[name] for name in ("films", "fractured") if name in mine}
        manifest["metrics"] = {"split": "test", **counts, **measured(mine, METRICS[manifest["task"]])}
        write_json(folder / "model.json", manifest)


def measured(figures: dict, names: list[str]) -> dict:
    """The figures of those names that are numbers: of films of one kind only, some are none."""
    return {name: figures[name] for name in names if np.isfinite(list(figures[name].values())).all()}


def part_report(models: Path, sets: dict[str, list[Sample]], split: str, data: Path) -> dict:
    """The body part on the split, on each stress set, on those of kinds that training never met together, and what it refuses."""
    part = Bundle(models / "bodypart")
    right: dict[str, tuple[np.ndarray, ...]] = {name: part_answers(part, films) for name, films in sets.items()}
    right["stress"] = tuple(np.concatenate([right[kind][at] for kind in UNMET]) for at in range(4))
    report: dict = {name: part_metrics(part.manifest, *right[name]) for name in (split, "stress")}
    report["kinds"] = {kind: round(float(right[kind][1].mean()), 4) for kind in KINDS}
    _, correct, _, files = right[split]
    alone = ~np.isin(files, list(elsewhere(data, split)))
    report["alone"] = [int(correct[alone].sum()), int(alone.sum())]
    report["notIdentified"] = refusal(part, data, split)
    if (part.folder / INT8).exists():
        report["int8"] = round(float(part_answers(Bundle(part.folder, INT8), sets[split])[1].mean()), 4)
    return report


def part_answers(bundle: Bundle, samples: list[Sample]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of the films of supported regions: the region, whether it was told right, whether the film was refused, its name."""
    classes, decision = bundle.manifest["classes"], bundle.manifest["decision"]
    known = [s for s in samples if s.region in decision["supported"]]
    probability = part_probabilities(bundle.manifest, bundle.run([s.image for s in known])["logits"])
    best = probability.argmax(1)
    unsure = probability.max(1) < decision["minimumProbability"]
    truth = np.array([classes.index(s.region) for s in known])
    refused = unsure | (best >= len(decision["supported"]))
    return np.array([s.region for s in known]), (best == truth) & ~unsure, refused, names(known)


def names(samples: list[Sample]) -> np.ndarray:
    return np.array([s.file for s in samples])


def part_metrics(manifest: dict, region: np.ndarray, right: np.ndarray, refused: np.ndarray, films: np.ndarray) -> dict:
    """Accuracy over the supported regions, the origin's three, and each; a film not identified counts as wrong."""
    origin = np.isin(region, ORIGIN)
    return {
        "films": len(region),
        "accuracy": proportion(right, films),
        "accuracyOrigin": proportion(right[origin], films[origin]),
        "refused": round(float(refused.mean()), 4),
        "each": {r: [int(right[region == r].sum()), int((region == r).sum())] for r in manifest["decision"]["supported"]},
    }


def fracture_report(models: Path, sets: dict[str, list[Sample]], split: str, data: Path) -> dict:
    """Each bone on the split and under stress, all together, subgroups, and the int8 models beside."""
    report: dict = {}
    answers: dict[str, dict[str, Answers]] = {name: {} for name in [*sets, "stress"]}
    eight: dict[str, Answers] = {}
    points: dict[str, dict] = {}
    for bone in BONES:
        bundle = Bundle(models / f"fracture-{bone}")
        hits = {}
        for name, samples in sets.items():
            mine = [s for s in samples if s.region == bone]
            raw = bundle.run([s.image for s in mine])
            probability = fracture_probability(bundle.manifest, raw["logit"])
            answers[name][bone] = np.array([s.fractured for s in mine]), probability, mine
            hits[name] = peak_hits(bundle, mine, raw["heatmap"], probability)
        answers["stress"][bone] = joined([answers[kind][bone] for kind in UNMET])
        hits["stress"] = [sum(hits[kind][at] for kind in UNMET) for at in range(2)]
        report[bone] = {name: fracture_metrics(bundle.manifest, *answers[name][bone]) | {"peakHit": hits[name]} for name in (split, "stress")}
        if (bundle.folder / INT8).exists():
            label, _, mine = answers[split][bone]
            raw = Bundle(bundle.folder, INT8).run([s.image for s in mine])
            eight[bone] = label, fracture_probability(bundle.manifest, raw["logit"]), mine
            points[bone] = points_on(bundle.manifest, *eight[bone][:2])
    report["together"] = {name: together(answers[name]) for name in (split, "stress")}
    report["kinds"] = {kind: together(answers[kind])["all"]["auroc"]["value"] for kind in KINDS}
    for bone in BONES:
        report[bone][split]["calibrationNoise"] = calibration_noise(answers[split][bone][1])
    for name, bones in (("origin", ORIGIN), ("all", BONES)):
        said = np.concatenate([answers[split][bone][1] for bone in bones])
        report["together"][split][name]["calibrationNoise"] = calibration_noise(said)
    report["subgroups"] = subgroups(models, answers[split], elsewhere(data, split))
    report["answers"] = {bone: [[bool(t) for t in label], [round(float(p), 4) for p in said]] for bone, (label, said, _) in answers[split].items()}
    if len(eight) == len(BONES):
        report["int8"] = {bone: round(auroc(*eight[bone][:2]), 4) for bone in BONES} | {"together": together(eight), "points": points}
    return report


def joined(parts: list[Answers]) -> Answers:
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]), [s for p in parts for s in p[2]]


def fracture_metrics(manifest: dict, label: np.ndarray, probability: np.ndarray, samples: list[Sample]) -> dict:
    """AUROC, sensitivity and specificity at the balanced threshold, calibration error; each with its interval."""
    films = names(samples)
    said = probability >= manifest["thresholds"]["balanced"]
    result = {
        "films": len(label),
        "fractured": int(label.sum()),
        "auroc": auroc_interval(label, probability, films),
        "sensitivity": proportion(said[label], films[label]),
        "specificity": proportion(~said[~label], films[~label]),
        "calibrationError": interval(lambda i: calibration_error(label[i], probability[i]), films),
    }
    return result | {"points": points_on(manifest, label, probability)}


def points_on(manifest: dict, label: np.ndarray, probability: np.ndarray) -> dict[str, list[float]]:
    """[sensitivity, specificity] at each operating point."""
    return {
        name: [round(share(probability, at, label), 4), round(1 - share(probability, at, ~label), 4)] for name, at in manifest["thresholds"].items()
    }


def share(probability: np.ndarray, threshold: float, of: np.ndarray) -> float:
    """Of some films that at or above a threshold."""
    return float((probability[of] >= threshold).mean()) if of.any() else float("nan")


def peak_hits(bundle: Bundle, samples: list[Sample], heatmaps: np.ndarray, probability: np.ndarray) -> list[int]:
    """[hits, true positives]: the heat map's peak lies in or touches (one cell) a true box."""
    hits = found = 0
    for sample, heat, p in zip(samples, heatmaps[:, 0], probability):
        if not sample.fractured or len(sample.boxes) == 0 or p < bundle.manifest["thresholds"]["balanced"]:
            continue
        found += 1
        row, column = np.unravel_index(int(heat.argmax()), heat.shape)
        height, width = sample.image.shape
        scale = min(bundle.spec.width / width, bundle.spec.height / height)
        cell = bundle.spec.width / heat.shape[1]
        x = ((column + 0.5) * cell - (bundle.spec.width - width * scale) / 2) / scale
        y = ((row + 0.5) * cell - (bundle.spec.height - height * scale) / 2) / scale
        reach = cell / scale
        hits += any(bx - reach <= x <= bx + bw + reach and by - reach <= y <= by + bh + reach for bx, by, bw, bh in sample.boxes)
    return [hits, found]


def together(answers: dict[str, Answers]) -> dict:
    """Over the origin's three bones and over all five: pooled AUROC and calibration error, and the mean of the bones."""
    result = {}
    for name, bones in (("origin", ORIGIN), ("all", BONES)):
        label = np.concatenate([answers[b][0] for b in bones])
        probability = np.concatenate([answers[b][1] for b in bones])
        films = np.concatenate([names(answers[b][2]) for b in bones])
        result[name] = {
            "auroc": auroc_interval(label, probability, films),
            "meanAuroc": round(float(np.mean([auroc(*answers[b][:2]) for b in bones])), 4),
            "calibrationError": interval(lambda i: calibration_error(label[i], probability[i]), films),
        }
    return result


def elsewhere(data: Path, split: str) -> set[str]:
    """The films of a split that the source has in another split too."""
    return copied(data, split, [other for other in ORDER if other != split])


def subgroups(models: Path, answers: dict[str, Answers], copies: set[str]) -> dict:
    """All bones together: films with and without hardware, ids of the other device, films that another split has too.


    `auroc` is absent where a group has one label only.
    """
    samples = [s for bone in BONES for s in answers[bone][2]]
    label = np.concatenate([answers[bone][0] for bone in BONES])
    probability = np.concatenate([answers[bone][1] for bone in BONES])
    said = np.concatenate([answers[b][1] >= Bundle(models / f"fracture-{b}").manifest["thresholds"]["balanced"] for b in BONES])
    device = np.array([2300 <= int(s.file[3:10]) < 2600 for s in samples])
    hardware = np.array([s.hardware for s in samples])
    twice = np.array([s.file in copies for s in samples])
    groups = {"ids 2300 to 2599": device, "other ids": ~device, "hardware": hardware, "no hardware": ~hardware}
    groups |= {"of the same picture in train or val": twice, "of none there": ~twice}
    result = {}
    for name, mine in groups.items():
        fractured = mine & label
        result[name] = {"films": int(mine.sum()), "fractured": int(fractured.sum())}
        if fractured.any() and (mine & ~label).any():
            result[name]["auroc"] = auroc_interval(label[mine], probability[mine], names(samples)[mine])
        if fractured.any():
            result[name]["sensitivity"] = round(float(said[fractured].mean()), 4)
        if (mine & ~label).any():
            result[name]["specificity"] = round(float((~said[mine & ~label]).mean()), 4)
    return result
