import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../../src/index.js";

test("retention is of tenants that can be", () => {
  const read = (given: string) => loadConfig({ RETENTION_TENANTS: given }).RETENTION_TENANTS;
  assert.equal(read("clinic-a=30,7=0"), "clinic-a=30,7=0");
  for (const given of ["Clinic=30", "-a=30", "a_b=30", `${"a".repeat(64)}=30`, "a=30,", "a", "a=0,b=1,a=30"])
    assert.throws(() => read(given), { code: "config-invalid" }, given);
});
