import assert from "node:assert/strict";
import { EventEmitter, getEventListeners } from "node:events";
import { test } from "node:test";
import type { Analysis, AnalysisStatus } from "@osteon/shared";
import type { FastifyReply } from "fastify";
import { hold } from "../src/streams/hold.js";

const ref = { tenant: "default", id: "01970000-0000-7000-8000-000000000000" };

/** A gateway with one analysis, of a state, and a client of it. */
function held(status: AnalysisStatus) {
  const raw = Object.assign(new EventEmitter(), { destroyed: false });
  const closing = new AbortController();
  const seen = { looks: 0, listening: 0 };
  const get = async () => {
    seen.looks += 1;
    return { ...ref, status } as unknown as Analysis;
  };
  const listen = () => {
    seen.listening += 1;
    return () => {
      seen.listening -= 1;
    };
  };
  const parts = { backbone: { analyses: { get } }, changes: { listen }, closing: closing.signal };
  const reply = { raw, request: { refusal: async () => undefined } };
  return {
    raw,
    closing,
    seen,
    hold: (seconds: number) =>
      hold(parts as unknown as Parameters<typeof hold>[0], ref, seconds, reply as unknown as FastifyReply),
  };
}

/** What hangs on a signal: who listens, and the signals that Node 20 notes there for each `AbortSignal.any`. */
function hanging(signal: AbortSignal): number {
  const note = Object.getOwnPropertySymbols(signal).find((each) => each.description === "kDependantSignals");
  const noted = note === undefined ? undefined : (Reflect.get(signal, note) as Set<unknown> | undefined);
  return getEventListeners(signal, "abort").length + (noted?.size ?? 0);
}

test("looks leave nothing at the gateway, nor at the client's connection", async () => {
  const { raw, closing, hold, seen } = held("completed");
  for (const seconds of [0, 0.001, 30]) assert.equal((await hold(seconds))?.status, "completed");
  assert.deepEqual([hanging(closing.signal), raw.listenerCount("close"), seen.listening], [0, 0, 0]);
});

test("without a wait it looks once, and listens for nothing", async () => {
  const { hold, seen } = held("queued");
  assert.equal((await hold(0))?.status, "queued");
  assert.deepEqual(seen, { looks: 1, listening: 0 });
});

test("a client that goes, or has gone, and a gateway that ends are waited for no longer", async () => {
  const [goes, gone, ends, ended] = [held("queued"), held("queued"), held("queued"), held("queued")];
  gone.raw.destroyed = true;
  ended.closing.abort();
  const waits = [goes, gone, ends, ended].map((each) => each.hold(60));
  goes.raw.emit("close");
  ends.closing.abort();
  for (const found of await Promise.all(waits)) assert.equal(found?.status, "queued");
  for (const { closing, raw, seen } of [goes, gone, ends, ended])
    assert.deepEqual([hanging(closing.signal), raw.listenerCount("close"), seen.listening], [0, 0, 0]);
});
