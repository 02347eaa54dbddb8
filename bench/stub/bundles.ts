import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { StubModel } from "./runtime.js";

interface ShippedManifest {
  task: "bodypart" | "fracture";
  files: Record<string, { digest: string; bytes: number }>;
  input: { name: string };
  outputs: Record<string, string>;
  warmup: { outputs: Record<string, number[]> };
}

/** Side of the stub's heat map, cells. */
const cells = 8;

/**
 * Copies of the shipped bundles whose models are stubs: each answers every film as the shipped one answers its warm-up film,
 * after `milliseconds`. Returns the folder.
 */
export function makeStubBundles(modelsDir: string, milliseconds: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), "osteon-stub-"));
  for (const entry of readdirSync(modelsDir, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const from = path.join(modelsDir, entry.name);
    const to = path.join(folder, entry.name);
    const manifest = JSON.parse(readFileSync(path.join(from, "model.json"), "utf8")) as ShippedManifest;
    const answers = manifest.warmup.outputs;
    const model: StubModel = {
      milliseconds,
      input: manifest.input.name,
      outputs: Object.fromEntries(
        Object.entries(manifest.outputs).map(([key, name]) => [name, outputOf(key, answers[key] ?? [])]),
      ),
    };
    const bytes = Buffer.from(JSON.stringify(model));
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    manifest.files["model.onnx"] = { digest, bytes: bytes.length };
    mkdirSync(to);
    writeFileSync(path.join(to, "model.onnx"), bytes);
    copyFileSync(path.join(from, "warmup.png"), path.join(to, "warmup.png"));
    writeFileSync(path.join(to, "model.json"), JSON.stringify(manifest));
  }
  return folder;
}

function outputOf(key: string, answer: number[]): StubModel["outputs"][string] {
  if (key === "logits") return { dims: [1, answer.length], data: answer };
  if (key === "logit") return { dims: [1], data: answer };
  return { dims: [1, 1, cells, cells], data: new Array<number>(cells * cells).fill(0.1) };
}
