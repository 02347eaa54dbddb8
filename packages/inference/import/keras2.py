"""Files that Keras 2 wrote, as Keras 3 reads them."""

import json
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

from refused import Refused

POLICIES = ("Policy", "PolicyV1")
# Layers whose configuration says what only their parents in Keras 2 went by, and Keras 3 does not know.
DEPTHWISE = ("DepthwiseConv1D", "DepthwiseConv2D")
SEPARABLE = ("SeparableConv1D", "SeparableConv2D")
TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")


@contextmanager
def readable(path: str):
    """Path of a file that Keras 3 reads as Keras 2 read this one. Where that is a copy, it is gone afterwards."""
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        if zipfile.is_zipfile(path):
            yield rewritten_zip(path, str(Path(folder) / "model.keras"))
        elif h5py.is_hdf5(path):
            yield rewritten_hdf5(path, str(Path(folder) / "model.h5"))
        else:
            yield path


def rewritten_zip(path: str, copy: str) -> str:
    import h5py

    with zipfile.ZipFile(path) as file:
        if not is_keras_2(json.loads(file.read("metadata.json"))["keras_version"]):
            return path
        with file.open("model.weights.h5") as weights, h5py.File(weights) as groups:
            if "_layer_checkpoint_dependencies" in groups:
                # It counts layers twice, so that Keras 3 would look for weights in the wrong places.
                raise Refused("the file is of Keras before 2.15, whose .keras cannot be read: save the model there as .h5, by model.save")
        with zipfile.ZipFile(copy, "w") as made:
            for name in file.namelist():
                content = file.read(name)
                made.writestr(name, json.dumps(as_keras_3(json.loads(content))) if name == "config.json" else content)
    return copy


def rewritten_hdf5(path: str, copy: str) -> str:
    import h5py

    with h5py.File(path) as file:
        if "model_config" not in file.attrs or not is_keras_2(file.attrs.get("keras_version", "")):
            return path
        with h5py.File(copy, "w") as made:
            made.attrs["model_config"] = json.dumps(as_keras_3(json.loads(file.attrs["model_config"])))
            # The state of the optimiser, which may be larger, is not wanted.
            file.copy("model_weights", made)
    return copy


def is_keras_2(version) -> bool:
    return str(version).startswith("2.")


def as_keras_3(value):
    """The configuration of a model, a layer or a part of one."""
    if isinstance(value, list):
        return [as_keras_3(each) for each in value]
    if not isinstance(value, dict):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if kind in POLICIES:
        return config["name"]
    made = {key: as_keras_3(each) for key, each in value.items()}
    if "engine" in (made.get("module") or "").split("."):
        made.update(module="keras.src.models.functional", class_name="Functional")
    if isinstance(config, dict):
        mend_layer(kind, made["config"])
    return made


def mend_layer(kind: str, config: dict) -> None:
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    if kind in DEPTHWISE + SEPARABLE + TRANSPOSED and config.get("groups") == 1:
        del config["groups"]
    if kind in SEPARABLE:
        for name in ("kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            config.pop(name, None)
    if isinstance(config.get("name"), str):
        config["name"] = without_slashes(config["name"])
    if "output_layers" in config:
        mend_graph(config)


def without_slashes(name: str) -> str:
    return name.replace("/", "_")


def references(value) -> list:
    """The references to an output of a layer: its name, which of its calls, which output of that."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return []
    if len(value) > 2 and isinstance(value[0], str) and isinstance(value[1], int):
        return [value, *references(value[3:])]
    return [found for each in value for found in references(each)]


def mend_graph(graph: dict) -> None:
    layers, ends = graph["layers"], ("input_layers", "output_layers")
    inbound = references([layer["inbound_nodes"] for layer in layers])
    outputs = references(graph["output_layers"])
    for named in layers:
        named["name"] = without_slashes(named["name"])
    for reference in [*inbound, *references([graph[end] for end in ends])]:
        reference[0] = without_slashes(reference[0])

    # To Keras 2, the first call of a model within this one was its second, after that on its own input, unless it had none.
    inner = {layer["name"]: layer for layer in layers if "layers" in layer["config"]}
    last = {name: max(call for other, call, *_ in [*inbound, *outputs] if other == name) for name in inner}
    shifted = {name for name, layer in inner.items() if last[name] == len(layer["inbound_nodes"])}
    for reference in inbound:
        if reference[0] in shifted:
            reference[1] -= 1
    for reference in outputs:
        # Of a functional model that is an output itself, Keras 3 does so too.
        if reference[0] in shifted and inner[reference[0]]["class_name"] == "Sequential":
            reference[1] -= 1

    # A model of one output gives it, and no list of one.
    for end in ends:
        if len(graph[end]) == 1:
            graph[end] = graph[end][0]
