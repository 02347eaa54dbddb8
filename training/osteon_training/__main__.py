"""Commands: `python -m osteon_training pictures|copies|train|tail|graft|check|mix|export|calibrate|quantise|speed|evaluate|weights|fixtures …`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="osteon_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text)
        made.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/fracatlas", help="folder of the FracAtlas subset")
        return made

    train = command("train", "train a network by a recipe (resumes where it stopped)")
    train.add_argument("recipe", type=Path)
    train.add_argument("--run", type=Path, help="folder of the run; training/runs/<recipe name> where absent")
    train.add_argument("--start", type=Path, help="checkpoint to begin from")
    train.add_argument("--teacher", type=Path, nargs="+", help="checkpoints that teach, where the recipe has them (`taught`)")
    export = command("export", "write the bundles of a checkpoint")
    export.add_argument("recipe", type=Path)
    export.add_argument("--checkpoint", type=Path, help="training/runs/<recipe name>/last.pt, the end of its schedule, where absent")
    tail = command("tail", "train the last layers of a shipped body-part model on what its others make of augmented films")
    graft = command("graft", "write the body-part bundle of a trained tail")
    for each in (tail, graft):
        each.add_argument("recipe", type=Path)
        each.add_argument("model", type=Path, help="model.onnx that the tail is of")
    weights = command("weights", "make a checkpoint of a recipe's network from a shipped bundle")
    weights.add_argument("recipe", type=Path)
    weights.add_argument("model", type=Path, help="model.onnx of the bundle")
    weights.add_argument("out", type=Path)
    command("pictures", "fetch pictures that are no film, to train and to measure refusal on")
    command("copies", "list the films that the source has twice")
    check = command("check", "measure checkpoints on val and on its stress sets")
    check.add_argument("recipe", type=Path)
    check.add_argument("checkpoint", type=Path, nargs="+")
    check.add_argument("--every", type=int, default=1, help="stress sets of each n-th film only")
    mix = command("mix", "average the weights of two checkpoints")
    mix.add_argument("first", type=Path)
    mix.add_argument("second", type=Path)
    mix.add_argument("share", type=float, help="of the second, 0 to 1")
    mix.add_argument("out", type=Path)
    quantise = command("quantise", "make the int8 model of every bundle")
    command("speed", "measure the models beside the origin's ResNet50")
    calibrate = command("calibrate", "choose calibration and operating points on val")
    for each in (quantise, calibrate):
        each.add_argument("--task", choices=["bodypart", "fracture"], help="of this task's bundles only")
    evaluate = command("evaluate", "measure the bundles and write their metrics")
    evaluate.add_argument("--split", choices=["val", "test"], default="test")
    fixtures = command("fixtures", "write golden tensors for the parity test")
    fixtures.add_argument("--out", type=Path, default=ROOT / "training/fixtures")
    for each in (export, graft, calibrate, quantise, commands.choices["speed"], evaluate):
        each.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the bundles")
    options = parser.parse_args()

    if options.command == "train":
        from .train import train as run_training

        recipe = json.loads(options.recipe.read_text())
        best = run_training(recipe, options.data, options.run or ROOT / "training/runs" / recipe["name"], options.start, options.teacher)
        print(best)

    elif options.command == "tail":
        from .tail import draw_features, features_folder, train_tail

        recipe = json.loads(options.recipe.read_text())
        features = features_folder(recipe, options.model, ROOT / "training/.cache/features")
        draw_features(recipe, options.model, options.data, features)
        train_tail(recipe, options.model, features, ROOT / "training/runs" / recipe["name"])
    elif options.command == "graft":
        from .tail import graft as run_graft

        recipe = json.loads(options.recipe.read_text())
        run_graft(recipe, options.model, ROOT / "training/runs" / recipe["name"] / "tail.onnx", options.data, options.models)
    elif options.command == "weights":
        from .weights import to_checkpoint

        to_checkpoint(json.loads(options.recipe.read_text()), options.model, options.data, options.out)
    elif options.command == "export":
        from .export import export as run_export

        recipe = json.loads(options.recipe.read_text())
        run_export(recipe, options.checkpoint or ROOT / "training/runs" / recipe["name"] / "last.pt", options.data, options.models)
    elif options.command == "pictures":
        from .pictures import fetch_pictures

        fetch_pictures()
    elif options.command == "check":
        from .check import check as run_check

        print(json.dumps(run_check(json.loads(options.recipe.read_text()), options.checkpoint, options.data, options.every), indent=2))
    elif options.command == "mix":
        from .check import mix as run_mix

        run_mix(options.first, options.second, options.share, options.out)
    elif options.command == "copies":
        from .copies import write as write_copies

        write_copies(options.data)
    elif options.command == "quantise":
        from .quantise import quantise as run_quantisation

        run_quantisation(options.data, options.models, options.task)
    elif options.command == "speed":
        from .speed import print_speed

        print_speed(options.models)
    elif options.command == "calibrate":
        from .calibrate import calibrate as run_calibration

        print(json.dumps(run_calibration(options.data, options.models, options.task), indent=2))
    elif options.command == "evaluate":
        from .evaluate import evaluate as run_evaluation

        report = run_evaluation(options.data, options.models, options.split)
        (ROOT / "training/runs" / f"evaluation-{options.split}.json").write_text(json.dumps(report, indent=2) + "\n")
        if options.split == "test":
            from .card import write_cards

            from .report import write_report

            write_cards(options.models, report)
            write_report(options.data, options.models, ROOT / "training/runs", report, ROOT / "docs/models")
        print(json.dumps(report, indent=2))
    elif options.command == "fixtures":
        from .fixtures import write_fixtures

        write_fixtures(options.data, options.out)


if __name__ == "__main__":
    main()
