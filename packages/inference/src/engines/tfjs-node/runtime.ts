import { createHash } from "node:crypto";
import { join } from "node:path";
import { tensorShape } from "@osteon/imaging/tensor";
import type { RawTensor } from "../../engine.js";
import type { Manifest } from "../../manifest.js";
import type { Runtime, Session } from "../../pool/serve.js";
import { loadTfjsNode, type SavedModel, type Tensor } from "./library.js";
import { tfjsNodeFolder } from "./location.js";
import { SavedModels } from "./saved-models.js";

const tags = ["serve"];
const signature = "serving_default";

/** Loads TensorFlow into this process, and answers it as a lane's runtime. Its calls block the process. */
export function startTfjsNode(folder = join(tfjsNodeFolder, "saved-models")): Runtime {
  const tf = loadTfjsNode();
  const saved = new SavedModels(folder);
  return {
    version: tf.version["tfjs-node"],
    async open(onnx, manifest): Promise<Session> {
      const digest = createHash("sha256").update(onnx).digest("hex");
      const model = await saved.open(digest, onnx, (path) => tf.node.loadSavedModel(path, tags, signature));
      try {
        check(model, manifest);
      } catch (error) {
        model.dispose();
        throw error;
      }
      const { name } = manifest.input;
      const [, ...shape] = tensorShape(manifest.input);
      const wanted = Object.entries<string>(manifest.outputs);
      return {
        async run(input, films = 1) {
          const film = tf.tensor(input, [films, ...shape], "float32");
          const answers = withoutLeak(film, () => model.predict({ [name]: film }));
          try {
            return Object.fromEntries(wanted.map(([key, output]) => [key, unbatch(output, answers[output])]));
          } finally {
            for (const answer of Object.values(answers)) answer.dispose();
          }
        },
        close: async () => model.dispose(),
      };
    },
  };
}

function withoutLeak<T>(tensor: Tensor, use: () => T): T {
  try {
    return use();
  } finally {
    tensor.dispose();
  }
}

function check({ signature: { inputs, outputs } }: SavedModel, manifest: Manifest): void {
  const names = Object.keys(inputs);
  if (names.length !== 1 || names[0] !== manifest.input.name) {
    throw new Error(`model.onnx must have the one input "${manifest.input.name}", not: ${names.join(", ")}`);
  }
  const missing = Object.values<string>(manifest.outputs).filter((name) => !(name in outputs));
  if (missing.length > 0) throw new Error(`model.onnx has no output: ${missing.join(", ")}`);
}

function unbatch(name: string, tensor: Tensor | undefined): RawTensor {
  const data = tensor?.dataSync();
  if (tensor === undefined || !(data instanceof Float32Array))
    throw new Error(`output "${name}" is not float32`);
  return { dims: tensor.shape.slice(1), data: Float32Array.from(data) };
}
