"""Turns a classifier of another framework into the ONNX model of a bundle.

python to_onnx.py convert --keras FILE | --onnx FILE --task bodypart|fracture --classes A,B --preprocessing NAME --out model.onnx
    prints what the manifest needs to know of the model, as JSON.
python to_onnx.py answer --keras FILE | --onnx FILE --films FOLDER --preprocessing NAME --interpolation NAME --fit NAME --ends-in NAME
    prints the probabilities that Keras itself, or ONNX Runtime of the file as it came, gives for the films (PNG) of a folder, by
    name, as JSON. The films go in by Keras's own functions, or by Pillow and NumPy, so that they prove the preprocessing too.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Neither the user's backend nor his order of axes is the model's.
os.environ.update(KERAS_BACKEND="tensorflow", KERAS_HOME=str(Path(sys.prefix) / "keras"))
# The messages of libraries are no part of the answer.
answer_to, sys.stdout = sys.stdout, sys.stderr

PREPROCESSING = ("caffe", "raw", "unit", "tf", "torch")


class Refused(Exception):
    """Why a model cannot become a bundle."""


def load_keras(path: str):
    import keras

    broken = Refused("the file is no Keras model, or is cut off")
    # Keras says of such a file that it is not found.
    if path.endswith(".keras") and not zipfile.is_zipfile(path):
        raise broken
    try:
        # Only the inference is wanted, so neither optimiser nor losses of the time need be known today.
        return keras.models.load_model(path, compile=False)
    except (OSError, KeyError) as error:
        raise broken from error


def keras_to_onnx(path: str):
    """The model's inference graph, by Keras's own exporter."""
    import numpy as np
    import onnx

    model = load_keras(path)
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:]:
        raise Refused(f"the model's input must be one picture of a fixed size, not {shape}")
    # The exporter wants a model that has been called.
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


def only_shapes(node) -> bool:
    """Whether a node leaves the numbers as they are, but for their type and the shape they lie in."""
    if node.op_type == "Cast":
        return next(each.i for each in node.attribute if each.name == "to") in (1, 10, 11, 16)
    return node.op_type in ("Identity", "Squeeze", "Reshape", "Flatten", "Dropout")


def head(graph, output: str, ends_in: str):
    """The tensor before the last softmax or sigmoid, and which of them it was."""
    made_by = {name: node for node in graph.node for name in node.output}
    node = made_by.get(output)
    while node is not None and only_shapes(node):
        node = made_by.get(node.input[0])
    if node is not None and node.op_type in ("Softmax", "Sigmoid"):
        if ends_in == "logits":
            raise Refused(f"the model ends in {node.op_type.lower()}: leave --ends-in logits out")
        return node.input[0], node.op_type
    if ends_in == "probabilities":
        raise Refused("the model ends in neither softmax nor sigmoid: say --ends-in logits where its output is logits")
    return output, "Softmax"


def numbers(graph, *names: str) -> int:
    """How many numbers a film has in the first of the tensors whose shape is known."""
    shapes = {value.name: value.type.tensor_type.shape for value in [*graph.value_info, *graph.output]}
    known = [[dim.dim_value for dim in shapes[name].dim] for name in names if name in shapes and shapes[name].dim]
    counts = [math.prod(dims[1:] if len(dims) > 1 else dims) for dims in known]
    return next((count for count in counts if count > 0), 0)


def renamed(model):
    """The model with each tensor that it makes or holds under a name that no node of ours can have."""
    graph = model.graph
    ours = {value.name for value in graph.input} - {tensor.name for tensor in graph.initializer} | {""}

    def rename(name: str) -> str:
        return name if name in ours else f"model.{name}"

    for node in graph.node:
        if any(attribute.HasField("g") for attribute in node.attribute):
            # A graph within sees the names around it.
            return model
    for node in graph.node:
        node.input[:] = [rename(name) for name in node.input]
        node.output[:] = [rename(name) for name in node.output]
    for value in [*graph.initializer, *graph.input, *graph.output, *graph.value_info]:
        value.name = rename(value.name)
    return model


def taking_floats(value, preprocessing: str):
    """The input as a bundle has it, in float32, and the nodes that make of it what the model takes."""
    from onnx import TensorProto, helper

    given = value.type.tensor_type.elem_type
    if given == TensorProto.FLOAT:
        return value, []
    kind = TensorProto.DataType.Name(given).lower()
    whole = kind in ("uint8", "uint16", "uint32", "uint64", "int16", "int32", "int64")
    if not whole and kind not in ("float16", "double"):
        raise Refused(f"the model's input must be of floats or of whole numbers to 255, not of {kind}")
    if whole and preprocessing != "raw":
        raise Refused(f"the model's input is of whole numbers ({kind}): levels as they are fit in, by --preprocessing raw")
    taking = type(value)()
    taking.CopyFrom(value)
    taking.name = f"osteon_{value.name}"
    taking.type.tensor_type.elem_type = TensorProto.FLOAT
    return taking, [helper.make_node("Cast", [taking.name], [value.name], to=given)]


def to_bundle(model, task: str, classes: list[str], preprocessing: str, ends_in: str):
    """Cuts the model off at its logits, and names them as a bundle's outputs are named."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper, shape_inference

    graph = shape_inference.infer_shapes(renamed(model)).graph
    initial = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in initial]
    if len(inputs) != 1:
        raise Refused(f"the model must have one input, not {len(inputs)}")
    if len(graph.output) != 1:
        raise Refused(f"the model must have one output, not {len(graph.output)}")
    spec = picture(inputs[0])
    output = graph.output[0].name
    logits, ending = head(graph, output, ends_in)
    width = numbers(graph, logits, output)
    if ending == "Sigmoid" and width > 1:
        raise Refused(f"the model ends in a sigmoid over {width} outputs: only a softmax over them, or one sigmoid, can become a bundle")
    given, casts = taking_floats(inputs[0], preprocessing)
    nodes, constants = [*casts, *graph.node], list(graph.initializer)

    def constant(name: str, value) -> str:
        constants.append(numpy_helper.from_array(value, name))
        return name

    # Whatever type and shape they had.
    nodes.append(helper.make_node("Cast", [logits], ["osteon_floats"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("Reshape", ["osteon_floats", constant("osteon_shape", np.asarray([-1, width]))], ["osteon_logits"]))
    if task == "bodypart":
        if ending != "Softmax" or width != len(classes):
            raise Refused(f"the model gives {width} numbers for {len(classes)} classes: name them by --classes")
        nodes.append(helper.make_node("Identity", ["osteon_logits"], ["logits"]))
        made = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(classes)])
    else:
        # The logit of a fracture: of two classes, the difference of theirs; of one number, it, or against it.
        fractured = classes.index("fractured")
        if ending == "Softmax" and width == 2:
            weights = np.full((2, 1), -1, np.float32)
            weights[fractured] = 1
        elif width == 1:
            weights = np.asarray([[1 if fractured == 1 else -1]], np.float32)
        else:
            raise Refused(f"a fracture model gives one number or two, not {width}")
        nodes.append(helper.make_node("MatMul", ["osteon_logits", constant("osteon_weights", weights)], ["osteon_logit"]))
        nodes.append(helper.make_node("Reshape", ["osteon_logit", constant("osteon_rows", np.asarray([-1]))], ["logit"]))
        made = helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["batch"])

    # What led to the old output alone goes.
    needed, kept = {made.name}, []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    given.type.tensor_type.shape.dim[0].dim_param = "batch"
    halves = TensorProto.FLOAT16 in {
        graph.output[0].type.tensor_type.elem_type, inputs[0].type.tensor_type.elem_type, *(tensor.data_type for tensor in constants)
    }
    graph = helper.make_graph(
        kept[::-1], "osteon", [given], [made], [tensor for tensor in constants if tensor.name in needed]
    )
    opsets = [each for each in model.opset_import if each.domain in ("", "ai.onnx")]
    # Before version 4, initialisers had to be inputs too.
    version = max(4, min(model.ir_version, 10))
    bundle = helper.make_model(graph, opset_imports=opsets, ir_version=version)
    onnx.checker.check_model(bundle, full_check=True)
    return bundle, {"input": given.name, "halves": halves, **spec}


