import { redisPrefix } from "@osteon/shared";
import { Redis } from "ioredis";
import { monitoring } from "./monitoring.js";

/** How often each command was executed, scripts' inner ones included, as Redis counts them. */
export type CommandCounts = Map<string, { calls: number; microseconds: number }>;

export interface RedisProbe {
  commands(): Promise<CommandCounts>;
  /**
   * Commands that clients send while `work` runs: each is a round trip, or a part of one; a script is one. MONITOR costs much, so
   * nothing else is measured meanwhile.
   */
  sent(work: () => Promise<unknown>): Promise<number>;
  /** Bytes that Redis took in and gave out. */
  traffic(): Promise<{ in: number; out: number }>;
  /** Films that wait for the first stage. */
  waiting(): Promise<number>;
  /** Films that have ended so far. */
  ended(): Promise<number>;
  close(): Promise<void>;
}

export function probeRedis(url: string): RedisProbe {
  const redis = new Redis(url);
  return {
    commands: async () =>
      new Map(
        [...(await redis.info("commandstats")).matchAll(/^cmdstat_(\S+?):calls=(\d+),usec=(\d+)/gm)].map(
          ([, name = "", calls, usec]) => [name, { calls: Number(calls), microseconds: Number(usec) }],
        ),
      ),
    sent: async (work) => {
      let sent = 0;
      const monitor = await monitoring(redis);
      monitor.on("monitor", (_time: string, _command: string[], source: string) => {
        if (source !== "lua") sent += 1;
      });
      try {
        await work();
      } finally {
        monitor.disconnect();
      }
      return sent;
    },
    traffic: async () => {
      const stats = await redis.info("stats");
      const value = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(stats)?.[1]);
      return { in: value("total_net_input_bytes"), out: value("total_net_output_bytes") };
    },
    waiting: () => redis.zcard(`${redisPrefix}:bodypart:prioritized`),
    ended: async () => Number((await redis.get(`${redisPrefix}:ended`)) ?? 0),
    close: async () => {
      await redis.quit();
    },
  };
}

/** Commands between two looks, by name, divided by `parts`. The looks themselves do not count. */
export function commandsBetween(
  before: CommandCounts,
  after: CommandCounts,
  parts: number,
): Map<string, number> {
  return new Map(
    [...after]
      .map(([name, { calls }]): [string, number] => [name, (calls - (before.get(name)?.calls ?? 0)) / parts])
      .filter(([name, calls]) => calls > 0 && !ours.includes(name)),
  );
}

/** What only this bench asks. */
const ours: readonly string[] = ["info", "monitor"];

/** Time that Redis spent on commands between two looks, microseconds. */
export function microsecondsBetween(before: CommandCounts, after: CommandCounts): number {
  return [...after]
    .filter(([name]) => name !== "info")
    .reduce((sum, [name, { microseconds }]) => sum + microseconds - (before.get(name)?.microseconds ?? 0), 0);
}
