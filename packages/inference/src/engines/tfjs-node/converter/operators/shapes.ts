import { elementType } from "../onnx.js";
import { constantValue, type Operator, type Step, toFirst, toLast, type Value } from "../step.js";
import { type Constant, type Dimension, ints, sizeOf, transposed } from "../tensor.js";
import { aligned, combine } from "./elementwise.js";

/** The numbers of a vector as far as they are known. */
function elementsOf(step: Step, at: number): readonly Dimension[] {
  const { constant, elements } = step.input(at);
  return constant === undefined
    ? (elements ?? step.refuse(`whose input ${at} is reckoned while it runs`))
    : Array.from(constant.data);
}

const reshape: Operator = (step) => {
  const x = step.input(0);
  const keepZeros = step.int("allowzero", 0) === 1;
  const wanted = elementsOf(step, 1).map((dim, at) => (dim === 0 && !keepZeros ? (x.dims[at] ?? null) : dim));
  return step.reshape(x, inferred(x.dims, wanted));
};

/** Finds what a -1 stands for where the other dimensions tell it; else it is unknown. */
function inferred(from: readonly Dimension[], wanted: readonly Dimension[]): Dimension[] {
  const unknowns = (dims: readonly Dimension[]) => dims.filter((dim) => dim === null).length;
  const known = (dims: readonly Dimension[]) =>
    sizeOf(dims.filter((dim) => dim !== null && dim !== -1) as number[]);
  // The one unknown dimension is the batch on both sides, so it cancels out.
  const tells = unknowns(from) === unknowns(wanted) && unknowns(from) <= 1;
  return wanted.map((dim) => (dim === -1 ? (tells ? known(from) / known(wanted) : null) : dim));
}

const flatten: Operator = (step) => {
  const x = step.input(0);
  const axis = step.axis(step.int("axis", 1), x.dims.length + 1);
  const product = (dims: readonly Dimension[]) =>
    dims.includes(null)
      ? dims.length === 1
        ? null
        : step.refuse("of unknown dimensions")
      : sizeOf(dims as number[]);
  return step.reshape(x, [product(x.dims.slice(0, axis)), product(x.dims.slice(axis))]);
};

const squeeze: Operator = (step) => {
  const x = step.input(0);
  const given = step.list("axes", 1)?.map((axis) => step.axis(axis, x.dims.length));
  const kept = x.dims.filter((dim, axis) => (given === undefined ? dim !== 1 : !given.includes(axis)));
  return { ...step.reshape(x, kept), elements: x.elements };
};

const unsqueeze: Operator = (step) => {
  const x = step.input(0);
  const axes = step.list("axes", 1) ?? [];
  const rank = x.dims.length + axes.length;
  const added = new Set(axes.map((axis) => step.axis(axis, rank)));
  const rest = [...x.dims];
  const dims = Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? null)));
  return { ...step.reshape(x, dims), elements: rank < 2 ? x.elements : undefined };
};

const transpose: Operator = (step) => {
  const x = step.input(0);
  const order = step.attribute("perm")?.ints ?? x.dims.map((_, axis) => x.dims.length - 1 - axis);
  const dims = order.map((axis) => x.dims[axis] ?? null);
  // Only another name for the axes of the same tensor.
  if (x.channelsLast && order.join() === toLast.join()) return { ...x, dims, channelsLast: false };
  if (!x.channelsLast && x.constant === undefined && order.join() === toFirst.join())
    return { ...x, dims, channelsLast: true };
  const plain = step.plain(x);
  if (plain.constant !== undefined) return constantValue(transposed(plain.constant, order));
  return step.emit("Transpose", [plain, ints("int32", order)], { dims }, { Tperm: { type: "int32" } });
};

const concat: Operator = (step) => {
  const { inputs } = step;
  const [first = step.input(0)] = inputs;
  const axis = step.axis(step.int("axis", 0), first.dims.length);
  const elements =
    first.dims.length === 1 && inputs.every((each) => each.elements !== undefined)
      ? inputs.flatMap((each) => each.elements ?? [])
      : undefined;
  if (elements?.every((each) => each !== null))
    return constantValue({ type: first.type, dims: [elements.length], data: elements as number[] });
  const values = aligned(step, inputs);
  const length = inputs.reduce<Dimension>((sum, { dims }) => {
    const dim = dims[axis] ?? null;
    return sum === null || dim === null ? null : sum + dim;
  }, 0);
  const dims = first.dims.map((dim, at) => (at === axis ? length : dim));
  const { channelsLast } = values[0] ?? first;
  const along = constantOf(step.physical(values[0] ?? first, axis));
  return step.emit(
    "ConcatV2",
    [...values, along],
    { dims, channelsLast, elements },
    { N: { int: values.length }, Tidx: { type: "int32" } },
  );
};

function constantOf(number: number): Constant {
  return { type: "int32", dims: [], data: [number] };
}

