import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Osteon } from "../src/index.js";
import { json, ScriptedServer, type Step } from "./server.js";

async function started(t: TestContext, ...steps: Step[]): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(...steps);
  t.after(() => server.stop());
  return server;
}

/** Timers that are asked for more than they count to go off after 1 ms: this takes longer, before its answer and within it. */
const slowly: Step = (_request, response) => {
  setTimeout(() => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"data":');
    setTimeout(() => response.end("[]}"), 50);
  }, 50);
};

for (const timeoutMs of [Number.POSITIVE_INFINITY, 2 ** 31])
  test(`a call whose time is ${timeoutMs} ms has that time`, async (t) => {
    const { url } = await started(t, slowly);
    assert.deepEqual(await new Osteon({ url, retries: 0, timeoutMs }).list(), { data: [] });
  });

test("a Retry-After of a month, where that may be, is not over at once", { timeout: 20_000 }, async (t) => {
  const refused = json(429, { code: "rate-limited", status: 429 }, { "retry-after": "2592000" });
  const { url, requests } = await started(t, refused);
  const { setTimeout: really } = globalThis;
  const pausing = new Promise<number>((resolve) => {
    t.mock.method(globalThis, "setTimeout", (step: () => void, ms: number) => {
      if (ms > 1_000_000_000) resolve(ms);
      return really(step, ms);
    });
  });
  const over = new AbortController();
  const client = new Osteon({ url, longestRetryAfter: Number.POSITIVE_INFINITY });
  const left = assert.rejects(client.list({ signal: over.signal }), /enough/);
  assert.equal(await pausing, 2 ** 31 - 1, "the longest that timers count to");
  over.abort(new Error("enough"));
  await left;
  assert.equal(requests.length, 1);
});
