import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { startTestSystem, type TestSystem } from "../support/system.js";

const megabyte = 1024 * 1024;
let system: TestSystem;
let film: Buffer;
before(async () => {
  // Nobody works the films off: it is the gateway that is looked at.
  system = await startTestSystem({ counts: { "bodypart-worker": 0, "fracture-worker": 0 } });
  const side = 5_000;
  film = await sharp(randomFillSync(Buffer.alloc(side * side)), {
    raw: { width: side, height: side, channels: 1 },
  })
    .toColourspace("b-w")
    .png({ compressionLevel: 0 })
    .toBuffer();
});
after(() => system?.stop());

/** Most memory that the gateway ever had, megabytes. */
async function mostMemory(): Promise<number> {
  const [gateway] = system.running.named("gateway");
  assert.ok(gateway?.pid);
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${gateway.pid}/status`, "utf8"))?.[1];
  assert.ok(kilobytes);
  return Math.round(Number(kilobytes) / 1024);
}

test("16 submissions of 100 MB at once are held in the store, not in the gateway's memory", {
  skip: process.platform !== "linux" && "there is no /proc",
}, async (t) => {
  const before = await mostMemory();
  const films = Array.from({ length: 4 }, (_, at) => ({ name: `${at}.png`, bytes: film }));
  const blob = new Blob([Uint8Array.from(film)]);
  const answers = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const form = new FormData();
      for (const { name } of films) form.append("film", blob, name);
      const answer = await fetch(`${system.client.url}/v1/analyses`, { method: "POST", body: form });
      await answer.body?.cancel();
      return answer.status;
    }),
  );
  const most = await mostMemory();
  t.diagnostic(
    `16 × ${Math.round((4 * film.length) / megabyte)} MB at once: the gateway's memory went from ${before} to ${most} MB at most`,
  );
  assert.deepEqual(new Set(answers), new Set([202]));
  assert.ok(most < 1_000, `${most} MB`);
  assert.equal(system.running.named("gateway")[0]?.restarts, 0, "it is one process that was looked at");
});
