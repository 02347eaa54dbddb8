import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/** Enough that an event loop is served first on busy cores, little enough that other programs do not starve the models. */
const niceness = 5;

/**
 * Lets other threads go before the calling one. Models take all cores there are; an event loop that waits behind them
 * answers late. On Linux a thread has a priority of its own; elsewhere nothing happens.
 */
export function stepBack(): void {
  try {
    const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    setPriority(thread, niceness);
  } catch {
    // A comfort, not a need: a sandbox may forbid it.
  }
}
