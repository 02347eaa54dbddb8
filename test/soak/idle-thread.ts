// A thread that does nothing but measure how late its own timers are: what the machine does to any event loop.
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

/** As the services measure theirs. */
const resolutionMs = 10;

/** Tells how late timers are that nobody keeps waiting, so that a loop's lag can be told from a busy machine's. */
export class IdleThread {
  readonly #worker = new Worker(new URL(import.meta.url));

  /** Milliseconds of 99 in 100 waits since the last call, the resolution included. */
  async p99(): Promise<number> {
    const told = once(this.#worker, "message");
    this.#worker.postMessage("p99");
    const [milliseconds] = (await told) as [number];
    return milliseconds;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  /** The same of a service that tells its lag beyond the resolution. */
  static wait(lagMs: number): number {
    return lagMs + resolutionMs;
  }
}

if (!isMainThread) {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  parentPort?.on("message", () => {
    parentPort?.postMessage(Math.max(resolutionMs, histogram.percentile(99) / 1e6));
    histogram.reset();
  });
}
