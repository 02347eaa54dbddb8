import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { type RunningRedis, startRedis } from "../src/redis.js";
import { StartError } from "../src/start-error.js";
import { nextLine } from "./support/lines.js";
import { temporary } from "./support/temporary.js";

function connect(t: TestContext, url: string): Redis {
  const client = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  t.after(() => client.disconnect());
  return client;
}

async function start(t: TestContext, dataDir: string, port?: number): Promise<RunningRedis> {
  const redis = await startRedis({ dataDir, ...(port === undefined ? {} : { port }) });
  t.after(() => redis.stop());
  return redis;
}

test("it is on loopback, wants its password, appends to a file and never evicts", async (t) => {
  const dir = temporary(t);
  const redis = await start(t, dir);
  const client = connect(t, redis.url);
  const config = async (name: string) => ((await client.config("GET", name)) as string[])[1];
  assert.equal(await config("appendonly"), "yes");
  assert.equal(await config("appendfsync"), "everysec");
  assert.equal(await config("maxmemory-policy"), "noeviction");
  assert.equal(await config("bind"), "127.0.0.1");
  const stranger = new Redis(redis.port, { lazyConnect: true, retryStrategy: () => null });
  stranger.on("error", () => undefined);
  await assert.rejects(stranger.get("key"), /NOAUTH/);
  stranger.disconnect();
  assert.equal(statSync(join(dir, "redis", "redis.conf")).mode & 0o777, 0o600);
});

test("data outlives a stop, a kill and a restart, at the same URL", async (t) => {
  const dir = temporary(t);
  const redis = await start(t, dir);
  const client = connect(t, redis.url);
  const { url, pid } = redis;
  await client.set("film", "1");
  await redis.kill("SIGKILL");
  assert.equal(redis.pid, undefined);
  await redis.restart();
  assert.notEqual(redis.pid, pid);
  assert.equal(redis.url, url);
  assert.equal(await client.incr("film"), 2);
  await redis.stop();
  const again = await start(t, dir, redis.port);
  assert.equal(again.url, url);
  assert.equal(await client.incr("film"), 3);
});

test("onExit tells an unexpected end from one that was asked for", async (t) => {
  const redis = await start(t, temporary(t));
  const exits: boolean[] = [];
  const next = () =>
    new Promise<void>((done) => {
      redis.onExit = (asked) => {
        exits.push(asked);
        done();
      };
    });
  const first = next();
  process.kill(redis.pid ?? 0, "SIGKILL");
  await first;
  await redis.restart();
  const second = next();
  await redis.stop();
  await second;
  assert.deepEqual(exits, [false, true]);
});

test("it ends by itself when its owner is killed", async (t) => {
  const holder = spawn(process.execPath, [fixture("redis-holder"), temporary(t)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { url } = JSON.parse(await nextLine(holder.stdout)) as { url: string };
  const client = connect(t, url);
  await client.ping();
  const closed = once(client, "close");
  holder.kill("SIGKILL");
  await closed;
});

test("one that a killed owner left is ended before another starts on its data", async (t) => {
  const dir = temporary(t);
  const holder = spawn(process.execPath, [fixture("redis-holder"), dir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { pid, url } = JSON.parse(await nextLine(holder.stdout)) as { pid: number; url: string };
  await connect(t, url).set("film", "left");
  holder.kill("SIGKILL");
  const redis = await start(t, dir);
  assert.notEqual(redis.pid, pid);
  assert.equal(await connect(t, redis.url).get("film"), "left");
});

test("a taken port is named", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  await assert.rejects(
    startRedis({ dataDir: temporary(t), port }),
    (error) => error instanceof StartError && error.message.includes(`Port ${port}`),
  );
});

test("damaged data are said, with what to do", async (t) => {
  const dir = temporary(t);
  const redis = await start(t, dir);
  await redis.stop();
  writeFileSync(join(dir, "redis", "appendonlydir", "appendonly.aof.manifest"), "nonsense\n");
  await assert.rejects(
    startRedis({ dataDir: dir }),
    (error) => error instanceof StartError && /last words:[\s\S]*remove .*redis/.test(error.message),
  );
});

function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}.js`, import.meta.url));
}
