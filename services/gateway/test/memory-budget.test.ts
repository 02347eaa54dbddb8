import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import type { FastifyReply } from "fastify";
import { UnreadAnswers } from "../src/answers/unread-answers.js";
import { MemoryBudget, shareOfTenant } from "../src/intake/memory-budget.js";

/** An answer that its client reads when the test says so. */
function answer() {
  const raw = Object.assign(new EventEmitter(), { destroyed: false });
  return { raw, reply: { raw } as unknown as FastifyReply };
}

test("a tenant has its share of the room, and all together no more than all of it", () => {
  const memory = new MemoryBudget(100, 0.5);
  assert.deepEqual(
    [memory.tryTake("a", 40), memory.tryTake("a", 20), memory.tryTake("b", 50), memory.tryTake("c", 20)],
    [true, false, true, false],
  );
  memory.give("b", 50);
  assert.ok(memory.tryTake("c", 20));
  assert.equal(memory.held, 60);
});

test("what is larger than all the room has it alone", () => {
  const memory = new MemoryBudget(100);
  assert.ok(memory.tryTake("a", 500));
  assert.equal(memory.tryTake("b", 1), false);
  memory.give("a", 500);
  assert.ok(memory.tryTake("b", 1));
});

test("without keys there is one tenant, and nobody to keep a place for", () => {
  const memory = new MemoryBudget(100, shareOfTenant({ AUTH: "off" }));
  assert.deepEqual([memory.tryTake("default", 60), memory.tryTake("default", 40)], [true, true]);
  assert.equal(shareOfTenant({ AUTH: "keys" }), 0.5);
});

test("what is small overtakes nothing that its tenant waits for, and waits for no other tenant", async () => {
  const memory = new MemoryBudget(100, 0.5);
  assert.ok(memory.tryTake("a", 50));
  const order: string[] = [];
  const large = memory.take("a", 45, 60_000).then(() => order.push("large"));
  const small = memory.take("a", 5, 60_000).then(() => order.push("small"));
  assert.ok(await memory.take("b", 20, 60_000));
  memory.give("a", 10);
  assert.equal(memory.held, 60, "there is room for the small one alone");
  memory.give("a", 40);
  await Promise.all([large, small]);
  assert.deepEqual(order, ["large", "small"]);
});

test("an answer waits until others were read, and is refused where they are not", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const unread = new UnreadAnswers(new MemoryBudget(100, 0.5), 10_000);
  const first = answer();
  await unread.room({ tenant: "a" }, first.reply, 50);
  const order: string[] = [];
  const second = unread.room({ tenant: "a" }, answer().reply, 50).then(() => order.push("second"));
  const other = unread.room({ tenant: "b" }, answer().reply, 50).then(() => order.push("other"));
  await other;
  assert.deepEqual(order, ["other"], "another tenant waits for nobody");
  first.raw.emit("close");
  await second;
  const third = unread.room({ tenant: "a" }, answer().reply, 50);
  t.mock.timers.tick(10_000);
  await assert.rejects(third, { code: "answers-unread" });
});

test("a client that went while it waited takes no room", async () => {
  const memory = new MemoryBudget(100);
  const gone = answer();
  gone.raw.destroyed = true;
  await new UnreadAnswers(memory, 1000).room({ tenant: "a" }, gone.reply, 50);
  assert.equal(memory.held, 0);
});
