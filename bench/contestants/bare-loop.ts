import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { type InputSpec, normalise, toTensor } from "@osteon/imaging";
import {
  BodyPartClassifier,
  createEngine,
  FractureExaminer,
  letHeapGrow,
  loadBundles,
} from "@osteon/inference";
import type { Bone } from "@osteon/shared";

// Osteon's path with nothing around it: decode, tensor, both models, in a tight loop with all cores busy.
// Arguments: the models' folder, and a JSON list of films. It speaks the lines of `startLoop`.
// The models are the float32 ones, as the rivals run them.
const [modelsDir = "", list = ""] = process.argv.slice(2);
const films = (JSON.parse(readFileSync(list, "utf8")) as string[]).map((file) => readFileSync(file));
letHeapGrow();
const began = performance.now();
const engine = await createEngine("onnxruntime");
const bundles = await loadBundles(modelsDir, "fp32");
const classifier = await BodyPartClassifier.load(engine, bundles);
const examiner = await FractureExaminer.load(engine, bundles);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** While one film is in a model, the next is decoded. */
const mostInHand = availableParallelism() * 2;

async function work(seconds: number, inHand = mostInHand): Promise<{ films: number; seconds: number }> {
  const began = performance.now();
  const until = began + seconds * 1000;
  let done = 0;
  let next = 0;
  const loop = async () => {
    while (performance.now() < until) {
      const bytes = films[next++ % films.length];
      if (bytes === undefined) return;
      const film = await normalise(bytes);
      const { bodyPart, outcome } = await classifier.classify(film);
      if (outcome === "analysed") await examiner.examine(bodyPart.label as Bone, film);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inHand }, loop));
  return { films: done, seconds: (performance.now() - began) / 1000 };
}

/** CPU milliseconds a film by stage, one film at a time. The models' is what their threads take less the tensors they make. */
async function stages(): Promise<Record<string, number>> {
  const spent = { decode: 0, tensor: 0, models: 0 };
  const timed = async <T>(stage: keyof typeof spent, step: () => T | Promise<T>): Promise<T> => {
    const before = process.cpuUsage();
    const result = await step();
    const { user, system } = process.cpuUsage(before);
    spent[stage] += (user + system) / 1000 / films.length;
    return result;
  };
  for (const bytes of films) {
    const film = await timed("decode", () => normalise(bytes));
    const { bodyPart, outcome } = await timed("models", () => classifier.classify(film));
    const bone = outcome === "analysed" ? (bodyPart.label as Bone) : undefined;
    if (bone !== undefined) await timed("models", () => examiner.examine(bone, film));
    const inputs: (InputSpec | undefined)[] = [
      bundles.bodyPart?.manifest.input,
      bone === undefined ? undefined : bundles.fractures.get(bone)?.manifest.input,
    ];
    for (const input of inputs) if (input !== undefined) await timed("tensor", () => toTensor(film, input));
  }
  return { ...spent, models: spent.models - spent.tensor };
}

say({ loadMs: performance.now() - began });
for await (const line of createInterface(process.stdin)) {
  const order = JSON.parse(line) as { seconds: number; inHand?: number } | { stages: true };
  say(await ("stages" in order ? stages() : work(order.seconds, order.inHand)));
}
await classifier.dispose();
await examiner.dispose();
await engine.dispose();
