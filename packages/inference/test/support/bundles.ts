import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { encodeFilm, type NormalisedFilm, toTensor } from "@osteon/imaging";
import type { BodyPartManifest, FractureManifest } from "../../src/manifest.js";

const fixtures = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return join(folder, "test/fixtures");
})();

const side = 64;
const input = {
  name: "film",
  width: side,
  height: side,
  contrast: { method: "percentile", low: 0.01, high: 0.99, ignoreBelow: 8, minimumRange: 16 },
  pad: 0,
  mean: 0.449,
  std: 0.226,
} as const;

/** A film that tells one from another: a gradient that grows faster with `seed`, with a bright spot that wanders. */
export function film(seed: number, width = 90, height = 120): NormalisedFilm {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const spot = Math.abs(x - ((seed * 17) % width)) + Math.abs(y - ((seed * 29) % height)) < 20;
    data[i] = spot ? 250 : 20 + ((x * (1 + (seed % 5)) + y) % 150);
  }
  return { width, height, data };
}

/** What bodypart.onnx answers, reckoned without a runtime. */
export function expectedLogits(of: NormalisedFilm): number[] {
  const { data } = toTensor(of, input);
  const half = side / 2;
  const mean = (left: number, top: number) => {
    let sum = 0;
    for (let y = top; y < top + half; y++)
      for (let x = left; x < left + half; x++) sum += data[y * side + x] ?? 0;
    return sum / half ** 2;
  };
  const [a, b, c, d] = [mean(0, 0), mean(half, 0), mean(0, half), mean(half, half)];
  return [a, b, c, d, -a, -b, -c];
}

/** What fracture.onnx answers, reckoned without a runtime. */
export function expectedFracture(of: NormalisedFilm): { logit: number; heatmap: number[] } {
  const { data } = toTensor(of, input);
  const cells = Array.from({ length: 64 }, (_, cell) => {
    let sum = 0;
    for (let i = 0; i < 64; i++) {
      const x = (cell % 8) * 8 + (i % 8);
      const y = Math.floor(cell / 8) * 8 + Math.floor(i / 8);
      sum += data[y * side + x] ?? 0;
    }
    return sum / 64;
  });
  return {
    logit: cells.reduce((sum, cell) => sum + cell, 0) / 64,
    heatmap: cells.map((cell) => 1 / (1 + Math.exp(-4 * cell))),
  };
}

export const warmupFilm = film(1);
const interval = { value: 0.9, low: 0.8, high: 1 };
const placeholder = { digest: `sha256:${"0".repeat(64)}`, bytes: 1 };
const common = {
  schemaVersion: 1,
  version: "1.0.0",
  licence: "Apache-2.0",
  attribution: ["nobody"],
  files: { "model.onnx": placeholder, "warmup.png": placeholder },
  input,
  data: { name: "made up", licence: "CC0-1.0" },
  training: { commit: null },
} as const;

export function bodyPartManifest(): BodyPartManifest {
  return {
    ...common,
    attribution: [...common.attribution],
    name: "bodypart",
    task: "bodypart",
    title: "Body part",
    outputs: { logits: "logits" },
    classes: ["elbow", "hand", "shoulder", "leg", "hip", "other", "none"],
    calibration: { method: "temperature", temperature: 0.5 },
    decision: {
      supported: ["elbow", "hand", "shoulder", "leg", "hip"],
      unsupported: ["other"],
      unknown: ["none"],
      minimumProbability: 0.3,
    },
    warmup: { outputs: { logits: expectedLogits(warmupFilm) }, tolerance: 1e-4 },
    metrics: { split: "test", films: 1, accuracy: interval, accuracyOrigin: interval },
  };
}

export function fractureManifest(bone: FractureManifest["bone"] = "elbow"): FractureManifest {
  return {
    ...common,
    attribution: [...common.attribution],
    name: `fracture-${bone}`,
    task: "fracture",
    bone,
    title: `Fracture of the ${bone}`,
    outputs: { logit: "logit", heatmap: "heatmap" },
    classes: ["normal", "fractured"],
    calibration: { method: "platt", scale: 1, offset: 0 },
    thresholds: { sensitive: 0.1, balanced: 0.4, specific: 0.8 },
    regions: { threshold: 0.5, maximum: 3 },
    warmup: { outputs: { logit: [expectedFracture(warmupFilm).logit] }, tolerance: 1e-4 },
    metrics: {
      split: "test",
      films: 1,
      auroc: interval,
      sensitivity: interval,
      specificity: interval,
      calibrationError: interval,
    },
  };
}

/** A folder that is removed after the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "osteon-inference-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** Writes a bundle into `folder` whose digests are right, whatever its model is; answers the bundle's own folder. */
export async function writeBundle(
  folder: string,
  manifest: BodyPartManifest | FractureManifest,
  model?: Uint8Array,
): Promise<string> {
  const bundle = join(folder, manifest.name);
  await mkdir(bundle, { recursive: true });
  const files = {
    "model.onnx": model ?? (await readFile(join(fixtures, `${manifest.task}.onnx`))),
    ...(manifest.int8 === undefined
      ? {}
      : { "model.int8.onnx": await readFile(join(fixtures, `${manifest.task}.int8.onnx`)) }),
    "warmup.png": encodeFilm(warmupFilm),
  };
  const refs = { ...manifest.files };
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(bundle, name), bytes);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    refs[name as keyof typeof refs] = { digest, bytes: bytes.length };
  }
  await writeFile(join(bundle, "model.json"), JSON.stringify({ ...manifest, files: refs }, null, 2));
  return bundle;
}
