"""Models as they come: their files, and the picture that they take."""

import re
import tempfile
import zipfile
from pathlib import Path

from keras2 import readable
from keras2_layers import functions
from refused import Refused

# How Keras says that it has no code for a layer.
UNKNOWN = re.compile(
    r"Unknown layer: '(.+?)'|Could not locate class '(.+?)'|deserialization of a `(Lambda)` layer|"
    r"Could not deserialize (?:class )?'(?:\w+\.)*(\w+)' because it"
)


def load_keras(path: str):
    import h5py
    import keras

    broken = Refused("the file is no Keras model, or is cut off")
    zipped = zipfile.is_zipfile(path)
    # A zip may have what HDF5 begins with at a place where that may begin.
    hdf5 = not zipped and h5py.is_hdf5(path)
    # Keras says of such a file that it is not found.
    if path.endswith(".keras") and not zipped and not hdf5:
        raise broken
    try:
        if hdf5 and not holds_model(path):
            raise Refused(
                "the file holds no model, at most its weights: build the model in Keras, give it these by load_weights, and save it whole by model.save"
            )
        with readable(path) as file, keras.utils.custom_object_scope(functions()):
            # Only the inference is wanted, so neither optimiser nor losses of the time need be known today.
            model = keras.models.load_model(file, compile=False)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise broken from error
    except (TypeError, ValueError) as error:
        unknown = UNKNOWN.search(str(error))
        if unknown is None:
            raise
        raise Refused(
            f"the model has a layer that is not Keras's own, or is code ({next(filter(None, unknown.groups()))}): save it without that layer, "
            "whose work --preprocessing (caffe, for one) may do, or export it to ONNX where it was made, and import that by --onnx"
        ) from error

    for layer in model._flatten_layers():
        # Of an .h5, Keras does so for the outermost layers alone, and others go on by what they held before their weights came.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
        if isinstance(layer, keras.layers.Normalization):
            # The exporter takes tensors that are no weights for inputs of the model.
            layer.mean, layer.variance = map(keras.ops.convert_to_numpy, (layer.mean, layer.variance))
    if len(model.inputs) == len(model.outputs) == 1:
        # As the one of a list, or by a name, it is no tensor.
        return keras.Model(model.inputs[0], model.outputs[0])
    return model


def holds_model(path: str) -> bool:
    import h5py

    with h5py.File(path) as file:
        return "model_config" in file.attrs


def keras_to_onnx(path: str):
    """The model's inference graph, by Keras's own exporter."""
    import keras
    import numpy as np
    import onnx

    model = load_keras(path)
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:]:
        raise Refused(f"the model's input must be one picture of a fixed size, not {shape}")
    # The exporter does not say that it is no training, and layers that vary pictures would then vary them.
    picture = keras.Input(batch_shape=model.inputs[0].shape, dtype=model.inputs[0].dtype)
    model = keras.Model(picture, model(picture, training=False))
    # It wants a model that has been called.
    model(np.zeros((1, *shape[1:]), np.float32))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        model.export(str(file), format="onnx", verbose=False)
        return onnx.load(file)


def load_onnx(path: str):
    import google.protobuf.message
    import onnx

    try:
        model = onnx.load(path)
    except google.protobuf.message.DecodeError:
        model = None
    except onnx.checker.ValidationError as error:
        if "doesn't exist or is not accessible" not in str(error):
            raise
        raise Refused("the model keeps its weights in a file beside it that is not there: put it in the same folder") from error
    # Of no bytes is a model of nothing.
    if model is None or not model.graph.node:
        raise Refused("the file is no ONNX model, or is cut off")
    return model


def picture(value) -> dict:
    """Layout and size of the input."""
    dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
    if len(dims) != 4 or min(dims[1:]) < 1:
        raise Refused(f"the model's input must be one picture of a fixed size, not {dims}")
    if dims[3] in (1, 3) and dims[1] not in (1, 3):
        return {"layout": "NHWC", "height": dims[1], "width": dims[2], "channels": dims[3]}
    if dims[1] in (1, 3):
        return {"layout": "NCHW", "channels": dims[1], "height": dims[2], "width": dims[3]}
    raise Refused(f"the model's input must have one channel or three, not {dims}")
