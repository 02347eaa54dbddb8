import { ProblemError } from "@osteon/shared";
import type { EngineName } from "./engines/index.js";

/** What a model reckons in: float32, or 8-bit whole numbers where the bundle has such a model. */
export type Precision = "fp32" | "int8";

/** The engines that read the int8 models: quantised operators are ONNX Runtime's. */
const quantised: ReadonlySet<EngineName> = new Set<EngineName>(["onnxruntime"]);

/**
 * The precision that an engine runs: what was asked for, else int8 where the engine can (docs/decisions/0021).
 *
 * @throws ProblemError `config-invalid` where int8 is asked of an engine that cannot
 */
export function precisionOf(engine: EngineName, asked?: Precision): Precision {
  if (quantised.has(engine)) return asked ?? "int8";
  if (asked === "int8")
    throw new ProblemError(
      "config-invalid",
      `INFERENCE_PRECISION=int8 needs the engine onnxruntime, not ${engine}.`,
    );
  return "fp32";
}
