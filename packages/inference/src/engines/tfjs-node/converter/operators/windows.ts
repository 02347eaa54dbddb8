import { constantValue, type Operator, type Step, type Value } from "../step.js";
import { type Constant, type Dimension, ints, transposed } from "../tensor.js";
import { combine } from "./elementwise.js";

/** How a window moves over an image, rows before columns. */
interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Rows above and below, columns left and right. */
  readonly pads: readonly [readonly [number, number], readonly [number, number]];
  readonly out: readonly [Dimension, Dimension];
  /** Whether these pads are TensorFlow's `SAME`. */
  readonly same: boolean;
}

function pair(step: Step, list: readonly number[] | undefined, fallback: number): readonly [number, number] {
  const [rows = fallback, columns = fallback] = list ?? [];
  if (list !== undefined && list.length !== 2) step.refuse(`in ${list.length} dimensions`);
  return [rows, columns];
}

/** What `SAME` adds along one axis, before and after. */
function samePads(size: number, kernel: number, stride: number): [number, number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

function windowOf(step: Step, { dims }: Value, kernel: readonly [number, number]): Window {
  if (dims.length !== 4) step.refuse(`on ${dims.length} dimensions`);
  if (step.int("ceil_mode", 0) !== 0) step.refuse("with ceil_mode");
  const strides = pair(step, step.attribute("strides")?.ints, 1);
  const dilations = pair(step, step.attribute("dilations")?.ints, 1);
  const auto = step.attribute("auto_pad")?.text || "NOTSET";
  const given = step.attribute("pads")?.ints ?? [0, 0, 0, 0];
  const along = (axis: 0 | 1) => {
    const size = dims[2 + axis] ?? null;
    const reach = (kernel[axis] - 1) * dilations[axis] + 1;
    const stride = strides[axis];
    if (size === null) return step.refuse("on an image of unknown size");
    const same = samePads(size, reach, stride);
    const pads =
      (
        {
          NOTSET: [given[axis] ?? 0, given[axis + 2] ?? 0],
          VALID: [0, 0],
          SAME_UPPER: same,
          SAME_LOWER: [same[1], same[0]],
        } as Record<string, [number, number]>
      )[auto] ?? step.refuse(`with auto_pad ${auto}`);
    const out = Math.floor((size + pads[0] + pads[1] - reach) / stride) + 1;
    return { pads, out, same: pads[0] === same[0] && pads[1] === same[1] };
  };
  const [rows, columns] = [along(0), along(1)];
  return {
    kernel,
    strides,
    dilations,
    pads: [rows.pads, columns.pads],
    out: [rows.out, columns.out],
    same: rows.same && columns.same,
  };
}

const around = ([rows, columns]: readonly [number, number]) => ({ ints: [1, rows, columns, 1] });

/** The attributes of a window that has no pads, or TensorFlow's own. */
function padding({ pads, same }: Window): "VALID" | "SAME" | undefined {
  if (pads.flat().every((pad) => pad === 0)) return "VALID";
  return same ? "SAME" : undefined;
}

const conv: Operator = (step) => {
  const x = step.channelsLast(step.input(0));
  const weights = step.constant(1);
  if (weights.dims.length !== 4) step.refuse(`in ${weights.dims.length - 2} dimensions`);
  const [filters = 0, ofGroup = 0, rows = 0, columns = 0] = weights.dims;
  const groups = step.int("group", 1);
  const channels = ofGroup * groups;
  const window = windowOf(step, x, [rows, columns]);
  const depthwise = groups > 1 && ofGroup === 1;
  const same = padding(window);
  const attributes = {
    strides: around(window.strides),
    padding: { text: same ?? "EXPLICIT" },
    explicit_paddings: { ints: same === undefined ? [0, 0, ...window.pads.flat(), 0, 0] : [] },
  };
  const resultOf = (count: number): Result => ({
    dims: [x.dims[0] ?? null, count, ...window.out],
    channelsLast: true,
  });
  const result = resultOf(filters);
  const full = (part: Value, filter: Constant) =>
    step.emit("Conv2D", [part, transposed(filter, [2, 3, 1, 0])], resultOf(filter.dims[0] ?? 0), {
      ...attributes,
      dilations: around(window.dilations),
    });
  const convolved = depthwise
    ? step.emit(
        "DepthwiseConv2dNative",
        [x, depthwiseFilter(spread(weights, window.dilations), channels)],
        result,
        attributes,
      )
    : joined(
        step,
        parts(step, x, groups).map((part, group) => full(part, filtersOf(weights, groups, group))),
        result,
      );
  if (step.optional(2) === undefined) return convolved;
  return step.emit("BiasAdd", [convolved, step.constant(2)], result);
};

/**
 * The channels of each group. TensorFlow's own grouped convolution is not used: on processors without AVX-512 it is fused with
 * what follows, and the fused one knows no groups.
 */
function parts(step: Step, x: Value, groups: number): Value[] {
  if (groups === 1) return [x];
  const [batch = null, channels, height = null, width = null] = x.dims;
  if (channels === null || channels === undefined) return step.refuse("on an unknown number of channels");
  const size = channels / groups;
  return Array.from({ length: groups }, (_, group) =>
    step.emit(
      "Slice",
      [x, ints("int32", [0, 0, 0, group * size]), ints("int32", [-1, -1, -1, size])],
      { dims: [batch, size, height, width], channelsLast: true },
      { Index: { type: "int32" } },
    ),
  );
}

function filtersOf(weights: Constant, groups: number, group: number): Constant {
  const [filters = 0, ...rest] = weights.dims;
  const size = weights.data.length / groups;
  return {
    ...weights,
    dims: [filters / groups, ...rest],
    data: weights.data.slice(group * size, (group + 1) * size),
  };
}

function joined(step: Step, values: readonly Value[], result: Result): Value {
  const [only] = values;
  if (only !== undefined && values.length === 1) return only;
  const channelAxis: Constant = { type: "int32", dims: [], data: [3] };
  return step.emit("ConcatV2", [...values, channelAxis], result, {
    N: { int: values.length },
    Tidx: { type: "int32" },
  });
}

/** [filters, 1, rows, columns] as [rows, columns, channels, multiplier]; filters of a channel follow one another. */
function depthwiseFilter(weights: Constant, channels: number): Constant {
  const { dims, data } = transposed(weights, [2, 3, 0, 1]);
  const [rows = 0, columns = 0, filters = 0] = dims;
  return { type: weights.type, data, dims: [rows, columns, channels, filters / channels] };
}

/** The weights with zeros between them: TensorFlow's depthwise convolution knows no dilation. */
function spread(weights: Constant, [down, across]: readonly [number, number]): Constant {
  if (down === 1 && across === 1) return weights;
  const [filters = 0, ofGroup = 0, rows = 0, columns = 0] = weights.dims;
  const [tall, wide] = [(rows - 1) * down + 1, (columns - 1) * across + 1];
  const data = new Float32Array(filters * ofGroup * tall * wide);
  for (let at = 0; at < weights.data.length; at++) {
    const column = at % columns;
    const row = Math.floor(at / columns) % rows;
    const filter = Math.floor(at / (columns * rows));
    data[(filter * tall + row * down) * wide + column * across] = weights.data[at] ?? 0;
  }
  return { type: weights.type, dims: [filters, ofGroup, tall, wide], data };
}

/** The value with pads of `fill` around each image. */
function padded(step: Step, x: Value, { pads }: Window, fill: number): Value {
  const [[above, below], [left, right]] = pads;
  const table: Constant = {
    type: "int32",
    dims: [4, 2],
    data: [0, 0, above, below, left, right, 0, 0],
  };
  const [batch = null, channels = null, height, width] = x.dims;
  const grown = (size: Dimension | undefined, before: number, after: number) =>
    size === null || size === undefined ? null : size + before + after;
  const dims = [batch, channels, grown(height, above, below), grown(width, left, right)];
  const value: Constant = { type: "float", dims: [], data: Float32Array.of(fill) };
  return step.emit(
    "PadV2",
    [x, table, value],
    { dims, channelsLast: true },
    { Tpaddings: { type: "int32" } },
  );
}

function pool(step: Step, op: "MaxPool" | "AvgPool", x: Value, window: Window, result: Result): Value {
  return step.emit(op, [x], result, {
    ksize: around(window.kernel),
    strides: around(window.strides),
    padding: { text: padding(window) ?? "VALID" },
  });
}

type Result = { dims: readonly Dimension[]; channelsLast: true };

function pooling(step: Step): { x: Value; window: Window; result: Result } {
  const x = step.channelsLast(step.input(0));
  const window = windowOf(step, x, pair(step, step.attribute("kernel_shape")?.ints, 1));
  if (window.dilations.some((dilation) => dilation !== 1)) step.refuse("with dilations");
  const result: Result = { dims: [x.dims[0] ?? null, x.dims[1] ?? null, ...window.out], channelsLast: true };
  return { x, window, result };
}

const maxPool: Operator = (step) => {
  if (step.node.outputs.length > 1) step.refuse("with indices");
  const { x, window, result } = pooling(step);
  const ready = padding(window) === undefined ? padded(step, x, window, -3.4028234663852886e38) : x;
  return pool(step, "MaxPool", ready, window, result);
};

const averagePool: Operator = (step) => {
  const { x, window, result } = pooling(step);
  if (padding(window) === "VALID") return pool(step, "AvgPool", x, window, result);
  const whole = step.int("count_include_pad", 0) === 1;
  // TensorFlow's SAME leaves its pads out of the average, as ONNX does by default.
  if (!whole && window.same) return pool(step, "AvgPool", x, window, result);
  const bare = {
    ...window,
    same: false,
    pads: [
      [0, 0],
      [0, 0],
    ],
  } as Window;
  const sum = pool(step, "AvgPool", padded(step, x, window, 0), bare, result);
  return whole ? sum : combine(step, "RealDiv", sum, shares(x, window));
};

/** For each place of a window, the share of it that lies on the image. */
function shares({ dims }: Value, { kernel, strides, pads, out }: Window): Value {
  const share = (axis: 0 | 1, at: number) => {
    const from = at * strides[axis] - pads[axis][0];
    const size = dims[2 + axis] ?? 0;
    return (Math.min(from + kernel[axis], size) - Math.max(from, 0)) / kernel[axis];
  };
  const [height, width] = [out[0] ?? 0, out[1] ?? 0];
  const data = Float32Array.from(
    { length: height * width },
    (_, at) => share(0, Math.floor(at / width)) * share(1, at % width),
  );
  return constantValue({ type: "float", dims: [1, 1, height, width], data });
}

export const windows: Record<string, Operator> = {
  Conv: conv,
  MaxPool: maxPool,
  AveragePool: averagePool,
};
