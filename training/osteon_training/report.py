"""Plots and the gallery of mistakes under docs/models: small SVGs, and one small picture."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from .bundle import Bundle, fracture_probability
from .data import BONES, Sample, load

COLOURS = {"elbow": "#1b6ca8", "hand": "#c8553d", "shoulder": "#588157", "leg": "#8338ec", "hip": "#9a6f00"}
CURVES = {
    "val_accuracy": "#1b6ca8", "val_mean": "#1b6ca8", "kept_films": "#1b6ca8", "kept_negatives": "#588157", "loss_part": "#c8553d", "loss_image": "#c8553d",
}
SIDE, MARGIN = 300, 34


def write_report(data: Path, models: Path, runs: Path, report: dict, out: Path) -> None:
    """Writes ROC and reliability curves of test, training curves, and the gallery."""
    out.mkdir(parents=True, exist_ok=True)
    answers = {b: (np.array(label), np.array(said)) for b, (label, said) in report["fracture"]["answers"].items()}
    lines = {f"{b} {report['fracture'][b]['test']['auroc']['value']:.3f}": (COLOURS[b], roc(*answers[b])) for b in BONES}
    (out / "roc.svg").write_text(plot("ROC on test", "1 - specificity", "sensitivity", lines))
    label, said = (np.concatenate([answers[b][at] for b in BONES]) for at in range(2))
    lines = {"ideal": ("#999999", [(0, 0), (1, 1)]), "all bones": ("#1b6ca8", reliability(label, said))}
    (out / "reliability.svg").write_text(plot("Reliability on test", "probability told", "share fractured", lines))
    for run in sorted(runs.glob("*/log.jsonl")):
        rows = [json.loads(line) for line in run.read_text().splitlines()]
        lines = {}
        for value, colour in CURVES.items():
            points = [(row["epoch"] / max(1, rows[-1]["epoch"]), min(1.0, row[value])) for row in rows if value in row]
            if points:
                lines[value.replace("_", " ")] = (colour, points)
        (out / f"training-{run.parent.name}.svg").write_text(plot(run.parent.name, "share of the training", "", lines))
    gallery(data, models, out / "mistakes.jpg")


def roc(label: np.ndarray, said: np.ndarray) -> list[tuple[float, float]]:
    """(1 - specificity, sensitivity) at every threshold."""
    order = np.argsort(-said, kind="stable")
    right = label[order]
    return [(0.0, 0.0), *zip(np.cumsum(~right) / max(1, (~right).sum()), np.cumsum(right) / max(1, right.sum()))]


def reliability(label: np.ndarray, said: np.ndarray, bins: int = 10) -> list[tuple[float, float]]:
    """(mean probability, share fractured) of bins of equal counts."""
    parts = np.array_split(np.argsort(said, kind="stable"), bins)
    return [(float(said[p].mean()), float(label[p].mean())) for p in parts]


def plot(title: str, x: str, y: str, lines: dict[str, tuple[str, list[tuple[float, float]]]]) -> str:
    """An SVG of lines in the unit square."""
    at = lambda p: f"{MARGIN + p[0] * SIDE:.1f},{MARGIN + (1 - p[1]) * SIDE:.1f}"  # noqa: E731
    whole = SIDE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" font-family="sans-serif" font-size="11">',
        f"<title>{title}</title>",
        f'<rect width="{whole}" height="{whole}" fill="#fff"/><rect x="{MARGIN}" y="{MARGIN}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#ccc"/>',
        f'<text x="{whole / 2}" y="20" text-anchor="middle" font-size="13">{title}</text>',
        f'<text x="{whole / 2}" y="{whole - 6}" text-anchor="middle">{x}</text>',
        f'<text transform="translate(12,{whole / 2}) rotate(-90)" text-anchor="middle">{y}</text>',
    ]
    for tick in (0, 0.5, 1):
        parts.append(f'<text x="{MARGIN + tick * SIDE}" y="{MARGIN + SIDE + 13}" text-anchor="middle">{tick}</text>')
        parts.append(f'<text x="{MARGIN - 4}" y="{MARGIN + (1 - tick) * SIDE + 4}" text-anchor="end">{tick}</text>')
    for index, (name, (colour, points)) in enumerate(lines.items()):
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{" ".join(map(at, points))}"/>')
        parts.append(f'<text x="{MARGIN + SIDE - 6}" y="{MARGIN + SIDE - 8 - 14 * index}" text-anchor="end" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def gallery(data: Path, models: Path, out: Path, each: int = 3, side: int = 150) -> None:
    """A row a bone: its `each` least probable fractured and most probable normal films of test, probability written on, boxes drawn."""
    test = load(data, "test")
    rows = []
    for bone in BONES:
        bundle = Bundle(models / f"fracture-{bone}")
        films = [s for s in test if s.region == bone]
        said = fracture_probability(bundle.manifest, bundle.run([s.image for s in films])["logit"])
        ranked = sorted(zip(said, films), key=lambda pair: pair[0])
        missed = [pair for pair in ranked if pair[1].fractured][:each]
        false = [pair for pair in reversed(ranked) if not pair[1].fractured][:each]
        blank = [np.full((side, side), 255, np.uint8)]
        tiles = [_tile(s, p, side) for p, s in missed] + blank * (each - len(missed)) + [_tile(s, p, side) for p, s in false]
        rows.append(np.hstack(tiles))
    cv2.imwrite(str(out), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 70])


def _tile(sample: Sample, probability: float, side: int) -> np.ndarray:
    scale = side / max(sample.image.shape)
    small = cv2.resize(sample.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:side, :side]
    tile = np.full((side, side), 40, np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small
    for x, y, w, h in (sample.boxes * scale).astype(int):
        cv2.rectangle(tile, (x, y), (x + w, y + h), 255, 1)
    cv2.rectangle(tile, (0, side - 14), (112, side), 0, -1)
    cv2.putText(tile, f"{sample.file[:10]} {probability:.2f}", (2, side - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.32, 255, 1, cv2.LINE_AA)
    return tile
