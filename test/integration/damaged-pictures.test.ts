import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { encodeFilm } from "@osteon/imaging";
import { analysisFolder } from "@osteon/shared";
import { Client } from "../support/client.js";
import { LoneGateway } from "../support/gateway.js";
import { accept, requestOf } from "../support/requests.js";

let gateway: LoneGateway;
before(async () => {
  gateway = await LoneGateway.start();
});
after(() => gateway?.stop());

test("a stored picture of which a bit fell over is our fault, not the film's", async () => {
  const { analyses, store } = gateway.backbone;
  const request = await accept(analyses, requestOf());
  const [width, height] = [240, 300];
  const bytes = encodeFilm({ width, height, data: new Uint8Array(width * height) });
  bytes[bytes.length >> 1] = 1;
  await store.put(`${analysisFolder(request.tenant, request.id)}image-0.png`, bytes);
  for (const picture of ["image.png", "thumbnail.jpg"])
    Client.refused(
      await gateway.client.request(`/v1/analyses/${request.id}/films/0/${picture}`),
      500,
      "film-altered",
    );
});

test("a film's bytes are given out as they came, or not at all", async () => {
  const { analyses, store } = gateway.backbone;
  const request = await accept(analyses, requestOf());
  const original = () => gateway.client.request(`/v1/analyses/${request.id}/films/0/original`);
  assert.equal((await original()).status, 200);
  const key = `${analysisFolder(request.tenant, request.id)}original-0`;
  await store.put(key, "abd");
  Client.refused(await original(), 500, "film-altered");
  await store.delete(key);
  Client.refused(await original(), 500, "film-lost");
});
