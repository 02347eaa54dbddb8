import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  type Attempt,
  type BodyPartJob,
  closeRedis,
  connectRedis,
  FairShare,
  filmJobId,
  type Priority,
  type Processor,
  Queues,
  type RedisConnection,
  RunningProcessor,
} from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import { ownRedis } from "../support/backbone.js";

const server = ownRedis();
let redis: RedisConnection;
let blocking: RedisConnection;
let queues: Queues;
beforeEach(async () => {
  redis = connectRedis(server.url, "commands");
  blocking = connectRedis(server.url, "blocking");
  await redis.flushall();
  queues = new Queues(redis);
});
afterEach(async () => {
  await queues.close();
  await closeRedis(redis);
  await closeRedis(blocking);
});

/** Adds films of a tenant, 16 an analysis as a client may, and returns their jobs' ids. */
async function submit(tenant: string, films: number, priority?: Priority): Promise<string[]> {
  const ids: string[] = [];
  for (let left = films; left > 0; left -= 16) {
    const analysisId = uuidv7();
    const jobs = Array.from({ length: Math.min(16, left) }, (_, film) => ({
      id: filmJobId(analysisId, film, "bodypart"),
      data: {
        v: 1,
        tenant,
        analysisId,
        film,
        acceptedAt: 0,
        ...(priority === undefined ? {} : { priority }),
      },
    }));
    await queues.add("bodypart", ...jobs);
    ids.push(...jobs.map((job) => job.id));
  }
  return ids;
}

/** Notes in which order films are served. */
class Served extends EventEmitter<{ film: [] }> implements Processor<"bodypart"> {
  readonly kind = "bodypart";
  readonly order: BodyPartJob[] = [];
  onFilm: () => Promise<void> = async () => undefined;

  async process({ data }: Attempt<"bodypart">): Promise<void> {
    this.order.push(data);
    await this.onFilm();
    this.emit("film");
  }

  async failed(): Promise<boolean> {
    return true;
  }
}

/** Serves what waits, one at a time, until `films` are served. */
async function serve(films: number, served = new Served()): Promise<BodyPartJob[]> {
  const running = new RunningProcessor(served, blocking, {
    concurrency: 1,
    lockMs: 5_000,
    onError: () => undefined,
    onDied: assert.ifError,
  });
  await running.start();
  while (served.order.length < films) await once(served, "film");
  await running.drain();
  return served.order;
}

const share = (order: readonly BodyPartJob[], tenant: string) =>
  order.filter((job) => job.tenant === tenant).length;

describe("tenants share a queue", () => {
  test("one film is not delayed by another's 10,000", async (t) => {
    await submit("flood", 10_000);
    // In the middle of it, as it is met in life.
    await serve(50);
    await submit("single", 1);
    const order = await serve(10);
    const ahead = order.findIndex((job) => job.tenant === "single");
    t.diagnostic(`a single film behind 10,000 of another tenant waited for ${ahead} of them`);
    assert.ok(ahead >= 0 && ahead <= 3, `${ahead} films went ahead`);
    const { bodypart } = await queues.counts();
    assert.ok((bodypart.prioritized ?? 0) > 9_900, "what waits is counted");
  });

  test("big tenants get equal shares, whoever came first", async () => {
    await submit("first", 300);
    await submit("second", 300);
    await submit("third", 300);
    const order = await serve(300);
    for (const tenant of ["first", "second", "third"]) {
      const served = share(order, tenant);
      assert.ok(Math.abs(served - 100) <= 3, `${tenant} got ${served} of 300`);
    }
  });

  test("a tenant that always has one film waiting does not starve one that sent all at once", async () => {
    await submit("archive", 100);
    const served = new Served();
    served.onFilm = async () => {
      await submit("steady", 1);
    };
    await submit("steady", 1);
    const order = await serve(100, served);
    assert.ok(share(order, "archive") >= 45, `the archive got ${share(order, "archive")} of 100`);
  });

  test("who waited for nothing gains nothing, and who cancels pays nothing", async () => {
    const cancelled = await submit("moody", 200);
    await submit("other", 100);
    for (const id of cancelled) await queues.remove("bodypart", id, { tenant: "moody" });
    assert.deepEqual([...(await queues.waiting())], [["other", 100]]);
    await submit("moody", 20);
    const order = await serve(40);
    assert.ok(share(order, "moody") >= 18, `${share(order, "moody")} of 40`);
  });

  test("who erases what was done long ago takes no place of others", async () => {
    const done = await submit("tidy", 100);
    await serve(100);
    await submit("tidy", 100);
    await submit("other", 100);
    for (const id of done) await queues.remove("bodypart", id, { tenant: "tidy" });
    await submit("tidy", 100);
    await submit("other", 100);
    const order = await serve(100);
    assert.ok(Math.abs(share(order, "tidy") - 50) <= 3, `${share(order, "tidy")} of 100`);
  });

  test("a wiped Redis forgets the shares and nothing else", async () => {
    await submit("flood", 500);
    await redis.flushall();
    await submit("flood", 500);
    await submit("single", 1);
    assert.ok((await serve(5)).some((job) => job.tenant === "single"));
  });
});

