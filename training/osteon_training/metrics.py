"""Metrics with 95 % intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Of the normal distribution: 95 % lie within so many deviations.
DEVIATIONS = 1.959964
# Of fewer films of a label draws of them tell too little: two that are told right are so in each draw.
ENOUGH = 10


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
        return rounded(*[float("nan")] * 3)
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
    return rounded(statistic(np.arange(count)), low, high)


def proportion(hits: np.ndarray, films: np.ndarray) -> dict[str, float]:
    """The share of hits with its 95 % score interval (Wilson 1927), which has a width where all are hits, too.

    Answers of one film count as one, as if they erred together. NaN where there are none.
    """
    if len(hits) == 0:
        return rounded(*[float("nan")] * 3)
    value, count, square = float(np.mean(hits)), len(np.unique(films)), DEVIATIONS**2
    middle = value + square / (2 * count)
    reach = DEVIATIONS * np.sqrt(value * (1 - value) / count + square / (4 * count**2))
    low, high = ((middle + side * reach) / (1 + square / count) for side in (-1, 1))
    return rounded(value, max(0.0, low), min(1.0, high))


def auroc_interval(label: np.ndarray, score: np.ndarray, films: np.ndarray) -> dict[str, float]:
    """The AUROC with its 95 % interval: by bootstrap, and of fewer than `ENOUGH` films of a label by Newcombe (2006, method 5)."""
    counts = [len(np.unique(films[each])) for each in (label, ~label)]
    if min(counts) == 0 or min(counts) >= ENOUGH:
        return interval(lambda i: auroc(label[i], score[i]), films)
    value = auroc(label, score)
    area = np.linspace(0, 1, 10001)
    mean = sum(counts) / 2 - 1
    variance = area * (1 - area) / (counts[0] * counts[1]) * (1 + mean * (1 - area) / (2 - area) + mean * area / (1 + area))
    within = area[np.abs(area - value) <= DEVIATIONS * np.sqrt(variance) + 1e-12]
    return rounded(value, min(value, within.min()), max(value, within.max()))


def rounded(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": round(float(value), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def calibration_noise(probability: np.ndarray, draws: int = 1000, seed: int = 1) -> dict[str, float]:
    """What the calibration error of a perfectly calibrated model would be on as many films: labels drawn from its own probabilities.

    `mean` of the draws, and `most`: 95 % of them are below it. An error within that is no sign of wrong probabilities.
    """
    rng = np.random.default_rng(seed)
    errors = [calibration_error(rng.random(len(probability)) < probability, probability) for _ in range(draws)]
    return {"mean": round(float(np.mean(errors)), 4), "most": round(float(np.percentile(errors, 95)), 4)}
