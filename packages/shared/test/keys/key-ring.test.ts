import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { FileStore, KeyRing, type NewKey, ProblemError } from "../../src/index.js";

let folder: string;
let now = Date.UTC(2026, 0, 1);
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-keys-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const ring = () => new KeyRing(new FileStore(folder), () => now);
const key: NewKey = { tenant: "clinic-a", name: "PACS", scopes: ["submit", "read"] };
const refused = (code: string) => (error: unknown) => error instanceof ProblemError && error.code === code;

test("a key is verified, and is nowhere in the store", async () => {
  const { text, record } = await ring().create(key);
  const verified = await ring().verify(text);
  assert.deepEqual([verified.tenant, verified.scopes], ["clinic-a", ["submit", "read"]]);
  const kept = await readFile(path.join(folder, "keys", `${record.id}.json`), "utf8");
  assert.ok(!kept.includes(text.split("_").at(-1) ?? "?"));
});

test("what is no key, another's secret, or a made-up id is refused alike", async () => {
  const [one, two] = [await ring().create(key), await ring().create(key)];
  const crossed = `osk_${one.record.id}_${two.text.slice(-43)}`;
  for (const text of [
    "",
    "osk_",
    `${one.text}x`,
    crossed,
    `osk_${"a".repeat(16)}_${"b".repeat(43)}`,
    "osk_../../x_y",
  ]) {
    await assert.rejects(ring().verify(text), refused("key-invalid"), text);
  }
});

test("revoked and expired keys are refused; a revocation is known at once here and soon elsewhere", async () => {
  const [mine, other] = [ring(), ring()];
  const { text, record } = await mine.create(key);
  await other.verify(text);
  await mine.revoke(record.id);
  await assert.rejects(mine.verify(text), refused("key-invalid"));
  now += 10_001;
  await assert.rejects(other.verify(text), refused("key-invalid"));

  const brief = await mine.create({ ...key, expiresAt: new Date(now + 1000) });
  await mine.verify(brief.text);
  now += 1001;
  await assert.rejects(mine.verify(brief.text), refused("key-invalid"));
  await assert.rejects(mine.rotate(brief.record.id, 60), refused("key-invalid"));
});

test("rotation gives a new key and lets the old one run out", async () => {
  const keys = ring();
  const old = await keys.create(key);
  const made = await keys.rotate(old.record.id, 60);
  assert.notEqual(made.record.id, old.record.id);
  await Promise.all([keys.verify(old.text), keys.verify(made.text)]);
  now += 60_001;
  await assert.rejects(keys.verify(old.text), refused("key-invalid"));
  assert.equal((await keys.verify(made.text)).tenant, "clinic-a");
  const ending = await keys.create({ ...key, expiresAt: new Date(now + 5_000) });
  const again = await keys.rotate(ending.record.id, 60);
  assert.equal(again.record.expiresAt, ending.record.expiresAt, "a rotation prolongs nothing");
});

test("a damaged key hides no other", async () => {
  const own = new FileStore(path.join(folder, "damaged"));
  const keys = new KeyRing(own);
  const [torn, whole] = [await keys.create(key), await keys.create(key)];
  await own.put(`keys/${torn.record.id}.json`, '{"id":"a');
  const told: string[] = [];
  const listed = await keys.list((id, { code }) => told.push(`${id} ${code}`));
  assert.deepEqual(
    [listed.map(({ id }) => id), told],
    [[whole.record.id], [`${torn.record.id} record-damaged`]],
  );
  await assert.rejects(keys.revoke(torn.record.id), refused("record-damaged"));
});

test("a tenant's name cannot leave its folder", async () => {
  for (const tenant of ["", "../x", "A", "a/b", "a".repeat(64), "-a"]) {
    await assert.rejects(ring().create({ ...key, tenant }), refused("validation-failed"), tenant);
  }
  await assert.rejects(ring().create({ ...key, scopes: [] }), refused("validation-failed"));
  await assert.rejects(ring().revoke("nope"), refused("key-not-found"));
});
