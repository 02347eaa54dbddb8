import { OnnxModel } from "../../src/engines/onnx-schema.js";

/** A tensor of an ONNX file; 64-bit integers where `ints`. */
export interface OnnxConstant {
  readonly dims: readonly number[];
  readonly data: readonly number[] | Float32Array;
  readonly ints?: true;
  /** Says that its numbers lie in another file. */
  readonly elsewhere?: true;
}

export type OnnxAttributeValue = number | string | readonly number[] | { readonly float: number };

export interface OnnxNodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttributeValue>>;
  readonly domain?: string;
}

export interface OnnxSpec {
  /** Of the input `x`; the first is the batch, whatever it says. */
  readonly input: readonly number[];
  readonly nodes: readonly OnnxNodeSpec[];
  readonly constants?: Readonly<Record<string, OnnxConstant>>;
  readonly outputs: readonly string[];
  readonly opset?: number;
  readonly irVersion?: number;
  /** Element type of the input; 1 is float32. */
  readonly inputType?: number;
  /** Element type of the outputs. */
  readonly outputType?: number;
}

const kinds = { float: 1, int: 2, text: 3, ints: 7 } as const;

/** The bytes of a small ONNX model. */
export function onnxOf(spec: OnnxSpec): Uint8Array {
  const { input, nodes, constants = {}, outputs, opset = 17, irVersion = 8 } = spec;
  const { inputType = 1, outputType = 1 } = spec;
  const dim = input.map((dimValue, axis) => (axis === 0 ? { dimParam: "batch" } : { dimValue }));
  // Before version 4, constants were inputs too.
  const inputsToo = Object.entries(irVersion < 4 ? constants : {}).map(([name, { dims, ints }]) => ({
    name,
    type: {
      tensorType: { elemType: ints ? 7 : 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } },
    },
  }));
  return OnnxModel.encode({
    irVersion,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: "test",
      node: nodes.map(({ op, inputs, outputs: made, attributes = {}, domain = "" }) => ({
        opType: op,
        domain,
        input: inputs,
        output: made,
        attribute: Object.entries(attributes).map(([name, value]) => ({ name, ...attributeOf(value) })),
      })),
      initializer: Object.entries(constants).map(([name, { dims, data, ints, elsewhere }]) => ({
        name,
        dims,
        dataLocation: elsewhere ? 1 : 0,
        dataType: ints ? 7 : 1,
        ...(data instanceof Float32Array ? { rawData: new Uint8Array(data.buffer) } : {}),
        ...(data instanceof Float32Array ? {} : ints ? { int64Data: data } : { floatData: data }),
      })),
      input: [{ name: "x", type: { tensorType: { elemType: inputType, shape: { dim } } } }, ...inputsToo],
      output: outputs.map((name) => ({ name, type: { tensorType: { elemType: outputType } } })),
    },
  }).finish();
}

function attributeOf(value: OnnxAttributeValue): object {
  if (typeof value === "number") return { i: value, type: kinds.int };
  if (typeof value === "string") return { s: Buffer.from(value), type: kinds.text };
  return "float" in value ? { f: value.float, type: kinds.float } : { ints: value, type: kinds.ints };
}
