import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import type { FastifyReply } from "fastify";
import { Turns } from "../src/answers/turns.js";

/** An answer whose client can go. */
class Answer {
  readonly raw = Object.assign(new EventEmitter(), { destroyed: false }) as unknown as FastifyReply["raw"];
}

/** A step that ends when it is told to, and notes that it began. */
function steps(turns: Turns) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (tenant: string, name: string, answer = new Answer()) =>
    turns.run(tenant, answer, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  return { begun, ask, end };
}

test("tenants take turns, and each its own in order", async () => {
  const { begun, ask, end } = steps(new Turns(1));
  const all = [1, 2, 3, 4].map((at) => ask("a", `a${at}`));
  all.push(ask("b", "b1"), ask("b", "b2"), ask("c", "c1"));
  assert.deepEqual(begun, ["a1"]);
  for (const name of ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]) await end(name);
  await Promise.all(all);
  assert.deepEqual(begun, ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
});

test("one tenant has no more than its places, whoever waits behind it", async () => {
  const { begun, ask, end } = steps(new Turns(3, 2));
  const all = [1, 2, 3].map((at) => ask("a", `a${at}`));
  all.push(ask("b", "b1"));
  assert.deepEqual(begun, ["a1", "a2", "b1"]);
  await end("b1");
  assert.deepEqual(begun, ["a1", "a2", "b1"]);
  await end("a1");
  assert.deepEqual(begun, ["a1", "a2", "b1", "a3"]);
  for (const name of ["a2", "a3"]) await end(name);
  await Promise.all(all);
});

test("a step that fails gives its place back", async () => {
  const turns = new Turns(1);
  await assert.rejects(
    turns.run("a", new Answer(), async () => {
      throw new Error("no");
    }),
  );
  assert.equal(await turns.run("b", new Answer(), async () => 1), 1);
});

test("what a client no longer waits for is never begun, nor what waits too long", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { begun, ask, end } = steps(new Turns(1));
  const first = ask("a", "a1");
  const gone = new Answer();
  const left = assert.rejects(ask("a", "a2", gone), { code: "rate-limited" });
  const late = assert.rejects(ask("a", "a3"), { code: "rate-limited" });
  gone.raw.emit("close");
  await left;
  t.mock.timers.tick(10_000);
  await late;
  const last = ask("a", "a4");
  await end("a1");
  await end("a4");
  await Promise.all([first, last]);
  assert.deepEqual(begun, ["a1", "a4"]);
  assert.equal(gone.raw.listenerCount("close"), 0);
});
