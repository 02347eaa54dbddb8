import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { FileStore, KeyRing, type NewKey, ProblemError } from "../../src/index.js";

let folder: string;
let now = Date.UTC(2026, 0, 1);
/** Of the clock that nobody sets. */
let elapsed = 0;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-keys-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const clocks = [() => now, () => elapsed] as const;
const ring = () => new KeyRing(new FileStore(folder), ...clocks);
const key: NewKey = { tenant: "clinic-a", name: "PACS", scopes: ["submit", "read"] };
const refused = (code: string) => (error: unknown) => error instanceof ProblemError && error.code === code;

test("a key is verified, and is nowhere in the store", async () => {
  const { text, record } = await ring().create(key);
  const verified = await ring().verify(text);
  assert.deepEqual([verified.tenant, verified.scopes], ["clinic-a", ["submit", "read"]]);
  const kept = await readFile(path.join(folder, "keys", `${record.id}.json`), "utf8");
  // The secret itself may have underscores.
  assert.ok(!kept.includes(text.slice(-43)));
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
  elapsed += 10_001;
  await assert.rejects(other.verify(text), refused("key-invalid"));

  const brief = await mine.create({ ...key, expiresAt: new Date(now + 1000) });
  await mine.verify(brief.text);
  now += 1001;
  await assert.rejects(mine.verify(brief.text), refused("key-invalid"));
  await assert.rejects(mine.rotate(brief.record.id, 60), refused("key-invalid"));
});

