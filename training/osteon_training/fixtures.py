"""Golden files for the parity of the two tensor definitions (NumPy and Pillow only)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from .tensor import InputSpec, to_tensor

REAL = ["IMG0000000.jpg", "IMG0002400.jpg"]

SPECS = (
    InputSpec(96, 96),
    InputSpec(160, 120, pad=0.25),
    # As Keras's `load_img` and `preprocess_input` make a ResNet50's input of a grey film.
    InputSpec(
        40, 32, mean=(103.939, 116.779, 123.68), std=1.0, maximum=255.0, channels=3, layout="NHWC", fit="stretch",
        resample="nearest",
    ),
    # Three planes, as torchvision's models read them.
    InputSpec(32, 40, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), maximum=1.0, channels=3),
)


def films(data: Path) -> dict[str, np.ndarray]:
    """Films by name: real ones, and made ones at the edges of the definition."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:700, 0:1024]
    ramp = ((x * 3 + y * 5) % 256).astype(np.uint8)
    made = {
        "wide": ramp,
        "tall": rng.integers(0, 256, (600, 224), dtype=np.uint8),
        "constant": np.full((300, 260), 130, np.uint8),
        "faint": (100 + (x[:240, :320] // 40)).astype(np.uint8),
        "dark": np.where((x[:260, :230] + y[:260, :230]) % 97 < 3, 90, 2).astype(np.uint8),
    }
    for name in REAL:
        with Image.open(data / "images" / name) as picture:
            made[name.split(".")[0].lower()] = np.asarray(picture.convert("L"))
    return made


def write_fixtures(data: Path, out: Path) -> None:
    """Writes `<name>.png`, `<name>-<w>x<h>.f32` and `index.json`. FracAtlas films are CC BY 4.0."""
    out.mkdir(parents=True, exist_ok=True)
    index = []
    for name, film in films(data).items():
        Image.fromarray(film).save(out / f"{name}.png", optimize=True)
        for spec in SPECS:
            file = f"{name}-{spec.width}x{spec.height}.f32"
            to_tensor(film, spec).astype("<f4").tofile(out / file)
            index.append({"film": f"{name}.png", "tensor": file, "input": spec.manifest()})
    (out / "index.json").write_text(json.dumps(index, indent=2) + "\n")
