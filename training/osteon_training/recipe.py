"""What a recipe says of films."""

from __future__ import annotations

from pathlib import Path

from .data import Sample, load


def films_of(recipe: dict, data: Path, split: str) -> list[Sample]:
    """The films of a split that the recipe's network is for: of a fracture network those of the bones that the recipe names."""
    return [s for s in load(data, split) if recipe["task"] != "fracture" or s.region in recipe["weights"]]


def final_size(recipe: dict) -> int:
    """Side of the films that training ends with, and that the bundle takes."""
    return recipe["stages"][-1]["size"]
