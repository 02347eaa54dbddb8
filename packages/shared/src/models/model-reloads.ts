import { randomUUID } from "node:crypto";
import type { WorkerReload } from "../contracts/index.js";
import { Cluster } from "../libraries/redis.js";
import { ProblemError } from "../problems/index.js";
import { channelOf, type RedisConnection } from "../redis/index.js";
import { readAnnouncements } from "./announced-models.js";

/** Carries the id of each call to reload, from a gateway to every worker that has models. */
export const reloadChannelOf = (redis: RedisConnection) => channelOf(redis, "models:reload");
/** Carries each worker's answer, a `ReloadAnswer`, to the gateways. */
export const reloadedChannelOf = (redis: RedisConnection) => channelOf(redis, "models:reloaded");

export interface ReloadAnswer extends Pick<WorkerReload, "worker" | "service" | "models"> {
  /** Of the call. */
  call: string;
}

/** Tells all workers to load their models anew, and gathers what they say. */
export class ModelReloads {
  readonly #redis: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #calls = new Map<string, (answer: ReloadAnswer) => void>();

  /** `subscriber` is a connection that only listens; it may listen to more than this. */
  constructor(redis: RedisConnection, subscriber: RedisConnection) {
    this.#redis = redis;
    this.#subscriber = subscriber;
    subscriber.on("message", (channel: string, message: string) => {
      if (channel !== reloadedChannelOf(subscriber)) return;
      const answer = JSON.parse(message) as ReloadAnswer;
      this.#calls.get(answer.call)?.(answer);
    });
  }

  async start(): Promise<void> {
    await this.#subscriber.subscribe(reloadedChannelOf(this.#subscriber));
  }

  /**
   * Reloads, and waits until every worker that heard it has answered, at most the given time; in a Cluster, until every one that
   * was announced has. A worker that was announced and has not answered is `waiting`: it may still load, or have died a moment ago.
   *
   * @throws ProblemError `queue-unavailable`
   */
  async reload(milliseconds: number): Promise<WorkerReload[]> {
    const call = randomUUID();
    const answers = new Map<string, WorkerReload>();
    try {
      const announced = await readAnnouncements(this.#redis);
      const take = ({ worker, service, models }: ReloadAnswer) =>
        answers.set(worker, { worker, service, state: "answered", models });
      // A Cluster's node counts only those that listen at it, and the call goes to all.
      const complete =
        this.#redis instanceof Cluster
          ? () => [...announced.keys()].every((worker) => answers.has(worker))
          : (heard: number) => answers.size >= heard;
      await this.#gather(call, milliseconds, take, complete);
      for (const [worker, { service }] of announced) {
        if (!answers.has(worker)) answers.set(worker, { worker, service, state: "waiting", models: [] });
      }
    } catch (error) {
      throw new ProblemError("queue-unavailable", undefined, { cause: error });
    } finally {
      this.#calls.delete(call);
    }
    return [...answers.values()].sort((a, b) => (a.service + a.worker < b.service + b.worker ? -1 : 1));
  }

  /** @param complete asked with how many heard the call, as Redis told; infinite as long as it has not */
  async #gather(
    call: string,
    milliseconds: number,
    take: (answer: ReloadAnswer) => void,
    complete: (heard: number) => boolean,
  ): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let listening = Number.POSITIVE_INFINITY;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
      const check = () => {
        if (complete(listening)) resolve();
      };
      this.#calls.set(call, (answer) => {
        take(answer);
        check();
      });
      // A fast worker answers before Redis has told how many listen.
      this.#redis.publish(reloadChannelOf(this.#redis), call).then(
        (heard) => {
          listening = heard;
          check();
        },
        () => resolve(),
      );
    });
    await over;
    clearTimeout(timer);
  }
}
