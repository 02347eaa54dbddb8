import assert from "node:assert/strict";
import { test } from "node:test";
import { EndpointRegistry, Endpoints, ProblemError, RedisLock, SecretBox } from "@osteon/shared";
import { ownBackbone } from "../support/backbone.js";

const backbone = ownBackbone();

/** A promise that is kept from outside. */
function signal(): { given: Promise<void>; give: () => void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

test("a step that takes longer than its lock lasts keeps it", async (t) => {
  const { redis } = backbone;
  // Long enough that no stall of a busy machine goes on for as long between two renewals.
  const heldMs = 1_500;
  const lock = new RedisLock(redis, { heldMs });
  const [begun, turned, entered] = [signal(), signal(), signal()];
  const order: string[] = [];
  const slow = lock.run("slow", async (stillHeld) => {
    begun.give();
    await Promise.race([turned.given, entered.given]);
    await stillHeld();
    order.push("slow");
  });
  await begun.given;
  const set = redis.set.bind(redis);
  // A try after that fails only because the lock was renewed.
  const outlasted = performance.now() + heldMs;
  const tried = async (...call: Parameters<typeof set>) => {
    const late = performance.now() > outlasted;
    const taken = await set(...call);
    if (late) turned.give();
    return taken;
  };
  t.mock.method(redis, "set", tried as typeof redis.set);
  const next = lock.run("slow", async () => {
    order.push("next");
    entered.give();
  });
  await Promise.all([slow, next]);
  assert.deepEqual(order, ["slow", "next"]);
});

test("a lock that is lost is found out, and what another has by now is not given back", async () => {
  const { redis } = backbone;
  const lock = new RedisLock(redis);
  await assert.rejects(
    lock.run("lost", async (stillHeld) => {
      await stillHeld();
      await redis.set("{osteon}:lock:lost", "another", "PX", 5_000);
      await stillHeld();
    }),
    { code: "queue-unavailable" },
  );
  assert.equal(await redis.get("{osteon}:lock:lost"), "another");
});

test("what is due goes on with a lock that a wiped Redis forgot, and ends where another has it", async () => {
  const { redis } = backbone;
  const lock = new RedisLock(redis);
  const [due, other] = ["{osteon}:due", "another"];
  const done = await lock.runWhereDue(due, async (stillHeld) => {
    await redis.del(due);
    await stillHeld();
    assert.equal(await lock.runWhereDue(due, async () => other), undefined);
    return "done";
  });
  assert.equal(done, "done");
  await redis.del(due);
  await assert.rejects(
    lock.runWhereDue(due, async (stillHeld) => {
      await redis.set(due, other, "PX", 5_000);
      await stillHeld();
    }),
    { code: "queue-unavailable" },
  );
  assert.equal(await redis.get(due), other);
});

test("what is due and could not be done, or only in part, is due at once", async () => {
  const { redis } = backbone;
  const lock = new RedisLock(redis);
  const due = "{osteon}:due at once";
  const away = new ProblemError("store-unavailable");
  await assert.rejects(
    lock.runWhereDue(due, () => Promise.reject(away)),
    away,
  );
  assert.equal(await lock.runWhereDue(due, async () => "in part", { partly: true }), "in part");
  assert.equal(await lock.runWhereDue(due, async () => "done"), "done");
  assert.equal(await lock.runWhereDue(due, async () => "again"), undefined);
});

test("a lock that must not be another's meanwhile is not taken anew", async () => {
  const { redis } = backbone;
  await assert.rejects(
    new RedisLock(redis).run("gone", async (stillHeld) => {
      await redis.del("{osteon}:lock:gone");
      await stillHeld();
    }),
    { code: "queue-unavailable" },
  );
});

test("a secret that was rotated stays so, though a worker that lost its lock notes a failure", async (t) => {
  const { redis, store } = backbone;
  const registryOf = (endpoints: Endpoints) =>
    new EndpointRegistry({
      endpoints,
      lock: new RedisLock(redis),
      box: new SecretBox("m".repeat(32)),
      most: 20,
      disableDays: 5,
      changed: async () => undefined,
    });
  const registry = registryOf(new Endpoints(store));
  const { record } = await registry.create("clinic", {
    url: "https://example.org/hook",
    description: "",
    events: ["analysis.completed"],
  });
  const [read, thawed] = [signal(), signal()];
  const frozen = new Endpoints(store);
  const get = frozen.get.bind(frozen);
  t.mock.method(frozen, "get", async (...call: Parameters<typeof get>) => {
    const found = await get(...call);
    read.give();
    await thawed.given;
    return found;
  });
  const noted = registryOf(frozen).noteAttempt(record, "failed");
  await read.given;
  await redis.del("{osteon}:lock:webhooks:clinic");
  const { secret } = await registry.rotate(record, 0);
  thawed.give();
  await assert.rejects(noted, { code: "queue-unavailable" });
  assert.deepEqual(registry.secrets(await registry.find(record)), [secret]);
});
