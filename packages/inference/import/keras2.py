"""Files that Keras 2 wrote, as Keras 3 reads them."""

import json
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

from keras2_layers import mend_layer, without_slashes
from refused import Refused

POLICIES = ("Policy", "PolicyV1")


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
        config = json.loads(file.attrs["model_config"])
        refuse_partly_frozen(config)
        with h5py.File(copy, "w") as made:
            made.attrs["model_config"] = json.dumps(as_keras_3(config))
            # The state of the optimiser, which may be larger, is not wanted.
            file.copy("model_weights", made)
    return copy


def is_keras_2(version) -> bool:
    return str(version).startswith("2.")


def refuse_partly_frozen(model: dict, outermost: bool = True) -> None:
    """In an .h5, weights stand by what is trainable, which to Keras 2 nothing in a frozen model is; Keras 3 asks the layers alone."""
    for layer in layers_of(model):
        if not outermost and layer["config"].get("trainable") is False and is_open(layer):
            raise Refused(
                f"the model has a frozen model with layers that are not ({layer['config']['name']}) within another, by which its weights lie in "
                "an order of their own: set the model's trainable to True in Keras, and save it again"
            )
        refuse_partly_frozen(layer, False)


def layers_of(model: dict) -> list:
    return model["config"].get("layers", []) if isinstance(model["config"], dict) else []


def is_open(layer: dict) -> bool:
    within = layers_of(layer)
    return any(map(is_open, within)) if within else layer["config"].get("trainable", False)


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
        mend_layer(made)
        if "output_layers" in config:
            mend_graph(made["config"])
    return made


def is_reference(value) -> bool:
    """Whether it is an output of a layer: its name, which of its calls, which output of that, and what else that call is given."""
    return isinstance(value, list) and len(value) > 2 and isinstance(value[0], str) and isinstance(value[1], int)


def references(value) -> list:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return []
    if is_reference(value):
        return [value, *references(value[3:])]
    return [found for each in value for found in references(each)]


def as_tensors(value):
    """The same with each reference as Keras 3 writes one."""
    if is_reference(value):
        # The tensor made later has shape and type.
        history = {"shape": [], "dtype": "float32", "keras_history": value[:3]}
        return {"class_name": "__keras_tensor__", "config": history}
    if isinstance(value, dict):
        return {key: as_tensors(each) for key, each in value.items()}
    return [as_tensors(each) for each in value] if isinstance(value, list) else value


def mended_call(layer: str, call):
    """A call of a layer as Keras 3 reads it: as Keras 2 wrote it only where all tensors are in one list."""
    named = next(iter(references(call)), [])[3:]
    others = named[0] if named else {}
    if others.get("training"):
        raise Refused(
            f"the model calls {layer} with training=True, so that what it says of a film varies, or depends on the films beside it: "
            "build it without that, give it these weights, and save it"
        )
    if isinstance(call, list):
        if not references(others):
            return call
        call = call[0] if len(call) == 1 else call
    return {"args": [as_tensors(call)], "kwargs": as_tensors(others)}


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

    for layer in layers:
        layer["inbound_nodes"] = [mended_call(layer["name"], call) for call in layer["inbound_nodes"]]
    # A model of one output gives it, and no list of one.
    for end in ends:
        if isinstance(graph[end], list) and len(graph[end]) == 1:
            graph[end] = graph[end][0]
    # Keras 3 would freeze the layers within, also those that were opened again, and the order of an .h5's weights goes by what is frozen.
    graph.pop("trainable", None)
