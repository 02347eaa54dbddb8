import { SavedModel } from "./saved-model-schema.js";
import { bytesOf, type Constant, type Dimension, type ElementType, typeCodes } from "./tensor.js";

/** An attribute of a TensorFlow operation. */
export type Attribute =
  | { readonly type: ElementType }
  | { readonly text: string }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly ints: readonly number[] };

type AttrValue = Record<string, unknown>;

interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Record<string, AttrValue>;
}

/** A tensor of a signature. */
export interface SignatureTensor {
  /** In the graph. */
  readonly tensor: string;
  readonly type: ElementType;
  readonly dims: readonly Dimension[];
}

const graphVersion = { queues: 1000, minConsumer: 12 };

/** A TensorFlow graph in the making. Tensors are named as TensorFlow names them: `node`, or `node:1` for a further output. */
export class GraphBuilder {
  readonly #nodes: NodeDef[] = [];
  readonly #constants = new Map<string, string>();

  placeholder(type: ElementType, dims: readonly Dimension[]): string {
    return this.#add("Placeholder", [], {
      dtype: { type: typeCodes[type] },
      shape: { shape: shapeOf(dims) },
    });
  }

  /** Equal small constants become one. */
  constant(constant: Constant): string {
    const { type, dims, data } = constant;
    const key = data.length <= 16 ? `${type} ${dims.join()} ${data.join()}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const dtype = typeCodes[type];
    const tensor = { dtype, tensorShape: shapeOf(dims), tensorContent: bytesOf(constant) };
    const name = this.#add("Const", [], { dtype: { type: dtype }, value: { tensor } });
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  /** Adds an operation; answers its first output. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const attr = Object.entries(attributes).map(([name, attribute]) => [name, attrValue(attribute)]);
    return this.#add(op, inputs, Object.fromEntries(attr));
  }

  /** The bytes of `saved_model.pb`: the graph with one signature, `serving_default`, under the tag `serve`. */
  toSavedModel(inputs: Map<string, SignatureTensor>, outputs: Map<string, SignatureTensor>): Uint8Array {
    const signature = {
      inputs: tensorInfos(inputs),
      outputs: tensorInfos(outputs),
      methodName: "tensorflow/serving/predict",
    };
    return SavedModel.encode({
      savedModelSchemaVersion: 1,
      metaGraphs: [
        {
          metaInfoDef: { tags: ["serve"] },
          graphDef: { node: this.#nodes, versions: graphVersion },
          signatureDef: { serving_default: signature },
        },
      ],
    }).finish();
  }

  #add(op: string, input: readonly string[], attr: Record<string, AttrValue>): string {
    const name = `${op}_${this.#nodes.length}`;
    this.#nodes.push({ name, op, input, attr });
    return name;
  }
}

function attrValue(attribute: Attribute): AttrValue {
  if ("type" in attribute) return { type: typeCodes[attribute.type] };
  if ("text" in attribute) return { s: Buffer.from(attribute.text) };
  if ("int" in attribute) return { i: attribute.int };
  if ("float" in attribute) return { f: attribute.float };
  if ("bool" in attribute) return { b: attribute.bool };
  return { list: { i: attribute.ints } };
}

function shapeOf(dims: readonly Dimension[]) {
  return { dim: dims.map((size) => ({ size: size ?? -1 })) };
}

function tensorInfos(tensors: Map<string, SignatureTensor>) {
  const infos = [...tensors].map(([key, { tensor, type, dims }]) => [
    key,
    {
      name: tensor.includes(":") ? tensor : `${tensor}:0`,
      dtype: typeCodes[type],
      tensorShape: shapeOf(dims),
    },
  ]);
  return Object.fromEntries(infos);
}
