import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DataDirLock, occupantOf, removeStale } from "../src/lock.js";
import { markOf } from "../src/pid-file.js";
import { StartError } from "../src/start-error.js";
import { temporary } from "./support/temporary.js";

test("a second one is refused, and told where the first answers", (t) => {
  const dir = temporary(t);
  const lock = DataDirLock.acquire(dir);
  assert.throws(() => DataDirLock.acquire(dir), /already runs on .* and is starting \(process \d+\)/);
  lock.announce("http://127.0.0.1:8080");
  assert.throws(
    () => DataDirLock.acquire(dir),
    (error) => error instanceof StartError && /at http:\/\/127\.0\.0\.1:8080/.test(error.message),
  );
  assert.equal(occupantOf(dir)?.address, "http://127.0.0.1:8080");
  lock.release();
  assert.equal(occupantOf(dir), undefined);
  DataDirLock.acquire(dir).release();
});

test("a folder that is none, or cannot be written, is told as what it is", (t) => {
  const file = join(temporary(t), "a-file");
  writeFileSync(file, "");
  for (const dir of [file, join(file, "below")])
    assert.throws(
      () => DataDirLock.acquire(dir),
      (error) => error instanceof StartError && error.message.includes(dir) && /DATA_DIR/.test(error.message),
    );
});

test("the lock of a killed process is stale", async (t) => {
  const dir = temporary(t);
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  const mark = markOf(child.pid ?? 0);
  assert.ok(mark);
  writeFileSync(join(dir, "osteon.lock"), JSON.stringify(mark));
  assert.throws(() => DataDirLock.acquire(dir), StartError);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(occupantOf(dir), undefined);
  DataDirLock.acquire(dir).release();
});

test("a lock is stale where its pid is another process's by now", (t) => {
  const dir = temporary(t);
  writeFileSync(
    join(dir, "osteon.lock"),
    JSON.stringify({ pid: process.pid, identity: "before the reboot" }),
  );
  DataDirLock.acquire(dir).release();
});

test("a damaged lock is stale", (t) => {
  const dir = temporary(t);
  writeFileSync(join(dir, "osteon.lock"), "{");
  DataDirLock.acquire(dir).release();
});

test("a stale lock that another start has replaced since it was looked at is put back", (t) => {
  const dir = temporary(t);
  const path = join(dir, "osteon.lock");
  const seen = { pid: 1, identity: "before the reboot" };
  for (const other of [
    { pid: 1, identity: "another" },
    { pid: 2, identity: seen.identity },
  ]) {
    writeFileSync(path, JSON.stringify(other));
    removeStale(path, seen);
    assert.equal(readFileSync(path, "utf8"), JSON.stringify(other));
    removeStale(path, undefined);
    assert.equal(readFileSync(path, "utf8"), JSON.stringify(other), "also where nobody was seen");
  }
  writeFileSync(path, JSON.stringify(seen));
  removeStale(path, seen);
  assert.deepEqual(readdirSync(dir), []);
});

test("releasing leaves the lock of another alone", (t) => {
  const dir = temporary(t);
  const lock = DataDirLock.acquire(dir);
  const other = JSON.stringify({ pid: 1, identity: "another" });
  writeFileSync(join(dir, "osteon.lock"), other);
  lock.release();
  assert.ok(existsSync(join(dir, "osteon.lock")));
  assert.equal(readFileSync(join(dir, "osteon.lock"), "utf8"), other);
});
