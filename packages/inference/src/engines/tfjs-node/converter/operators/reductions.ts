import type { Operator, Step, Value } from "../step.js";
import { type Constant, ints } from "../tensor.js";

/** TensorFlow's reduction of a value along axes in ONNX's order. */
function reduced(step: Step, op: string, value: Value, axes: readonly number[], keep: boolean): Value {
  const rank = value.dims.length;
  const gone = new Set(axes.map((axis) => step.axis(axis, rank)));
  const left = value.dims.map((_, axis) => axis).filter((axis) => !gone.has(axis));
  // With the reduced axes gone, the order of the others must be ONNX's.
  const inOrder = left.every((axis, at) => {
    const next = left[at + 1];
    return next === undefined || step.physical(value, axis) < step.physical(value, next);
  });
  const x = keep || inOrder ? value : step.plain(value);
  const dims = keep
    ? value.dims.map((dim, axis) => (gone.has(axis) ? 1 : dim))
    : left.map((axis) => value.dims[axis] ?? null);
  return step.emit(
    op,
    [
      x,
      ints(
        "int32",
        [...gone].map((axis) => step.physical(x, axis)),
      ),
    ],
    { dims, channelsLast: keep && x.channelsLast },
    { Tidx: { type: "int32" }, keep_dims: { bool: keep } },
  );
}

const reduce =
  (op: string, before?: string, after?: string): Operator =>
  (step) => {
    const x = step.input(0);
    const given = step.list("axes", 1) ?? [];
    if (given.length === 0 && step.int("noop_with_empty_axes", 0) === 1) return x;
    const axes = given.length === 0 ? x.dims.map((_, axis) => axis) : given;
    const ready = before === undefined ? x : step.emit(before, [x], x);
    const sum = reduced(step, op, ready, axes, step.int("keepdims", 1) === 1);
    return after === undefined ? sum : step.emit(after, [sum], sum);
  };

const global =
  (op: string): Operator =>
  (step) => {
    const x = step.input(0);
    if (x.dims.length !== 4) step.refuse(`on ${x.dims.length} dimensions`);
    return reduced(step, op, x, [2, 3], true);
  };

/** TensorFlow's operation along the last axis. */
const alongLast =
  (op: string): Operator =>
  (step) => {
    const x = step.input(0);
    const rank = x.dims.length;
    const axis = step.axis(step.int("axis", step.opset >= 13 ? -1 : 1), rank);
    // Before version 13, all axes from this one on were one.
    if (step.opset < 13 && x.dims.slice(axis + 1).some((length) => length !== 1))
      step.refuse("along more than one axis");
    if (step.physical(x, axis) === rank - 1) return step.emit(op, [x], x);
    const order = [...x.dims.keys()].filter((each) => each !== axis);
    const last = [...order, axis];
    const back = x.dims.map((_, each) => last.indexOf(each));
    const turned = turn(step, step.plain(x), last);
    return turn(step, step.emit(op, [turned], turned), back);
  };

function turn(step: Step, x: Value, order: readonly number[]): Value {
  const dims = order.map((axis) => x.dims[axis] ?? null);
  return step.emit("Transpose", [x, ints("int32", order)], { dims }, { Tperm: { type: "int32" } });
}

const topK: Operator = (step) => {
  const x = step.plain(step.input(0));
  const axis = step.axis(step.int("axis", -1), x.dims.length);
  if (axis !== x.dims.length - 1) step.refuse("along an axis that is not the last");
  if (step.int("largest", 1) !== 1) step.refuse("of the least");
  const count = Math.trunc(step.list("k", 1)?.[0] ?? step.int("k", 1));
  const dims = [...x.dims.slice(0, -1), count];
  const k: Constant = { type: "int32", dims: [], data: [count] };
  const values = step.emit("TopKV2", [x, k], { dims }, { sorted: { bool: step.int("sorted", 1) === 1 } });
  const indices = step.graph.node("Cast", [`${values.tensor}:1`], {
    SrcT: { type: "int32" },
    DstT: { type: "int64" },
  });
  return [values, step.value(indices, { type: "int64", dims })];
};

const argMax: Operator = (step) => {
  const x = step.plain(step.input(0));
  const axis = step.axis(step.int("axis", 0), x.dims.length);
  const without = x.dims.filter((_, each) => each !== axis);
  const found = step.emit(
    "ArgMax",
    [x, { type: "int32", dims: [], data: [axis] }],
    { type: "int64", dims: without },
    { Tidx: { type: "int32" }, output_type: { type: "int64" } },
  );
  if (step.int("keepdims", 1) === 0) return found;
  return step.reshape(
    found,
    x.dims.map((dim, each) => (each === axis ? 1 : dim)),
  );
};

/** A batch of matrices by one matrix, or matrix by matrix. */
const matMul: Operator = (step) => {
  const [a, b] = [step.plain(step.input(0)), step.plain(step.input(1))];
  const [rows, columns] = [a.dims.at(-2) ?? null, b.dims.at(-1) ?? null];
  if (a.dims.length < 2 || b.dims.length < 2) step.refuse("of vectors");
  if (a.dims.length === 2 && b.dims.length === 2)
    return step.emit("MatMul", [a, b], { dims: [rows, columns] });
  const more = a.dims.length >= b.dims.length ? a.dims : b.dims;
  return step.emit("BatchMatMulV2", [a, b], { dims: [...more.slice(0, -2), rows, columns] });
};

