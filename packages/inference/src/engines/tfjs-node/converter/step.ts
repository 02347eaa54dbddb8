import { UnsupportedModel } from "../../../pool/unsupported-model.js";
import type { Attribute, GraphBuilder } from "./graph.js";
import type { OnnxAttribute, OnnxNode } from "./onnx.js";
import { type Constant, type Dimension, type ElementType, reshaped, sizeOf, transposed } from "./tensor.js";

/**
 * A tensor of the model. `dims` are in ONNX's order; where `channelsLast`, the tensor itself is [N, H, W, C] for the
 * dims [N, C, H, W], as TensorFlow's convolutions on a CPU need it.
 */
export interface Value {
  readonly type: ElementType;
  readonly dims: readonly Dimension[];
  readonly channelsLast: boolean;
  /** In the graph; made when it is first needed for a constant. */
  readonly tensor: string | undefined;
  readonly constant: Constant | undefined;
  /** The numbers of a vector of dimensions, as far as they are known. */
  readonly elements: readonly Dimension[] | undefined;
}

export const toLast = [0, 2, 3, 1] as const;
export const toFirst = [0, 3, 1, 2] as const;

/** What an operation makes: by default of the type of its first input, not channels-last. */
export interface Result {
  readonly dims: readonly Dimension[];
  readonly type?: ElementType;
  readonly channelsLast?: boolean;
  readonly elements?: readonly Dimension[] | undefined;
}

/** Converts one kind of operator; answers its outputs. */
export type Operator = (step: Step) => Value | readonly Value[];

export function constantValue(constant: Constant): Value {
  const { type, dims, data } = constant;
  const elements = type !== "float" && dims.length < 2 ? Array.from(data) : undefined;
  return { type, dims, channelsLast: false, tensor: undefined, constant, elements };
}

/** One operator of the model while it is converted. */
export class Step {
  readonly graph: GraphBuilder;
  readonly opset: number;
  readonly node: OnnxNode;
  readonly #inputs: readonly (Value | undefined)[];

  constructor(graph: GraphBuilder, opset: number, node: OnnxNode, inputs: readonly (Value | undefined)[]) {
    this.graph = graph;
    this.opset = opset;
    this.node = node;
    this.#inputs = inputs;
  }

  get inputs(): Value[] {
    return this.#inputs.map((_, at) => this.input(at));
  }

  input(at: number): Value {
    return this.optional(at) ?? this.refuse(`without input ${at}`);
  }

  optional(at: number): Value | undefined {
    return this.#inputs[at];
  }

  /** An input that must be known now. */
  constant(at: number): Constant {
    return this.input(at).constant ?? this.refuse(`whose input ${at} is not constant`);
  }

  attribute(name: string): OnnxAttribute | undefined {
    return this.node.attributes.get(name);
  }

  int(name: string, fallback: number): number {
    return this.attribute(name)?.int ?? fallback;
  }

  /** A list that older operators have as an attribute and newer ones as a constant input. */
  list(name: string, at: number): readonly number[] | undefined {
    if (this.optional(at) !== undefined) return Array.from(this.constant(at).data);
    return this.attribute(name)?.ints;
  }

  /** An axis as a number from 0. */
  axis(value: number, rank: number): number {
    const axis = value < 0 ? value + rank : value;
    return axis >= 0 && axis < rank ? axis : this.refuse(`along axis ${value} of ${rank}`);
  }

  refuse(what: string): never {
    const { domain, op, name } = this.node;
    const called = domain === "" ? op : `${domain}.${op}`;
    throw new UnsupportedModel(`tfjs-node cannot run the operator ${called} ${what} (node "${name}")`);
  }

  tensor(value: Value): string {
    if (value.tensor !== undefined) return value.tensor;
    if (value.constant === undefined) return this.refuse("of a value that is none");
    return this.graph.constant(value.constant);
  }

  /** Adds an operation whose attribute `T` is the type of its first input. */
  emit(
    op: string,
    inputs: readonly (Value | Constant)[],
    result: Result,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const [first] = inputs;
    const type = first?.type ?? "float";
    const names = inputs.map((input) =>
      "tensor" in input ? this.tensor(input) : this.graph.constant(input),
    );
    const tensor = this.graph.node(op, names, { T: { type }, ...attributes });
    return this.value(tensor, { type, ...result });
  }

  value(tensor: string, { type = "float", dims, channelsLast = false, elements }: Result): Value {
    return { type, dims, channelsLast, tensor, constant: undefined, elements };
  }

  /** The value with its tensor in ONNX's order. */
  plain(value: Value): Value {
    if (!value.channelsLast) return value;
    return this.#transpose({ ...value, channelsLast: false }, toFirst);
  }

  /** The value of rank 4 with its channels last. */
  channelsLast(value: Value): Value {
    if (value.channelsLast) return value;
    if (value.dims.length !== 4) return this.refuse(`on ${value.dims.length} dimensions`);
    if (value.constant === undefined) return this.#transpose({ ...value, channelsLast: true }, toLast);
    const constant = transposed(value.constant, toLast);
    return { ...value, channelsLast: true, constant };
  }

  /** Axis of the tensor itself for an axis in ONNX's order. */
  physical({ channelsLast }: Value, axis: number): number {
    return channelsLast ? toLast.indexOf(axis as 0 | 1 | 2 | 3) : axis;
  }

  /** Reads the same numbers under other dimensions, of which one may be unknown. */
  reshape(value: Value, dims: readonly Dimension[]): Value {
    const plain = this.plain(value);
    const known = dims.every((dim) => dim !== null);
    if (plain.constant !== undefined && known)
      return constantValue(reshaped(plain.constant, dims as number[]));
    if (dims.filter((dim) => dim === null).length > 1) this.refuse("to more than one unknown dimension");
    const shape = { type: "int32", dims: [dims.length], data: dims.map((dim) => dim ?? -1) } as const;
    return this.emit("Reshape", [plain, shape], { dims }, { Tshape: { type: "int32" } });
  }

  #transpose(value: Value, permutation: readonly number[]): Value {
    const order = { type: "int32", dims: [permutation.length], data: permutation } as const;
    const { dims, channelsLast } = value;
    return this.emit("Transpose", [value, order], { dims, channelsLast }, { Tperm: { type: "int32" } });
  }
}

/** How many numbers a value has, where all of its dimensions are known. */
export function sizeOfValue({ dims }: Value): number | undefined {
  return dims.every((dim) => dim !== null) ? sizeOf(dims as number[]) : undefined;
}
