import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { NormalisedFilm } from "@osteon/imaging";
import { Pool } from "../../src/pool/pool.js";
import type { LaneListener, LaneRequest } from "../../src/pool/protocol.js";

/** A pool whose second lane can be lost, and does not come up again. */
function poolOfTwo() {
  let started = 0;
  const lanes: LaneListener[] = [];
  const pool = new Pool({
    threads: 2,
    runTimeoutMs: 10_000,
    loadTimeoutMs: 10_000,
    start: (events) => {
      const number = started++;
      lanes.push(events);
      queueMicrotask(() =>
        number < 2 ? events.onReply({ kind: "ready", version: "1" }) : events.onEnd("no memory"),
      );
      return {
        post: (request) =>
          queueMicrotask(() => events.onReply({ kind: "done", id: request.id, output: undefined })),
        end: async () => undefined,
      };
    },
  });
  return { pool, lose: () => lanes[1]?.onEnd("lost") };
}

const load = (key: string) => ({ kind: "load", key }) as Extract<LaneRequest, { kind: "load" }>;

test("a lane that ends behind its own load, while another still loads, has the model when it is there again", async () => {
  const loads: number[][] = [];
  const lanes: LaneListener[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const pool = new Pool({
    threads: 2,
    runTimeoutMs: 10_000,
    loadTimeoutMs: 10_000,
    start: (events) => {
      const number = lanes.push(events) - 1;
      loads[number] = [];
      queueMicrotask(() => events.onReply({ kind: "ready", version: "1" }));
      return {
        post: async (request) => {
          if (request.kind === "load") loads[number]?.push(request.id);
          if (request.kind === "load" && number === 1) await held;
          queueMicrotask(() => events.onReply({ kind: "done", id: request.id, output: undefined }));
        },
        end: async () => undefined,
      };
    },
  });
  await pool.started;
  const loading = pool.load(load("first"));
  await setImmediate();
  lanes[0]?.onEnd("lost");
  await setImmediate();
  release();
  await loading;
  assert.deepEqual(
    loads.map((each) => each.length),
    [1, 1, 1],
  );
  await pool.close();
});

test("one lane of two that cannot start again holds up neither a reload nor the end", async () => {
  const { pool, lose } = poolOfTwo();
  await pool.started;
  await pool.load(load("first"));
  lose();
  await assert.rejects(pool.load(load("second")), { code: "engine-unavailable" });
  assert.equal(pool.ready, true, "the other lane is up");
  await pool.unload("first");
  await pool.close();
});

test("where no lane starts again, films that wait are told that it is no fault of theirs, until one does", async () => {
  const lanes: LaneListener[] = [];
  let broken = false;
  const pool = new Pool({
    threads: 1,
    runTimeoutMs: 10_000,
    loadTimeoutMs: 10_000,
    start: (events) => {
      lanes.push(events);
      queueMicrotask(() => {
        if (!broken) return events.onReply({ kind: "ready", version: "1" });
        events.onEnd("no space left");
      });
      return {
        post: ({ kind, id }) => {
          if (kind === "run" && broken) return events.onEnd("killed");
          queueMicrotask(() => events.onReply({ kind: "done", id, output: undefined }));
        },
        end: async () => undefined,
      };
    },
  });
  const film = {} as NormalisedFilm;
  await pool.started;
  await pool.load(load("first"));
  broken = true;
  await assert.rejects(
    pool.run("first", film),
    { code: "engine-failed" },
    "the film under which it was lost",
  );
  await assert.rejects(pool.run("first", film), { code: "engine-unavailable" }, "the one after it");
  assert.equal(pool.ready, false);
  broken = false;
  await pool.run("first", film);
  assert.equal(pool.ready, true);
  await pool.close();
});