const slice: Operator = (step) => {
  const x = step.input(0);
  const rank = x.dims.length;
  const starts = step.list("starts", 1) ?? [];
  const ends = step.list("ends", 2) ?? [];
  const axes = (step.list("axes", 3) ?? starts.map((_, at) => at)).map((axis) => step.axis(axis, rank));
  const steps = step.list("steps", 4) ?? starts.map(() => 1);
  const cuts = new Map(
    axes.map((axis, at) => [axis, cut(x.dims[axis] ?? null, starts[at] ?? 0, ends[at] ?? 0, steps[at] ?? 1)]),
  );
  const dims = x.dims.map((dim, axis) => (cuts.has(axis) ? (cuts.get(axis)?.length ?? null) : dim));
  const only = rank === 1 ? cuts.get(0) : undefined;
  const elements =
    only !== undefined && only.length !== null && x.elements !== undefined
      ? Array.from({ length: only.length }, (_, at) => x.elements?.[only.from + at * only.by] ?? null)
      : undefined;
  const bounds: { from: number[]; to: number[]; by: number[] } = { from: [], to: [], by: [] };
  let [fromMask, toMask] = [0, 0];
  for (let axis = 0; axis < rank; axis++) {
    const at = step.physical(x, axis);
    const range = cuts.get(axis);
    bounds.from[at] = range?.from ?? 0;
    bounds.to[at] = range?.to ?? 0;
    bounds.by[at] = range?.by ?? 1;
    if (range === undefined) fromMask |= 1 << at;
    if (range?.to === undefined) toMask |= 1 << at;
  }
  return step.emit(
    "StridedSlice",
    [x, ints("int32", bounds.from), ints("int32", bounds.to), ints("int32", bounds.by)],
    { dims, channelsLast: x.channelsLast, elements },
    { Index: { type: "int32" }, begin_mask: { int: fromMask }, end_mask: { int: toMask } },
  );
};

/** A range along one axis; `to` is left out where it goes to the end. */
interface Cut {
  readonly from: number;
  readonly to?: number;
  readonly by: number;
  readonly length: Dimension;
}

function cut(size: Dimension, start: number, end: number, by: number): Cut {
  // Exporters write the greatest integers for "to the end".
  const beyond = 2 ** 31 - 1;
  if (size === null) {
    const to = Math.abs(end) >= beyond ? {} : { to: end };
    return { from: Math.max(Math.min(start, beyond), -beyond), ...to, by, length: null };
  }
  const at = (value: number, least: number, most: number) =>
    Math.min(Math.max(value < 0 ? value + size : value, least), most);
  const from = by > 0 ? at(start, 0, size) : at(start, 0, size - 1);
  const last = by > 0 ? at(end, 0, size) : at(end, -1, size - 1);
  const length = Math.max(Math.ceil((last - from) / by), 0);
  return last === -1 ? { from, by, length } : { from, to: last, by, length };
}

const split: Operator = (step) => {
  const x = step.input(0);
  const axis = step.axis(step.int("axis", 0), x.dims.length);
  const size = x.dims[axis] ?? step.refuse("along an unknown dimension");
  const parts = step.node.outputs.length;
  const even = Math.ceil(size / parts);
  const sizes =
    step.list("split", 1) ?? Array.from({ length: parts }, (_, at) => Math.min(even, size - at * even));
  const first = step.emit("SplitV", [x, ints("int32", sizes), constantOf(step.physical(x, axis))], x, {
    num_split: { int: parts },
    Tlen: { type: "int32" },
  });
  return sizes.map((length, at) => ({
    ...first,
    dims: x.dims.map((dim, each) => (each === axis ? length : dim)),
    tensor: at === 0 ? first.tensor : `${first.tensor}:${at}`,
  }));
};

const gather: Operator = (step) => {
  const x = step.input(0);
  const axis = step.axis(step.int("axis", 0), x.dims.length);
  const { constant } = step.input(1);
  const size = x.dims[axis] ?? null;
  // ONNX counts negative indices from the end; TensorFlow has none.
  const known =
    constant === undefined
      ? undefined
      : Array.from(constant.data, (index) =>
          index >= 0 ? index : size === null ? step.refuse("counting from an unknown end") : index + size,
        );
  if (known !== undefined && constant !== undefined && x.elements !== undefined) {
    const elements = known.map((index) => x.elements?.[index] ?? null);
    if (elements.every((each) => each !== null))
      return constantValue({ type: x.type, dims: constant.dims, data: elements as number[] });
    const picked = gathered(step, x, axis, { ...constant, data: known });
    return { ...picked, elements };
  }
  if (known === undefined || constant === undefined) return step.refuse("whose indices are not constant");
  return gathered(step, x, axis, { ...constant, data: known });
};

function gathered(step: Step, x: Value, axis: number, indices: Constant): Value {
  const plain = step.plain(x);
  const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
  const tensor = step.graph.node(
    "GatherV2",
    [step.tensor(plain), step.graph.constant(indices), step.graph.constant(constantOf(axis))],
    { Tparams: { type: x.type }, Tindices: { type: indices.type }, Taxis: { type: "int32" } },
  );
  return step.value(tensor, { type: x.type, dims });
}

