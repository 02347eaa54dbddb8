import { type ChildProcess, fork } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type EngineName, engineNames, loadBundles, type Manifest } from "@osteon/inference";
import type { Order, Times } from "./engine-child.js";
import { median, spread } from "./measure/statistics.js";
import { resnet50 } from "./resnet50.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    runs: { type: "string", default: "5" },
    models: { type: "string", default: path.join(root, "models") },
    report: { type: "boolean", default: false },
  },
});
const [rounds, runs] = [Number(values.rounds), Number(values.runs)];

interface Candidate {
  readonly key: string;
  readonly model: Uint8Array;
  readonly manifest: Manifest;
  readonly engines: readonly EngineName[];
}

const origin = "ResNet50 of the origin";

/** The shipped bundles of the two-model path, their int8 models where there are, and the origin's architecture. */
async function candidates(): Promise<Candidate[]> {
  const { bodyPart, fractures } = await loadBundles(values.models);
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

function ask(child: ChildProcess, order: Order): Promise<Times> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("A runtime ended: see above."));
    child.once("exit", ended);
    child.once("message", (times) => {
      child.off("exit", ended);
      resolve(times as Times);
    });
    child.send(order);
  });
}

const all = await candidates();
const children = new Map(
  engineNames.map((name) => [
    name,
    fork(new URL("./engine-child.js", import.meta.url), [name], { serialization: "advanced", execArgv: [] }),
  ]),
);
const childOf = (name: EngineName) => {
  const child = children.get(name);
  if (child === undefined) throw new Error(name);
  return child;
};
const cases = all.flatMap((candidate) => [1, 8].map((films) => ({ ...candidate, films })));
/** Median of each round, by engine, model and batch. */
const measured = new Map<string, number[]>();
const of = (engine: EngineName, key: string, films: number) =>
  measured.get(`${engine} ${key} ${films}`) ?? [];
try {
  for (const { key, model, manifest, engines } of all)
    for (const name of engines) await ask(childOf(name), { kind: "open", key, model, manifest });
  // Round 0 warms up and does not count. In a round, the engines take turns case by case: one works, the other waits.
  for (let round = 0; round <= rounds; round++) {
    for (const { key, films, engines } of cases) {
      for (const name of round % 2 === 0 ? engines : [...engines].reverse()) {
        const times = await ask(childOf(name), { kind: "run", key, films, runs });
        if (round > 0)
          measured.set(`${name} ${key} ${films}`, [...of(name, key, films), median(times) / films]);
      }
    }
  }
} finally {
  for (const child of children.values()) child.disconnect();
}

const [first = "onnxruntime", second = "tfjs-node"] = engineNames;
const ratios = (above: number[], below: number[]) =>
  above.map((time, at) => time / (below[at] ?? Number.NaN));
const lines = [
  `# Engines side by side`,
  "",
  `${rounds} rounds of ${runs} runs, one core each, taking turns; processor time, medians of the rounds (least to greatest). Node ${process.versions.node}, ${os.cpus()[0]?.model ?? "unknown processor"}, load ${os.loadavg()[0]?.toFixed(1)} on ${os.availableParallelism()} cores.`,
  "",
  `| model | batch | ${first}, ms a film | ${second}, ms a film | ${second} / ${first} |`,
  "| --- | --- | --- | --- | --- |",
  ...cases.map(({ key, films, engines }) => {
    const [a, b] = [of(first, key, films), of(second, key, films)];
    const both = engines.length > 1;
    return `| ${key} | ${films} | ${spread(a, 1)} | ${both ? spread(b, 1) : "-"} | ${both ? spread(ratios(b, a)) : "-"} |`;
  }),
  "",
  "| the two-model path, batch 1 | engine | share of two runs of the origin's architecture |",
  "| --- | --- | --- |",
  ...["", " int8"].flatMap((precision) =>
    engineNames.flatMap((name) => {
      const path = [`bodypart${precision}`, `fracture-hand${precision}`].map((key) => of(name, key, 1));
      if (path.some((times) => times.length === 0)) return [];
      const sum = path[0]?.map((time, at) => time + (path[1]?.[at] ?? Number.NaN)) ?? [];
      const two = of(name, origin, 1).map((time) => 2 * time);
      return [
        `| bodypart + fracture-hand${precision || " float32"} | ${name} | ${spread(ratios(sum, two))} |`,
      ];
    }),
  ),
  "",
];
console.log(lines.join("\n"));
if (values.report) writeFileSync(path.join(root, "bench/engines.md"), lines.join("\n"));
