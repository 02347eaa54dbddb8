import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DataDirLock } from "../src/lock.js";
import { startRedis } from "../src/redis.js";
import { webhookSecret } from "../src/secrets.js";
import { StartError } from "../src/start-error.js";
import { temporary } from "./support/temporary.js";

/** A device that is always full takes the place of a file on a full disk. */
const full = "/dev/full";
const skip = existsSync(full) ? false : `no ${full} here`;

/** Whether an error says to the person who starts Osteon which file it was, and why. */
const names = (path: string) => (error: unknown) =>
  error instanceof StartError && error.message.startsWith(path) && /ENOSPC/.test(error.message);

test("on a full disk the lock says so, and leaves nothing", { skip }, (t) => {
  const folder = temporary(t);
  symlinkSync(full, join(folder, `osteon.lock.${process.pid}`));
  assert.throws(() => DataDirLock.acquire(folder), /ENOSPC/);
  assert.deepEqual(readdirSync(folder), []);
});

test("on a full disk a secret that cannot be written names its file", { skip }, (t) => {
  const folder = temporary(t);
  symlinkSync(full, join(folder, "webhook-secret.new"));
  assert.throws(() => webhookSecret(folder), names(join(folder, "webhook-secret")));
});

test("on a full disk Redis's configuration names its file", { skip }, async (t) => {
  const folder = temporary(t);
  mkdirSync(join(folder, "redis"));
  symlinkSync(full, join(folder, "redis", "redis.conf"));
  await assert.rejects(startRedis({ dataDir: folder }), names(join(folder, "redis", "redis.conf")));
});
