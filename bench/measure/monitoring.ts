import type { Redis } from "ioredis";

/**
 * A connection in MONITOR's mode, which emits `monitor` for each command. As ioredis's own `redis.monitor()`, but that rejects, and
 * leaves its connection open, where another's command arrives together with the answer to MONITOR, as it does on a busy server. The
 * mode is entered all the same; that one command is missed.
 */
export async function monitoring(redis: Redis): Promise<Redis> {
  const monitor = redis.duplicate({ monitor: true, lazyConnect: false });
  monitor.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    monitor.once("monitoring", resolve);
  });
  return monitor;
}
