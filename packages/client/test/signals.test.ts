import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { abortWith } from "../src/abort-with.js";
import { type Analysis, Osteon } from "../src/index.js";
import { broken, json, ScriptedServer, type Step } from "./server.js";

const id = "01970000-0000-7000-8000-000000000000";
const analysis = (status: Analysis["status"]) => ({ id, status, films: [], timings: {} });
const event = (status: Analysis["status"]) =>
  `id: ${status}\nevent: ${status}\ndata: ${JSON.stringify(analysis(status))}\n\n`;

/** A stream that tells these, and ends, or goes on in silence. */
const stream =
  (text: string, ends: boolean): Step =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(text, () => ends && response.end());
  };

/** What hangs on a signal: who listens, and the signals that Node 20 notes there for each `AbortSignal.any`. */
function hanging(signal: AbortSignal): number {
  const note = Object.getOwnPropertySymbols(signal).find((each) => each.description === "kDependantSignals");
  const noted = note === undefined ? undefined : (Reflect.get(signal, note) as Set<unknown> | undefined);
  return getEventListeners(signal, "abort").length + (noted?.size ?? 0);
}

test("calls leave nothing at a signal that outlives them", async (t) => {
  const server = await ScriptedServer.start(
    json(200, analysis("queued")),
    json(404, { code: "analysis-not-found", status: 404, title: "T", detail: "D", requestId: "r" }),
    broken,
    json(200, analysis("completed")),
    stream(`retry: 1\n\n${event("queued")}`, true),
    stream(event("completed"), true),
  );
  t.after(() => server.stop());
  const { client } = server;
  const { signal } = new AbortController();
  await client.get(id, { signal });
  await assert.rejects(client.get(id, { signal }));
  await client.wait(id, { timeoutSeconds: 60, signal });
  const told = [];
  for await (const { type } of client.events(id, { signal })) told.push(type);
  assert.deepEqual(told, ["queued", "completed"]);
  assert.equal(hanging(signal), 0);
});

test("a signal ends a call whose answer has begun, and a stream", { timeout: 60_000 }, async (t) => {
  const server = await ScriptedServer.start(
    (_request, response) => response.writeHead(200, { "content-type": "image/png" }).write("half"),
    stream(event("queued"), false),
  );
  t.after(() => server.stop());
  let begun = () => {};
  const client = new Osteon({
    url: server.url,
    fetch: async (...call) => {
      const answer = await fetch(...call);
      begun();
      return answer;
    },
  });
  const calls = [
    (signal: AbortSignal) => client.image(id, 0, { signal }),
    async (signal: AbortSignal) => {
      for await (const { type } of client.events(id, { signal })) assert.equal(type, "queued");
    },
  ];
  for (const call of calls) {
    const over = new AbortController();
    const reason = new Error("enough");
    // The client has the headers by then, and waits for the rest.
    begun = () => setImmediate(() => over.abort(reason));
    await assert.rejects(call(over.signal), reason);
    assert.equal(hanging(over.signal), 0);
  }
});

test("many calls at once hang on a signal as one, and all end with it", async (t) => {
  const warned: string[] = [];
  const onWarning = ({ name }: Error) => warned.push(name);
  process.on("warning", onWarning);
  t.after(() => process.off("warning", onWarning));
  const signal = new AbortController();
  const ends = Array.from({ length: 20 }, () => new AbortController());
  const leave = ends.map((end) => abortWith(end, signal.signal));
  assert.equal(hanging(signal.signal), 1);
  leave[0]?.();
  signal.abort(new Error("enough"));
  assert.deepEqual(
    ends.map((end) => end.signal.aborted),
    ends.map((_, at) => at > 0),
  );
  for (const each of leave) each();
  assert.equal(hanging(signal.signal), 0);
  await new Promise(setImmediate);
  assert.deepEqual(warned, []);
});
