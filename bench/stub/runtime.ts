/**
 * Stands in for onnxruntime-node: a model that takes a fixed time and no processor, so that few cores can show what queue
 * and store cost with many workers. Its "model file" is the JSON of a `StubModel`.
 */
export interface StubModel {
  milliseconds: number;
  input: string;
  outputs: Record<string, { dims: number[]; data: number[] }>;
}

export const env = { logLevel: "error", versions: { common: "stub" } };

export class Tensor {
  readonly type: string;
  readonly data: Float32Array;
  readonly dims: readonly number[];

  constructor(type: string, data: Float32Array, dims: readonly number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

const never = new Int32Array(new SharedArrayBuffer(4));

export class InferenceSession {
  readonly inputNames: string[];
  readonly outputNames: string[];
  readonly #model: StubModel;

  constructor(model: StubModel) {
    this.inputNames = [model.input];
    this.outputNames = Object.keys(model.outputs);
    this.#model = model;
  }

  static async create(bytes: Uint8Array): Promise<InferenceSession> {
    return new InferenceSession(JSON.parse(Buffer.from(bytes).toString()) as StubModel);
  }

  async run(): Promise<Record<string, Tensor>> {
    // The lane's thread is held for the time, as by a real run.
    Atomics.wait(never, 0, 0, this.#model.milliseconds);
    return Object.fromEntries(
      Object.entries(this.#model.outputs).map(([name, { dims, data }]) => [
        name,
        new Tensor("float32", Float32Array.from(data), dims),
      ]),
    );
  }

  async release(): Promise<void> {}
}
