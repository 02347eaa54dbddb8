import { OnnxModel } from "./onnx-schema.js";

interface Weights {
  graph: { initializer: { name: string; dataLocation: number }[] } | null;
}

/** Why a model cannot be read whose weights lie in a file beside it, which no bundle has; nothing where they do not. */
export function elsewhere(onnx: Uint8Array): Error | undefined {
  let weights: Weights;
  try {
    weights = OnnxModel.decode(onnx) as unknown as Weights;
  } catch {
    return undefined;
  }
  const tensor = weights.graph?.initializer.find(({ dataLocation }) => dataLocation !== 0);
  return tensor === undefined ? undefined : keptElsewhere(tensor.name);
}

export function keptElsewhere(name: string): Error {
  return new Error(`model.onnx keeps "${name}" in another file: save the model with all its weights inside`);
}
