import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { FileStore, KeyRing, tenantSecret } from "@osteon/shared";
import { UsageError } from "@osteon/shared/command-line";
import { keysCommand } from "../src/keys.js";

let folder: string;
let ring: KeyRing;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-cli-"));
  ring = new KeyRing(new FileStore(folder));
});
after(() => rm(folder, { recursive: true, force: true }));

test("create shows the key once; list, rotate and revoke never show a secret", async () => {
  const made = await keysCommand(
    ["create", "--tenant", "ward-1", "--name", "PACS", "--scopes", "submit,read,webhooks"],
    ring,
  );
  const text = made.split("\n")[0] ?? "";
  assert.match(made, /without an end\.$/);
  const { id, scopes } = await ring.verify(text);
  assert.deepEqual(scopes, ["submit", "read", "webhooks"]);
  const listed = await keysCommand(["list"], ring);
  assert.match(listed, new RegExp(`^${id}  valid  ward-1  submit,read,webhooks .*PACS$`));
  assert.ok(!listed.includes(text.slice(-43)));
  const used = await keysCommand(["list"], ring, {
    lastUses: async () => ({ [id]: "2026-01-01T00:00:00Z" }),
  });
  assert.match(used, /used 2026-01-01T00:00:00Z {2}PACS$/);

  const rotated = (await keysCommand(["rotate", id, "--overlap-hours", "1"], ring)).split("\n")[0] ?? "";
  assert.notEqual(rotated, text);
  await ring.verify(rotated);
  assert.match(await keysCommand(["revoke", id], ring), /revoked/);
});

test("where nobody can be asked when the keys were used last, list says so, and lists them", async () => {
  const told: string[] = [];
  const listed = await keysCommand(["list"], ring, {
    lastUses: async () => undefined,
    err: (line) => told.push(line),
  });
  assert.match(listed, /ward-1/);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /REDIS_URL/);
});

test("a key may have a budget of its own, which a rotation keeps", async () => {
  const made = await keysCommand(
    ["create", "--tenant", "ward-1", "--submissions-per-minute", "5", "--reads-per-minute", "0"],
    ring,
  );
  const { id, limits } = await ring.verify(made.split("\n")[0] ?? "");
  assert.deepEqual(limits, { submissions: 5, reads: 0 });
  const rotated = await keysCommand(["rotate", id], ring);
  assert.deepEqual((await ring.verify(rotated.split("\n")[0] ?? "")).limits, limits);
});

test("callback-secret tells a tenant's, by what the operator's is now", async () => {
  const secrets = [`whsec_${"b".repeat(43)}=`, `whsec_${"a".repeat(43)}=`];
  const told = (tenant: string, callbackSecrets = secrets) =>
    keysCommand(["callback-secret", "--tenant", tenant], ring, { callbackSecrets });
  const text = await told("ward-1");
  assert.match(text, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(text, tenantSecret(secrets[0] ?? "", "ward-1"));
  assert.notEqual(await told("ward-2"), text);
  await assert.rejects(told("ward-1", []), UsageError);
  await assert.rejects(told("default"), UsageError, "nothing signs with it");
  await assert.rejects(told("Ward 1"), UsageError);
});

test("a key whose record is damaged is listed as that, behind the others", async () => {
  const store = new FileStore(path.join(folder, "damaged"));
  const own = new KeyRing(store);
  const create = () => own.create({ tenant: "ward-1", name: "", scopes: ["read"] });
  const [torn, whole] = [(await create()).record, (await create()).record];
  const place = `keys/${torn.id}.json`;
  const turned = (await store.get(place))?.toString().replace("ward-1", "ward-2") ?? "";
  for (const text of ["", turned]) {
    await store.put(place, text);
    assert.match(await keysCommand(["list"], own), new RegExp(`^${whole.id} .*\n${torn.id} {2}damaged$`));
  }
});

test("what is not understood is a usage error", async () => {
  for (const args of [
    [],
    ["forget"],
    ["create"],
    ["create", "--tenant", "x", "--scopes", "root"],
    ["create", "--tenant", "UP"],
    ["create", "--tenant", "x", "--name", "n".repeat(101)],
    ["revoke"],
    ["list", "--what"],
    ["create", "--tenant", "x", "--days", "-1"],
    ["create", "--tenant", "x", "--days", "1000000000"],
    ["create", "ward-2", "--tenant", "x"],
    ["rotate", "x", "--overlap-hours", "1e12"],
    ["revoke", "x", "y"],
    ["create", "--tenant", "x", "--reads-per-minute", "many"],
  ]) {
    await assert.rejects(keysCommand(args, ring), UsageError, args.join(" "));
  }
});
