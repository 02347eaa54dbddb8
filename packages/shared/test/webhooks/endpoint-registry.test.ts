import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { EndpointRegistry, Endpoints, FileStore, SecretBox } from "../../src/index.js";

const dayMs = 86_400_000;
const url = "https://example.org/hook";
let folder: string;
let registry: EndpointRegistry;
let now = Date.now();
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-registry-"));
  registry = new EndpointRegistry({
    endpoints: new Endpoints(new FileStore(folder)),
    lock: { run: (_name, step) => step(async () => undefined) },
    box: new SecretBox("m".repeat(32)),
    most: 20,
    disableDays: 5,
    changed: async () => undefined,
    now: () => now,
  });
});
after(() => rm(folder, { recursive: true, force: true }));

test("a rotation seals the secret before under the new master, and lets go of one that nothing opens", async () => {
  const [old, young] = ["o".repeat(32), "y".repeat(32)];
  const store = new FileStore(path.join(folder, "masters"));
  const registryWith = (masters: string) =>
    new EndpointRegistry({
      endpoints: new Endpoints(store),
      lock: { run: (_name, step) => step(async () => undefined) },
      box: new SecretBox(masters),
      most: 20,
      disableDays: 5,
      changed: async () => undefined,
      now: () => now,
    });
  const { record, secret: first } = await registryWith(old).create("a", { url, description: "", events: [] });
  assert.throws(() => registryWith(young).secrets(record), { code: "config-invalid" });
  const { secret: second } = await registryWith(`${young},${old}`).rotate(record, 3600);
  const alone = registryWith(young);
  assert.deepEqual(alone.secrets(await alone.find(record)), [second, first]);
  // The master secret was lost, and is another now.
  const another = registryWith("z".repeat(32));
  const { secret: third } = await another.rotate(record, 3600);
  assert.deepEqual(another.secrets(await another.find(record)), [third]);
});

/** An endpoint that has failed for four days, a day before it is disabled. */
async function failing() {
  const { record } = await registry.create("a", { url, description: "", events: ["analysis.completed"] });
  await registry.noteAttempt(record, "failed");
  now += 4 * dayMs;
  return registry.find(record);
}

for (const [what, change] of Object.entries({
  "another address": { url: "https://example.org/new" },
  "an owner who says that it is well": { enabled: true },
})) {
  test(`the days that an endpoint has failed begin anew with ${what}`, async () => {
    const changed = await registry.change(await failing(), change);
    assert.deepEqual([changed.enabled, changed.failingSince], [true, undefined]);
    now += 2 * dayMs;
    assert.equal(await registry.noteAttempt(changed, "failed"), undefined);
    const { enabled, failingSince } = await registry.find(changed);
    assert.deepEqual([enabled, failingSince], [true, new Date(now).toISOString()]);
  });
}

test("other changes, and the same address, leave them", async () => {
  const before = await failing();
  const changed = await registry.change(before, { url, description: "archive" });
  assert.equal(changed.failingSince, before.failingSince);
  now += 2 * dayMs;
  assert.equal(await registry.noteAttempt(changed, "failed"), "failing");
});

test("what the address before still answers is not held against another", async () => {
  const before = await failing();
  await registry.change(before, { url: "https://example.org/new" });
  now += 2 * dayMs;
  assert.equal(await registry.noteAttempt(before, "gone"), undefined);
  const { enabled, failingSince } = await registry.find(before);
  assert.deepEqual([enabled, failingSince], [true, undefined]);
});
