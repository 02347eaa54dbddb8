import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Analysis, ProblemError } from "@osteon/shared";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let gateway: LoneGateway;
before(async () => {
  gateway = await LoneGateway.start();
});
after(() => gateway?.stop());

test("what was accepted is answered so, also where it cannot be waited for", async (t) => {
  t.mock.method(gateway.backbone.analyses, "get", async () => {
    throw new ProblemError("queue-unavailable");
  });
  const answer = await gateway.client.request<Analysis>("/v1/analyses", {
    method: "POST",
    body: Uint8Array.from(hand),
    headers: { "content-type": "image/jpeg", prefer: "wait=5" },
  });
  assert.deepEqual([answer.status, answer.body.status], [202, "queued"]);
  assert.equal(answer.headers.get("location"), `/v1/analyses/${answer.body.id}`);
  assert.equal(answer.headers.get("preference-applied"), null);
});

test("a list of what has ended goes without what has not", async () => {
  const [ended, waiting] = [
    await gateway.client.submitRaw(hand, "image/jpeg"),
    await gateway.client.submitRaw(hand, "image/jpeg"),
  ];
  await gateway.endFilm(ended.body.id);
  await gateway.withoutRedis(async () => {
    const list = (query: string) => gateway.client.request<{ data: Analysis[] }>(`/v1/analyses${query}`);
    const { status, body } = await list("?status=completed");
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(
      body.data.map(({ id }) => id),
      [ended.body.id],
    );
    assert.deepEqual((await list("?status=failed")).body.data, []);
    // Whether it has begun only Redis knows.
    for (const query of ["", "?status=queued"]) Client.refused(await list(query), 503, "queue-unavailable");
  });
  assert.equal((await gateway.client.get(waiting.body.id)).body.status, "queued");
});
