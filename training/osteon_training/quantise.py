"""A bundle's second model: int8, made from `model.onnx` by static quantisation (QDQ), calibrated on train films."""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from .bundle import INT8, Bundle, digest, read_film, write_json
from .data import BONES, Sample, load
from .export import choose_bone
from .rounding import round_weights
from .stem import fold_stem
from .tensor import to_tensor

# Of each bone.
FILMS = 14


class Films(CalibrationDataReader):
    """Tensors of films, one by one."""

    def __init__(self, name: str, tensors: Iterator[np.ndarray]) -> None:
        self.name, self.tensors = name, tensors

    def get_next(self) -> dict[str, np.ndarray] | None:
        tensor = next(self.tensors, None)
        return None if tensor is None else {self.name: tensor}


def quantise(data: Path, models: Path, task: str | None = None) -> None:
    """Writes `model.int8.onnx` of every bundle under `models`, or of those of a task, and its entry in the manifest's `files`."""
    rng = random.Random(1)
    films = [s for bone in BONES for s in rng.sample([s for s in load(data, "train") if s.region == bone], FILMS)]
    part, *fractures = (Bundle(models / name) for name in ("bodypart", *(f"fracture-{bone}" for bone in BONES)))
    if task != "fracture":
        quantise_bundle(part, quantised(part, films))
    if task == "bodypart":
        return
    made: dict[str, onnx.ModelProto] = {}
    for bundle in fractures:
        weights = weights_of(bundle)
        made[weights] = made.get(weights) or quantised(bundle, films)
        choose_bone(made[weights], bundle.manifest["bone"])
        quantise_bundle(bundle, made[weights])


def weights_of(bundle: Bundle) -> str:
    """A digest of a fracture graph but for the bone that it answers for: bones may share one, and need not."""
    model = onnx.load(bundle.folder / "model.onnx")
    choose_bone(model, BONES[0])
    return hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()


def quantise_bundle(bundle: Bundle, model: onnx.ModelProto) -> None:
    """Adds the int8 model to a bundle, with its answer to the warm-up film."""
    onnx.save(model, bundle.folder / INT8)
    bundle.manifest["files"][INT8] = digest(bundle.folder / INT8)
    raw = Bundle(bundle.folder, INT8).run([read_film(bundle.folder / "warmup.png")])
    outputs = {name: [round(float(v), 5) for v in raw[name].reshape(-1)] for name in bundle.manifest["warmup"]["outputs"]}
    # Kernels of other processors may round a step's sum the other way.
    bundle.manifest["int8"] = {"warmup": {"outputs": outputs, "tolerance": 0.25}}
    write_json(bundle.folder / "model.json", bundle.manifest)


def quantised(bundle: Bundle, films: list[Sample]) -> onnx.ModelProto:
    """The bundle's model with convolutions and the sums between them in int8, calibrated on films; weights per channel, and in 7 bits.

    Seven bits because processors without VNNI add two products in 16 bits, which eight would overflow. What follows the
    last convolution (pooling, the few linear steps) stays float32, and so does what draws the heat map, a small part of the work:
    hot cells are rare, and ranges calibrated on all cells cut them off.
    """
    tensors = [to_tensor(s.image, bundle.spec)[None] for s in films]
    with tempfile.TemporaryDirectory() as temporary:
        start, prepared, target = (Path(temporary) / name for name in ("start.onnx", "prepared.onnx", "int8.onnx"))
        folded = onnx.load(bundle.folder / "model.onnx")
        fold_stem(folded)
        onnx.save(folded, start)
        quant_pre_process(str(start), str(prepared), skip_symbolic_shape=True)
        exact = onnx.load(prepared)
        left = head(exact.graph)
        round_weights(exact, tensors, [node.name for node in exact.graph.node if node.op_type == "Conv" and node.name not in left])
        onnx.save(exact, prepared)
        quantize_static(
            str(prepared), str(target), Films("film", iter(tensors)), quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Add", "Clip", "Resize"], nodes_to_exclude=left, per_channel=True, reduce_range=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": 0.05},
        )
        model = onnx.load(target)
    del model.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
    return model


def head(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that are no part of the trunk: of what is pooled before anything is enlarged again."""
    makers = {output: node for node in graph.node for output in node.output}

    def before(node: onnx.NodeProto) -> dict[str, onnx.NodeProto]:
        found, open_nodes = {}, [node]
        while open_nodes:
            for name in open_nodes.pop().input:
                maker = makers.get(name)
                if maker is not None and maker.name not in found:
                    found[maker.name] = maker
                    open_nodes.append(maker)
        return found

    pooled = [before(node) for node in graph.node if node.op_type in ("ReduceMean", "GlobalAveragePool")]
    trunk = {name for nodes in pooled if all(node.op_type != "Resize" for node in nodes.values()) for name in nodes}
    return [node.name for node in graph.node if node.name not in trunk]
