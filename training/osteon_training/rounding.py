"""Weights on the levels of int8, chosen so that a convolution's sums over films change least.

The nearest level of each weight is not the best: errors of one filter add up where its inputs go together, as the pixels under a kernel
do. Which of a weight's two levels is taken is a choice for the whole filter, by the covariance of its inputs on train films, and
what the sums shift by in the mean is taken out of the bias. Sources: M. Nagel and others, "Up or Down? Adaptive Rounding for
Post-Training Quantization", ICML 2020 (the aim); "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019
(the bias). The choice is made here by coordinate descent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper

# Of 7 bits, either side of zero: what ONNX Runtime's quantiser makes of a filter whose greatest weight lies on the last one.
LEVELS = 64
# Positions of a convolution that are looked at in each film, where it has as many; fewer than twice as many.
POSITIONS = 6400
# Of the mean variance, added to each: inputs that hardly vary on the films must not decide.
DAMPING = 0.01
SWEEPS = 30


@dataclass
class Moments:
    """What a convolution's kernel sees: `covariance` (groups, taps, taps) and `mean` (groups, taps); one group where filters see all channels."""

    covariance: np.ndarray
    mean: np.ndarray


def round_weights(model: onnx.ModelProto, films: list[np.ndarray], convolutions: list[str]) -> None:
    """Puts the weights of the named convolutions on levels, and corrects their biases. `films`: tensors of one film each, (1, C, H, W).

    :raises ValueError: for a convolution that `patches` does not take, or without a bias
    """
    nodes = [node for node in model.graph.node if node.name in set(convolutions)]
    for node in nodes:
        if len(node.input) < 3:
            raise ValueError(f"{node.name}: no bias to correct")
    initial = {each.name: each for each in model.graph.initializer}
    seen = moments(model, films, nodes)
    for node in nodes:
        weights, bias = (initial[name] for name in node.input[1:3])
        exact = numpy_helper.to_array(weights).astype(np.float64)
        flat = exact.reshape(len(exact), -1)
        rounded = on_levels(flat, seen[node.name].covariance)
        shift = ((rounded - flat) * seen[node.name].mean).sum(axis=1)
        replace(weights, rounded.reshape(exact.shape))
        replace(bias, numpy_helper.to_array(bias) - shift)


def replace(initializer: onnx.TensorProto, value: np.ndarray) -> None:
    initializer.CopyFrom(numpy_helper.from_array(value.astype(np.float32), initializer.name))


def on_levels(weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Weights (filters, taps), each on one of the two levels about it, so that each filter's squared error over its inputs is least.

    `covariance` of the inputs: (1, taps, taps), or one for each filter. A filter's greatest weight stays as it is: it sets the scale.
    """
    scale = np.maximum(np.abs(weights).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / LEVELS
    exact = weights / scale
    fixed = np.abs(exact) > LEVELS * (1 - 1e-9)
    level = np.round(exact)
    low, high = np.where(fixed, level, np.floor(exact)), np.where(fixed, level, np.ceil(exact))
    taps = weights.shape[1]
    damping = DAMPING * np.trace(covariance, axis1=1, axis2=2) / taps + 1e-12
    damped = covariance + damping[:, None, None] * np.eye(taps)
    # Half the gradient of each filter's error.
    slope = (damped @ (level - exact)[:, :, None])[:, :, 0]
    for _ in range(SWEEPS):
        before = level.copy()
        for tap in range(taps):
            best = level[:, tap] - slope[:, tap] / damped[:, tap, tap]
            step = np.clip(np.round(best), low[:, tap], high[:, tap]) - level[:, tap]
            level[:, tap] += step
            slope += step[:, None] * damped[:, tap, :]
        if np.array_equal(level, before):
            break
    return level * scale


def moments(model: onnx.ModelProto, films: list[np.ndarray], nodes: list[onnx.NodeProto]) -> dict[str, Moments]:
    """What the kernels of convolutions see on films, by the nodes' names."""
    film = model.graph.input[0].name
    kernels = {each.name: tuple(each.dims[2:]) for each in model.graph.initializer}
    inner = sorted({node.input[0] for node in nodes} - {film})
    session = session_of(model, inner)
    products: dict[str, np.ndarray] = {}
    sums: dict[str, np.ndarray] = {}
    counts = dict.fromkeys((node.name for node in nodes), 0)
    for tensor in films:
        values = {film: tensor} | (dict(zip(inner, session.run(inner, {film: tensor}))) if inner else {})
        for node in nodes:
            under = patches(values[node.input[0]][0], node, kernels[node.input[1]])
            products[node.name] = products.get(node.name, 0) + (under @ under.transpose(0, 2, 1)).astype(np.float64)
            sums[node.name] = sums.get(node.name, 0) + under.sum(axis=2, dtype=np.float64)
            counts[node.name] += under.shape[2]
    means = {name: total / counts[name] for name, total in sums.items()}
    return {
        name: Moments(products[name] / counts[name] - mean[:, :, None] * mean[:, None, :], mean) for name, mean in means.items()
    }


def session_of(model: onnx.ModelProto, inner: list[str]) -> onnxruntime.InferenceSession:
    """The model, with inner values among its outputs."""
    open_model = onnx.ModelProto()
    open_model.CopyFrom(model)
    open_model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in inner)
    return onnxruntime.InferenceSession(open_model.SerializeToString(), providers=["CPUExecutionProvider"])


def patches(values: np.ndarray, node: onnx.NodeProto, kernel: tuple[int, int]) -> np.ndarray:
    """What lies under the kernel, (groups, taps, positions), of values (C, H, W): each channel by itself in a depthwise convolution.

    :raises ValueError: for a convolution in some of the channels, with gaps in its kernel, or that pads by itself
    """
    options = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    plain = options.get("auto_pad", b"NOTSET") == b"NOTSET" and set(options.get("dilations", [1])) == {1}
    if not plain or options.get("group", 1) not in (1, len(values)):
        raise ValueError(f"{node.name}: only plain and depthwise convolutions without gaps, whose padding is given")
    top, left, bottom, right = options.get("pads", [0, 0, 0, 0])
    down, across = options.get("strides", [1, 1])
    padded = np.pad(values, ((0, 0), (top, bottom), (left, right)))
    windows = sliding_window_view(padded, kernel, axis=(1, 2))[:, ::down, ::across]
    channels, positions = len(values), windows.shape[1] * windows.shape[2]
    taps = windows.reshape(channels, positions, -1).transpose(0, 2, 1)
    groups = taps if options.get("group", 1) > 1 else taps.reshape(1, -1, positions)
    return groups[:, :, :: max(1, positions // POSITIONS)]
