import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { redisPassword, webhookMasterSecret, webhookSecret } from "../src/secrets.js";

test("a secret is made once, and anew where a first start left its file empty", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "osteon-secrets-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, secret] of [
    ["webhook-secret", webhookSecret],
    ["webhook-master-secret", webhookMasterSecret],
    ["password", redisPassword],
  ] as const) {
    writeFileSync(join(folder, name), "");
    const made = secret(folder);
    assert.match(made, /^\S{32,}$/);
    assert.equal(secret(folder), made);
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  }
  assert.equal(readdirSync(folder).length, 3);
});