def resized(film, width: int, height: int, interpolation: str):
    """By its rows first: Pillow 13 in one call begins with the columns of some films, which Pillow before it and serving do not."""
    from PIL import Image

    how = Image.Resampling.NEAREST if interpolation == "nearest" else Image.Resampling.BILINEAR
    return film.resize((width, film.height), how).resize((width, height), how)


def probabilities(outputs, ends_in: str):
    """The films' probabilities, of what a model gave for each."""
    import numpy as np

    rows = [np.asarray(output, np.float64).reshape(-1) for output in outputs]
    if ends_in == "probabilities":
        return rows
    if all(len(row) > 1 and row.min() >= 0 and row.max() <= 1 and abs(row.sum() - 1) < 1e-3 for row in rows):
        raise Refused("the model gives probabilities, not logits: it must end in a softmax that can be cut off")
    return [1 / (1 + np.exp(-row)) if len(row) == 1 else np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in rows]


def keras_answers(options) -> dict:
    import numpy as np
    from keras.applications.imagenet_utils import preprocess_input
    from keras.utils import img_to_array, load_img

    model = load_keras(options.keras)
    _, height, width, channels = model.input_shape
    colours = "grayscale" if channels == 1 else "rgb"

    def tensor(path: Path):
        film = resized(load_img(path, color_mode=colours), width, height, options.interpolation)
        if options.preprocessing == "raw":
            return img_to_array(film)
        if options.preprocessing == "unit":
            return img_to_array(film) / 255
        return preprocess_input(img_to_array(film), mode=options.preprocessing)

    paths = sorted(Path(options.films).glob("*.png"))
    answers = model.predict(np.stack([tensor(path) for path in paths]), batch_size=8, verbose=0)
    rows = probabilities(answers, options.ends_in)
    return {path.name: row.tolist() for path, row in zip(paths, rows, strict=True)}


