import type { Runtime } from "../pool/serve.js";
import type { EngineName } from "./index.js";

export type { Manifest } from "../manifest.js";

/** An engine's runtime in the calling process, without pool: for measurements, and for a lane of one's own. */
export async function runtimeOf(name: EngineName): Promise<Runtime> {
  if (name === "onnxruntime") return (await import("./onnxruntime/runtime.js")).onnxruntime;
  const { tensorflowEnvironment } = await import("./tfjs-node/library.js");
  Object.assign(process.env, tensorflowEnvironment);
  return (await import("./tfjs-node/runtime.js")).startTfjsNode();
}
