import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Uploads } from "../../src/analyses/uploads.js";
import { FileStore } from "../../src/index.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-uploads-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const ref = { tenant: "clinic-a", id: "01890000-0000-7000-8000-000000000000" };
const place = `used-uploads/${ref.id}/${ref.tenant}/used.json`;
const used = { digest: "sha256:00", bytes: 6 };

test("what is known of a used upload is what was written, or damaged", async () => {
  const store = new FileStore(folder);
  const uploads = new Uploads(store);
  await uploads.use(ref, used);
  assert.deepEqual(await uploads.used(ref), used);
  const text = (await store.get(place))?.toString() ?? "";
  for (const damaged of [text.slice(0, -1), text.replace("sha256:00", "sha256:01")]) {
    await store.put(place, damaged);
    await assert.rejects(uploads.used(ref), { code: "record-damaged" }, damaged);
  }
});

test("a used upload of before there were seals is known still", async () => {
  const store = new FileStore(folder);
  await store.put(place, JSON.stringify(used));
  assert.deepEqual(await new Uploads(store).used(ref), used);
});
