import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { SignatureError, verifyWebhook } from "../src/index.js";

const secretOf = (text: string) => `whsec_${Buffer.from(text).toString("base64")}`;
const secret = secretOf("a secret that only the tests know");
const other = secretOf("another secret that nobody uses...");
const body = JSON.stringify({
  type: "webhook.test",
  timestamp: "2026-01-01T00:00:00Z",
  data: { webhook: "é" },
});
const now = new Date();

/** Signed by the public library. */
function signed(by = secret, at = now): Record<string, string> {
  return {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(by).sign("msg_1", at, body),
  };
}

test("what the public library signs is verified, whatever holds the headers and the body", async () => {
  const headers = signed();
  for (const each of [headers, new Headers(headers), { "Webhook-Id": ["msg_1"], ...headers }]) {
    for (const content of [body, new TextEncoder().encode(body), Buffer.from(body)]) {
      assert.equal((await verifyWebhook(content, each, secret)).type, "webhook.test");
    }
  }
});

test("one of several signatures and one of several secrets are enough", async () => {
  const headers = signed();
  const two = {
    ...headers,
    "webhook-signature": `v2,x v1,!! ${signed(other)["webhook-signature"]} ${headers["webhook-signature"]}`,
  };
  await verifyWebhook(body, two, secret);
  await verifyWebhook(body, headers, [other, secret]);
});

test("what is forged, altered, old, early or without its headers is refused", async () => {
  const headers = signed();
  const refused = (content: string, given: Record<string, string>) =>
    assert.rejects(verifyWebhook(content, given, secret, { now: now.getTime() }), SignatureError);
  await refused(body, signed(other));
  await refused(`${body} `, headers);
  await refused(body, { ...headers, "webhook-id": "msg_2" });
  await refused(body, { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) + 1) });
  await refused(body, { ...headers, "webhook-signature": headers["webhook-signature"]?.slice(3) ?? "" });
  await refused(body, signed(secret, new Date(now.getTime() - 301_000)));
  await refused(body, signed(secret, new Date(now.getTime() + 302_000)));
  await refused(body, { ...headers, "webhook-timestamp": "soon" });
  for (const name of Object.keys(headers)) {
    const { [name]: _, ...rest } = headers;
    await refused(body, rest);
  }
});
