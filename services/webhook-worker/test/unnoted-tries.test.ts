import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliveryRecord } from "@osteon/shared";
import { UnnotedTries, type UnnotedTry } from "../src/unnoted-tries.js";

const refOf = (event: string) => ({ tenant: "clinic", event });
const unnoted = (id: string): UnnotedTry => ({
  record: {
    ...{ id, type: "webhook.test", status: "pending", createdAt: "2026-01-01T00:00:00Z" },
    ...{ attempts: [], tries: 0 },
  } satisfies DeliveryRecord,
  result: { delivered: false, milliseconds: 5 },
});

test("of more tries than it holds the oldest is forgotten", () => {
  const tries = new UnnotedTries(2);
  const kept = ["a", "b", "c"].map((event) => unnoted(event));
  const [first, second, third] = kept as [UnnotedTry, UnnotedTry, UnnotedTry];
  tries.keep(refOf("a"), first);
  tries.keep(refOf("b"), second);
  // Kept anew, it is the youngest.
  tries.keep(refOf("a"), first);
  tries.keep(refOf("c"), third);
  assert.equal(tries.of(refOf("b")), undefined);
  assert.equal(tries.of(refOf("a")), first);
  assert.equal(tries.of(refOf("c")), third);
});
