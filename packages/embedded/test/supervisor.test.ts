import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BackoffOptions } from "../src/backoff.js";
import { ConsoleLog } from "../src/console-log.js";
import { StartError } from "../src/start-error.js";
import type { ProcessExit, SupervisedProcess } from "../src/supervised-process.js";
import { Supervisor } from "../src/supervisor.js";
import { temporary } from "./support/temporary.js";

const main = fileURLToPath(new URL("./fixtures/service.js", import.meta.url));

function supervise(
  t: TestContext,
  options: { graceMs?: number; verbose?: boolean; backoff?: BackoffOptions } = {},
) {
  const dir = temporary(t);
  const shown: string[] = [];
  const supervisor = new Supervisor({
    logsDir: join(dir, "logs"),
    runDir: join(dir, "run"),
    console: new ConsoleLog({ verbose: options.verbose ?? false, write: (line) => shown.push(line) }),
    backoff: options.backoff ?? { firstMs: 5, mostMs: 20 },
    ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
  });
  t.after(() => supervisor.stop([], { force: true }));
  const start = (env: Record<string, string> = {}) =>
    supervisor.start({ name: "fake", index: 1, main, env: { ...process.env, ...env } });
  return { dir, shown, supervisor, start };
}

async function nextExit(service: SupervisedProcess): Promise<ProcessExit> {
  const [exit] = (await once(service, "exit")) as [ProcessExit];
  return exit;
}

test("a service is drained by SIGTERM, and what it logs is kept", async (t) => {
  const { dir, shown, supervisor, start } = supervise(t);
  const service = start();
  await supervisor.untilReady(10_000);
  assert.ok(existsSync(join(dir, "run", "fake-1.pid.json")));
  const exit = nextExit(service);
  await supervisor.stop([["fake"]]);
  assert.deepEqual(await exit, { code: 0, signal: null, lastWords: "" });
  assert.equal(service.pid, undefined);
  assert.ok(!existsSync(join(dir, "run", "fake-1.pid.json")));
  const log = readFileSync(service.logFile, "utf8");
  assert.match(log, /"msg":"fake starts"[\s\S]*"msg":"drained"/);
  assert.equal(shown.length, 1, "the console shows warnings only");
  assert.match(shown[0] ?? "", /^\d\d:\d\d:\d\d warn {2}fake-1: fake warns$/);
});

test("a dead service starts again, with growing waits, and the log says why", async (t) => {
  const { shown, supervisor, start } = supervise(t);
  const service = start();
  const waits: (number | undefined)[] = [];
  for (let death = 0; death < 4; death += 1) {
    await service.untilReady();
    const exit = nextExit(service);
    await service.kill("SIGKILL");
    waits.push((await exit).restartInMs);
  }
  await service.untilReady();
  assert.deepEqual(waits, [5, 10, 20, 20]);
  assert.equal(service.restarts, 4);
  await supervisor.stop([]);
  const reason = /fake-1:? ended unexpectedly \(signal SIGKILL\), starts again in 5 ms/;
  assert.match(readFileSync(service.logFile, "utf8"), reason);
  assert.ok(shown.some((line) => reason.test(line)));
});

test("a dead service starts again where its pid file cannot be written", async (t) => {
  const { dir, shown, supervisor, start } = supervise(t);
  const service = start();
  await service.untilReady();
  rmSync(join(dir, "run"), { recursive: true });
  writeFileSync(join(dir, "run"), "no folder");
  const exit = nextExit(service);
  await service.kill("SIGKILL");
  await exit;
  await service.untilReady();
  assert.ok(shown.some((line) => /warn {2}fake-1: its pid file: E/.test(line)));
  await supervisor.stop([]);
});

test("a service that never gets ready is given up, with its last words", async (t) => {
  const { start } = supervise(t);
  const service = start({ FAKE: "never-ready" });
  await assert.rejects(
    service.untilReady(),
    (error) =>
      error instanceof StartError &&
      /fake-1 does not start \(exit code 1.*\n.*model is damaged/.test(error.message),
  );
  assert.equal(service.restarts, 2);
});

test("bad configuration is not tried twice", async (t) => {
  const { start } = supervise(t);
  const service = start({ FAKE: "bad-configuration" });
  await assert.rejects(service.untilReady(), /exit code 78[\s\S]*PORT must be a number/);
  assert.equal(service.restarts, 0);
});

test("a service that does not drain within the grace is killed", async (t) => {
  const { shown, supervisor, start } = supervise(t, { graceMs: 50 });
  const service = start({ FAKE: "stubborn" });
  await service.untilReady();
  const exit = nextExit(service);
  await supervisor.stop([["fake"]]);
  assert.equal((await exit).signal, "SIGKILL");
  assert.ok(shown.some((line) => line.includes("did not end within its grace")));
});

test("a service that waits for its restart can be stopped", async (t) => {
  const { supervisor, start } = supervise(t);
  const service = start();
  await service.untilReady();
  await service.kill();
  await supervisor.stop([]);
  assert.equal(service.restarts, 0);
  assert.equal(service.pid, undefined);
  await assert.rejects(service.untilReady(), StartError);
});

test("whoever waits for a service that waits for its restart is told that it was stopped", async (t) => {
  const { supervisor, start } = supervise(t, { backoff: { firstMs: 3_600_000, mostMs: 3_600_000 } });
  const service = start({ FAKE: "never-ready" });
  const told = assert.rejects(service.untilReady(), /fake-1 was stopped before it was ready/);
  await nextExit(service);
  await setImmediate();
  await supervisor.stop([]);
  await told;
});

test("verbose shows everything", async (t) => {
  const { shown, supervisor, start } = supervise(t, { verbose: true });
  await start().untilReady();
  await supervisor.stop([]);
  assert.ok(shown.some((line) => line.includes("info  fake-1: drained")));
});
