"""Takes TensorFlow's C library and its headers out of its wheel: python unpack.py WHEEL FOLDER."""

import sys
import zipfile
from pathlib import Path

WANTED = (
    "tensorflow/libtensorflow_cc.so.2",
    "tensorflow/libtensorflow_framework.so.2",
    "tensorflow/include/LICENSE",
    "tensorflow/include/tensorflow/c/",
    "tensorflow/include/tensorflow/core/platform/ctstring",
    "tensorflow/include/tsl/platform/ctstring",
    "tensorflow/include/xla/tsl/c/",
)

wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if name.startswith(WANTED)]
    # Each member's checksum is checked on the way.
    archive.extractall(folder, names)
if not all((Path(folder) / name).exists() for name in WANTED[:2]):
    sys.exit("the wheel holds no C library of TensorFlow")
