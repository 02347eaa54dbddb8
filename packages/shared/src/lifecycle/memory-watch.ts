import os from "node:os";

const everyMs = 100;
/** Share of the memory that a process may have which it takes at most, where no limit is set. */
const usualShare = 0.75;

export interface MemoryWatchOptions {
  /** Megabytes of resident memory; where undefined, three quarters of what the container or the machine has. */
  limitMegabytes: number | undefined;
  /** Called once, with the bytes that are resident, when they are more than the limit. */
  onExceeded(bytes: number, limit: number): void;
  /** Bytes that are resident. */
  resident?: () => number;
}

/**
 * Watches the memory of this process as the system counts it, native memory of decoders and engines with it: what V8's own limit
 * does not know of.
 *
 * @returns ends the watch
 */
export function watchMemory({
  limitMegabytes,
  onExceeded,
  resident = process.memoryUsage.rss,
}: MemoryWatchOptions): () => void {
  const limit = limitMegabytes === undefined ? usualShare * memoryOfOurs() : limitMegabytes * 2 ** 20;
  const timer = setInterval(() => {
    const bytes = unlessUnreadable(resident);
    if (bytes === undefined || bytes <= limit) return;
    clearInterval(timer);
    onExceeded(bytes, limit);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** The system tells it by a file: a process that has as many open as it may cannot ask, and must not end for that, with its films. */
function unlessUnreadable(resident: () => number): number | undefined {
  try {
    return resident();
  } catch {
    return undefined;
  }
}

/** Bytes that the container has, or else the machine. */
function memoryOfOurs(): number {
  // 0, or more than there is, where nothing is set.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(constrained, os.totalmem());
}
