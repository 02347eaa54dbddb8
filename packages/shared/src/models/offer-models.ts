import type { ModelReload } from "../contracts/index.js";
import type { ServiceContext } from "../lifecycle/index.js";
import { closeRedis, connectRedis, type RedisConnection } from "../redis/index.js";
import { Announcer, type OfferedModel } from "./announced-models.js";
import { type ReloadAnswer, reloadChannelOf, reloadedChannelOf } from "./model-reloads.js";

/** The models of a worker, which can be replaced while it works. */
export interface ReplaceableModels {
  offered(): OfferedModel[];
  /** Loads what has changed. Never rejects: what cannot be loaded is refused, and the model that serves goes on. */
  reload(): Promise<ModelReload[]>;
}

/**
 * Announces a worker's models and loads them anew when a gateway says so.
 *
 * @returns `reload` for a signal, and `end`, which takes the announcement back
 */
export async function offerModels(
  { service, config, logger }: ServiceContext,
  redis: RedisConnection,
  models: ReplaceableModels,
): Promise<{ reload(): Promise<void>; end(): Promise<void> }> {
  const notAnnounced = (error: unknown) => logger.warn({ err: error }, "models not announced");
  const announcer = new Announcer(redis, service, () => models.offered(), notAnnounced);
  let running: Promise<ModelReload[]> = Promise.resolve([]);
  let next: Promise<ModelReload[]> | undefined;

  const swap = async () => {
    const results = await models.reload();
    for (const { name, outcome, problem } of results) {
      if (outcome === "unchanged") continue;
      if (problem === undefined) logger.info({ model: name, outcome }, "model reload");
      else logger.warn({ model: name, outcome, code: problem.code, detail: problem.detail }, "model reload");
    }
    await announcer.announce().catch(notAnnounced);
    return results;
  };
  // One at a time; who asks while one runs shares the next with all others who do.
  const reload = () => {
    next ??= running.then(() => {
      next = undefined;
      running = swap();
      return running;
    });
    return next;
  };

  const subscriber = connectRedis(config, "blocking");
  subscriber.on("message", async (_channel: string, call: string) => {
    const answer: ReloadAnswer = { call, worker: announcer.worker, service, models: await reload() };
    await redis
      .publish(reloadedChannelOf(redis), JSON.stringify(answer))
      .catch((error: unknown) => logger.warn({ err: error }, "reload not answered"));
  });
  await announcer.start();
  await subscriber.subscribe(reloadChannelOf(subscriber));
  // What was published while nobody listened is lost: while the connection was away, and at the start.
  subscriber.on("ready", () => {
    subscriber
      .subscribe(reloadChannelOf(subscriber))
      .then(reload)
      .catch((error: unknown) => logger.warn({ err: error }, "not listening for reloads"));
  });
  await reload();
  return {
    reload: async () => {
      await reload();
    },
    end: async () => {
      await closeRedis(subscriber);
      await (next ?? running);
      await announcer.end();
    },
  };
}
