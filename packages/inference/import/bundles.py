"""The ONNX model of a bundle, made of a classifier's."""

import math

from originals import picture
from refused import Refused


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


def graphs_within(node) -> list:
    """The branches and bodies of an If, a Loop or a Scan, which see the names around them."""
    return [graph for attribute in node.attribute for graph in ([attribute.g] if attribute.HasField("g") else attribute.graphs)]


def read_by(node) -> set[str]:
    """The tensors that a node needs, by itself or in a graph within it."""
    names = set(node.input)
    for graph in graphs_within(node):
        names.update(value.name for value in graph.output)
        names.update(*map(read_by, graph.node))
    return names


def renamed(model):
    """The model with each tensor that it takes, makes or holds under a name that no node of ours can have."""
    taken = {value.name for value in model.graph.input} - {tensor.name for tensor in model.graph.initializer}
    # Its input keeps its own wherever that is no name of ours, nor one of those given here.
    keeping = {name for name in taken if name not in ("logit", "logits") and not name.startswith(("osteon_", "model."))} | {""}

    def rename(name: str) -> str:
        return name if name in keeping else f"model.{name}"

    def rename_all(graph):
        for node in graph.node:
            node.input[:] = [rename(name) for name in node.input]
            node.output[:] = [rename(name) for name in node.output]
            for inner in graphs_within(node):
                rename_all(inner)
        for value in [*graph.initializer, *graph.input, *graph.output, *graph.value_info]:
            value.name = rename(value.name)

    rename_all(model.graph)
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
    taking.name = f"osteon_input_{value.name}"
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
            needed.update(read_by(node))
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
    return bundle, {"input": given.name, "numbers": width, "halves": halves, **spec}
