"""The origin's way to read a film: a Keras ResNet50 for the body part, another for the bone, one film at a time.

The architecture is the origin's (ResNet50 without its top, average pooling, two dense layers, softmax; 224 x 224 colour
pixels, unscaled); weights are random, for time does not depend on them. No server around it: the most it can do.
"""

from __future__ import annotations

import io
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from PIL import Image  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

SIDE = 224


def build(classes: int) -> tf.keras.Model:
    body = tf.keras.applications.ResNet50(
        include_top=False, weights=None, input_shape=(SIDE, SIDE, 3), pooling="avg"
    )
    x = tf.keras.layers.Dense(128, activation="relu")(body.output)
    x = tf.keras.layers.Dense(50, activation="relu")(x)
    return tf.keras.Model(body.input, tf.keras.layers.Dense(classes, activation="softmax")(x))


class OriginReader:
    def __init__(self) -> None:
        self.parts = build(3)
        self.bones = [build(2) for _ in range(3)]

    def read(self, data: bytes) -> dict:
        # Decoded for each of the two, as the origin does.
        part = int(np.argmax(self.parts.predict(pixels(data), verbose=0), axis=1)[0])
        result = int(np.argmax(self.bones[part].predict(pixels(data), verbose=0), axis=1)[0])
        return {"part": part, "result": result}


def pixels(data: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(data)).convert("RGB").resize((SIDE, SIDE), Image.Resampling.NEAREST)
    return np.asarray(picture, dtype=np.float32)[None]
