import { type ChildProcess, fork } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type EngineName, engineNames, loadBundles, type Manifest } from "@osteon/inference";
import type { Order, Times } from "../engine-child.js";
import { resnet50 } from "../resnet50.js";
import { median } from "./statistics.js";

/** One model on one engine, on one core. */
export interface EngineTimes {
  engine: EngineName;
  model: string;
  /** Films in a batch. */
  batch: number;
  /** Processor time for a film, milliseconds, median of each round's runs. */
  cpuMs: number[];
}

/** The name under which the origin's architecture is measured. */
export const origin = "ResNet50 of the origin";

interface Candidate {
  readonly key: string;
  readonly model: Uint8Array;
  readonly manifest: Manifest;
  readonly engines: readonly EngineName[];
}

/** Both engines on the same models and cores. In a round they take turns case by case: one works, the other waits. */
export async function measureEngines({
  modelsDir,
  rounds,
  runs,
}: {
  modelsDir: string;
  rounds: number;
  runs: number;
}): Promise<EngineTimes[]> {
  const all = await candidates(modelsDir);
  const children = Object.fromEntries(engineNames.map((name) => [name, startChild(name)])) as Record<
    EngineName,
    ChildProcess
  >;
  try {
    for (const { key, model, manifest, engines } of all)
      for (const name of engines) await ask(children[name], { kind: "open", key, model, manifest });
    const cases = all.flatMap(({ key, engines }) =>
      [1, 8].map((batch) => engines.map((engine): EngineTimes => ({ engine, model: key, batch, cpuMs: [] }))),
    );
    // Round 0 warms up and does not count.
    for (let round = 0; round <= rounds; round += 1) {
      for (const sides of cases) {
        for (const { engine, model, batch, cpuMs } of round % 2 === 0 ? sides : sides.toReversed()) {
          const times = await ask(children[engine], { kind: "run", key: model, films: batch, runs });
          if (round > 0) cpuMs.push(median(times) / batch);
        }
      }
    }
    return cases.flat();
  } finally {
    for (const child of Object.values(children)) child.disconnect();
  }
}

/** The shipped bundles of the two-model path, their int8 models where there are, and the origin's architecture. */
async function candidates(modelsDir: string): Promise<Candidate[]> {
  const { bodyPart, fractures } = await loadBundles(modelsDir);
  const hand = fractures.get("hand");
  if (bodyPart === undefined || hand === undefined)
    throw new Error("The bundles of body part and hand are needed.");
  const shipped = [bodyPart, hand].flatMap(({ folder, manifest, model }): Candidate[] => {
    const int8 = path.join(folder, "model.int8.onnx");
    const float = { key: manifest.name, model: Uint8Array.from(model), manifest, engines: engineNames };
    return existsSync(int8)
      ? [
          float,
          { key: `${manifest.name} int8`, model: readFileSync(int8), manifest, engines: ["onnxruntime"] },
        ]
      : [float];
  });
  const input = {
    ...bodyPart.manifest.input,
    name: "x",
    width: 224,
    height: 224,
    channels: 3,
    layout: "NHWC",
  } as const;
  const manifest = { ...bodyPart.manifest, input, outputs: { logits: "logits" } };
  return [...shipped, { key: origin, model: resnet50(2), manifest, engines: engineNames }];
}

function startChild(engine: EngineName): ChildProcess {
  return fork(new URL("../engine-child.js", import.meta.url), [engine], {
    serialization: "advanced",
    execArgv: [],
  });
}

/** An order's answer; rejects where the child ends instead. */
function ask(child: ChildProcess, order: Order): Promise<Times> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("A runtime ended: see above."));
    if (!child.connected) return ended();
    child.once("exit", ended);
    child.once("message", (times) => {
      child.off("exit", ended);
      resolve(times as Times);
    });
    child.send(order);
  });
}
