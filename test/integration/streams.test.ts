import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { answerTo } from "../support/answer-to.js";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let gateway: LoneGateway;
before(async () => {
  gateway = await LoneGateway.start({ CORS_ORIGINS: "https://viewer.example", RATE_LIMIT_READS: "1000" });
});
after(() => gateway?.stop());

const submitted = async () => (await gateway.client.submit([{ name: "x", bytes: hand }])).body.id;

/** A stream, and the names of its events as they come. */
async function open(path: string) {
  const answer = await fetch(gateway.url + path, { headers: { origin: "https://viewer.example" } });
  const reader = answer.body?.getReader();
  assert.ok(reader);
  let text = "";
  const names = () => [...text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
  return {
    answer,
    /** What was told until an event of the name came, or the stream ended. */
    until: async (name?: string) => {
      while (name === undefined || !names().includes(name)) {
        const { done, value } = await reader.read();
        if (done) break;
        text += Buffer.from(value).toString();
      }
      return { names: names(), text };
    },
    close: () => reader.cancel(),
  };
}

describe("the stream of one analysis", { timeout: 20_000 }, () => {
  test("ends when the analysis is erased", async () => {
    const id = await submitted();
    const stream = await open(`/v1/analyses/${id}/events`);
    await stream.until("queued");
    assert.equal((await gateway.client.request(`/v1/analyses/${id}`, { method: "DELETE" })).status, 204);
    assert.deepEqual((await stream.until()).names, ["queued"]);
  });

  test("ends where the analysis cannot be looked at, so that its client comes back", async (t) => {
    const id = await submitted();
    const stream = await open(`/v1/analyses/${id}/events`);
    await stream.until("queued");
    t.mock.method(gateway.backbone.analyses, "get", async () => {
      throw new ProblemError("queue-unavailable");
    });
    await gateway.backbone.analyses.start(await gateway.request(id), 0);
    assert.deepEqual((await stream.until()).names, ["queued"]);
  });
});

describe("the stream of all analyses", { timeout: 60_000 }, () => {
  test("carries what every answer does", async () => {
    const { answer, close } = await open("/v1/events");
    assert.equal(answer.headers.get("content-type"), "text/event-stream");
    assert.equal(answer.headers.get("access-control-allow-origin"), "https://viewer.example");
    assert.match(answer.headers.get("vary") ?? "", /Origin/i);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.match(answer.headers.get("ratelimit") ?? "", /"reads"/);
    assert.ok(answer.headers.get("x-request-id"));
    await close();
  });

  test("tells what was erased, also of an analysis that it has told nothing of before", async () => {
    const id = await submitted();
    const stream = await open("/v1/events");
    await stream.until("missed");
    await gateway.client.request(`/v1/analyses/${id}`, { method: "DELETE" });
    const { text } = await stream.until("erased");
    assert.match(text, new RegExp(`event: erased\ndata: {"id":"${id}"}`));
    await stream.close();
  });

  test("is refused to a tenant that has too many, until one of them ends", async () => {
    const streams = await Promise.all(Array.from({ length: 249 }, () => open("/v1/events")));
    const answer = answerTo("/v1/events");
    const last = await open("/v1/events");
    const id = await submitted();
    for (const path of ["/v1/events", `/v1/analyses/${id}/events`]) {
      const refusal = await gateway.client.request(path);
      Client.refused(refusal, 429, "too-many-streams");
      assert.ok(Number(refusal.headers.get("retry-after")) > 0);
    }
    const ended = once(await answer, "close");
    await last.close();
    await ended;
    await (await open("/v1/events")).close();
    await Promise.all(streams.map((stream) => stream.close()));
  });
});
