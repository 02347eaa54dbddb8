"""Pictures that are no film, fetched from Debian packages and kept small. They are never part of the repository."""

from __future__ import annotations

import random
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np

# Split by package: what refusal is measured on, and what models are chosen by, comes from packages that training never saw.
PACKAGES = {
    "train": [
        "gnome-backgrounds", "mate-backgrounds", "tuxpaint-stamps-default", "gimp-help-en", "pysiogame", "imagemagick-6-doc", "hugin-data", "krita-data",
        "opencv-doc", "libjxl-testdata", "colobot-common-textures", "freeciv-data", "kgeography-data", "lxqt-themes", "sway-backgrounds", "palapeli-data",
        "scilab-doc", "octave-doc", "extremetuxracer-data", "neverball-data", "lugaru-data", "openclipart-png", "wesnoth-1.16-data",
    ],
    "choosing": ["kodi-data", "grass-doc", "marble-data", "digikam-data", "tuxpaint-data", "kmahjongg", "debian-edu-artwork-softwaves"],
    "held-out": ["lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "ukui-wallpapers", "plasma-workspace-wallpapers", "gnome-user-docs", "ktuberling-data"],
}
CACHE = Path(__file__).resolve().parents[1] / ".cache" / "pictures"
MOST = {"train": 150, "choosing": 60, "held-out": 90}
LONGEST = 512
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def fetch_pictures() -> None:
    """Downloads the packages with apt (as `apt-get download`: nothing is installed), keeps grey copies of their pictures.

    At most `MOST` a package, chosen by a fixed seed; none smaller than 200 pixels. A package that the machine's Debian lacks is skipped.
    """
    for split, packages in PACKAGES.items():
        for package in packages:
            folder = CACHE / split / package
            if not folder.exists():
                _fetch(package, folder, MOST[split])


def pictures(split: str) -> list[np.ndarray]:
    """The fetched pictures of a split as 8-bit grey (H, W); empty where none were fetched."""
    read = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted((CACHE / split).glob("*/*")))
    return [picture for picture in read if picture is not None]


def _fetch(package: str, folder: Path, most: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        if subprocess.run(["apt-get", "download", "-qq", package], cwd=temporary, capture_output=True).returncode != 0:
            print(f"{package}: not to be had")
            return
        archive = next(Path(temporary).glob("*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, "out"], cwd=temporary, check=True)
        found = sorted(p for p in Path(temporary, "out").rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file() and not p.is_symlink())
        random.Random(package).shuffle(found)
        folder.mkdir(parents=True)
        kept = 0
        for path in found:
            if kept == most:
                break
            picture = _small(path)
            if picture is not None:
                cv2.imwrite(str(folder / f"{kept:04}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
                kept += 1
        print(f"{package}: {kept} pictures")


def _small(path: Path) -> np.ndarray | None:
    """Grey, longest side at most `LONGEST`, transparent parts white; None where it is too small or cannot be read."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None or min(picture.shape[:2]) < 200:
        return None
    if picture.dtype != np.uint8:
        picture = (picture / 257).astype(np.uint8)
    if picture.ndim == 3 and picture.shape[2] == 4:
        opaque = picture[:, :, 3:].astype(np.float32) / 255
        picture = (picture[:, :, :3] * opaque + 255 * (1 - opaque)).astype(np.uint8)
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    scale = LONGEST / max(picture.shape)
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
