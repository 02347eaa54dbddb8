import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ProblemError } from "../problems/index.js";
import { type RedisConnection, redisGuarded, redisPrefix } from "../redis/index.js";

/** Refuses with `queue-unavailable` where the lock is another's by now. Asked just before what must not be done beside another. */
export type StillHeld = () => Promise<void>;

/** Lets one at a time read, change and write what belongs together, over all processes. */
export interface Lock {
  /** @throws ProblemError `queue-unavailable` where the lock cannot be had. */
  run<T>(name: string, step: (stillHeld: StillHeld) => Promise<T>): Promise<T>;
}

/** A holder that died frees it after this time; one that lives renews it. */
const heldMs = 15_000;
const patienceMs = 20_000;
const againMs = 20;

/** Only who holds the lock gives it back. */
const release = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`;

/** Only who holds the lock keeps it. Returns whether it does. */
const renew = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0`;

export class RedisLock implements Lock {
  readonly #redis: RedisConnection;
  readonly #heldMs: number;

  /** @param options `heldMs`: after so many milliseconds without a renewal others may have it; 15,000 where absent */
  constructor(redis: RedisConnection, options: { heldMs?: number } = {}) {
    this.#redis = redis;
    this.#heldMs = options.heldMs ?? heldMs;
  }

  async run<T>(name: string, step: (stillHeld: StillHeld) => Promise<T>): Promise<T> {
    const key = `${redisPrefix}:lock:${name}`;
    const token = randomUUID();
    await this.#take(key, token);
    try {
      return await this.#renewed(step, () => this.#renew(key, token));
    } finally {
      await this.#giveBack(key, token);
    }
  }

  /**
   * For what is due every now and then: undefined where another does it, or did until less than `heldMs` ago. The lock is not given
   * back but runs out, unless the step fails: what it was to do is still due, and another may be able to. Where it is gone and nobody's,
   * as after a wipe of Redis, the step has it anew.
   *
   * @param options `partly`: the lock is given back in any case, by one who can do only a part of what is due
   */
  async runWhereDue<T>(
    key: string,
    step: (stillHeld: StillHeld) => Promise<T>,
    { partly = false }: { partly?: boolean } = {},
  ): Promise<T | undefined> {
    const token = randomUUID();
    if (!(await this.#tryTake(key, token))) return undefined;
    let [due, over] = [true, false];
    try {
      // A renewal that is under way at the end must not take a lock that nobody gives back.
      const renew = async () => (await this.#renew(key, token)) || (!over && this.#tryTake(key, token));
      const done = await this.#renewed(step, renew);
      due = partly;
      return done;
    } finally {
      over = true;
      if (due) await this.#giveBack(key, token);
    }
  }

  /** A step outlasts any time that is set for it where the store is slow. One whose lock could not be renewed is found out by the step. */
  async #renewed<T>(step: (stillHeld: StillHeld) => Promise<T>, renew: () => Promise<boolean>): Promise<T> {
    const renewal = setInterval(() => void renew().catch(() => false), this.#heldMs / 3);
    try {
      return await step(async () => {
        if (!(await renew())) throw new ProblemError("queue-unavailable", "Others change the same thing.");
      });
    } finally {
      clearInterval(renewal);
    }
  }

  /** Where Redis is away it runs out. */
  async #giveBack(key: string, token: string): Promise<void> {
    await this.#redis.eval(release, 1, key, token).catch(() => undefined);
  }

  async #renew(key: string, token: string): Promise<boolean> {
    return (await redisGuarded(() => this.#redis.eval(renew, 1, key, token, this.#heldMs))) === 1;
  }

  async #tryTake(key: string, token: string): Promise<boolean> {
    return (await redisGuarded(() => this.#redis.set(key, token, "PX", this.#heldMs, "NX"))) !== null;
  }

  async #take(key: string, token: string): Promise<void> {
    const until = Date.now() + patienceMs;
    while (!(await this.#tryTake(key, token))) {
      if (Date.now() > until) throw new ProblemError("queue-unavailable", "Others change the same thing.");
      await delay(againMs * (0.5 + Math.random()));
    }
  }
}
