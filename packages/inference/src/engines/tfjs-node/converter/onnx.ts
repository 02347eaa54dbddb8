import { keptElsewhere } from "../../external-data.js";
import { OnnxModel } from "../../onnx-schema.js";
import { type Constant, type Dimension, type ElementType, sizeOf } from "./tensor.js";

/** One step of a model. Inputs that are left out are empty names. */
export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export interface OnnxAttribute {
  readonly int: number;
  readonly float: number;
  readonly text: string;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly tensor: Constant | undefined;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly Dimension[];
}

/** A model as its file says it, in the order of its steps. */
export interface OnnxGraph {
  /** Version of the operators of the domain `ai.onnx`. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: ReadonlyMap<string, Constant>;
}

/** What protobufjs gives for an int64. */
type Int = number | { toNumber(): number };

interface TensorProto {
  dims: Int[];
  dataType: number;
  floatData: number[];
  int32Data: number[];
  int64Data: Int[];
  doubleData: number[];
  rawData: Uint8Array;
  name: string;
  dataLocation: number;
}

interface AttributeProto {
  name: string;
  f: number;
  i: Int;
  s: Uint8Array;
  t: TensorProto | null;
  floats: number[];
  ints: Int[];
}

interface ValueInfoProto {
  name: string;
  type: {
    tensorType: {
      elemType: number;
      shape: { dim: { value?: "dimValue" | "dimParam"; dimValue: Int }[] } | null;
    } | null;
  } | null;
}

interface ModelProto {
  graph: {
    node: {
      opType: string;
      domain: string;
      name: string;
      input: string[];
      output: string[];
      attribute: AttributeProto[];
    }[];
    initializer: TensorProto[];
    input: ValueInfoProto[];
    output: ValueInfoProto[];
  } | null;
  opsetImport: { domain: string; version: Int }[];
}

const standard = new Set(["", "ai.onnx"]);

/** @throws Error where the bytes are no ONNX model, or one that keeps its weights elsewhere. */
export function readOnnx(bytes: Uint8Array): OnnxGraph {
  const { graph, opsetImport } = OnnxModel.decode(bytes) as unknown as ModelProto;
  if (graph === null) throw new Error("model.onnx has no graph");
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, readTensor(tensor)]));
  return {
    opset: numberOf(opsetImport.find(({ domain }) => standard.has(domain))?.version ?? 0),
    nodes: graph.node.map(({ opType, domain, name, input, output, attribute }) => ({
      op: opType,
      domain: standard.has(domain) ? "" : domain,
      name,
      inputs: input,
      outputs: output,
      attributes: new Map(attribute.map((each) => [each.name, readAttribute(each)])),
    })),
    // Old exporters list the weights among the inputs.
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(readValue),
    outputs: graph.output.map(readValue),
    constants,
  };
}

function readAttribute({ f, i, s, t, floats, ints }: AttributeProto): OnnxAttribute {
  return {
    int: numberOf(i),
    float: f,
    text: Buffer.from(s).toString(),
    ints: ints.map(numberOf),
    floats,
    tensor: t === null ? undefined : readTensor(t),
  };
}

function readValue({ name, type }: ValueInfoProto): OnnxValue {
  const { elemType = 0, shape } = type?.tensorType ?? {};
  const dims = (shape?.dim ?? []).map(({ value, dimValue }) =>
    value === "dimValue" && numberOf(dimValue) > 0 ? numberOf(dimValue) : null,
  );
  return { name, type: elementType(elemType), dims };
}

const floats = new Set([1, 10, 11]);

/** The element type of a converted graph for ONNX's: all floating types become float32. */
export function elementType(code: number): ElementType {
  if (floats.has(code)) return "float";
  if (code === 7) return "int64";
  if (code === 9) return "bool";
  // Small integers are kept as what holds them all.
  if ([2, 3, 4, 5, 6].includes(code)) return "int32";
  throw new Error(`model.onnx has tensors of the ONNX type ${code}`);
}

function readTensor(tensor: TensorProto): Constant {
  const dims = tensor.dims.map(numberOf);
  if (tensor.dataLocation !== 0) throw keptElsewhere(tensor.name);
  const type = elementType(tensor.dataType);
  const data = tensor.rawData.length > 0 ? rawNumbers(tensor) : listedNumbers(tensor);
  if (data.length !== sizeOf(dims))
    throw new Error(`"${tensor.name}" has ${data.length} numbers instead of ${sizeOf(dims)}`);
  return { type, dims, data: type === "float" ? Float32Array.from(data) : Array.from(data) };
}

function listedNumbers({ dataType, floatData, doubleData, int64Data, int32Data }: TensorProto) {
  if (dataType === 1) return floatData;
  if (dataType === 11) return doubleData;
  if (dataType === 7) return int64Data.map(numberOf);
  return dataType === 10 ? int32Data.map(fromHalf) : int32Data;
}

function rawNumbers({ dataType, rawData }: TensorProto): ArrayLike<number> & Iterable<number> {
  // A copy begins where typed arrays may begin.
  const { buffer } = Uint8Array.from(rawData);
  switch (dataType) {
    case 1:
      return new Float32Array(buffer);
    case 2:
    case 9:
      return new Uint8Array(buffer);
    case 3:
      return new Int8Array(buffer);
    case 4:
      return new Uint16Array(buffer);
    case 5:
      return new Int16Array(buffer);
    case 6:
      return new Int32Array(buffer);
    case 7:
      return Array.from(new BigInt64Array(buffer), Number);
    case 10:
      return Array.from(new Uint16Array(buffer), fromHalf);
    default:
      return new Float64Array(buffer);
  }
}

/** A number of IEEE 754's binary16. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function numberOf(value: Int): number {
  return typeof value === "number" ? value : value.toNumber();
}
