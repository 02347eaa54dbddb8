import { constantValue, type Operator, type Step, sizeOfValue, toLast, type Value } from "../step.js";
import { broadcast, type ElementType, reshaped, scalar, transposed } from "../tensor.js";

/** TensorFlow's operation on each number alone. */
const unary = (op: string): Operator => {
  return (step) => step.emit(op, [step.input(0)], step.input(0));
};

/** Brings values to one order of axes, so that they can be broadcast. */
export function aligned(step: Step, values: readonly Value[]): Value[] {
  if (!values.some(({ channelsLast }) => channelsLast)) return [...values];
  const fits = (value: Value) =>
    value.channelsLast || value.dims.length === 4 || sizeOfValue(value) === 1 || value.constant !== undefined;
  if (!values.every(fits)) return values.map((value) => step.plain(value));
  return values.map((value) => {
    if (value.channelsLast || (value.dims.length < 4 && sizeOfValue(value) === 1)) return value;
    if (value.constant === undefined) return step.channelsLast(value);
    const { dims } = value.constant;
    const four = reshaped(value.constant, [...new Array<number>(4 - dims.length).fill(1), ...dims]);
    return { ...value, dims: four.dims, channelsLast: true, constant: transposed(four, toLast) };
  });
}

/** TensorFlow's operation on two tensors that are broadcast. */
export function combine(step: Step, op: string, a: Value, b: Value, type?: ElementType): Value {
  const [x = a, y = b] = aligned(step, [a, b]);
  const result = {
    dims: broadcast(a.dims, b.dims),
    channelsLast: x.channelsLast || y.channelsLast,
  };
  return step.emit(op, [x, y], type === undefined ? result : { ...result, type });
}

/** The same with a number. */
function combineNumber(step: Step, op: string, a: Value, number: number): Value {
  return step.emit(op, [a, { ...scalar(number), type: a.type }], a);
}

const binary = (op: string, type?: ElementType): Operator => {
  return (step) => combine(step, op, step.input(0), step.input(1), type);
};

/** Operations of any number of inputs. */
const folded = (op: string): Operator => {
  return (step) => {
    const [first = step.input(0), ...rest] = step.inputs;
    return rest.reduce((sum, value) => combine(step, op, sum, value), first);
  };
};

const clip: Operator = (step) => {
  const bound = (name: string, at: number, fallback: number) => {
    if (step.optional(at) !== undefined) return step.constant(at).data[0] ?? fallback;
    return step.attribute(name)?.float ?? fallback;
  };
  return clamp(
    step,
    step.input(0),
    bound("min", 1, Number.NEGATIVE_INFINITY),
    bound("max", 2, Number.POSITIVE_INFINITY),
  );
};

function clamp(step: Step, value: Value, low: number, high: number): Value {
  if (low === 0 && high === 6) return step.emit("Relu6", [value], value);
  const above =
    low === 0
      ? step.emit("Relu", [value], value)
      : low === Number.NEGATIVE_INFINITY
        ? value
        : combineNumber(step, "Maximum", value, low);
  return high === Number.POSITIVE_INFINITY ? above : combineNumber(step, "Minimum", above, high);
}

function hardSigmoid(step: Step, value: Value, alpha: number, beta: number): Value {
  const line = combineNumber(step, "AddV2", combineNumber(step, "Mul", value, alpha), beta);
  return clamp(step, line, 0, 1);
}

const gelu: Operator = (step) => {
  if (step.attribute("approximate")?.text === "tanh") step.refuse("approximated by tanh");
  const x = step.input(0);
  const erf = step.emit("Erf", [combineNumber(step, "Mul", x, Math.SQRT1_2)], x);
  const half = combineNumber(step, "Mul", x, 0.5);
  return combine(step, "Mul", half, combineNumber(step, "AddV2", erf, 1));
};

const batchNormalization: Operator = (step) => {
  const x = step.input(0);
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((at) => step.constant(at).data);
  const epsilon = step.attribute("epsilon")?.float ?? 1e-5;
  const factors = Float32Array.from(
    scale ?? [],
    (value, at) => value / Math.sqrt((variance?.[at] ?? 1) + epsilon),
  );
  const terms = factors.map((factor, at) => (offset?.[at] ?? 0) - (mean?.[at] ?? 0) * factor);
  const column = (data: Float32Array): Value => {
    const dims = [data.length, ...new Array<number>(Math.max(x.dims.length - 2, 0)).fill(1)];
    return constantValue({ type: "float", dims, data });
  };
  return combine(step, "AddV2", combine(step, "Mul", x, column(factors)), column(terms));
};

export const elementwise: Record<string, Operator> = {
  Abs: unary("Abs"),
  Ceil: unary("Ceil"),
  Elu: (step) => {
    if ((step.attribute("alpha")?.float ?? 1) !== 1) step.refuse("with an alpha other than 1");
    return step.emit("Elu", [step.input(0)], step.input(0));
  },
  Erf: unary("Erf"),
  Exp: unary("Exp"),
  Floor: unary("Floor"),
  LeakyRelu: (step) =>
    step.emit("LeakyRelu", [step.input(0)], step.input(0), {
      alpha: { float: step.attribute("alpha")?.float ?? 0.01 },
    }),
  Log: unary("Log"),
  Neg: unary("Neg"),
  Reciprocal: unary("Reciprocal"),
  Relu: unary("Relu"),
  Round: unary("Round"),
  Sigmoid: unary("Sigmoid"),
  Sign: unary("Sign"),
  Softplus: unary("Softplus"),
  Softsign: unary("Softsign"),
  Sqrt: unary("Sqrt"),
  Tanh: unary("Tanh"),
  Add: binary("AddV2"),
  Sub: binary("Sub"),
  Mul: binary("Mul"),
  Div: (step) =>
    combine(step, step.input(0).type === "float" ? "RealDiv" : "TruncateDiv", step.input(0), step.input(1)),
  Pow: binary("Pow"),
  Max: folded("Maximum"),
  Min: folded("Minimum"),
  Sum: folded("AddV2"),
  Clip: clip,
  Gelu: gelu,
  HardSigmoid: (step) =>
    hardSigmoid(
      step,
      step.input(0),
      step.attribute("alpha")?.float ?? 0.2,
      step.attribute("beta")?.float ?? 0.5,
    ),
  HardSwish: (step) => combine(step, "Mul", step.input(0), hardSigmoid(step, step.input(0), 1 / 6, 0.5)),
  PRelu: (step) => {
    const [x, slope] = [step.input(0), step.input(1)];
    const above = step.emit("Relu", [x], x);
    return combine(step, "AddV2", above, combine(step, "Mul", combineNumber(step, "Minimum", x, 0), slope));
  },
  BatchNormalization: batchNormalization,
};
