import assert from "node:assert/strict";
import { test } from "node:test";
import { type Analysis, type AnalysisStatus, disclaimer } from "@osteon/shared";
import { waitForEnd } from "../src/streams/wait-for-end.js";

function analysis(status: AnalysisStatus): Analysis {
  return {
    id: "01970000-0000-7000-8000-000000000000",
    status,
    createdAt: "2026-01-01T00:00:00.000Z",
    films: [],
    timings: {},
    links: { self: "", events: "" },
    disclaimer,
  };
}

/** A state that changes, and counts how often it is looked at. */
function watched() {
  let status: AnalysisStatus = "queued";
  let listener: ((ended: boolean) => void) | undefined;
  const seen = { looks: 0, listening: () => listener !== undefined };
  return {
    seen,
    change: (to: AnalysisStatus) => {
      status = to;
      listener?.(to === "completed");
    },
    look: async () => {
      seen.looks += 1;
      return analysis(status);
    },
    listen: (next: (ended: boolean) => void) => {
      listener = next;
      return () => {
        listener = undefined;
      };
    },
  };
}

test("it looks at first and at the end, not at what happens between", async () => {
  const state = watched();
  const waiting = waitForEnd({ ...state, milliseconds: 60_000, signal: new AbortController().signal });
  await new Promise(setImmediate);
  assert.equal(state.seen.looks, 1);
  state.change("processing");
  await new Promise(setImmediate);
  assert.equal(state.seen.looks, 1);
  state.change("completed");
  assert.equal((await waiting)?.status, "completed");
  assert.equal(state.seen.looks, 2);
  assert.equal(state.seen.listening(), false);
});

test("a change during a look is not missed", async () => {
  const state = watched();
  let first = true;
  const waiting = waitForEnd({
    ...state,
    look: async () => {
      const seen = await state.look();
      if (first) state.change("completed");
      first = false;
      return seen;
    },
    milliseconds: 60_000,
    signal: new AbortController().signal,
  });
  assert.equal((await waiting)?.status, "completed");
});

test("when time is over it answers as it stands; a client gone ends it", async () => {
  const state = watched();
  const signal = new AbortController().signal;
  assert.equal((await waitForEnd({ ...state, milliseconds: 5, signal }))?.status, "queued");
  const gone = new AbortController();
  const waiting = waitForEnd({ ...state, milliseconds: 60_000, signal: gone.signal });
  await new Promise(setImmediate);
  gone.abort();
  assert.equal((await waiting)?.status, "queued");
  assert.equal(state.seen.listening(), false);
});
