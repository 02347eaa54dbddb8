import type { EngineOptions, InferenceEngine } from "../engine.js";
import type { StartLane } from "../pool/protocol.js";
import { PooledEngine } from "../pooled-engine.js";
import { startOnnxruntimeLane } from "./onnxruntime/index.js";
import { startTfjsNodeLane } from "./tfjs-node/index.js";

const starters = {
  onnxruntime: startOnnxruntimeLane,
  "tfjs-node": startTfjsNodeLane,
} satisfies Record<string, StartLane>;

/** The engines that `INFERENCE_ENGINE` may name. */
export type EngineName = keyof typeof starters;
export const engineNames = Object.keys(starters) as EngineName[];

/**
 * Starts the engine of that name.
 *
 * @throws ProblemError `engine-unavailable` where its runtime does not start.
 */
export async function createEngine(name: EngineName, options: EngineOptions = {}): Promise<InferenceEngine> {
  return PooledEngine.start(name, starters[name], options);
}
