"""Metrics with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def auroc(label: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve by the rank sum (Mann-Whitney), ties counted half. Needs both classes, else NaN."""
    label = np.asarray(label, bool)
    positives, negatives = int(label.sum()), int((~label).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    order = np.argsort(score, kind="mergesort")
    ranked = np.asarray(score)[order]
    ranks = np.empty(len(ranked))
    edges = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1], True])
    for low, high in zip(edges[:-1], edges[1:]):
        ranks[order[low:high]] = (low + high + 1) / 2
    return float((ranks[label].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_error(label: np.ndarray, probability: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over bins of equal counts (Naeini et al. 2015, adaptive bins)."""
    order = np.argsort(probability)
    parts = [part for part in np.array_split(order, min(bins, max(1, len(order) // 5))) if len(part)]
    gaps = [len(part) * abs(float(np.mean(label[part])) - float(np.mean(probability[part]))) for part in parts]
    return float(sum(gaps) / len(order))


def interval(statistic: Callable[[np.ndarray], float], films: np.ndarray, rounds: int = 1000, seed: int = 1) -> dict[str, float]:
    """The statistic of all indices with its 95 % percentile bootstrap interval (Efron), resampling films.

    `films` names the film of each answer: those of one film are drawn together, since they do not err by themselves. NaN where the
    films do not tell it.
    """
    if len(films) == 0:
        return dict.fromkeys(("value", "low", "high"), float("nan"))
    rng = np.random.default_rng(seed)
    count = len(films)
    _, order, sizes = np.unique(films, return_inverse=True, return_counts=True)
    if len(sizes) == count:
        draw = lambda: rng.integers(0, count, count)  # noqa: E731
    else:
        rows = np.split(np.argsort(order, kind="stable"), np.cumsum(sizes)[:-1])
        draw = lambda: np.concatenate([rows[film] for film in rng.integers(0, len(rows), len(rows))])  # noqa: E731
    values = [statistic(draw()) for _ in range(rounds)]
    values = [value for value in values if not np.isnan(value)]
    low, high = np.percentile(values, [2.5, 97.5]) if values else (float("nan"), float("nan"))
    return {"value": round(float(statistic(np.arange(count))), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def calibration_noise(probability: np.ndarray, draws: int = 1000, seed: int = 1) -> dict[str, float]:
    """What the calibration error of a perfectly calibrated model would be on as many films: labels drawn from its own probabilities.

    `mean` of the draws, and `most`: 95 % of them are below it. An error within that is no sign of wrong probabilities.
    """
    rng = np.random.default_rng(seed)
    errors = [calibration_error(rng.random(len(probability)) < probability, probability) for _ in range(draws)]
    return {"mean": round(float(np.mean(errors)), 4), "most": round(float(np.percentile(errors, 95)), 4)}
