import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { afterEach, beforeEach, type TestContext, test } from "node:test";
import {
  closeRedis,
  connectRedis,
  createLogger,
  type LoadedModel,
  loadConfig,
  Metrics,
  type ModelReload,
  ModelReloads,
  offerModels,
  type ReplaceableModels,
  readAnnouncedModels,
  readAnnouncedWorkers,
  readModelCard,
} from "@osteon/shared";
import { ownRedis } from "../support/backbone.js";
import { until } from "../support/until.js";

const server = ownRedis();

let redis: ReturnType<typeof connectRedis>;
let subscriber: ReturnType<typeof connectRedis>;
let reloads: ModelReloads;
let offers: Awaited<ReturnType<typeof offerModels>>[];
beforeEach(async () => {
  redis = connectRedis(server.url, "commands");
  await redis.flushall();
  subscriber = connectRedis(server.url, "blocking");
  reloads = new ModelReloads(redis, subscriber);
  await reloads.start();
  offers = [];
});
afterEach(async () => {
  for (const offer of offers) await offer.end();
  await closeRedis(subscriber);
  await closeRedis(redis);
});

/** A worker's models: each reload makes another version of the one there is. */
class Models implements ReplaceableModels {
  version = 0;
  /** What the next reload waits for. */
  gate: Promise<void> = Promise.resolve();

  offered() {
    const model: LoadedModel = {
      name: "fracture-hand",
      version: `1.0.${this.version}`,
      digest: `sha256:${"0".repeat(64)}`,
      task: "fracture",
      title: "Hand",
      engine: "none",
      classes: [],
      operatingPointsFrom: "bundle",
      metrics: {},
      data: {},
      licence: "CC0-1.0",
      attribution: [],
    };
    return [{ model, card: `# Hand ${this.version}` }];
  }

  async reload(): Promise<ModelReload[]> {
    await this.gate;
    this.version += 1;
    return [{ name: "fracture-hand", outcome: "loaded" }];
  }
}

async function offer(models: Models): Promise<void> {
  const config = loadConfig({ REDIS_URL: server.url, LOG_LEVEL: "silent" });
  const metrics = new Metrics("worker");
  metrics.close();
  const context = { service: "worker", config, logger: createLogger("worker", config), metrics };
  offers.push(await offerModels(context, redis, models));
}

const hourMs = 3_600_000;

/** Does a step while this process's clock is so far ahead. */
async function withClock(t: TestContext, aheadMs: number, step: () => Promise<void>): Promise<void> {
  const { now } = Date;
  const clock = t.mock.method(Date, "now", () => now() + aheadMs);
  await step();
  clock.mock.restore();
}

const workers = async () => (await readAnnouncedWorkers(redis)).map(({ service }) => service);

const versions = async () => (await readAnnouncedModels(redis)).map(({ version }) => version);

test("a worker has looked at what changed while it did not listen before it is taken for ready", async () => {
  const models = new Models();
  await offer(models);
  assert.equal(models.version, 1);
  const [{ models: [reloaded] = [] } = {}] = await reloads.reload(60_000);
  assert.deepEqual([reloaded?.outcome, models.version], ["loaded", 2]);
});

test("a worker that was cut off from Redis during its first look looks once more", async () => {
  const models = new Models();
  let open = () => {};
  models.gate = new Promise((resolve) => {
    open = resolve;
  });
  const looks = new EventEmitter();
  const { reload } = models;
  models.reload = () => {
    looks.emit("look");
    return reload.call(models);
  };
  const first = once(looks, "look");
  const offered = offer(models);
  await first;
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  await until("the worker listens again", 20, async () => {
    const [, listeners] = await redis.pubsub("NUMSUB", "{osteon}:models:reload");
    return listeners === 1;
  });
  const second = once(looks, "look");
  open();
  await Promise.all([offered, second]);
});