describe("urgent films", () => {
  test("go ahead of all that waits, without starving it", async () => {
    await submit("a", 100);
    await submit("b", 100);
    await submit("c", 100, "urgent");
    const order = await serve(60);
    const urgent = order.filter((job) => job.priority === "urgent").length;
    assert.deepEqual(
      order.slice(0, 4).map((job) => job.priority),
      Array.from({ length: 4 }, () => "urgent"),
      "before all that came before them",
    );
    assert.ok(urgent <= 41 && urgent >= 36, `${urgent} of 60 were urgent: four to each round of two others`);
  });

  test("of two tenants share the lane", async () => {
    await submit("a", 100, "urgent");
    await submit("b", 4, "urgent");
    const order = await serve(12);
    assert.equal(share(order, "b"), 4);
  });
});

test("what waits is counted by tenant, while it waits", async () => {
  await submit("a", 40);
  await submit("b", 3);
  await submit("b", 5, "urgent");
  assert.deepEqual(
    new Map([...(await queues.waiting())].sort()),
    new Map([
      ["a", 40],
      ["b", 8],
    ]),
  );
  await serve(48);
  assert.equal((await queues.waiting()).size, 0);
});

test("placing costs one command for all films of an analysis", async () => {
  await submit("warm", 1);
  const commands = async () =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1]);
  const before = await commands();
  await submit("a", 16);
  assert.equal((await commands()) - before, 17, "sixteen additions and one place");
});

test("what is added again takes no second place", async () => {
  const analysisId = uuidv7();
  const jobs = Array.from({ length: 5 }, (_, film) => ({
    id: filmJobId(analysisId, film, "bodypart"),
    data: { v: 1, tenant: "a", analysisId, film, acceptedAt: 0 },
  }));
  await queues.add("bodypart", ...jobs.slice(0, 2));
  for (let again = 0; again < 3; again += 1) await queues.add("bodypart", ...jobs);
  assert.deepEqual([...(await queues.waiting())], [["a", 5]]);
  const waiting = await redis.zrange("{osteon}:bodypart:prioritized", "0", "-1");
  assert.deepEqual(
    waiting,
    jobs.map(({ id }) => id),
  );
});

test("rounds begin anew before the priorities run out, and the order stays", async () => {
  const queue = "{osteon}:rounds";
  const rounds = new FairShare(redis, queue, { mostRounds: 20 });
  let count = 0;
  const wait = async (tenant: string, films: number, priority: Priority = "normal") => {
    const ids = Array.from({ length: films }, (_, film) => `new-${film}`);
    for (const place of await rounds.place(tenant, priority, ids)) {
      count += 1;
      await redis.zadd(`${queue}:prioritized`, place * 2 ** 32 + count, `${tenant}-${priority}-${count}`);
      await redis.hset(`${queue}:${tenant}-${priority}-${count}`, { priority: place });
    }
  };
  const waiting = () => redis.zrange(`${queue}:prioritized`, "0", "-1");
  await wait("a", 60);
  await wait("b", 40);
  await wait("b", 10, "urgent");
  await redis.hset(`${queue}:again`, { priority: 2 + 2 * 30 });
  await redis.zadd(`${queue}:delayed`, 1, "again");
  await redis.zpopmin(`${queue}:prioritized`, 70);
  const before = await waiting();
  await wait("c", 1);
  assert.deepEqual(
    (await waiting()).filter((each) => !each.startsWith("c-")),
    before,
  );
  const [, score] = await redis.zrange(`${queue}:prioritized`, "0", "0", "WITHSCORES");
  assert.ok(Number(score) / 2 ** 32 < 4, "the first that waits is in the first round");
  assert.ok((await waiting()).indexOf("c-normal-111") <= 2);
  assert.ok(Number(await redis.hget(`${queue}:again`, "priority")) < 2 + 2 * 30);
  const sums = await rounds.waiting();
  assert.deepEqual([sums.get("a"), sums.get("b"), sums.get("c")], [30, 10, 1]);
});
