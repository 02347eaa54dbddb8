import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { type Analysis, KeyRing, onlyTenant } from "@osteon/shared";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { LoneGateway } from "../support/gateway.js";

const hand = filmBytes(testFilms(1, "hand")[0]?.file ?? "");
let gateway: LoneGateway;
let ring: KeyRing;
before(async () => {
  gateway = await LoneGateway.start({ AUTH: "keys" });
  ring = new KeyRing(gateway.backbone.store);
});
after(() => gateway?.stop());

const newKey = () => ring.create({ tenant: onlyTenant, name: "", scopes: ["submit", "read"] });

/** Lets the time pass for which a gateway believes a key's record. */
function passTime(t: TestContext): void {
  const { now } = performance;
  t.mock.method(performance, "now", () => now.call(performance) + 10_000);
}

for (const [called, ask] of [
  ["an analysis", (client, id) => client.request(`/v1/analyses/${id}?wait=60`)],
  [
    "a prediction",
    (client, id) =>
      client.request("/predict", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ filename: `${id}.jpg` }),
      }),
  ],
] satisfies [string, (client: Client, id: string) => ReturnType<Client["request"]>][])
  test(`${called} that is held is refused to a key that was revoked meanwhile`, async (t) => {
    const { text, record } = await newKey();
    const client = new Client(gateway.url, text);
    const { id } = (await client.submit([{ name: "x", bytes: hand }])).body;
    const held = gateway.looked(t);
    const answer = ask(client, id);
    await held;
    await ring.revoke(record.id);
    passTime(t);
    await gateway.endFilm(id);
    const refused = await answer;
    Client.refused(refused, 401, "key-invalid");
    assert.equal(refused.headers.get("www-authenticate"), "Bearer");
  });

test("a submission that waits for its end is accepted, and tells no findings to a key that was revoked meanwhile", async (t) => {
  const { text, record } = await newKey();
  const held = gateway.looked(t);
  const answer = new Client(gateway.url, text).request<Analysis>("/v1/analyses", {
    method: "POST",
    headers: { "content-type": "image/jpeg", prefer: "wait=60" },
    body: Uint8Array.from(hand),
  });
  await held;
  await ring.revoke(record.id);
  passTime(t);
  const [id = ""] = await gateway.backbone.analyses.ledger.list(onlyTenant, 1);
  await gateway.endFilm(id);
  const { status, body, headers } = await answer;
  assert.deepEqual([status, body.id, body.status], [202, id, "queued"]);
  assert.equal(headers.get("www-authenticate"), null);
});