const shape: Operator = (step) => {
  const { dims } = step.input(0);
  if (dims.every((dim) => dim !== null)) return constantValue(ints("int64", dims as number[]));
  const plain = step.plain(step.input(0));
  const result = { type: "int64", dims: [dims.length], elements: dims } as const;
  return step.emit("Shape", [plain], result, { out_type: { type: "int64" } });
};

const expand: Operator = (step) => {
  const x = step.plain(step.input(0));
  const wanted = elementsOf(step, 1);
  if (wanted.every((dim) => dim !== null)) {
    // Either side may be broadcast, which TensorFlow's BroadcastTo does not do.
    const dims = wanted as number[];
    const ones = { type: x.type, dims, data: new Array<number>(sizeOf(dims)).fill(1) };
    return combine(step, "Mul", x, constantValue(ones));
  }
  if (wanted.length < x.dims.length) step.refuse("to fewer dimensions");
  const dims = wanted.map((dim, at) => dim ?? x.dims[at - wanted.length + x.dims.length] ?? null);
  const deep = step.reshape(x, [...new Array<number>(wanted.length - x.dims.length).fill(1), ...x.dims]);
  return step.emit("BroadcastTo", [deep, step.input(1)], { dims }, { Tidx: { type: step.input(1).type } });
};

const pad: Operator = (step) => {
  const x = step.input(0);
  const rank = x.dims.length;
  const pads = step.list("pads", 1) ?? [];
  const axes =
    (step.optional(3) === undefined ? undefined : step.list("axes", 3)) ?? x.dims.map((_, at) => at);
  const mode = step.attribute("mode")?.text || "constant";
  if (mode !== "constant" && mode !== "reflect") step.refuse(`of the mode ${mode}`);
  if (pads.some((each) => each < 0)) step.refuse("that cuts");
  const table = new Array<number>(rank * 2).fill(0);
  const dims = [...x.dims];
  axes.forEach((given, at) => {
    const axis = step.axis(given, rank);
    const [before, after] = [pads[at] ?? 0, pads[at + axes.length] ?? 0];
    const dim = dims[axis] ?? null;
    dims[axis] =
      dim === null ? (before + after === 0 ? null : step.refuse("of the batch")) : dim + before + after;
    table[step.physical(x, axis) * 2] = before;
    table[step.physical(x, axis) * 2 + 1] = after;
  });
  const paddings: Constant = { type: "int32", dims: [rank, 2], data: table };
  const result = { dims, channelsLast: x.channelsLast };
  const attributes = { Tpaddings: { type: "int32" } } as const;
  if (mode === "reflect")
    return step.emit("MirrorPad", [x, paddings], result, { ...attributes, mode: { text: "REFLECT" } });
  const fill =
    step.optional(2) === undefined ? (step.attribute("value")?.float ?? 0) : (step.constant(2).data[0] ?? 0);
  return step.emit("PadV2", [x, paddings, { type: x.type, dims: [], data: [fill] }], result, attributes);
};

const constant: Operator = (step) => {
  const tensor = step.attribute("value")?.tensor;
  if (tensor !== undefined) return constantValue(tensor);
  const [name, attribute] = [...step.node.attributes][0] ?? ["nothing", undefined];
  switch (name) {
    case "value_float":
      return constantValue({ type: "float", dims: [], data: [attribute?.float ?? 0] });
    case "value_floats":
      return constantValue({
        type: "float",
        dims: [attribute?.floats.length ?? 0],
        data: attribute?.floats ?? [],
      });
    case "value_int":
      return constantValue({ type: "int64", dims: [], data: [attribute?.int ?? 0] });
    case "value_ints":
      return constantValue(ints("int64", attribute?.ints ?? []));
    default:
      return step.refuse(`of ${name}`);
  }
};

const constantOfShape: Operator = (step) => {
  const dims = Array.from(step.constant(0).data);
  const value = step.attribute("value")?.tensor;
  const data = new Array<number>(sizeOf(dims)).fill(value?.data[0] ?? 0);
  return constantValue({ type: value?.type ?? "float", dims, data });
};

const cast: Operator = (step) => {
  const x = step.input(0);
  const type = elementType(step.int("to", 1));
  if (type === x.type) return x;
  if (x.constant !== undefined) {
    const numbers = Array.from(x.constant.data, (number) => (type === "float" ? number : Math.trunc(number)));
    const data = type === "float" ? Float32Array.from(numbers) : numbers;
    return { ...x, type, constant: { ...x.constant, type, data } };
  }
  const tensor = step.graph.node("Cast", [step.tensor(x)], { SrcT: { type: x.type }, DstT: { type } });
  return step.value(tensor, { ...x, type });
};

export const shapes: Record<string, Operator> = {
  Cast: cast,
  Concat: concat,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Dropout: (step) => step.input(0),
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  Identity: (step) => step.input(0),
  Pad: pad,
  Reshape: reshape,
  Shape: shape,
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
};
