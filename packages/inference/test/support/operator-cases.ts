import type { OnnxAttributeValue, OnnxConstant, OnnxSpec } from "./onnx.js";

/** A model of one operator, and the same behind a convolution. */
export interface OperatorCase {
  readonly name: string;
  readonly model: OnnxSpec;
}

const shape = [2, 6, 9, 12] as const;

/** Numbers that look random and are the same each time. */
function numbers(count: number, scale = 1): number[] {
  return Array.from({ length: count }, (_, i) => scale * Math.sin(i * 12.9898 + 1) * Math.cos(i * 0.37));
}

function floats(...dims: number[]): OnnxConstant {
  return { dims, data: numbers(dims.reduce((size, dim) => size * dim, 1)) };
}

function ints(...data: number[]): OnnxConstant {
  return { dims: [data.length], data, ints: true };
}

const number = (value: number): OnnxConstant => ({ dims: [], data: [value] });

interface Options {
  readonly input?: readonly number[];
  readonly opset?: number;
  readonly outputs?: number;
  /** Outputs that are compared. Default: all. */
  readonly compared?: number;
  readonly title?: string;
}

type Attributes = Readonly<Record<string, OnnxAttributeValue>>;

/** One operator on `x`; further inputs are constants, `x` again, or left out. */
function one(
  op: string,
  attributes: Attributes = {},
  further: readonly (OnnxConstant | "x" | "")[] = [],
  { input = shape, opset, outputs = 1, compared = outputs, title }: Options = {},
): OperatorCase[] {
  const names = further.map((each, at) => (typeof each === "string" ? each : `c${at}`));
  const constants = Object.fromEntries(
    further.flatMap((each, at) => (typeof each === "string" ? [] : [[`c${at}`, each]])),
  );
  const made = Array.from({ length: outputs }, (_, at) => `y${at}`);
  const node = { op, inputs: ["x", ...names], outputs: made, attributes };
  const version = opset === undefined ? {} : { opset };
  const name = `${op} ${title ?? JSON.stringify(attributes)}${opset === undefined ? "" : ` (version ${opset})`}`;
  const plain = {
    name,
    model: { input, nodes: [node], constants, outputs: made.slice(0, compared), ...version },
  };
  if (input.length !== 4) return [plain];
  const [, channels = 1] = input;
  const behind: OnnxSpec = {
    ...plain.model,
    nodes: [
      { op: "Conv", inputs: ["x", "w"], outputs: ["k"] },
      { ...node, inputs: node.inputs.map((each) => (each === "x" ? "k" : each)) },
    ],
    constants: { ...constants, w: floats(channels, channels, 1, 1) },
  };
  return [plain, { name: `${name} behind a convolution`, model: behind }];
}

const elementwise = [
  ...["Abs", "Ceil", "Erf", "Exp", "Floor", "Neg", "Relu", "Round", "Sigmoid", "Sign", "Softplus", "Tanh"],
  ...["Softsign", "Elu", "Identity", "HardSwish", "LeakyRelu"],
].flatMap((op) => one(op));

const activations = [
  ...one("Gelu", {}, [], { opset: 20 }),
  ...one("HardSigmoid", { alpha: { float: 0.3 }, beta: { float: 0.4 } }),
  ...one("LeakyRelu", { alpha: { float: 0.2 } }),
  ...one("PRelu", {}, [floats(6, 1, 1)]),
  ...one("Clip", {}, [number(0), number(6)]),
  ...one("Clip", {}, [number(-0.2), number(0.3)], { title: "to ±" }),
  ...one("Clip", {}, ["", number(0.3)], { title: "from above" }),
  ...one("Clip", { min: { float: 0 }, max: { float: 0.5 } }, [], { opset: 8 }),
  ...one("Softmax", { axis: 1 }),
  ...one("Softmax", { axis: -1 }),
  ...one("Softmax", { axis: 2 }),
  ...one("Softmax", {}, [], { input: [3, 7], opset: 11 }),
  ...one("LogSoftmax", { axis: 1 }),
];

