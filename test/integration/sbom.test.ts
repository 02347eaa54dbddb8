import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { run } from "../support/run.js";
import { root } from "../support/tools.js";

/** Names in the bill of materials of an image, or of what the engine tfjs-node adds to one. */
async function named(of: string): Promise<string[]> {
  const told = await run(process.execPath, [path.join(root, "deploy/sbom.mjs"), of]);
  return (JSON.parse(told) as { components: { name: string }[] }).components.map(({ name }) => name);
}

test("the bill of materials has what is bundled into the page, in the gateway's image alone", async () => {
  const gateway = await named("gateway");
  for (const name of ["fastify", "bullmq", "react", "@cantoo/pdf-lib"])
    assert.ok(gateway.includes(name), name);
  for (const name of ["vite", "typescript"]) assert.ok(!gateway.includes(name), name);
  const worker = await named("bodypart-worker");
  assert.ok(worker.includes("onnxruntime-node"));
  assert.ok(!worker.includes("react"));
});

test("the engine tfjs-node has one of its own, TensorFlow in it", async () => {
  const names = await named("tfjs-node");
  assert.ok(names.includes("@tensorflow/tfjs-node"));
  assert.ok(names.some((name) => /^tensorflow(-cpu)?$/.test(name)));
});
