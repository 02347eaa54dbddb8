import { Analyses, closeRedis, connectRedis, FileStore, Ledger, LiveState, Producer } from "@osteon/shared";
import type { OwnRedis } from "./backbone.js";

/** Analyses on a store of their own and a Redis in which nothing is, with what they stand on. For one test: its file's others have the same Redis. */
export async function freshAnalyses(server: OwnRedis) {
  const redis = connectRedis(server.url, "commands");
  await redis.flushall();
  const store = new FileStore(await server.newFolder());
  const live = new LiveState(redis);
  const producer = new Producer(redis);
  const analyses = new Analyses({ ledger: new Ledger(store), live, producer });
  return {
    redis,
    store,
    live,
    producer,
    analyses,
    close: async () => {
      await analyses.ledger.pending.flush();
      await producer.close();
      await closeRedis(redis);
    },
  };
}
