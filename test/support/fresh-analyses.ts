import { Analyses, closeRedis, connectRedis, FileStore, Ledger, LiveState, Queues } from "@osteon/shared";
import type { OwnRedis } from "./backbone.js";

/** Analyses on a store of their own and a Redis in which nothing is, with what they stand on. For one test: its file's others have the same Redis. */
export async function freshAnalyses(server: OwnRedis) {
  const redis = connectRedis(server.url, "commands");
  await redis.flushall();
  const store = new FileStore(await server.newFolder());
  const live = new LiveState(redis);
  const queues = new Queues(redis);
  const analyses = new Analyses({ ledger: new Ledger(store), live, queues });
  return {
    redis,
    store,
    live,
    queues,
    analyses,
    close: async () => {
      await analyses.ledger.pending.flush();
      await queues.close();
      await closeRedis(redis);
    },
  };
}
