import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ProblemError } from "../problems/index.js";
import { queuePrefix, type RedisConnection } from "../queues/index.js";

/** Lets one at a time read, change and write what belongs together, over all processes. */
export interface Lock {
  /** @throws ProblemError `queue-unavailable` where the lock cannot be had. */
  run<T>(name: string, step: () => Promise<T>): Promise<T>;
}

/** Longer than a step takes; a holder that died frees it after this time. */
const heldMs = 15_000;
const patienceMs = 20_000;
const againMs = 20;

/** Only who holds the lock gives it back. */
const release = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`;

export class RedisLock implements Lock {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async run<T>(name: string, step: () => Promise<T>): Promise<T> {
    const key = `${queuePrefix}:lock:${name}`;
    const token = randomUUID();
    await this.#take(key, token);
    try {
      return await step();
    } finally {
      await this.#redis.eval(release, 1, key, token).catch(() => undefined);
    }
  }

  async #take(key: string, token: string): Promise<void> {
    const until = Date.now() + patienceMs;
    for (;;) {
      const taken = await this.#redis.set(key, token, "PX", heldMs, "NX").catch((error: unknown) => {
        throw new ProblemError("queue-unavailable", undefined, { cause: error });
      });
      if (taken !== null) return;
      if (Date.now() > until) throw new ProblemError("queue-unavailable", "Others change the same thing.");
      await delay(againMs * (0.5 + Math.random()));
    }
  }
}
