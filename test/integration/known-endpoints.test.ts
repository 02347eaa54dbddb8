import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, describe, type Mock, mock, test } from "node:test";
import {
  closeRedis,
  connectRedis,
  EndpointRegistry,
  Endpoints,
  FileStore,
  forgetEndpoints,
  KnownEndpoints,
  ProblemError,
  RedisLock,
  SecretBox,
} from "@osteon/shared";
import { ownRedis } from "../support/backbone.js";

const server = ownRedis();

const tenant = "clinic";
const settings = {
  url: "https://example.org/hook",
  description: "",
  events: ["analysis.completed" as const],
};

let redis: ReturnType<typeof connectRedis>;
let store: FileStore;
let endpoints: Endpoints;
let registry: EndpointRegistry;
let known: KnownEndpoints;
let reads: number;
/** Tells of a change. */
let changed: Mock<(tenant: string) => Promise<void>>;
beforeEach(async () => {
  redis = connectRedis(server.url, "commands");
  await redis.flushall();
  store = new FileStore(await server.newFolder());
  endpoints = new Endpoints(store);
  changed = mock.fn((of: string) => forgetEndpoints(redis, of));
  registry = new EndpointRegistry({
    endpoints,
    lock: new RedisLock(redis),
    box: new SecretBox("m".repeat(32)),
    most: 20,
    disableDays: 5,
    changed,
  });
  reads = 0;
  const counted = {
    list: (of: string) => {
      reads += 1;
      return endpoints.list(of);
    },
  };
  known = new KnownEndpoints(counted, redis);
});
afterEach(() => closeRedis(redis));

const listening = async () => (await known.listening(tenant, "analysis.completed")).map(({ id }) => id);

/** Makes the connection anew, as it is where another becomes the master. */
async function reconnect(): Promise<void> {
  const ready = once(redis, "ready");
  redis.disconnect(true);
  await ready;
}

describe("who is listening", () => {
  test("is read once while nothing changes", async () => {
    const { record } = await registry.create(tenant, settings);
    for (let time = 0; time < 5; time += 1) assert.deepEqual(await listening(), [record.id]);
    assert.equal(reads, 1);
  });

  test("follows every change at once", async () => {
    assert.deepEqual(await listening(), []);
    const { record } = await registry.create(tenant, settings);
    assert.deepEqual(await listening(), [record.id]);
    await registry.change(record, { enabled: false });
    assert.deepEqual(await listening(), []);
    await registry.change(record, { enabled: true });
    assert.deepEqual(await listening(), [record.id]);
    await registry.delete(record, async () => undefined);
    assert.deepEqual(await listening(), []);
  });

  test("is not kept where it changed while it was read", async () => {
    const slow = new KnownEndpoints(
      {
        list: async (of) => {
          const before = await endpoints.list(of);
          if (before.length === 0) await registry.create(tenant, settings);
          return before;
        },
      },
      redis,
    );
    assert.equal((await slow.listening(tenant, "analysis.completed")).length, 0);
    assert.equal((await slow.listening(tenant, "analysis.completed")).length, 1);
  });

  test("is not kept where it was read while it changed: a change counts when its call has returned", async (t) => {
    const put = endpoints.put.bind(endpoints);
    t.mock.method(endpoints, "put", async (...call: Parameters<typeof put>) => {
      assert.deepEqual(await listening(), []);
      await put(...call);
    });
    const { record } = await registry.create(tenant, settings);
    assert.deepEqual(await listening(), [record.id]);
  });

  test("stays as it is where a change cannot be told: nothing is changed", async () => {
    changed.mock.mockImplementationOnce(() => Promise.reject(new ProblemError("queue-unavailable")));
    await assert.rejects(registry.create(tenant, settings), { code: "queue-unavailable" });
    assert.deepEqual(await endpoints.list(tenant), []);
  });

  test("is read again after Redis was wiped", async () => {
    await listening();
    await redis.flushall();
    await listening();
    assert.equal(reads, 2);
  });

  test("is read again over a new connection: a replica that became the master may have an old stamp", async () => {
    assert.deepEqual(await listening(), []);
    const key = `{osteon}:endpoints:${tenant}`;
    const stamp = await redis.get(key);
    const { record } = await registry.create(tenant, settings);
    await redis.set(key, stamp ?? "");
    await reconnect();
    assert.deepEqual(await listening(), [record.id]);
    assert.equal(await redis.get(key), stamp);
  });

  test("is not kept where it was read over the connection before", async () => {
    let halt: (() => Promise<void>) | undefined = async () => {
      halt = undefined;
      const stamp = await redis.get(`{osteon}:endpoints:${tenant}`);
      await registry.create(tenant, settings);
      await redis.set(`{osteon}:endpoints:${tenant}`, stamp ?? "");
      await reconnect();
    };
    const slow = new KnownEndpoints(
      {
        list: async (of) => {
          const before = await endpoints.list(of);
          await halt?.();
          return before;
        },
      },
      redis,
    );
    assert.equal((await slow.listening(tenant, "analysis.completed")).length, 0);
    assert.equal((await slow.listening(tenant, "analysis.completed")).length, 1);
  });

  test("is read from the store while Redis is away", async () => {
    const { record } = await registry.create(tenant, settings);
    await closeRedis(redis);
    for (let time = 0; time < 2; time += 1) assert.deepEqual(await listening(), [record.id]);
    assert.equal(reads, 2);
  });
});

test("an endpoint whose record is damaged can be deleted, once", async () => {
  const { record } = await registry.create(tenant, settings);
  await store.put(`webhooks/${tenant}/${record.id}/endpoint.json`, '{"v":2,"dig');
  await registry.delete(record, async () => undefined);
  assert.deepEqual(await store.list("webhooks/"), []);
  await assert.rejects(
    registry.delete(record, async () => undefined),
    { code: "webhook-not-found" },
  );
});
