import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { digestOf, inSlices, type Ledger, loadConfig, type ObjectBody } from "@osteon/shared";
import pLimit from "p-limit";
import { v7 as uuidv7 } from "uuid";
import { Intake } from "../../src/intake/intake.js";
import { MemoryBudget } from "../../src/intake/memory-budget.js";
import { Submission } from "../../src/intake/submission.js";

const mebibyte = 1024 * 1024;
const picture = readFileSync(new URL("../../../../../test/fixtures/small-film.png", import.meta.url));

test("a large film that comes by an upload is hashed and staged in slices, as one that is sent", async () => {
  const bytes = Buffer.alloc(9 * mebibyte, "film");
  const staged: number[] = [];
  const ledger: Partial<Omit<Ledger, "uploads">> & { uploads: Partial<Ledger["uploads"]> } = {
    uploads: { used: async () => undefined, size: async () => bytes.length, film: async () => bytes },
    stage: async (_ref, _film, body: ObjectBody) => {
      for await (const slice of body as AsyncIterable<Buffer>) staged.push(slice.length);
    },
  };
  const intake = new Intake({
    ledger: ledger as Ledger,
    config: loadConfig({}),
    tenant: "default",
    heavy: pLimit(1),
    light: pLimit(1),
    inHand: pLimit(1),
    memory: new MemoryBudget(100 * mebibyte),
  });
  await intake.takeUpload(uuidv7());
  assert.deepEqual(
    staged,
    Array.from({ length: 9 }, () => mebibyte),
  );
  assert.equal(intake.films[0]?.digest, digestOf(bytes));
});

/** A ledger that notes what was staged, by its length. */
function staging() {
  const staged: number[] = [];
  const ledger: Partial<Ledger> = {
    stage: async (_ref, _film, body: ObjectBody) => {
      let bytes = 0;
      for await (const slice of body as AsyncIterable<Buffer>) bytes += slice.length;
      staged.push(bytes);
    },
    withdraw: async () => undefined,
  };
  return { staged, ledger: ledger as Ledger };
}

test("what all requests hold in memory is bounded: a film that is too much for it goes to the store", async () => {
  const { staged, ledger } = staging();
  const memory = new MemoryBudget(4 * mebibyte, 0.5);
  const open = () =>
    new Intake({
      ledger,
      config: loadConfig({}),
      tenant: "default",
      heavy: pLimit(1),
      light: pLimit(1),
      inHand: pLimit(1),
      memory,
    });
  const film = () => inSlices(Buffer.alloc(1.5 * mebibyte, "film"));
  const [first, second] = [open(), open()];
  assert.ok((await first.take(film())).held);
  assert.equal((await second.take(film())).held, undefined, "half of the room is the tenant's");
  assert.deepEqual([staged, memory.held], [[1.5 * mebibyte], 1.5 * mebibyte]);
  first.close();
  second.close();
  assert.equal(memory.held, 0);
  assert.ok((await open().take(film())).held);
});

test("films are limited each by itself, and together", async () => {
  const intake = new Intake({
    ledger: staging().ledger,
    config: { ...loadConfig({}), MAX_FILM_BYTES: 100, MAX_UPLOAD_BYTES: 250 },
    tenant: "default",
    heavy: pLimit(1),
    light: pLimit(1),
    inHand: pLimit(1),
    memory: new MemoryBudget(4 * mebibyte),
  });
  const take = (bytes: number) => intake.take(inSlices(Buffer.alloc(bytes)));
  await take(100);
  await take(100);
  await assert.rejects(take(51), { code: "upload-too-large" });
  assert.equal(intake.films.length, 2);
  intake.close();
});

test("films of several requests that are held in memory are looked into in turns", async () => {
  const parts = {
    ledger: staging().ledger,
    config: loadConfig({}),
    tenant: "default",
    heavy: pLimit(1),
    light: pLimit(1),
    inHand: pLimit(2),
    memory: new MemoryBudget(4 * mebibyte),
  };
  let [now, most] = [0, 0];
  const look = async () => {
    most = Math.max(most, ++now);
    await turn();
    now -= 1;
  };
  const intakes = Array.from({ length: 5 }, () => new Intake(parts));
  for (const intake of intakes) assert.ok((await intake.take(inSlices(picture))).held);
  await Promise.all(intakes.map((intake) => intake.use(0, look)));
  assert.equal(most, 2);
});

test("a submission lets go of its films, whether it is refused or not", async () => {
  const { ledger } = staging();
  const memory = new MemoryBudget(4 * mebibyte);
  const accepted: number[] = [];
  const analyses = {
    ledger: Object.assign(ledger, { uploads: {} }),
    accept: async () => {
      accepted.push(memory.held);
      return {};
    },
  };
  const parts = {
    backbone: { analyses },
    config: loadConfig({}),
    policy: { checkUrl: () => undefined },
    admission: { check: () => undefined, requireQueue: () => undefined, accepted: () => undefined },
  };
  const submission = new Submission(parts as unknown as ConstructorParameters<typeof Submission>[0], memory);
  const submit = (bytes: Buffer) =>
    submission.submit({ tenant: "default", key: null }, async (intake) => {
      await intake.take(inSlices(bytes));
      return {};
    });
  await submit(picture);
  assert.deepEqual([accepted, memory.held], [[picture.length], 0]);
  await assert.rejects(submit(Buffer.from("no film")), { code: "media-type-unsupported" });
  assert.equal(memory.held, 0);
});
