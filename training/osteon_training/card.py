"""The card of a bundle, from its manifest and the evaluation."""

from __future__ import annotations

import json
from pathlib import Path

from .calibrate import FEW

# In train, val and test, as `load` gives them.
FRACTURED = {"elbow": (126, 18, 23), "hand": (126, 49, 21), "shoulder": (15, 12, 2), "leg": (125, 47, 29), "hip": (31, 5, 2)}
POINTS = {"sensitive": "sensitivity at least 0.95 on val", "balanced": "balanced", "specific": "specificity at least 0.95 on val"}

# Recipes of which every training was before the films that the source has twice were found.
BEFORE_COPIES = ("fracture-2",)


def write_cards(models: Path, report: dict) -> None:
    """Writes `CARD.md` of every bundle."""
    for folder in sorted(path.parent for path in models.glob("*/model.json")):
        manifest = json.loads((folder / "model.json").read_text())
        body = part_card(manifest, report) if manifest["task"] == "bodypart" else fracture_card(manifest, report)
        (folder / "CARD.md").write_text(head(manifest) + body + tail(manifest))


def head(manifest: dict) -> str:
    return f"""# {manifest["title"]}

`{manifest["name"]}` {manifest["version"]}. **Research use only. Not a medical device.**

"""


def figure(value: dict) -> str:
    return f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


def noise(measured: dict) -> str:
    found = measured["calibrationNoise"]
    return f"{found['mean']:.3f} (95 % of draws below {found['most']:.3f})"


def part_card(manifest: dict, report: dict) -> str:
    mine = report["bodypart"]
    clean, stress = mine["test"], mine["stress"]
    each = "\n".join(
        f"| {name} | {right} of {count} | {stress['each'][name][0]} of {stress['each'][name][1]} |"
        for name, (right, count) in clean["each"].items()
    )
    taken = "\n".join(f"| {name} | {v['pictures']} | {v['taken']} |" for name, v in mine["notIdentified"].items())
    told, alone = mine["alone"]
    twice = f"{clean['films'] - alone} of the test films are pictures that the source has in train or val too, under another name; of the other {alone} {told} are told right."
    int8 = f"\nThe int8 model is right on {mine['int8']:.3f} of the test films.\n" if "int8" in mine else ""
    return f"""## What it answers

The region of a film: elbow (with forearm), hand (with wrist), shoulder (with upper arm), leg, hip; `other` for a film of
another region, `none` for a picture that is no film. Below a probability of {manifest["decision"]["minimumProbability"]} of the best
class a film is not identified.

## Measured on the test split

| | test ({clean["films"]} films) | stress ({stress["films"]}) |
| --- | --- | --- |
| right, five regions | {figure(clean["accuracy"])} | {figure(stress["accuracy"])} |
| right, elbow, hand and shoulder | {figure(clean["accuracyOrigin"])} | {figure(stress["accuracyOrigin"])} |
| real films refused | {clean["refused"]:.3f} | {stress["refused"]:.3f} |
{each}

Values with 95 % score intervals. {twice} {stress_text(mine["kinds"], "right")}
{int8}
| picture that is no film of these regions | pictures | taken for one |
| --- | --- | --- |
{taken}

None of these pictures was trained on. Those of packages come from packages that training had nothing of; the made ones are other draws
of the kinds that it had.

## Limits

- `other` was learnt from 14 films and made pictures, so a film of an unknown region may be taken for the region it resembles most.
- All films come from one source; other hospitals' films, and pictures of films, are simulated only.
- A forearm without a clear elbow lies between `elbow` and `hand` in the labels too.
"""


def stress_text(kinds: dict[str, float], what: str) -> str:
    """What the stress column is, with the figure of each kind."""
    names = {
        "phone": "pictures by phone", "web": "pictures of the web", "hospital": "other processing, cut out on black", "scan": "scanned sheets",
        "drawn": "changes as in training",
    }
    listed = ", ".join(f"{names[kind]} {value:.3f}" for kind, value in kinds.items() if kind != "drawn")
    return (
        f"Stress: each film in made kinds that training did not have (`training/osteon_training/stress.py`); {what}: {listed}. "
        f"Under {names['drawn']}: {kinds['drawn']:.3f}."
    )