test("a call reaches every worker, and says what each did, when it shows in what they announce", async () => {
  assert.deepEqual(await reloads.reload(60_000), []);
  const [first, second] = [new Models(), new Models()];
  await offer(first);
  await offer(second);
  const [before, other] = [first.version, second.version];
  const answers = await reloads.reload(60_000);
  assert.deepEqual(
    answers.map(({ service, state, models }) => [service, state, models]),
    Array(2).fill(["worker", "answered", [{ name: "fracture-hand", outcome: "loaded" }]]),
  );
  assert.deepEqual([first.version, second.version], [before + 1, other + 1]);
  assert.deepEqual(new Set(await versions()), new Set([`1.0.${first.version}`, `1.0.${second.version}`]));
  assert.match((await readModelCard(redis, "fracture-hand")) ?? "", /^# Hand \d+$/);
  assert.equal(await readModelCard(redis, "fracture-knee"), undefined);
});

test("a worker that is not done in time is waiting, and one that ended is not waited for", async (t) => {
  const slow = new Models();
  await offer(slow);
  await offer(new Models());
  let open = () => {};
  slow.gate = new Promise((resolve) => {
    open = resolve;
  });
  // The time is over as soon as the other has answered.
  const longest = 61_234;
  const answered = once(subscriber, "message");
  const { setTimeout: really } = globalThis;
  const clock = t.mock.method(globalThis, "setTimeout", (step: () => void, ms: number) => {
    if (ms === longest) void answered.then(() => setImmediate(step));
    else return really(step, ms);
  });
  const answers = await reloads.reload(longest);
  clock.mock.restore();
  assert.deepEqual(answers.map(({ state }) => state).sort(), ["answered", "waiting"]);
  open();
  assert.deepEqual(
    (await reloads.reload(60_000)).map(({ state }) => state),
    ["answered", "answered"],
  );
  await offers.pop()?.end();
  assert.equal((await reloads.reload(60_000)).length, 1);
});

test("calls that come while one runs share the next: one at a time", async () => {
  const models = new Models();
  await offer(models);
  const [offered] = offers;
  const before = models.version;
  let open = () => {};
  models.gate = new Promise((resolve) => {
    open = resolve;
  });
  const running = new Promise<void>((resolve) => {
    const { reload } = models;
    models.reload = () => {
      resolve();
      return reload.call(models);
    };
  });
  const first = offered?.reload();
  await running;
  const others = Array.from({ length: 5 }, () => offered?.reload());
  open();
  await Promise.all([first, ...others]);
  assert.equal(models.version, before + 2);
});

test("a worker that was cut off from Redis looks by itself once it listens again", async () => {
  const models = new Models();
  await offer(models);
  const looked = new Promise<void>((resolve) => {
    models.reload = async () => {
      resolve();
      return [];
    };
  });
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  await looked;
});

for (const [where, aheadMs] of Object.entries({ behind: -hourMs, ahead: hourMs }))
  test(`a worker whose clock is an hour ${where} is listed while it lives, and then no more`, async (t) => {
    await withClock(t, aheadMs, () => offer(new Models()));
    const [worker, ...others] = await readAnnouncedWorkers(redis);
    assert.ok(worker);
    assert.deepEqual(others, []);
    assert.ok(Math.abs(worker.seenAt - Date.now()) < 60_000, "seen by the clock of Redis");
    // As if it had been killed 36 seconds ago.
    const { at, ...announced } = JSON.parse((await redis.hget("{osteon}:models", worker.id)) ?? "");
    await redis.hset("{osteon}:models", worker.id, JSON.stringify({ ...announced, at: at - 36_000 }));
    assert.deepEqual(await workers(), []);
    assert.equal(await redis.hlen("{osteon}:models"), 0);
  });

test("a gateway whose clock is wrong lists the workers that live", async (t) => {
  await offer(new Models());
  for (const aheadMs of [-hourMs, hourMs])
    await withClock(t, aheadMs, async () => assert.deepEqual(await workers(), ["worker"]));
});

test("workers of before and of now are listed beside each other, by gateways of both", async () => {
  await offer(new Models());
  const [own = ""] = await redis.hvals("{osteon}:models");
  const announced = JSON.parse(own);
  assert.ok(Math.abs(Date.now() - announced.at) < 35_000, "as a gateway of before reads it");
  const before = JSON.stringify({ ...announced, at: Date.now(), service: "of before" });
  await redis.hset("{osteon}:models", "00000000-0000-4000-8000-000000000000", before);
  assert.deepEqual(await workers(), ["of before", "worker"]);
});
