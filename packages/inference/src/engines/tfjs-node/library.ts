import { createRequire } from "node:module";
import { join } from "node:path";
import util from "node:util";
import { tfjsNodeFolder } from "./location.js";

/** A tensor of TensorFlow.js. */
export interface Tensor {
  readonly shape: number[];
  readonly dtype: string;
  dataSync(): Float32Array | Int32Array | Uint8Array;
  dispose(): void;
}

export interface SavedModelTensor {
  readonly name: string;
  readonly shape: unknown[];
}

/** One signature of a SavedModel. */
export interface SavedModel {
  readonly signature: {
    readonly inputs: Record<string, SavedModelTensor>;
    readonly outputs: Record<string, SavedModelTensor>;
  };
  predict(inputs: Record<string, Tensor>): Record<string, Tensor>;
  dispose(): void;
}

/** What Osteon uses of tfjs-node, which is not there to take types from. */
export interface TfjsNode {
  readonly version: { readonly "tfjs-node": string };
  getBackend(): string;
  tensor(data: Float32Array, shape: number[], dtype: "float32"): Tensor;
  memory(): { readonly numTensors: number };
  readonly node: { loadSavedModel(path: string, tags: string[], signature: string): Promise<SavedModel> };
}

/** Read by TensorFlow when it starts: one core a process, and nothing said below an error. */
export const tensorflowEnvironment = {
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
  OMP_NUM_THREADS: "1",
  TF_CPP_MIN_LOG_LEVEL: "2",
};

/**
 * Loads tfjs-node from where it was set up. Its library is one for the process, and crashes in worker threads.
 *
 * @throws Error that says how to set it up
 */
export function loadTfjsNode(): TfjsNode {
  // Gone since Node 23, and still used by tfjs-node.
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });
  try {
    return createRequire(join(tfjsNodeFolder, "package.json"))("@tensorflow/tfjs-node") as TfjsNode;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Error(`tfjs-node is not set up: npm run setup:tfjs-node does it (${why})`);
  }
}
