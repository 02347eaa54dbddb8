import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
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
  readModelCard,
} from "@osteon/shared";
import { ownRedis } from "../support/backbone.js";

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
  const offered = await offerModels(context, redis, models);
  offers.push(offered);
  // Over what a worker looks at by itself when it begins to listen.
  await reloads.reload(60_000);
}

const versions = async () => (await readAnnouncedModels(redis)).map(({ version }) => version);

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
