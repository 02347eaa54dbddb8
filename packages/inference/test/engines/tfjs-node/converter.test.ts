import assert from "node:assert/strict";
import { test } from "node:test";
import { toSavedModel } from "../../../src/engines/tfjs-node/converter/index.js";
import { SavedModel } from "../../../src/engines/tfjs-node/converter/saved-model-schema.js";
import { UnsupportedModel } from "../../../src/pool/unsupported-model.js";
import { type OnnxNodeSpec, type OnnxSpec, onnxOf } from "../../support/onnx.js";

interface Graph {
  readonly ops: readonly string[];
  readonly inputs: Record<string, { tensorShape: { dim: { size: number }[] } }>;
  readonly outputs: Record<string, { tensorShape: { dim: { size: number }[] } }>;
}

function convert(model: OnnxSpec): Graph {
  const { metaGraphs } = SavedModel.toObject(SavedModel.decode(toSavedModel(onnxOf(model))), {
    longs: Number,
  }) as {
    metaGraphs: {
      graphDef: { node: { op: string }[] };
      signatureDef: { serving_default: Pick<Graph, "inputs" | "outputs"> };
    }[];
  };
  const [graph] = metaGraphs;
  assert.ok(graph);
  return { ops: graph.graphDef.node.map(({ op }) => op), ...graph.signatureDef.serving_default };
}

const conv = (from: string, to: string): OnnxNodeSpec => ({ op: "Conv", inputs: [from, "w"], outputs: [to] });
const weights = { w: { dims: [3, 3, 1, 1], data: new Array(9).fill(0.5) } };

test("the signature has the model's names and shapes, the batch open", () => {
  const { inputs, outputs } = convert({
    input: [1, 3, 8, 8],
    nodes: [conv("x", "y")],
    constants: weights,
    outputs: ["y"],
  });
  const sizes = (tensors: Graph["inputs"]) =>
    Object.entries(tensors).map(([name, { tensorShape }]) => [name, tensorShape.dim.map(({ size }) => size)]);
  assert.deepEqual(sizes(inputs), [["x", [-1, 3, 8, 8]]]);
  assert.deepEqual(sizes(outputs), [["y", [-1, 3, 8, 8]]]);
});

test("what TensorFlow would do otherwise is refused: a softmax over several axes, a scale that leaves a part of a pixel", () => {
  const after = (node: OnnxNodeSpec, opset: number, constants = {}): OnnxSpec => ({
    input: [1, 3, 7, 7],
    nodes: [conv("x", "a"), node],
    constants: { ...weights, ...constants },
    outputs: ["y"],
    opset,
  });
  const softmax: OnnxNodeSpec = { op: "Softmax", inputs: ["a"], outputs: ["y"], attributes: { axis: 1 } };
  assert.throws(() => convert(after(softmax, 11)), UnsupportedModel);
  convert(after(softmax, 13));
  const resize: OnnxNodeSpec = {
    op: "Resize",
    inputs: ["a", "", "scales"],
    outputs: ["y"],
    attributes: { mode: "linear" },
  };
  const by = (scale: number) => ({ scales: { dims: [4], data: [1, 1, scale, scale] } });
  assert.throws(() => convert(after(resize, 13, by(1.5))), UnsupportedModel);
  convert(after(resize, 13, by(2)));
});

test("the nearest pixel by centres is refused where ONNX rounds otherwise than TensorFlow", () => {
  for (const coordinates of ["half_pixel", "pytorch_half_pixel"]) {
    const doubled = (rounding: string): OnnxSpec => ({
      input: [1, 1, 4, 4],
      nodes: [
        {
          op: "Resize",
          inputs: ["x", "", "scales"],
          outputs: ["y"],
          attributes: {
            mode: "nearest",
            coordinate_transformation_mode: coordinates,
            nearest_mode: rounding,
          },
        },
      ],
      constants: { scales: { dims: [4], data: [1, 1, 2, 2] } },
      outputs: ["y"],
    });
    for (const rounding of ["floor", "ceil"])
      assert.throws(() => convert(doubled(rounding)), UnsupportedModel, `${coordinates} ${rounding}`);
    for (const rounding of ["round_prefer_floor", "round_prefer_ceil"]) convert(doubled(rounding));
  }
});

test("the order of axes changes where the film comes in and where a map goes out, not between", () => {
  const { ops } = convert({
    input: [1, 3, 8, 8],
    nodes: [
      conv("x", "a"),
      { op: "Relu", inputs: ["a"], outputs: ["b"] },
      conv("b", "c"),
      { op: "Add", inputs: ["a", "c"], outputs: ["d"] },
      { op: "GlobalAveragePool", inputs: ["d"], outputs: ["pooled"] },
      conv("d", "map"),
    ],
    constants: weights,
    outputs: ["map"],
  });
  assert.equal(ops.filter((op) => op === "Transpose").length, 2);
});

test("a network that is channels-last itself needs no change of order at all", () => {
  const turn = (from: string, to: string, perm: number[]): OnnxNodeSpec => ({
    op: "Transpose",
    inputs: [from],
    outputs: [to],
    attributes: { perm },
  });
  const { ops } = convert({
    input: [1, 8, 8, 3],
    nodes: [turn("x", "a", [0, 3, 1, 2]), conv("a", "b"), turn("b", "y", [0, 2, 3, 1])],
    constants: weights,
    outputs: ["y"],
  });
  assert.ok(!ops.includes("Transpose"));
});

test("what cannot be converted is named, with what stands against it", () => {
  const refused = (node: Omit<OnnxNodeSpec, "outputs">, message: RegExp) =>
    assert.throws(
      () =>
        convert({
          input: [1, 3, 8, 8],
          nodes: [{ ...node, outputs: ["y"] }],
          constants: weights,
          outputs: ["y"],
        }),
      (error) => error instanceof UnsupportedModel && message.test(error.message),
    );
  refused({ op: "Einsum", inputs: ["x"] }, /operator Einsum/);
  refused({ op: "FusedConv", inputs: ["x"], domain: "com.microsoft" }, /com\.microsoft\.FusedConv/);
  refused({ op: "Conv", inputs: ["x", "x"] }, /Conv whose input 1 is not constant/);
  refused(
    { op: "Resize", inputs: ["x", "", "w"], attributes: { mode: "cubic" } },
    /Resize of the mode cubic/,
  );
  refused({ op: "MaxPool", inputs: ["x"], attributes: { kernel_shape: [2, 2], ceil_mode: 1 } }, /ceil_mode/);
});

test("bytes that are no model are no unsupported model", () => {
  for (const bytes of [Buffer.from("no model at all"), new Uint8Array()]) {
    assert.throws(
      () => toSavedModel(bytes),
      (error) => !(error instanceof UnsupportedModel),
    );
  }
});
