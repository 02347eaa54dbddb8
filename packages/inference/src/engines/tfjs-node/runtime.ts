import { createHash } from "node:crypto";
import { join } from "node:path";
import { tensorShape } from "@osteon/imaging/tensor";
import type { RawTensor } from "../../engine.js";
import type { Runtime, Session } from "../../pool/serve.js";
import { checkSignature, notFloat32 } from "../signature.js";
import { loadTfjsNode, type Tensor } from "./library.js";
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
        const { inputs, outputs } = model.signature;
        checkSignature(Object.keys(inputs), Object.keys(outputs), manifest);
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

function unbatch(name: string, tensor: Tensor | undefined): RawTensor {
  const data = tensor?.dataSync();
  if (tensor === undefined || !(data instanceof Float32Array)) throw notFloat32(name);
  return { dims: tensor.shape.slice(1), data: Float32Array.from(data) };
}
