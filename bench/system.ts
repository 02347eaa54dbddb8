import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { startSystem } from "@osteon/embedded";
import { type ProcessFigures, scrape } from "./scrape.js";

/** A whole Osteon on a folder of its own, with every process's metrics in reach. */
export interface BenchSystem {
  url: string;
  scrape(): Promise<ProcessFigures[]>;
  stop(): Promise<void>;
}

export async function startBenchSystem(): Promise<BenchSystem> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), "osteon-bench-"));
  const system = await startSystem({
    dataDir,
    port: 0,
    redisUrl: null,
    env: { HEALTH_PORT: "0", LOG_LEVEL: "warn" },
  });
  return {
    url: system.url,
    scrape: () =>
      Promise.all(
        system.services.flatMap(({ label, health }) => (health === undefined ? [] : [scrape(label, health)])),
      ),
    stop: async () => {
      await system.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
