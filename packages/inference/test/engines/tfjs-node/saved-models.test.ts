import assert from "node:assert/strict";
import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { converterRevision } from "../../../src/engines/tfjs-node/converter/index.js";
import { SavedModels } from "../../../src/engines/tfjs-node/saved-models.js";
import { temporaryFolder } from "../../support/bundles.js";
import { onnxOf } from "../../support/onnx.js";

const digest = "5".repeat(64);
const onnx = onnxOf({
  input: [1, 1, 4, 4],
  nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"] }],
  outputs: ["y"],
});
const read = (folder: string) => readFile(join(folder, "saved_model.pb"));
const kept = `${digest}-${converterRevision}`;

test("is made once, whole, however many come at the same time, and leaves nothing else", async (t) => {
  const folder = await temporaryFolder(t);
  const made = await Promise.all(
    Array.from({ length: 8 }, () => new SavedModels(folder).open(digest, onnx, read)),
  );
  for (const bytes of made) assert.deepEqual(bytes, made[0]);
  assert.ok((made[0]?.length ?? 0) > 100);
  assert.deepEqual(await readdir(folder), [kept]);
  // What is kept is opened, not made again.
  const places: string[] = [];
  await new SavedModels(folder).open(digest, new Uint8Array(), async (path) => places.push(path));
  assert.deepEqual(places, [join(folder, kept)]);
});

test("one that cannot be opened any more is made again", async (t) => {
  const folder = await temporaryFolder(t);
  const saved = new SavedModels(folder);
  const good = await saved.open(digest, onnx, read);
  await writeFile(join(folder, kept, "saved_model.pb"), good.subarray(0, 10));
  const open = async (path: string) => {
    const bytes = await read(path);
    if (bytes.length === 10) throw new Error("broken");
    return bytes;
  };
  assert.deepEqual(await saved.open(digest, onnx, open), good);
  assert.deepEqual(await read(join(folder, kept)), good);
});

test("a model that cannot be opened at all is not kept, and the fault is told", async (t) => {
  const folder = await temporaryFolder(t);
  const refuse = () => Promise.reject(new Error("no such kernel"));
  await assert.rejects(new SavedModels(folder).open(digest, onnx, refuse), /no such kernel/);
  assert.deepEqual(await readdir(folder), []);
});

test("works where the folder cannot be written", async () => {
  // No folder can be made below a file.
  const saved = new SavedModels(join(import.meta.filename, "saved"));
  assert.ok((await saved.open(digest, onnx, read)).length > 100);
});

test("what nobody opened for a month is removed when another is made", async (t) => {
  const folder = await temporaryFolder(t);
  const saved = new SavedModels(folder);
  await saved.open(digest, onnx, read);
  const long = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
  await utimes(join(folder, kept), long, long);
  await saved.open("6".repeat(64), onnx, read);
  assert.deepEqual(await readdir(folder), [
    kept.replaceAll("5", "6").replace(/-.*/, `-${converterRevision}`),
  ]);
});
