import { ProblemError } from "@osteon/shared";
import type { ModelFile } from "./bundle.js";
import type { RawTensor } from "./engine.js";
import type { Manifest } from "./manifest.js";

/**
 * Compares a model's answer to its warm-up film with the manifest's.
 *
 * @param file the bundle's model that answered
 * @throws ProblemError `warmup-failed` with the first number that is further off than the manifest's tolerance, or not
 *   finite; or an output without the shape that its task needs.
 */
export function checkWarmup(
  manifest: Manifest,
  file: ModelFile,
  outputs: Readonly<Record<string, RawTensor>>,
): void {
  const int8 = file === "model.int8.onnx" ? manifest.int8?.warmup : undefined;
  const { tolerance, outputs: expected } = int8 ?? manifest.warmup;
  for (const [key, numbers] of Object.entries<number[]>(expected)) {
    const actual = outputs[key]?.data ?? new Float32Array();
    if (actual.length !== numbers.length) {
      throw failed(manifest, `"${key}" has ${actual.length} numbers instead of ${numbers.length}`);
    }
    numbers.forEach((number, i) => {
      const got = actual[i] ?? Number.NaN;
      if (!(Math.abs(got - number) <= tolerance)) {
        throw failed(manifest, `"${key}"[${i}] is ${got} instead of ${number} ± ${tolerance}`);
      }
    });
  }
  if (manifest.task === "fracture" && manifest.outputs.heatmap !== undefined)
    checkHeatmap(manifest, outputs.heatmap);
}

function checkHeatmap(manifest: Manifest, heatmap: RawTensor | undefined): void {
  const dims = heatmap?.dims ?? [];
  if (dims.length !== 3 || dims[0] !== 1)
    throw failed(manifest, `"heatmap" has the shape [${dims.join(", ")}]`);
  if (!heatmap?.data.every((value) => value >= 0 && value <= 1)) {
    throw failed(manifest, '"heatmap" has values outside 0..1');
  }
}

function failed(manifest: Manifest, detail: string): ProblemError {
  return new ProblemError("warmup-failed", `${manifest.name}: ${detail}`, { retryable: false });
}
