import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { LoadedModel } from "../contracts/index.js";
import { ProblemError } from "../problems/index.js";
import { queuePrefix } from "../queues/index.js";

const key = `${queuePrefix}:models`;
const heartbeatMs = 10_000;
const goneAfterMs = 35_000;

interface Announcement {
  at: number;
  models: LoadedModel[];
}

/** Lets gateways know what this worker has loaded, until the returned function takes it back. */
export async function announceModels(
  redis: Redis,
  models: () => LoadedModel[],
): Promise<() => Promise<void>> {
  const worker = randomUUID();
  const announce = async () => {
    const value: Announcement = { at: Date.now(), models: models() };
    await redis.multi().hset(key, worker, JSON.stringify(value)).pexpire(key, goneAfterMs).exec();
  };
  await announce();
  const timer = setInterval(() => announce().catch(() => undefined), heartbeatMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await redis.hdel(key, worker).catch(() => undefined);
  };
}

/** Each model that a running worker announced, by name and version. Forgets workers that fell silent. */
export async function readAnnouncedModels(redis: Redis): Promise<LoadedModel[]> {
  const fields = await redis.hgetall(key).catch((error: unknown) => {
    throw new ProblemError("queue-unavailable", undefined, { cause: error });
  });
  const models = new Map<string, LoadedModel>();
  const silent: string[] = [];
  for (const [worker, text] of Object.entries(fields)) {
    const announcement = JSON.parse(text) as Announcement;
    if (Date.now() - announcement.at > goneAfterMs) silent.push(worker);
    else
      for (const model of announcement.models)
        models.set(`${model.name}@${model.digest}@${model.engine}`, model);
  }
  if (silent.length > 0) await redis.hdel(key, ...silent).catch(() => undefined);
  return [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