test("a revoked key is refused in time though the clock was put back", async () => {
  const other = ring();
  const { text, record } = await ring().create(key);
  await other.verify(text);
  now -= 3_600_000;
  await ring().revoke(record.id);
  elapsed += 11_000;
  await assert.rejects(other.verify(text), refused("key-invalid"));
  now += 3_600_000;
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

test("a key that is rotated twice gives its own end to both new ones, and prolongs its overlap by neither", async () => {
  const keys = ring();
  const old = await keys.create(key);
  await keys.rotate(old.record.id, 60);
  const second = await keys.rotate(old.record.id, 3_600);
  assert.equal(second.record.expiresAt, undefined);
  const ending = await keys.create({ ...key, expiresAt: new Date(now + 600_000) });
  await keys.rotate(ending.record.id, 60);
  assert.equal((await keys.rotate(ending.record.id, 60)).record.expiresAt, ending.record.expiresAt);
  now += 60_001;
  await assert.rejects(keys.verify(old.text), refused("key-invalid"));
  await keys.verify(second.text);
});

test("a key that is revoked while it is rotated stays revoked, at whichever step", async () => {
  const store = new CountingStore(path.join(folder, "revoked"));
  // The first write is the new key's, the second ends the old one.
  for (const writes of [1, 2]) {
    const keys = new KeyRing(store, ...clocks);
    const old = await keys.create(key);
    const revoke = async () => void (await new KeyRing(store).revoke(old.record.id));
    const behindTheNext = async () => {
      store.before = revoke;
    };
    store.before = writes === 1 ? revoke : behindTheNext;
    const outcome = await keys.rotate(old.record.id, 60).catch((error: ProblemError) => error.code);
    await assert.rejects(new KeyRing(store).verify(old.text), refused("key-invalid"));
    assert.equal(outcome, "key-invalid");
    const left = (await keys.list()).filter(({ revokedAt }) => revokedAt === undefined);
    assert.deepEqual(left, [], "nor does its successor live");
  }
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

test("a key of which a byte was turned is nobody's: not another tenant's, nor taken for a wrong one", async () => {
  const own = new FileStore(path.join(folder, "turned"));
  const keys = new KeyRing(own, ...clocks);
  const made = await keys.create(key);
  const rotated = await keys.create(key);
  await keys.rotate(rotated.record.id, 60);
  for (const { text, record } of [made, rotated]) {
    const place = `keys/${record.id}.json`;
    const kept = (await own.get(place))?.toString() ?? "";
    await own.put(place, kept.replace("clinic-a", "clinic-b"));
    const other = new KeyRing(own, ...clocks);
    await assert.rejects(other.verify(text), refused("record-damaged"));
    await assert.rejects(other.find(record.id), refused("record-damaged"));
    const told: string[] = [];
    await other.list((id) => told.push(id));
    assert.deepEqual(told, [record.id]);
    await own.put(place, kept);
    await other.verify(text);
  }
});

test("a key of before there were seals goes on, and is sealed when it is next written", async () => {
  const own = new FileStore(path.join(folder, "bare"));
  const keys = new KeyRing(own, ...clocks);
  const { text, record } = await keys.create(key);
  const place = `keys/${record.id}.json`;
  await own.put(place, JSON.stringify(record));
  assert.deepEqual(await keys.verify(text), record);
  assert.deepEqual(await keys.list(), [record]);
  await keys.rotate(record.id, 60);
  assert.match((await own.get(place))?.toString() ?? "", /^\{"v":2,"digest":/);
  assert.equal((await keys.verify(text)).tenant, "clinic-a");
});

test("a tenant's name cannot leave its folder", async () => {
  for (const tenant of ["", "../x", "A", "a/b", "a".repeat(64), "-a"]) {
    await assert.rejects(ring().create({ ...key, tenant }), refused("validation-failed"), tenant);
  }
  await assert.rejects(ring().create({ ...key, scopes: [] }), refused("validation-failed"));
  await assert.rejects(ring().revoke("nope"), refused("key-not-found"));
});

/** A store that counts what is asked of it, and may be told to do something first. */
class CountingStore extends FileStore {
  asked = 0;
  before: (() => Promise<void>) | undefined;
  override async get(place: string): Promise<Buffer | undefined> {
    this.asked += 1;
    return super.get(place);
  }
  override async put(...args: Parameters<FileStore["put"]>): Promise<boolean> {
    const written = await super.put(...args);
    const { before } = this;
    this.before = undefined;
    await before?.();
    return written;
  }
}

/** A key that nobody made, each another. */
const madeUp = (at: number) =>
  `osk_${at
    .toString(26)
    .replace(/\d/g, (digit) => "qrstuvwxyz"[Number(digit)] ?? "")
    .padStart(16, "a")}_${"b".repeat(43)}`;

test("keys that are made up cost the store little, and no real one its place", async () => {
  const store = new CountingStore(path.join(folder, "made-up"));
  const keys = new KeyRing(store, ...clocks);
  const real = await keys.create(key);
  const other = await new KeyRing(store).create(key);
  await keys.verify(real.text);
  store.asked = 0;
  const codes = new Map<string, number>();
  const tries = Array.from({ length: 15_000 }, (_, at) => keys.verify(madeUp(at)));
  for (const outcome of await Promise.allSettled(tries)) {
    assert.equal(outcome.status, "rejected");
    const { code, retryAfter } = outcome.reason as ProblemError;
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (code === "too-many-unknown-keys") assert.equal(retryAfter, 1);
  }
  assert.equal(store.asked, 256);
  // Some ids are alike.
  assert.ok((codes.get("key-invalid") ?? 0) < 1_000 && codes.size === 2, [...codes].join(" "));
  await keys.verify(real.text);
  assert.equal(store.asked, 256, "what is known is not asked for");
  await assert.rejects(keys.verify(other.text), refused("too-many-unknown-keys"));
  await assert.rejects(keys.verify(madeUp(0)), refused("key-invalid"), "what is known to be none is told");
  elapsed += 1_000;
  await keys.verify(other.text);
  // Of those who were found once nobody is put off, though their record is no longer believed.
  elapsed += 10_001;
  await Promise.allSettled(Array.from({ length: 200 }, (_, at) => keys.verify(madeUp(20_000 + at))));
  await assert.rejects(keys.verify(madeUp(30_000)), refused("too-many-unknown-keys"));
  await keys.verify(real.text);
  assert.equal(store.asked, 256 + 1 + 200 + 1);
  // Nor those whose session names their key.
  const reader = await new KeyRing(store).create(key);
  assert.equal((await keys.find(reader.record.id)).id, reader.record.id);
});

test("a key that is found takes nothing of the limit", async () => {
  const store = new CountingStore(path.join(folder, "many"));
  const made = await Promise.all(Array.from({ length: 150 }, () => new KeyRing(store).create(key)));
  const keys = new KeyRing(store, ...clocks);
  await Promise.all(made.map(({ text }) => keys.verify(text)));
});

test("any number of requests that come with a key at once ask for it once", async () => {
  const store = new CountingStore(path.join(folder, "together"));
  const { text } = await new KeyRing(store).create(key);
  store.asked = 0;
  const keys = new KeyRing(store, ...clocks);
  await Promise.all(Array.from({ length: 1_000 }, () => keys.verify(text)));
  assert.equal(store.asked, 1);
});