const gemm: Operator = (step) => {
  const [a, b] = [step.plain(step.input(0)), step.plain(step.input(1))];
  const [turnA, turnB] = [step.int("transA", 0) === 1, step.int("transB", 0) === 1];
  const dims = [a.dims[turnA ? 1 : 0] ?? null, b.dims[turnB ? 0 : 1] ?? null];
  const scaled = (value: Value, factor: number) =>
    factor === 1
      ? value
      : step.emit("Mul", [value, { type: "float", dims: [], data: Float32Array.of(factor) }], value);
  const product = step.emit(
    "MatMul",
    [a, b],
    { dims },
    { transpose_a: { bool: turnA }, transpose_b: { bool: turnB } },
  );
  const first = scaled(product, step.attribute("alpha")?.float ?? 1);
  const c = step.optional(2);
  if (c === undefined) return first;
  const second = scaled(step.plain(c), step.attribute("beta")?.float ?? 1);
  if (c.dims.length === 1 && c.dims[0] === dims[1] && second.constant !== undefined)
    return step.emit("BiasAdd", [first, second], { dims });
  return step.emit("AddV2", [first, second], { dims });
};

const resize: Operator = (step) => {
  const x = step.channelsLast(step.input(0));
  const since11 = step.node.op === "Resize" && step.opset >= 11;
  const mode = step.attribute("mode")?.text || "nearest";
  const coordinates =
    step.attribute("coordinate_transformation_mode")?.text || (since11 ? "half_pixel" : "asymmetric");
  if (step.int("antialias", 0) !== 0) step.refuse("with antialias");
  if (step.attribute("axes") !== undefined) step.refuse("with axes");
  const scales = step.optional(since11 ? 2 : 1)?.constant?.data ?? step.attribute("scales")?.floats ?? [];
  const sizes = since11 ? step.optional(3)?.constant?.data : undefined;
  const side = (axis: 2 | 3) => {
    const from = x.dims[axis] ?? step.refuse("of an unknown size");
    const scale = scales[axis];
    if (scale === undefined && sizes === undefined) step.refuse("to a size that is not constant");
    const exact = sizes?.[axis] ?? from * (scale ?? 1);
    const to = Math.round(exact);
    // TensorFlow divides the sizes, and the scale that was rounded off would be lost. Scales are floats of 32 bits.
    if (Math.abs(exact - to) > 1e-4) step.refuse("by a scale that leaves a part of a pixel");
    return { from, to, exact: exact === to };
  };
  const [height, width] = [side(2), side(3)];
  const dims = [x.dims[0] ?? null, x.dims[1] ?? null, height.to, width.to];
  const attributes = {
    align_corners: { bool: coordinates === "align_corners" },
    half_pixel_centers: { bool: coordinates.endsWith("half_pixel") },
  };
  if (!["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"].includes(coordinates))
    step.refuse(`with coordinates ${coordinates}`);
  const size = ints("int32", [height.to, width.to]);
  if (mode === "linear")
    return step.emit("ResizeBilinear", [x, size], { dims, channelsLast: true }, attributes);
  if (mode !== "nearest") return step.refuse(`of the mode ${mode}`);
  // Here the rules of rounding agree: whole factors, and what is cut down by "floor". From centres TensorFlow takes the pixel that a
  // centre falls into (resize_nearest_neighbor_op.cc), as rounding to the nearest does; "floor" and "ceil" take its neighbours.
  const whole = [height, width].every(({ from, to }) => to % from === 0);
  const rounding = step.attribute("nearest_mode")?.text || (since11 ? "round_prefer_floor" : "floor");
  const agrees =
    coordinates === "asymmetric"
      ? rounding === "floor" && height.exact && width.exact
      : whole && coordinates !== "align_corners" && rounding.startsWith("round_prefer");
  if (!agrees) step.refuse(`of the nearest pixel by ${coordinates} and ${rounding}`);
  return step.emit("ResizeNearestNeighbor", [x, size], { dims, channelsLast: true }, attributes);
};

export const reductions: Record<string, Operator> = {
  ArgMax: argMax,
  Gemm: gemm,
  GlobalAveragePool: global("Mean"),
  GlobalMaxPool: global("Max"),
  LogSoftmax: alongLast("LogSoftmax"),
  MatMul: matMul,
  ReduceL2: reduce("Sum", "Square", "Sqrt"),
  ReduceMax: reduce("Max"),
  ReduceMean: reduce("Mean"),
  ReduceMin: reduce("Min"),
  ReduceProd: reduce("Prod"),
  ReduceSum: reduce("Sum"),
  ReduceSumSquare: reduce("Sum", "Square"),
  Resize: resize,
  Softmax: alongLast("Softmax"),
  TopK: topK,
  Upsample: resize,
};