def fracture_card(manifest: dict, report: dict) -> str:
    bone, all_bones = manifest["bone"], report["fracture"]
    clean, stress = all_bones[bone]["test"], all_bones[bone]["stress"]
    rows = "\n".join(
        f"| {title} | {figure(clean[key])} | {figure(stress[key])} |"
        for key, title in (("auroc", "AUROC"), ("sensitivity", "sensitivity"), ("specificity", "specificity"), ("calibrationError", "calibration error"))
    )
    eight = all_bones["int8"]["points"][bone] if "int8" in all_bones else {}
    shown = lambda found: f"{found[0]:.3f} | {found[1]:.3f}" if found else "– | –"  # noqa: E731
    points = "\n".join(
        f"| {point(name, bone)} | {manifest['thresholds'][name]} | {shown(found)} | {shown(eight.get(name))} |" for name, found in clean["points"].items()
    )
    t = manifest["thresholds"]
    share = manifest["calibration"]["prevalence"]
    int8 = (
        f"\nThe figures are the float32 model's, but where int8 is said. ONNX Runtime runs the int8 model unless `INFERENCE_PRECISION=fp32` is set; "
        f"its AUROC on test: {all_bones['int8'][bone]:.3f}. Calibration and thresholds are drawn from the answers of both.\n"
        if "int8" in all_bones
        else ""
    )
    return f"""## What it answers

The calibrated probability that a film of the {bone} shows a fracture, and a heat map of where. `fractured` at or above
{t["balanced"]}; certainty `negative` below {t["sensitive"]}, `positive` at or above {t["specific"]}, `doubtful` between. Probabilities are
calibrated for films of which a share of {share} is fractured, as in train and val; where fewer are, they are too high.

## Measured on the test split

{few_warning(bone)}| at the balanced threshold | test ({clean["films"]} films, {clean["fractured"]} fractured) | stress ({stress["films"]}) |
| --- | --- | --- |
{rows}
| calibration error of a perfect model of as many films | {noise(clean)} | |
| heat map's peak on a true box, of true positives | {clean["peakHit"][0]} of {clean["peakHit"][1]} | {stress["peakHit"][0]} of {stress["peakHit"][1]} |

| operating point | threshold | sensitivity on test | specificity on test | int8: sensitivity | specificity |
| --- | --- | --- | --- | --- | --- |
{points}

Values with 95 % intervals: of shares the score interval, of the AUROC and the calibration error by bootstrap over films, and of the
AUROC of fewer than ten fractured films Newcombe's. {stress_text(all_bones["kinds"], "AUROC of all bones together")}
Fractured films in train, val and test: {", ".join(map(str, FRACTURED[bone]))}.
{int8}
{subgroup_table(all_bones["subgroups"])}

## Limits

- Fractures were labelled from single films by the data's authors; there was no follow-up or CT.
- Films are at most 454 pixels long in the data, and are read at {manifest["input"]["width"]} pixels: hairline fractures are missed.
- Implants and old fractures are often taken for fractures: nearly all films with hardware in the data are labelled fractured.
- Films of ids 2300 to 2599 are all fractured and partly from another device, so part of what separates the classes may be the
  device.
- The surest mistakes on test are shown in `docs/models/README.md`.
"""


def borrows_points(bone: str) -> bool:
    """Whether the operating points are those of all bones together, as `films_of_points` decides."""
    return FRACTURED[bone][1] < FEW


def point(name: str, bone: str) -> str:
    """What an operating point promises. Points that are all bones' promise nothing of this one."""
    return f"{POINTS[name]}, all bones together" if borrows_points(bone) and "on val" in POINTS[name] else POINTS[name]


def few_warning(bone: str) -> str:
    """A word before the figures of a bone with hardly any fracture in test."""
    train, _, test = FRACTURED[bone]
    if test >= 10:
        return ""
    drawn = "calibration is drawn toward, and operating points are, those" if borrows_points(bone) else "calibration is drawn toward that"
    return (
        f"**Only {train} fractured films of this bone were trained on, and only {test} are in the test split: its figures say little, and "
        "the intervals tell how little.** The model borrows from the other bones: trunk and heat map are shared with them, only the last "
        f"linear step is its own; {drawn} of all bones together. So it knows what breaks "
        "look like elsewhere (steps and lines in a cortex), and little of what is peculiar to this bone.\n\n"
    )


def subgroup_table(groups: dict) -> str:
    """All bones' films of test by subgroup."""
    show = lambda group, key: (figure(group[key]) if isinstance(group[key], dict) else f"{group[key]:.3f}") if key in group else "–"  # noqa: E731
    rows = "\n".join(
        f"| {name} | {g['films']} | {g['fractured']} | {show(g, 'auroc')} | {show(g, 'sensitivity')} | {show(g, 'specificity')} |"
        for name, g in groups.items()
    )
    return f"""| all bones' films of test | films | fractured | AUROC | sensitivity | specificity |
| --- | --- | --- | --- | --- | --- |
{rows}"""


def tail(manifest: dict) -> str:
    sources = "\n".join(f"- {line}" for line in manifest["attribution"])
    return f"""
## How it was made

EfficientNet-Lite0, one grey channel, {manifest["input"]["width"]} × {manifest["input"]["height"]} pixels, trained by `{manifest["training"]["recipe"]}` (seed
{manifest["training"]["seed"]}), on the train split of the FracAtlas subset with strong augmentation; calibrated on val. In {"all its" if manifest["training"]["recipe"] in BEFORE_COPIES else "its first"}
trainings films that the source has twice (`training/osteon_training/copies.py`) were not yet left out of train where val or test has them, nor of
val where test has.
`training/README.md` tells how to repeat it.

## Licence and attribution

{manifest["licence"]}.

{sources}
"""