const arithmetic = [
  ...["Add", "Sub", "Mul", "Div"].flatMap((op) => [
    ...one(op, {}, [floats(6, 1, 1)], { title: "a number a channel" }),
    ...one(op, {}, [floats(12)], { title: "a row" }),
    ...one(op, {}, [number(1.5)], { title: "a number" }),
    ...one(op, {}, [floats(1, 6, 9, 12)], { title: "a film" }),
    ...one(op, {}, ["x"], { title: "itself" }),
  ]),
  ...one("Pow", {}, [number(2)]),
  ...one("Max", {}, [floats(6, 1, 1), number(0.1)]),
  ...one("Min", {}, [floats(6, 1, 1), number(0.1)]),
  ...one("Sum", {}, ["x", floats(6, 1, 1)]),
  ...one("BatchNormalization", { epsilon: { float: 0.001 } }, [
    floats(6),
    floats(6),
    floats(6),
    { dims: [6], data: [1, 2, 0.5, 3, 4, 0.1] },
  ]),
];

const windows = [
  ...one("Conv", {}, [floats(4, 6, 3, 3), floats(4)]),
  ...one("Conv", { pads: [1, 1, 1, 1] }, [floats(4, 6, 3, 3)]),
  ...one("Conv", { pads: [0, 0, 1, 1], strides: [2, 2] }, [floats(4, 6, 3, 3)]),
  ...one("Conv", { pads: [3, 2, 1, 0], strides: [2, 1] }, [floats(4, 6, 3, 3), floats(4)]),
  ...one("Conv", { pads: [2, 2, 2, 2], dilations: [2, 2] }, [floats(4, 6, 3, 3)]),
  ...one("Conv", { auto_pad: "SAME_UPPER", strides: [2, 2] }, [floats(4, 6, 3, 3)]),
  ...one("Conv", { auto_pad: "SAME_LOWER", strides: [2, 2] }, [floats(4, 6, 4, 4)]),
  ...one("Conv", { auto_pad: "VALID" }, [floats(4, 6, 3, 3)]),
  ...one("Conv", { group: 6, pads: [1, 1, 1, 1] }, [floats(6, 1, 3, 3), floats(6)]),
  ...one("Conv", { group: 6, pads: [1, 1, 2, 2], strides: [2, 2] }, [floats(6, 1, 3, 3)]),
  ...one("Conv", { group: 6, pads: [0, 0, 0, 0] }, [floats(12, 1, 3, 3)], { title: "two filters a channel" }),
  ...one("Conv", { group: 6, pads: [2, 2, 2, 2], dilations: [2, 2] }, [floats(6, 1, 3, 3)]),
  ...one("Conv", { group: 2, pads: [1, 1, 1, 1] }, [floats(4, 3, 3, 3), floats(4)]),
  ...one("MaxPool", { kernel_shape: [2, 2], strides: [2, 2] }),
  ...one("MaxPool", { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  ...one("MaxPool", { kernel_shape: [3, 3], pads: [1, 0, 1, 2] }),
  ...one("AveragePool", { kernel_shape: [3, 3], strides: [3, 3] }),
  ...one("AveragePool", { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  ...one("AveragePool", { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 0, 1] }),
  ...one("AveragePool", { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }),
  ...one("GlobalAveragePool"),
  ...one("GlobalMaxPool"),
];

const resizes = [
  ...one("Resize", { mode: "linear" }, ["", { dims: [4], data: [1, 1, 2, 2] }]),
  ...one("Resize", { mode: "linear", coordinate_transformation_mode: "align_corners" }, [
    "",
    "",
    ints(2, 6, 18, 30),
  ]),
  ...one("Resize", { mode: "linear", coordinate_transformation_mode: "asymmetric" }, [
    "",
    { dims: [4], data: [1, 1, 3, 2] },
  ]),
  ...one("Resize", { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }, [
    "",
    { dims: [4], data: [1, 1, 3, 2] },
  ]),
  ...one("Resize", { mode: "nearest" }, ["", { dims: [4], data: [1, 1, 3, 2] }]),
  ...one("Upsample", { mode: "nearest" }, [{ dims: [4], data: [1, 1, 2, 2] }], { opset: 9 }),
];

const reductions = [
  ...["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceSumSquare"].flatMap((op) => {
    // The axes are an input of ReduceSum since 13, of the others since 18.
    const reduce = (axes: number[], keepdims: number) =>
      op === "ReduceSum"
        ? one(op, { keepdims }, [ints(...axes)], { title: `${axes} ${keepdims}` })
        : one(op, { keepdims, axes });
    return [...reduce([2, 3], 0), ...reduce([-1, -2], 1), ...reduce([1], 0), ...reduce([1, 3], 0)];
  }),
  ...one("ReduceMean", { keepdims: 0 }, [ints(2, 3)], { opset: 18 }),
  ...one("TopK", {}, [ints(5)], { outputs: 2, compared: 1, title: "the largest" }),
  ...one("MatMul", {}, [floats(12, 5)]),
  ...one("MatMul", {}, [floats(7, 5)], { input: [3, 7] }),
  ...one("Gemm", { transB: 1 }, [floats(5, 7), floats(5)], { input: [3, 7] }),
  ...one("Gemm", { alpha: { float: 0.5 }, beta: { float: 2 } }, [floats(7, 5), floats(1, 5)], {
    input: [3, 7],
  }),
];

const shapes = [
  ...one("Flatten"),
  ...one("Reshape", {}, [ints(0, 6, -1)]),
  ...one("Reshape", {}, [ints(-1, 108)], { title: "to rows" }),
  ...one("Reshape", {}, [ints(2, 54, 12)], { title: "whole" }),
  ...one("Transpose", { perm: [0, 2, 3, 1] }),
  ...one("Transpose", { perm: [0, 3, 1, 2] }),
  ...one("Transpose", { perm: [3, 1, 0, 2] }),
  ...one("Transpose", {}),
  ...one("Unsqueeze", {}, [ints(1)]),
  ...one("Unsqueeze", { axes: [0] }, [], { opset: 11 }),
  ...one("Squeeze", {}, [ints(1)], { input: [2, 1, 9, 12] }),
  ...one("Squeeze", { axes: [1] }, [], { input: [2, 1, 9, 12], opset: 11 }),
  ...one("Concat", { axis: 1 }, ["x", "x"]),
  ...one("Concat", { axis: -1 }, ["x"]),
  ...one("Slice", {}, [ints(1, -4), ints(2 ** 31 - 1, -1), ints(1, 3)]),
  ...one("Slice", {}, [ints(0), ints(9), ints(2), ints(2)], { title: "every second" }),
  ...one("Slice", {}, [ints(-1), ints(-(2 ** 31)), ints(2), ints(-1)], { title: "backwards" }),
  ...one("Slice", { starts: [1], ends: [4], axes: [1] }, [], { opset: 9 }),
  ...one("Split", { axis: 1 }, [ints(2, 4)], { outputs: 2 }),
  ...one("Split", { axis: 3 }, [], { outputs: 3 }),
  ...one("Gather", { axis: 1 }, [ints(5, 0, -1)]),
  ...one("Gather", { axis: 3 }, [{ dims: [], data: [2], ints: true }], { title: "one" }),
  ...one("Pad", {}, [ints(0, 0, 1, 2, 0, 0, 3, 0), number(0.7)]),
  ...one("Pad", { mode: "reflect" }, [ints(0, 0, 1, 2, 0, 0, 3, 0)]),
  ...one("Pad", { pads: [0, 0, 1, 2, 0, 1, 3, 0], value: { float: 0.5 } }, [], { opset: 9 }),
  ...one("Expand", {}, [ints(2, 1, 6, 9, 12)]),
  ...one("Cast", { to: 1 }),
  ...one("Dropout"),
];

/** What exporters write for "flatten, whatever the batch". */
const dynamicFlatten: OperatorCase = {
  name: "a shape that is reckoned from the film's",
  model: {
    input: shape,
    constants: { zero: ints(0), one: ints(1), rest: ints(-1), at: { dims: [], data: [0], ints: true } },
    nodes: [
      { op: "Shape", inputs: ["x"], outputs: ["shape"] },
      { op: "Gather", inputs: ["shape", "at"], outputs: ["batch"], attributes: { axis: 0 } },
      { op: "Unsqueeze", inputs: ["batch", "zero"], outputs: ["vector"] },
      { op: "Concat", inputs: ["vector", "rest"], outputs: ["target"], attributes: { axis: 0 } },
      { op: "Reshape", inputs: ["x", "target"], outputs: ["flat"] },
      { op: "Slice", inputs: ["shape", "zero", "one"], outputs: ["front"] },
      { op: "Concat", inputs: ["front", "rest"], outputs: ["again"], attributes: { axis: 0 } },
      { op: "Reshape", inputs: ["flat", "again"], outputs: ["y"] },
    ],
    outputs: ["y"],
  },
};

/** Models of every operator that the engine tfjs-node converts, in the ways in which exporters use them. */
export const operatorCases: readonly OperatorCase[] = [
  ...elementwise,
  ...activations,
  ...arithmetic,
  ...windows,
  ...resizes,
  ...reductions,
  ...shapes,
  dynamicFlatten,
];
