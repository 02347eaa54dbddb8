import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { repoRoot } from "../src/paths.js";
import { isLiving, markOf, type ProcessMark } from "../src/pid-file.js";
import { StartError } from "../src/start-error.js";
import { type RunningSystem, type SystemOptions, startSystem } from "../src/system.js";
import { fakeServices } from "./support/fake-services.js";
import { nextLine } from "./support/lines.js";
import { temporary } from "./support/temporary.js";

async function start(t: TestContext, dir: string, options: SystemOptions = {}): Promise<RunningSystem> {
  const system = await startSystem({
    dataDir: join(dir, "data"),
    servicesDir: options.servicesDir ?? fakeServices(dir),
    port: 0,
    redisUrl: null,
    write: () => undefined,
    ...options,
  });
  t.after(() => system.stop({ force: true }));
  return system;
}

/** `npm start` as a process at the head of its own group, as a shell makes it. */
async function serve(t: TestContext, dir: string) {
  const script = fileURLToPath(new URL("./fixtures/serve.js", import.meta.url));
  const child = spawn(process.execPath, [script, fakeServices(dir), join(dir, "data")], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  child.stderr.resume();
  const line = await nextLine(child.stdout);
  return { child, exited, line, marks: marks(dir) };
}

/** What runs under a data folder, by its pid files. */
function marks(dir: string): ProcessMark[] {
  const run = join(dir, "data", "run");
  const files = [
    ...readdirSync(run).map((name) => join(run, name)),
    join(dir, "data", "redis", "redis.pid.json"),
  ];
  return files.map((file) => JSON.parse(readFileSync(file, "utf8")) as ProcessMark);
}

test("a system starts whole, keeps its secret, and ends whole", async (t) => {
  const dir = temporary(t);
  const user = { INIT_CWD: dir, npm_package_json: join(repoRoot, "package.json") };
  const another = { REDIS_SENTINELS: "127.0.0.1:1", REDIS_CLUSTER: "on" };
  const given = { MODELS_DIR: "my-models", OPERATING_POINTS: "points.json", HEALTH_PORT: "0", ...another };
  const system = await start(t, dir, { counts: { "bodypart-worker": 2 }, env: { ...user, ...given } });
  assert.deepEqual(
    system.services.map((each) => each.label),
    ["gateway-1", "bodypart-worker-1", "bodypart-worker-2", "fracture-worker-1", "webhook-worker-1"],
  );
  assert.equal(await (await fetch(system.url)).text(), "live\n");
  assert.equal(new Set(system.services.map((each) => each.health)).size, 5);
  assert.match(system.webhookSecret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(statSync(join(dir, "data", "webhook-secret")).mode & 0o777, 0o600);
  assert.equal(statSync(join(dir, "data")).mode & 0o777, 0o700);
  const environment = (await (await fetch(`${system.url}/environment`)).json()) as NodeJS.ProcessEnv;
  assert.equal(environment.MODELS_DIR, join(dir, "my-models"), "from where the user stands");
  assert.equal(environment.OPERATING_POINTS, join(dir, "points.json"));
  assert.equal(environment.REDIS_URL, system.redis?.url, "it asked for a Redis of its own");
  for (const name of Object.keys(another)) assert.equal(environment[name], undefined, name);
  const running = marks(dir);
  assert.equal(running.length, 6);
  await system.stop();
  assert.ok(!running.some(isLiving));
  assert.ok(!existsSync(join(dir, "data", "osteon.lock")));
  const again = await start(t, dir);
  assert.equal(again.webhookSecret, system.webhookSecret);
});

test("a killed gateway comes back at its address, a killed Redis at its URL", async (t) => {
  const system = await start(t, temporary(t));
  const [gateway] = system.named("gateway");
  assert.ok(gateway);
  await gateway.kill();
  await gateway.untilReady();
  assert.equal((await fetch(system.url)).status, 200);
  const client = new Redis(system.redisUrl, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  t.after(() => client.disconnect());
  await client.set("film", "1");
  const closed = once(client, "close");
  process.kill(system.redis?.pid ?? 0, "SIGKILL");
  await closed;
  assert.equal(await client.get("film"), "1");
});

test("a second start on the same data is refused and leaves the first alone", async (t) => {
  const dir = temporary(t);
  const system = await start(t, dir);
  await assert.rejects(
    start(t, dir),
    (error) =>
      error instanceof StartError && error.message.includes(`at ${system.url} (process ${process.pid})`),
  );
  assert.equal((await fetch(system.url)).status, 200);
});

test("a taken port is said before anything starts", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  await assert.rejects(
    start(t, temporary(t), { port }),
    new RegExp(`Port ${port} on 127.0.0.1 is taken.*PORT=0`),
  );
});

test("every fault of the configuration is said at once, before anything starts", async (t) => {
  const dir = temporary(t);
  const faults = async (env: Record<string, string>) => {
    const starting = startSystem({ dataDir: join(dir, "data"), env, redisUrl: "redis://127.0.0.1:1" });
    const error = await starting.then(
      () => assert.fail("it started"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof StartError);
    return error.message;
  };
  assert.match(await faults({ PORT: "99999", LOG_LEVEL: "loud" }), /PORT[\s\S]*LOG_LEVEL/);
  assert.match(
    await faults({ HOST: "0.0.0.0", AUTH: "off", WEBHOOK_ALLOW: "x" }),
    /WEBHOOK_ALLOW[\s\S]*HOST must be a loopback/,
  );
  assert.ok(!existsSync(join(dir, "data")));
});

test("a service that does not start ends the start, and everything with it", async (t) => {
  const dir = temporary(t);
  const servicesDir = fakeServices(dir, { "fracture-worker": "bad-configuration" });
  await assert.rejects(start(t, dir, { servicesDir }), /fracture-worker-1 does not start/);
  assert.deepEqual(readdirSync(join(dir, "data", "run")), []);
  assert.ok(!existsSync(join(dir, "data", "redis", "redis.pid.json")));
  assert.ok(!existsSync(join(dir, "data", "osteon.lock")));
});

test("Ctrl-C reaches the whole group, and yet the services drain in their order", async (t) => {
  const dir = temporary(t);
  const { child, exited, line, marks: running } = await serve(t, dir);
  assert.match(
    line,
    /^Osteon is ready: (http:\/\/127\.0\.0\.1:\d+) {2}try: curl -F film=@\S+ \1\/v1\/analyses$/,
  );
  process.kill(-(child.pid ?? 0), "SIGINT");
  assert.deepEqual(await exited, [0, null]);
  assert.ok(!running.some(isLiving), "something stayed behind");
  for (const name of ["gateway", "bodypart-worker", "fracture-worker", "webhook-worker"]) {
    assert.match(readFileSync(join(dir, "data", "logs", `${name}-1.log`), "utf8"), /drained/);
  }
  assert.match(readFileSync(join(dir, "data", "logs", "redis.log"), "utf8"), /bye bye/);
});

test("the services drain where whoever reads our output went first", async (t) => {
  const dir = temporary(t);
  const { child, exited, marks: running } = await serve(t, dir);
  for (const stream of [child.stdout, child.stderr]) {
    const closed = once(stream, "close");
    stream.destroy();
    await closed;
  }
  child.kill("SIGINT");
  assert.deepEqual(await exited, [0, null]);
  assert.ok(!running.some(isLiving), "something stayed behind");
  assert.match(readFileSync(join(dir, "data", "logs", "gateway-1.log"), "utf8"), /drained/);
});

test("what a killed supervisor left is ended by the next start", async (t) => {
  const dir = temporary(t);
  const first = await serve(t, dir);
  first.child.kill("SIGKILL");
  await first.exited;
  const system = await start(t, dir);
  assert.ok(!first.marks.some(isLiving), "something of the first still runs");
  assert.equal((await fetch(system.url)).status, 200);
  assert.ok(markOf(system.redis?.pid ?? 0));
});
