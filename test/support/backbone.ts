import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { type RunningRedis, startRedis } from "@osteon/embedded";
import { type Backbone, type Config, DeadLetters, loadConfig, openBackbone, RedisLock } from "@osteon/shared";

/** A file store and a Redis of their own, opened. */
export interface OwnBackbone {
  backbone: Backbone;
  config: Config;
  stop(): Promise<void>;
}

/** For the tests of one file. @param logger as `openBackbone` takes it */
export async function openOwnBackbone(
  logger?: NonNullable<Parameters<typeof openBackbone>[1]>["logger"],
): Promise<OwnBackbone> {
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

/** Its dead letters, as a process of their own. @param onDamaged as `DeadLetters` takes it */
export function lettersOf(
  { analyses, redis }: Backbone,
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
