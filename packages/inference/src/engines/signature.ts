import type { Manifest } from "../manifest.js";

/** @throws Error where a model's inputs and outputs, by their names, are not those of its manifest */
export function checkSignature(
  inputs: readonly string[],
  outputs: readonly string[],
  manifest: Manifest,
): void {
  const { name } = manifest.input;
  if (inputs.length !== 1 || inputs[0] !== name)
    throw new Error(`model.onnx must have the one input "${name}", not: ${inputs.join(", ")}`);
  const missing = Object.values<string>(manifest.outputs).filter((each) => !outputs.includes(each));
  if (missing.length > 0) throw new Error(`model.onnx has no output: ${missing.join(", ")}`);
}

/** Of an output that is missing, or of another type. */
export function notFloat32(name: string): Error {
  return new Error(`output "${name}" is not float32`);
}
