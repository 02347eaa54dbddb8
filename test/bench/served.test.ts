import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, startRedis } from "@osteon/embedded";

interface Served {
  usage(): { cpuMs: number; residentMegabytes: number };
  pause(): void;
  resume(): Promise<void>;
  stop(): Promise<void>;
}
interface Child {
  usage(): { residentMegabytes: number };
}
const compiled = (name: string) =>
  import(new URL(`../../../bench/dist/contestants/${name}.js`, import.meta.url).href);
const { BenchChild } = (await compiled("child")) as { BenchChild: new (...args: unknown[]) => Child };
const { serve } = (await compiled("served")) as { serve(options: object): Promise<Served> };

/** Until it is stopped, or is no longer; a busy machine takes a moment, and nothing tells of it. */
async function untilStopped(pid: number, stopped: boolean): Promise<void> {
  const state = () => readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "")[0];
  for (const until = performance.now() + 30_000; (state() === "T") !== stopped; await delay(20))
    assert.ok(performance.now() < until, `its state is ${state()}`);
}

/** A server that answers `{}`. */
const serverAt = (port: number) =>
  `require("node:http").createServer((_, r) => r.end("{}")).listen(${port}, "127.0.0.1")`;

/** A rival that is a server alone. */
const served = (child: Child, port: number, parts: object = {}) =>
  serve({
    ...{ name: "rival", title: "a rival", kind: "durable", films: [], ready: "/" },
    children: [child],
    url: `http://127.0.0.1:${port}`,
    protocol: { submit: "/", wait: () => undefined, ended: () => true },
    ...parts,
  });

test("a rival that logs a megabyte to standard output serves", async () => {
  const port = await freePort();
  // As most rivals write: who waits for the pipe serves nobody.
  const log = `const line = Buffer.alloc(1024, "x"); for (let each = 0; each < 1024; each++) require("node:fs").writeSync(1, line);`;
  const child = new BenchChild(process.execPath, ["-e", log + serverAt(port)]);
  await (await served(child, port)).stop();
});

test("what a rival stands on costs, waits and ends with it", {
  skip: process.platform !== "linux" && "there is no /proc",
}, async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "osteon-served-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const redis = await startRedis({ dataDir: folder });
  const pid = redis.pid ?? assert.fail();
  const port = await freePort();
  const child = new BenchChild(process.execPath, ["-e", serverAt(port)]);
  const contestant = await served(child, port, { beside: [pid], close: () => redis.stop() });
  const beside = contestant.usage().residentMegabytes - child.usage().residentMegabytes;
  assert.ok(beside > 1, `${beside} MB`);

  contestant.pause();
  await untilStopped(pid, true);
  await contestant.resume();
  await untilStopped(pid, false);

  contestant.pause();
  await untilStopped(pid, true);
  await contestant.stop();
  assert.equal(redis.pid, undefined);
  // Who is stopped hears nothing, and is killed after a while.
  const log = readFileSync(path.join(folder, "logs/redis.log"), "utf8");
  assert.match(log, /Received SIGTERM/);
});
