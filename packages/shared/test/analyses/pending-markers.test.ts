import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnalysisRequest, digestOf, Ledger, type ObjectStore, unseal } from "@osteon/shared";

test("the marker of what is prepared says whose it is, and nothing else of the request", async () => {
  const puts = new Map<string, Buffer>();
  const store: Partial<ObjectStore> = {
    put: async (key, body) => {
      puts.set(key, Buffer.from(body as Uint8Array));
      return true;
    },
  };
  const request: AnalysisRequest = {
    v: 1,
    tenant: "ward",
    id: "a",
    createdAt: new Date(0).toISOString(),
    key: { name: "digest", at: 0 },
    films: [{ index: 0, contentType: "image/png", digest: digestOf("film"), bytes: 4 }],
  };
  await new Ledger(store as ObjectStore).prepare(request, [Buffer.from("film")]);
  const marker = puts.get("pending/a");
  assert.ok(marker);
  assert.deepEqual(unseal(marker), { tenant: "ward" });
});
