import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let gateway: LoneGateway;
before(async () => {
  gateway = await LoneGateway.start();
});
after(() => gateway?.stop());

/** A film's id, and the name that the origin's clients call it by. */
async function uploaded(): Promise<{ id: string; filename: string }> {
  const form = new FormData();
  form.append("file", new Blob([Uint8Array.from(hand)]), "x.jpg");
  const { body } = await gateway.client.request<{ filename: string }>("/upload", {
    method: "POST",
    body: form,
  });
  return { id: body.filename.replace(".jpg", ""), filename: body.filename };
}

const predict = (filename: string) =>
  gateway.client.request<{ bone_type: string; result: string }>("/predict", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ filename }),
  });

test("a prediction is held until the film has its answer", async (t) => {
  const { id, filename } = await uploaded();
  const held = gateway.looked(t);
  const answer = predict(filename);
  await held;
  await gateway.endFilm(id, {
    outcome: "analysed",
    bodyPart: { label: "hand", probability: 1, probabilities: { hand: 1 } },
    fracture: { label: "fractured", probability: 0.9, certainty: "positive", regions: [] },
  });
  const { status, body } = await answer;
  assert.deepEqual([status, body], [200, { bone_type: "Hand", result: "fractured" }]);
});

test("a prediction that is not there within 30 seconds is answered 503, and that it may be asked for again", async (t) => {
  const { filename } = await uploaded();
  const { setTimeout: really } = globalThis;
  const held = gateway.looked(t);
  let over = () => {};
  t.mock.method(globalThis, "setTimeout", (step: () => void, ms: number, ...more: unknown[]) => {
    if (ms !== 30_000) return really(step, ms, ...more);
    over = step;
    return undefined;
  });
  const answer = predict(filename);
  await held;
  over();
  const refused = await answer;
  Client.refused(refused, 503, "answer-not-ready");
  assert.equal(refused.headers.get("retry-after"), "1");
});
