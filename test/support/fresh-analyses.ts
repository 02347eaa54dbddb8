import assert from "node:assert/strict";
import { afterEach, beforeEach } from "node:test";
import {
  Analyses,
  closeRedis,
  connectRedis,
  FileStore,
  Ledger,
  LiveState,
  Queues,
  type Reconciler,
  type ReconcilerReport,
} from "@osteon/shared";
import { type OwnRedis, ownRedis } from "./backbone.js";

async function freshAnalyses(server: OwnRedis) {
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

/**
 * Analyses on a store of their own and a Redis in which nothing is, with what they stand on, anew for each test of one file. To be
 * called where the file's own `beforeEach` would stand.
 */
export function freshAnalysesEach() {
  const server = ownRedis();
  let fresh: Awaited<ReturnType<typeof freshAnalyses>> | undefined;
  beforeEach(async () => {
    fresh = await freshAnalyses(server);
  });
  afterEach(async () => {
    await fresh?.close();
    fresh = undefined;
  });
  const own = () => {
    assert.ok(fresh, "only while a test runs");
    return fresh;
  };
  return {
    get redisUrl() {
      return server.url;
    },
    newFolder: () => server.newFolder(),
    get redis() {
      return own().redis;
    },
    get store() {
      return own().store;
    },
    get live() {
      return own().live;
    },
    get queues() {
      return own().queues;
    },
    get analyses() {
      return own().analyses;
    },
    /** The ids of those that are pending. */
    async pending(): Promise<string[]> {
      const { pending } = own().analyses.ledger;
      await pending.flush();
      const ids: string[] = [];
      for await (const id of pending.ids()) ids.push(id);
      return ids;
    },
    /** A reconciler's walk over them, whoever walked last. */
    async walk(reconciler: Reconciler): Promise<ReconcilerReport> {
      const { analyses, redis } = own();
      await analyses.ledger.pending.flush();
      await redis.del("{osteon}:reconciler");
      const report = await reconciler.walk(5);
      assert.ok(report);
      return report;
    },
  };
}

export type FreshAnalyses = ReturnType<typeof freshAnalysesEach>;
