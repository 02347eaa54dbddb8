import type { SupervisedProcess } from "@osteon/embedded";
import type { RedisConnection } from "@osteon/shared";
import { IdleThread } from "./idle-thread.js";

/** What is measured of one process, or of Redis, at one moment. */
export type Figures = Record<string, number>;

const metrics = {
  "RSS, MB": { pattern: /^process_resident_memory_bytes\{[^}]*\} (\S+)$/m, scale: 2 ** 20 },
  "heap, MB": { pattern: /^nodejs_heap_size_used_bytes\{[^}]*\} (\S+)$/m, scale: 2 ** 20 },
  handles: { pattern: /^nodejs_active_handles_total\{[^}]*\} (\S+)$/m, scale: 1 },
  "descriptors, sockets with them": { pattern: /^process_open_fds\{[^}]*\} (\S+)$/m, scale: 1 },
} as const;
const lagPattern = /^osteon_event_loop_lag_seconds\{[^}]*quantile="0\.99"[^}]*\} (\S+)$/m;
const jobPattern = /^osteon_job_duration_seconds_count\{([^}]*)\} (\d+)$/gm;

/** Jobs that are done, by kind. */
export type JobCounts = Record<string, number>;

/**
 * A service's figures, and the jobs that it has done.
 *
 * @param key an administrator's
 * @param idleMs what an idle thread's timers wait at the time
 */
export async function figuresOf(
  { health }: SupervisedProcess,
  key: string,
  idleMs: number,
): Promise<{ figures: Figures; jobs: JobCounts }> {
  const answer = await fetch(`${health}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) throw new Error(`metrics are answered ${answer.status}`);
  const text = await answer.text();
  // One that is not there is no number, which no verdict lets pass.
  const value = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  const figures: Figures = Object.fromEntries(
    Object.entries(metrics).map(([name, { pattern, scale }]) => [name, value(pattern) / scale]),
  );
  figures["loop delay p99, times an idle thread's"] = IdleThread.wait(value(lagPattern) * 1000) / idleMs;
  const jobs: JobCounts = {};
  for (const [, labels = "", count] of text.matchAll(jobPattern)) {
    const kind = /kind="([a-z]+)"/.exec(labels)?.[1] ?? "";
    // A service tells of kinds that it has done none of, too.
    if (labels.includes('outcome="done"') && Number(count) > 0)
      jobs[kind] = (jobs[kind] ?? 0) + Number(count);
  }
  return { figures, jobs };
}

/** What an ended or erased analysis leaves in Redis lives for so long, seconds. */
const livesSeconds = 3600;

/** What ended or was erased not long ago, and the seconds that Redis still keeps it. */
async function endedKeys(redis: RedisConnection): Promise<{ key: string; left: number }[]> {
  const keys = (
    await Promise.all(["{osteon}:live:*", "{osteon}:erased:*"].map((pattern) => redis.keys(pattern)))
  ).flat();
  const lives = await Promise.all(keys.map((key) => redis.ttl(key)));
  return keys.flatMap((key, at) => {
    const left = lives[at] ?? -1;
    return left >= 0 && left <= livesSeconds ? [{ key, left }] : [];
  });
}

/**
 * What Redis holds, apart from what ended: that is as much as ends in the time for which it is kept, so it goes with the pace
 * of the load, and that none of it stays is seen at the end.
 */
export async function figuresOfRedis(redis: RedisConnection): Promise<Figures> {
  const ended = await endedKeys(redis);
  const sizes = await Promise.all(ended.map(async ({ key }) => (await redis.memory("USAGE", key)) ?? 0));
  const info = await redis.info();
  const value = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? Number.NaN);
  const endedBytes = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return {
    "used, MB": (value("used_memory") - endedBytes) / 2 ** 20,
    clients: value("connected_clients"),
    keys: (await redis.dbsize()) - ended.length,
  };
}

/**
 * The hour of what ended analyses leave in Redis, in small: removes what is older than the given seconds, as Redis itself does
 * after an hour. Keys without an end are left, and so is what has not ended.
 */
export async function hastenExpiry(redis: RedisConnection, seconds: number): Promise<void> {
  const over = (await endedKeys(redis)).filter(({ left }) => left < livesSeconds - seconds);
  if (over.length > 0) await redis.unlink(...over.map(({ key }) => key));
}
