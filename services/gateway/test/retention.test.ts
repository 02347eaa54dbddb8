import assert from "node:assert/strict";
import { test } from "node:test";
import { retentionOf } from "../src/upkeep/retention.js";

const day = 86_400_000;

test("a tenant's own days go before everybody's, and 0 keeps", () => {
  const before = retentionOf({ RETENTION_DAYS: 30, RETENTION_TENANTS: "a=7,b=0" }, 100 * day);
  assert.deepEqual([before("a"), before("b"), before("c")], [93 * day, undefined, 70 * day]);
});

test("without days everything is kept, but of tenants with their own", () => {
  const before = retentionOf({ RETENTION_TENANTS: "a=7" }, 100 * day);
  assert.deepEqual([before("a"), before("b")], [93 * day, undefined]);
  assert.equal(retentionOf({}, 0)("a"), undefined);
});
