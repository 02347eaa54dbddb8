import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Turns } from "@osteon/gateway/answers/turns";
import { KeyRing, type WebhookEndpoint } from "@osteon/shared";
import { Client } from "../support/client.js";
import { LoneGateway } from "../support/gateway.js";
import { until } from "../support/until.js";

let gateway: LoneGateway;
before(async () => {
  gateway = await LoneGateway.start({
    AUTH: "keys",
    WEBHOOK_MASTER_SECRET: "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw",
  });
});
after(() => gateway?.stop());

/** A client of a tenant, and an endpoint of its own. */
async function tenantWithEndpoint(tenant: string) {
  const ring = new KeyRing(gateway.backbone.store);
  const { text } = await ring.create({ tenant, name: "", scopes: ["read", "webhooks"] });
  const client = new Client(gateway.url, text);
  const post = (path: string, body: object) =>
    client.request<WebhookEndpoint>(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const { status, body } = await post("/v1/webhooks", { url: "https://receiver.example/" });
  assert.equal(status, 201, JSON.stringify(body));
  return { client, post, path: `/v1/webhooks/${body.id}` };
}

function settled() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test("a tenant’s lists of deliveries, of analyses and its redeliveries take turns, and hold up nobody else’s", async (t) => {
  const { analyses } = gateway.backbone;
  const { deliveries, endpoints } = analyses.ledger;
  const [many, other] = [await tenantWithEndpoint("many"), await tenantWithEndpoint("other")];
  const { of } = deliveries;
  const { list } = analyses.ledger;
  const { promise: ended, resolve: end } = settled();
  let [asking, begun] = [0, 0];
  const hold = async (tenant: string) => {
    if (tenant !== "many") return;
    begun += 1;
    await ended;
  };
  const { run } = Turns.prototype;
  // What has not come yet could not have been begun: nothing would tell that it waits.
  t.mock.method(Turns.prototype, "run", function (this: Turns, ...asked: Parameters<typeof run>) {
    const made = run.apply(this, asked);
    if (asked[0] === "many") asking += 1;
    return made;
  });
  t.mock.method(deliveries, "of", async function* (...asked: Parameters<typeof of>) {
    await hold(asked[0]);
    yield* of.apply(deliveries, asked);
  });
  t.mock.method(analyses.ledger, "list", async (...asked: Parameters<typeof list>) => {
    await hold(asked[0]);
    return list.apply(analyses.ledger, asked);
  });
  t.after(end);
  const held = [
    ...Array.from({ length: 8 }, () => many.client.request(`${many.path}/deliveries?status=failed`)),
    many.post(`${many.path}/redeliver`, { since: "2026-01-01T00:00:00Z" }),
    many.client.request("/v1/analyses"),
  ];
  const allCame = () => until("all have come to their turns", 30, () => asking === held.length);
  await allCame();
  held.push(many.client.request(many.path, { method: "DELETE" }));
  await allCame();
  for (const path of [`${other.path}/deliveries`, "/v1/analyses", `${other.path}/deliveries`])
    assert.equal((await other.client.request(path)).status, 200);
  assert.ok(await endpoints.get({ tenant: "many", id: many.path.split("/").at(-1) ?? "" }));
  assert.equal(begun, 2);
  end();
  await Promise.all(held);
});
