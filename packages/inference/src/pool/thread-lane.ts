import { Worker } from "node:worker_threads";
import type { Lane, LaneListener, LaneReply } from "./protocol.js";

/** More than a lane ever holds in JavaScript: one that goes beyond ends, and its film with it, not the process. */
const maxOldGenerationSizeMb = 512;

/** Asks a thread to end by itself. */
export const endThread = "end";

/** A thread that has not ended by itself after this time is terminated: its JavaScript hangs, not a model. */
const patienceMs = 30_000;

/** Starts a worker thread of `entry`, a module that calls `serve` with a port of its own, and ends at `endThread`. */
export function startThreadLane(entry: URL, listener: LaneListener): Lane {
  const worker = new Worker(entry, { resourceLimits: { maxOldGenerationSizeMb } });
  let fault: string | undefined;
  worker.on("message", (reply: LaneReply) => listener.onReply(reply));
  worker.on("error", (error) => {
    fault = error instanceof Error ? error.message : String(error);
  });
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      listener.onEnd(fault ?? `exit code ${code}`);
      resolve();
    });
  });
  return {
    post: (message) => worker.postMessage(message),
    end: async () => {
      // To terminate a thread inside a native call may end the process: the binding throws where nobody can catch it.
      worker.postMessage(endThread);
      const timer = setTimeout(() => void worker.terminate(), patienceMs).unref();
      await ended;
      clearTimeout(timer);
    },
  };
}
