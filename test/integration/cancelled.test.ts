import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";
import { resultOf } from "../support/requests.js";

let gateway: LoneGateway;
before(async () => {
  gateway = await LoneGateway.start();
});
after(() => gateway?.stop());

test("a film that was examined before its exam was cancelled keeps its heat map, and none gets one that came late", async () => {
  const films = testFilms(2, "hand").map(({ file }) => ({ name: file, bytes: filmBytes(file) }));
  const { id } = (await gateway.client.submit(films)).body;
  await gateway.endFilm(
    id,
    { outcome: "analysed", width: 300, height: 240 },
    {
      width: 2,
      height: 2,
      levels: Buffer.from([0, 80, 160, 255]).toString("base64"),
      placement: { left: 0, top: 0, width: 300, height: 240, canvasWidth: 300, canvasHeight: 240 },
    },
  );
  const picture = (index: number) => gateway.client.request(`/v1/analyses/${id}/films/${index}/heatmap.png`);
  const before = await picture(0);
  assert.equal(before.status, 200, JSON.stringify(before.body));
  const cancelled = await gateway.client.request(`/v1/analyses/${id}/cancel`, { method: "POST" });
  assert.equal(cancelled.status, 200);
  const after = await picture(0);
  assert.deepEqual([after.status, after.headers.get("etag")], [200, before.headers.get("etag")]);
  Client.refused(await picture(1), 404, "no-heatmap");
  const request = await gateway.request(id);
  const { analyses } = gateway.backbone;
  const heatmap = await analyses.ledger.results.heatmap(request, 0);
  assert.ok(heatmap);
  await analyses.filmEnded(request, { ...resultOf(request, 1, { outcome: "analysed" }), heatmap });
  Client.refused(await picture(1), 404, "no-heatmap");
});

test("of what was cancelled Redis keeps nothing for long: the store has its end", async () => {
  const { id } = (
    await gateway.client.submitRaw(filmBytes(testFilms(1, "hand")[0]?.file ?? ""), "image/jpeg")
  ).body;
  await gateway.client.request(`/v1/analyses/${id}/cancel`, { method: "POST" });
  const { redis } = gateway.backbone;
  const kept = `{osteon}:live:${id}`;
  const seconds = await redis.ttl(kept);
  assert.ok(seconds > 0 && seconds <= 60, `${seconds}`);
  await redis.del(kept);
  assert.equal((await gateway.client.get(id)).body.status, "cancelled");
});
