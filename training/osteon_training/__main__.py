"""Commands: `python -m osteon_training train|calibrate|evaluate|export|fixtures …`."""

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
    export = command("export", "write the bundles of a checkpoint")
    export.add_argument("recipe", type=Path)
    export.add_argument("--checkpoint", type=Path, help="training/runs/<recipe name>/last.pt, the end of its schedule, where absent")
    weights = command("weights", "make a checkpoint of a recipe's network from a shipped bundle")
    weights.add_argument("recipe", type=Path)
    weights.add_argument("model", type=Path, help="model.onnx of the bundle")
    weights.add_argument("out", type=Path)
    command("calibrate", "choose calibration and operating points on val")
    evaluate = command("evaluate", "measure the bundles and write their metrics")
    evaluate.add_argument("--split", choices=["val", "test"], default="test")
    fixtures = command("fixtures", "write golden tensors for the parity test")
    fixtures.add_argument("--out", type=Path, default=ROOT / "training/fixtures")
    for each in (export, commands.choices["calibrate"], evaluate):
        each.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the bundles")
    options = parser.parse_args()

    if options.command == "train":
        from .train import train as run_training

        recipe = json.loads(options.recipe.read_text())
        best = run_training(recipe, options.data, options.run or ROOT / "training/runs" / recipe["name"], options.start)
        print(best)

    elif options.command == "weights":
        from .weights import to_checkpoint

        to_checkpoint(json.loads(options.recipe.read_text()), options.model, options.data, options.out)
    elif options.command == "export":
        from .export import export as run_export

        recipe = json.loads(options.recipe.read_text())
        run_export(recipe, options.checkpoint or ROOT / "training/runs" / recipe["name"] / "last.pt", options.data, options.models)
    elif options.command == "calibrate":
        from .calibrate import calibrate as run_calibration

        print(json.dumps(run_calibration(options.data, options.models), indent=2))
    elif options.command == "evaluate":
        from .evaluate import evaluate as run_evaluation

        report = run_evaluation(options.data, options.models, options.split)
        (ROOT / "training/runs" / f"evaluation-{options.split}.json").write_text(json.dumps(report, indent=2) + "\n")
        if options.split == "test":
            from .card import write_cards

            write_cards(options.models, report)
        print(json.dumps(report, indent=2))
    elif options.command == "fixtures":
        from .fixtures import write_fixtures

        write_fixtures(options.data, options.out)


if __name__ == "__main__":
    main()