def onnx_answers(options) -> dict:
    import numpy as np
    import onnx
    import onnxruntime
    from PIL import Image

    graph = load_onnx(options.onnx).graph
    initial = {tensor.name for tensor in graph.initializer}
    given = next(value for value in graph.input if value.name not in initial)
    kind = onnx.helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type)
    shape = picture(given)
    size = (shape["width"], shape["height"])
    session = onnxruntime.InferenceSession(options.onnx, providers=["CPUExecutionProvider"])

    def fitted(film: Image.Image) -> Image.Image:
        if options.fit == "stretch":
            return resized(film, *size, options.interpolation)
        scale = min(size[0] / film.width, size[1] / film.height)
        fitting = [max(1, int(side * scale + 0.5)) for side in film.size]
        small = resized(film, *fitting, options.interpolation)
        canvas = Image.new("L", size, 0)
        canvas.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
        return canvas

    def tensor(path: Path):
        with Image.open(path) as film:
            levels = np.asarray(fitted(film.convert("L")), np.float64)
        values = np.repeat(levels[:, :, None], shape["channels"], axis=2)
        if options.preprocessing == "caffe":
            values = values - [103.939, 116.779, 123.68]
        elif options.preprocessing == "unit":
            values = values / 255
        elif options.preprocessing == "tf":
            values = values / 127.5 - 1
        elif options.preprocessing == "torch":
            values = (values / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        return (values if shape["layout"] == "NHWC" else values.transpose(2, 0, 1))[None].astype(np.float32).astype(kind)

    paths = sorted(Path(options.films).glob("*.png"))
    answers = [session.run(None, {given.name: tensor(path)})[0] for path in paths]
    return {path.name: row.tolist() for path, row in zip(paths, probabilities(answers, options.ends_in), strict=True)}


def main() -> dict:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    convert = commands.add_parser("convert")
    convert.add_argument("--keras")
    convert.add_argument("--onnx")
    convert.add_argument("--task", choices=("bodypart", "fracture"), required=True)
    convert.add_argument("--classes", required=True)
    convert.add_argument("--preprocessing", choices=PREPROCESSING, required=True)
    convert.add_argument("--ends-in", choices=("probabilities", "logits"), default="probabilities")
    convert.add_argument("--out", required=True)
    answer = commands.add_parser("answer")
    answer.add_argument("--keras")
    answer.add_argument("--onnx")
    answer.add_argument("--films", required=True)
    answer.add_argument("--preprocessing", choices=PREPROCESSING, required=True)
    answer.add_argument("--interpolation", choices=("nearest", "bilinear"), required=True)
    answer.add_argument("--fit", choices=("stretch", "letterbox"), default="stretch")
    answer.add_argument("--ends-in", choices=("probabilities", "logits"), default="probabilities")
    options = parser.parse_args()
    if options.command == "answer":
        return keras_answers(options) if options.keras else onnx_answers(options)

    import onnx

    model = keras_to_onnx(options.keras) if options.keras else load_onnx(options.onnx)
    bundle, spec = to_bundle(model, options.task, options.classes.split(","), options.preprocessing, options.ends_in)
    onnx.save(bundle, options.out)
    return spec


try:
    print(json.dumps(main()), file=answer_to)
except Refused as reason:
    print(json.dumps({"refused": str(reason)}), file=answer_to)
except OSError as error:
    print(json.dumps({"refused": f"the file cannot be read: {error}"}), file=answer_to)
except ValueError as error:
    # Keras says so where a file is none of its own.
    print(json.dumps({"refused": str(error).splitlines()[0]}), file=answer_to)
