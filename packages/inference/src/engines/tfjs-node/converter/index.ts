import { GraphBuilder, type SignatureTensor } from "./graph.js";
import { type OnnxGraph, type OnnxNode, readOnnx } from "./onnx.js";
import { elementwise } from "./operators/elementwise.js";
import { reductions } from "./operators/reductions.js";
import { shapes } from "./operators/shapes.js";
import { windows } from "./operators/windows.js";
import { constantValue, type Operator, Step, type Value } from "./step.js";

/** Changes whenever the same model becomes another graph, or none: what was converted before is converted again. */
export const converterRevision = 3;

const operators: Readonly<Record<string, Operator>> = {
  ...elementwise,
  ...windows,
  ...shapes,
  ...reductions,
};

/**
 * Makes a SavedModel of an ONNX model: a frozen graph with one signature, `serving_default`, whose inputs and outputs have
 * the model's names, types and shapes. Convolutions become TensorFlow's channels-last ones, with transpositions only where the
 * order shows.
 *
 * @returns the bytes of `saved_model.pb`
 * @throws UnsupportedModel naming the first operator that cannot be converted
 * @throws Error where the bytes are no ONNX model
 */
export function toSavedModel(onnx: Uint8Array): Uint8Array {
  const model = readOnnx(onnx);
  const graph = new GraphBuilder();
  const values = new Map<string, Value>();
  for (const [name, constant] of model.constants) values.set(name, constantValue(constant));
  const inputs = new Map<string, SignatureTensor>();
  for (const { name, type, dims } of model.inputs) {
    const tensor = graph.placeholder(type, dims);
    inputs.set(name, { tensor, type, dims });
    values.set(name, {
      type,
      dims,
      channelsLast: false,
      tensor,
      constant: undefined,
      elements: undefined,
    });
  }
  for (const node of model.nodes) convert(graph, model, node, values);
  return graph.toSavedModel(inputs, outputsOf(graph, model, values));
}

function convert(
  graph: GraphBuilder,
  { opset }: OnnxGraph,
  node: OnnxNode,
  values: Map<string, Value>,
): void {
  const inputs = node.inputs.map((name) => {
    if (name === "") return undefined;
    const value = values.get(name);
    if (value === undefined) throw new Error(`model.onnx uses "${name}" before it is made`);
    return value;
  });
  const step = new Step(graph, opset, node, inputs);
  const operator = node.domain === "" && Object.hasOwn(operators, node.op) ? operators[node.op] : undefined;
  const made = [(operator ?? step.refuse("at all"))(step)].flat();
  node.outputs.forEach((name, at) => {
    const value = made[at];
    if (value === undefined) {
      if (name !== "") step.refuse(`with ${node.outputs.length} outputs`);
      return;
    }
    values.set(name, value);
  });
}

/** The model's outputs, in ONNX's order of axes. */
function outputsOf(
  graph: GraphBuilder,
  { opset, outputs }: OnnxGraph,
  values: Map<string, Value>,
): Map<string, SignatureTensor> {
  return new Map(
    outputs.map(({ name }) => {
      const value = values.get(name);
      if (value === undefined) throw new Error(`model.onnx never makes its output "${name}"`);
      const node = { op: "output", domain: "", name, inputs: [], outputs: [], attributes: new Map() };
      const step = new Step(graph, opset, node, [value]);
      const plain = step.plain(value);
      // TensorFlow answers no tensor that it is fed.
      const { tensor = "" } = step.emit("Identity", [plain], plain);
      return [name, { tensor, type: plain.type, dims: plain.dims }];
    }),
  );
}
