import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { watchMemory } from "../../src/lifecycle/memory-watch.js";

const megabyte = 2 ** 20;

test("tells of more resident memory than the limit, and of no less", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let resident = 200 * megabyte;
  const told: number[] = [];
  const end = watchMemory({
    limitMegabytes: 200,
    onExceeded: (bytes) => told.push(bytes),
    resident: () => resident,
  });
  t.after(end);
  t.mock.timers.tick(1_000);
  assert.deepEqual(told, []);
  resident += 1;
  t.mock.timers.tick(100);
  assert.deepEqual(told, [resident]);
});

test("goes on where the memory cannot be read for want of file descriptors", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const looks = [
    () => {
      throw Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
    },
    () => 2 * megabyte,
  ];
  const told: number[] = [];
  t.after(
    watchMemory({
      limitMegabytes: 1,
      onExceeded: (bytes) => told.push(bytes),
      resident: () => looks.shift()?.() ?? assert.fail("looked again"),
    }),
  );
  t.mock.timers.tick(100);
  assert.deepEqual(told, []);
  t.mock.timers.tick(100);
  assert.deepEqual(told, [2 * megabyte]);
});

test("tells of nothing after its end", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const end = watchMemory({
    limitMegabytes: 1,
    onExceeded: () => assert.fail("told"),
    resident: () => megabyte + 1,
  });
  end();
  t.mock.timers.tick(1_000);
});

test("without a limit it is a share of the memory that there is", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let limit = 0;
  const end = watchMemory({
    limitMegabytes: undefined,
    onExceeded: (_, allowed) => {
      limit = allowed;
    },
    resident: () => Number.MAX_SAFE_INTEGER,
  });
  t.after(end);
  t.mock.timers.tick(1_000);
  assert.ok(limit > 128 * megabyte && limit < 2 ** 50, `${limit}`);
});

test("counts memory that is outside of JavaScript's heap", async (t) => {
  const before = process.memoryUsage.rss() / megabyte;
  const exceeded = new Promise<void>((resolve) => {
    t.after(watchMemory({ limitMegabytes: before + 100, onExceeded: () => resolve() }));
  });
  const hoard = new Worker(
    "require('worker_threads').parentPort.postMessage(Buffer.alloc(300 * 2 ** 20, 1))",
    {
      eval: true,
    },
  );
  const held = await once(hoard, "message");
  await exceeded;
  assert.equal(held.length, 1);
});
