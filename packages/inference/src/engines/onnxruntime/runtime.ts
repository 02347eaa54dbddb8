import { tensorShape } from "@osteon/imaging/tensor";
import { env, InferenceSession, Tensor } from "onnxruntime-node";
import type { RawTensor } from "../../engine.js";
import type { Manifest } from "../../manifest.js";
import type { Runtime, Session } from "../../pool/serve.js";
import { checkSignature, notFloat32 } from "../signature.js";

env.logLevel = "error";

const options: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  graphOptimizationLevel: "all",
  // One core a thread: several films side by side make more films a second than several cores on one film.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  logSeverityLevel: 3,
};

/** ONNX Runtime as a lane's runtime. Its `run` blocks the thread it is called on, so only lanes may import this. */
export const onnxruntime: Runtime = {
  version: env.versions.common ?? "",
  async open(model, manifest): Promise<Session> {
    let session: InferenceSession;
    // A function given to `catch` would hold the model's bytes with the session, and after it until all garbage is collected.
    try {
      // The binding reads plain memory only; it keeps its own copy of the weights.
      session = await InferenceSession.create(Uint8Array.from(model), options);
    } catch (error) {
      // Of weights in another file, the runtime says that it misses a path.
      throw (await import("../external-data.js")).elsewhere(model) ?? error;
    }
    const names = namesOf(manifest);
    checkSignature(session.inputNames, session.outputNames, manifest);
    const [, ...shape] = tensorShape(manifest.input);
    return {
      async run(input, films = 1) {
        const feeds = { [manifest.input.name]: new Tensor("float32", input, [films, ...shape]) };
        const results = await session.run(feeds, Object.values(names));
        return Object.fromEntries(
          Object.entries(names).map(([key, name]) => [key, unbatch(name, results[name])]),
        );
      },
      close: () => session.release(),
    };
  },
};

/** The ONNX names of a manifest's outputs, by the manifest's keys. */
function namesOf(manifest: Manifest): Record<string, string> {
  return { ...manifest.outputs };
}

function unbatch(name: string, tensor: Tensor | undefined): RawTensor {
  if (tensor === undefined || !(tensor.data instanceof Float32Array)) throw notFloat32(name);
  return { dims: tensor.dims.slice(1), data: tensor.data };
}
