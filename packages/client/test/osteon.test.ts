import assert from "node:assert/strict";
import { test } from "node:test";
import { Osteon } from "../src/index.js";
import { analysis, id, json, scripted } from "./server.js";

test("a key that no header takes is refused at once, and not told", async () => {
  for (const key of ["osk_one\nosk_two", "osk one", "osk_\u2026"]) {
    assert.throws(
      () => new Osteon({ url: "http://osteon.invalid", key }),
      (error: unknown) => error instanceof TypeError && !error.message.includes("osk"),
    );
  }
  const sent: (string | null)[] = [];
  const client = new Osteon({
    url: "http://osteon.invalid",
    key: "osk_test\n",
    fetch: async (_url, init) => {
      sent.push(new Headers(init?.headers).get("authorization"));
      return Response.json(analysis("completed"));
    },
  });
  await client.get(id);
  assert.deepEqual(sent, ["Bearer osk_test"]);
});

test("a url that fetch can send nothing to is refused at once", () => {
  for (const url of ["127.0.0.1:8080", "localhost:8080", "osteon", "ftp://osteon.invalid", ""])
    assert.throws(() => new Osteon({ url }), /begin with http/, url);
  for (const url of [
    "https://me:hunter2@osteon.invalid",
    "ftp://me:hunter2@osteon.invalid",
    "https://hunter2@x",
  ])
    assert.throws(
      () => new Osteon({ url }),
      (error: unknown) => error instanceof TypeError && !error.message.includes("hunter2"),
    );
});

test("all pages of a list are one iteration", () =>
  scripted(
    async ({ client, requests }) => {
      const found = [];
      for await (const each of client.all({ limit: 1, status: "completed", reference: undefined }))
        found.push(each.id);
      assert.deepEqual(found, [id, id]);
      assert.deepEqual(
        requests.map(({ url }) => url),
        ["/v1/analyses?limit=1&status=completed", "/v1/analyses?limit=1&status=completed&cursor=c"],
      );
    },
    json(200, { data: [analysis("completed")], nextCursor: "c" }),
    json(200, { data: [analysis("completed")] }),
  ));
