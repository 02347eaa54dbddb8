import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { type RunningRedis, startRedis } from "@osteon/embedded";
import {
  type Backbone,
  type Config,
  createLogger,
  DeadLetters,
  loadConfig,
  openBackbone,
  RedisLock,
} from "@osteon/shared";

/** A file store and a Redis of their own, opened. */
export interface OwnBackbone {
  backbone: Backbone;
  config: Config;
  stop(): Promise<void>;
}

type ToldOf = NonNullable<Parameters<typeof openBackbone>[1]>["logger"];

/** For one test, or where a file's own `before` does more. @param logger as `openBackbone` takes it */
export async function openOwnBackbone(logger?: ToldOf): Promise<OwnBackbone> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-own-"));
  const server = await startRedis({ dataDir: folder });
  const config = loadConfig({ DATA_DIR: folder, REDIS_URL: server.url, LOG_LEVEL: "silent" });
  const backbone = await openBackbone(config, logger === undefined ? {} : { logger });
  return {
    backbone,
    config,
    stop: async () => {
      await backbone.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The same for all tests of one file, as it is once they run. To be called where the file's own `before` would stand.
 * @param logger as `openBackbone` takes it
 */
export function ownBackbone(logger?: ToldOf): Omit<Backbone, "close"> & { readonly config: Config } {
  let opened: OwnBackbone | undefined;
  before(async () => {
    opened = await openOwnBackbone(logger);
  });
  after(() => opened?.stop());
  const own = () => {
    assert.ok(opened, "only once tests run");
    return opened;
  };
  return {
    get store() {
      return own().backbone.store;
    },
    get redis() {
      return own().backbone.redis;
    },
    get queues() {
      return own().backbone.queues;
    },
    get analyses() {
      return own().backbone.analyses;
    },
    get config() {
      return own().config;
    },
  };
}

/** Says nothing. */
export const silentLogger = createLogger("test", { LOG_LEVEL: "silent" });

/** Its dead letters, as a process of their own. @param onDamaged as `DeadLetters` takes it */
export function lettersOf(
  { analyses, redis }: Pick<Backbone, "analyses" | "redis">,
  onDamaged?: ConstructorParameters<typeof DeadLetters>[2],
): DeadLetters {
  return new DeadLetters(analyses, new RedisLock(redis), onDamaged);
}

/** A Redis of their own for the tests of one file, and a folder; both end with the file. */
export interface OwnRedis {
  readonly url: string;
  /** A new folder for a store. */
  newFolder(): Promise<string>;
}

/** To be called where a file's own `before` would stand: it starts the Redis there. */
export function ownRedis(): OwnRedis {
  let folder: string;
  let server: RunningRedis | undefined;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "osteon-redis-"));
    server = await startRedis({ dataDir: folder });
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    get url() {
      assert.ok(server);
      return server.url;
    },
    newFolder: () => mkdtemp(path.join(folder, "store-")),
  };
}
