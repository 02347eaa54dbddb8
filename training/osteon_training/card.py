"""The card of a bundle, from its manifest and the evaluation."""

from __future__ import annotations

import json
from pathlib import Path

FRACTURED = {"elbow": (130, 18, 23), "hand": (128, 50, 21), "shoulder": (15, 12, 2), "leg": (128, 47, 29), "hip": (31, 5, 2)}


def write_cards(models: Path, report: dict) -> None:
    """Writes `CARD.md` of every bundle."""
    for folder in sorted(models.iterdir()):
        if (folder / "model.json").exists():
            manifest = json.loads((folder / "model.json").read_text())
            body = part_card(manifest, report) if manifest["task"] == "bodypart" else fracture_card(manifest, report)
            (folder / "CARD.md").write_text(head(manifest) + body + tail(manifest))


def head(manifest: dict) -> str:
    return f"""# {manifest["title"]}

`{manifest["name"]}` {manifest["version"]}. **Research use only. Not a medical device.**

"""


def figure(value: dict) -> str:
    return f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


def part_card(manifest: dict, report: dict) -> str:
    clean, stress = report["bodypart"]["test"], report["bodypart"]["stress"]
    each = "\n".join(
        f"| {name} | {right} of {count} | {stress['each'][name][0]} of {stress['each'][name][1]} |"
        for name, (right, count) in clean["each"].items()
    )
    taken = "; ".join(f"{name}: {v['taken']} of {v['pictures']}" for name, v in report["bodypart"]["notIdentified"].items())
    return f"""## What it answers

The region of a film: elbow (with forearm), hand (with wrist), shoulder (with upper arm), leg, hip; `other` for a film of
another region, `none` for a picture that is no film. Below a probability of {manifest["decision"]["minimumProbability"]} of the best
class a film is not identified.

## Measured on the test split

| | test | stress set made from it |
| --- | --- | --- |
| right, five regions | {figure(clean["accuracy"])} | {figure(stress["accuracy"])} |
| right, elbow, hand and shoulder | {figure(clean["accuracyOrigin"])} | {figure(stress["accuracyOrigin"])} |
| real films refused | {clean["refused"]:.3f} | {stress["refused"]:.3f} |
{each}

Values with 95 % bootstrap intervals over films. Pictures that are no film and were taken for one ({taken}); none of them was
trained on.

## Limits

- `other` was learnt from 14 films, so a film of an unknown region is often taken for the region it resembles most.
- All films come from one source; other hospitals' films, and pictures of films, are simulated by augmentation only.
"""


def fracture_card(manifest: dict, report: dict) -> str:
    bone = manifest["bone"]
    clean, stress = report["fracture"][bone]["test"], report["fracture"][bone]["stress"]
    rows = "\n".join(
        f"| {title} | {figure(clean[key])} | {figure(stress[key])} |"
        for key, title in (("auroc", "AUROC"), ("sensitivity", "sensitivity"), ("specificity", "specificity"), ("calibrationError", "calibration error"))
    )
    train, val, test = FRACTURED[bone]
    few = test < 10
    warning = (
        f"**Only {train} fractured films of this bone were trained on, and only {test} are in the test split: its figures say little, and "
        "the intervals tell how little.** The model leans on what it learnt of the other bones: trunk and heat map are shared, and "
        "calibration and thresholds are drawn toward those of all bones together.\n\n"
        if few
        else ""
    )
    t = manifest["thresholds"]
    return f"""## What it answers

The calibrated probability that a film of the {bone} shows a fracture, and a heat map of where. `fractured` at or above
{t["balanced"]}; certainty `negative` below {t["sensitive"]}, `positive` at or above {t["specific"]}, `doubtful` between.

## Measured on the test split

{warning}| at the balanced threshold | test ({clean["films"]} films, {clean["fractured"]} fractured) | stress set made from it |
| --- | --- | --- |
{rows}
| heat map's peak on a true box, of true positives | {clean["peakHit"][0]} of {clean["peakHit"][1]} | {stress["peakHit"][0]} of {stress["peakHit"][1]} |

Values with 95 % bootstrap intervals over films. Fractured films in train, val and test: {train}, {val}, {test}.

## Limits

- Fractures were labelled from single films by the data's authors; there was no follow-up or CT.
- Films are at most 454 pixels long in the data, and are read at {manifest["input"]["width"]} pixels: hairline fractures are missed.
- Implants and old fractures are often taken for fractures.
- Films of ids 2300 to 2599 are all fractured and partly from another device, so part of what separates the classes may be the
  device.
"""


def tail(manifest: dict) -> str:
    sources = "\n".join(f"- {line}" for line in manifest["attribution"])
    return f"""
## How it was made

EfficientNet-Lite0, one grey channel, {manifest["input"]["width"]} × {manifest["input"]["height"]} pixels, trained by `{manifest["training"]["recipe"]}` (seed
{manifest["training"]["seed"]}), on the train split of the FracAtlas subset with strong augmentation; calibrated on val. `training/README.md` tells
how to repeat it.

## Licence and attribution

{manifest["licence"]}.

{sources}
"""
