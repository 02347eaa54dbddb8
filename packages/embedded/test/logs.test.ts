import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Backoff } from "../src/backoff.js";
import { ConsoleLog } from "../src/console-log.js";
import { LogFile, tail } from "../src/log-file.js";
import { temporary } from "./support/temporary.js";

test("a log stays within its bounds, and a start begins a new one", async (t) => {
  const path = join(temporary(t), "logs", "x.log");
  const log = new LogFile(path, 1000);
  for (let line = 0; line < 300; line += 1) log.write(`line ${line}`.padEnd(20));
  await log.close();
  assert.ok(statSync(path).size <= 1100 && statSync(`${path}.1`).size <= 1100);
  assert.match(tail(path, 1), /^line 299/);
  const next = new LogFile(path, 1000);
  next.write("anew");
  await next.close();
  assert.equal(readFileSync(path, "utf8"), "anew\n");
  assert.match(tail(`${path}.1`, 1), /^line 299/);
});

test("a log whose file or folder somebody removed ends nothing, and begins anew where it can", async (t) => {
  const folder = join(temporary(t), "logs");
  const path = join(folder, "x.log");
  const log = new LogFile(path, 100);
  log.write("first".padEnd(200));
  rmSync(path);
  log.write("second".padEnd(200));
  rmSync(folder, { recursive: true });
  log.write("third".padEnd(200));
  mkdirSync(folder);
  log.write("fourth");
  await log.close();
  assert.equal(readFileSync(path, "utf8"), "fourth\n");
});

test("the console shows warnings of JSON lines, and what went wrong", () => {
  const shown: string[] = [];
  const log = new ConsoleLog({ write: (line) => shown.push(line.slice(9)) });
  log.relay("a-1", '{"level":"info","msg":"quiet"}');
  log.relay("a-1", "no JSON");
  log.relay(
    "a-1",
    '{"level":"warn","time":1,"service":"a","pid":7,"msg":"slow","ms":8,"err":{"message":"late"}}',
  );
  log.relay("a-1", '{"level":50,"msg":"broken"}');
  log.relay("a-1", "{not JSON}");
  assert.deepEqual(shown, ['warn  a-1: slow: late {"ms":8}', "error a-1: broken"]);
});

test("waits grow to their bound, and start over after a healthy run", () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 7 }, () => backoff.next(100));
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  assert.equal(backoff.next(30_000), 500);
  assert.equal(backoff.next(0), 1000);
});
