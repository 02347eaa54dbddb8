"""Metrics of the bundles on the test split and on its stress set, written into the manifests and a report."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from .bundle import Bundle, fracture_probability, part_probabilities, write_json
from .data import BONES, Sample, load
from .metrics import auroc, calibration_error, interval
from .negatives import HELD_OUT_PHOTOGRAPHS, drawn, photographs
from .stress import stressed

ORIGIN = ["elbow", "hand", "shoulder"]


def evaluate(data: Path, models: Path, split: str = "test", write: bool = True) -> dict:
    """All metrics; on `test` they go into the manifests."""
    films = load(data, split)
    hard = stressed(films)
    part = Bundle(models / "bodypart")
    report: dict = {"split": split, "bodypart": {}, "fracture": {}}
    for name, samples in ((split, films), ("stress", hard)):
        report["bodypart"][name] = part_metrics(part, samples)
    report["bodypart"]["notIdentified"] = refusal(part, films)
    answers: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
    for bone in BONES:
        bundle = Bundle(models / f"fracture-{bone}")
        report["fracture"][bone] = {}
        for name, samples in ((split, films), ("stress", hard)):
            mine = [s for s in samples if s.region == bone]
            raw = bundle.run([s.image for s in mine])
            label = np.array([s.fractured for s in mine])
            probability = fracture_probability(bundle.manifest, raw["logit"])
            answers.setdefault(name, {})[bone] = (label, probability)
            report["fracture"][bone][name] = fracture_metrics(bundle.manifest, label, probability)
            report["fracture"][bone][name]["peakHit"] = peak_hits(bundle, mine, raw["heatmap"], probability)
        if write and split == "test":
            metrics = {k: v for k, v in report["fracture"][bone]["test"].items() if k in ("auroc", "sensitivity", "specificity", "calibrationError")}
            bundle.manifest["metrics"] = {"split": "test", "films": report["fracture"][bone]["test"]["films"], **metrics}
            write_json(bundle.folder / "model.json", bundle.manifest)
    for name, each in answers.items():
        report["fracture"].setdefault("together", {})[name] = together(each)
    if write and split == "test":
        chosen = {k: report["bodypart"]["test"][k] for k in ("accuracy", "accuracyOrigin")}
        part.manifest["metrics"] = {"split": "test", "films": report["bodypart"]["test"]["films"], **chosen}
        write_json(part.folder / "model.json", part.manifest)
    return report


def part_metrics(bundle: Bundle, samples: list[Sample]) -> dict:
    """Accuracy over the supported regions, the origin's three, and each; a film not identified counts as wrong."""
    classes, decision = bundle.manifest["classes"], bundle.manifest["decision"]
    known = [s for s in samples if s.region in decision["supported"]]
    probability = part_probabilities(bundle.manifest, bundle.run([s.image for s in known])["logits"])
    truth = np.array([classes.index(s.region) for s in known])
    right = (probability.argmax(1) == truth) & (probability.max(1) >= decision["minimumProbability"])
    origin = np.array([s.region in ORIGIN for s in known])
    regions = np.array([s.region for s in known])
    refused = (probability.max(1) < decision["minimumProbability"]) | (probability.argmax(1) >= len(decision["supported"]))
    return {
        "films": len(known),
        "accuracy": interval(lambda i: float(right[i].mean()), len(known)),
        "accuracyOrigin": interval(lambda i: float(right[origin][i].mean()), int(origin.sum())),
        "refused": round(float(refused.mean()), 4),
        "each": {r: [int(right[regions == r].sum()), int((regions == r).sum())] for r in decision["supported"]},
    }


def refusal(bundle: Bundle, films: list[Sample]) -> dict:
    """Share of pictures that are no radiograph and are taken for one of a supported region."""
    decision = bundle.manifest["decision"]
    rng = random.Random(77)
    pictures = {"photographs": photographs(HELD_OUT_PHOTOGRAPHS), "drawn": [drawn(400, rng) for _ in range(200)]}
    result = {}
    for name, images in pictures.items():
        if not images:
            continue
        probability = part_probabilities(bundle.manifest, bundle.run(images)["logits"])
        taken = (probability.argmax(1) < len(decision["supported"])) & (probability.max(1) >= decision["minimumProbability"])
        result[name] = {"pictures": len(images), "taken": int(taken.sum())}
    return result


def fracture_metrics(manifest: dict, label: np.ndarray, probability: np.ndarray) -> dict:
    """AUROC, sensitivity and specificity at the balanced threshold, calibration error; each with its interval."""
    said = probability >= manifest["thresholds"]["balanced"]
    count = len(label)
    return {
        "films": count,
        "fractured": int(label.sum()),
        "auroc": interval(lambda i: auroc(label[i], probability[i]), count),
        "sensitivity": interval(lambda i: float(said[i][label[i]].mean()) if label[i].any() else float("nan"), count),
        "specificity": interval(lambda i: float((~said[i][~label[i]]).mean()) if (~label[i]).any() else float("nan"), count),
        "calibrationError": interval(lambda i: calibration_error(label[i], probability[i]), count),
    }


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


def together(answers: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict:
    """Over the origin's three bones and over all five: pooled AUROC and calibration error, and the mean of the bones."""
    result = {}
    for name, bones in (("origin", ORIGIN), ("all", BONES)):
        label = np.concatenate([answers[b][0] for b in bones])
        probability = np.concatenate([answers[b][1] for b in bones])
        result[name] = {
            "auroc": interval(lambda i: auroc(label[i], probability[i]), len(label)),
            "meanAuroc": round(float(np.mean([auroc(*answers[b]) for b in bones])), 4),
            "calibrationError": interval(lambda i: calibration_error(label[i], probability[i]), len(label)),
        }
    return result
