import { Worker } from "node:worker_threads";
import type { Lane, LaneListener, LaneReply } from "./protocol.js";

/** More than a lane ever holds in JavaScript: one that goes beyond ends, and its film with it, not the process. */
const maxOldGenerationSizeMb = 512;

/** Starts a worker thread of `entry`, a module that calls `serve` with a `threadPort`. */
export function startThreadLane(entry: URL, listener: LaneListener): Lane {
  const worker = new Worker(entry, { resourceLimits: { maxOldGenerationSizeMb } });
  let fault: string | undefined;
  worker.on("message", (reply: LaneReply) => listener.onReply(reply));
  worker.on("error", (error) => {
    fault = error instanceof Error ? error.message : String(error);
  });
  worker.on("exit", (code) => listener.onEnd(fault ?? `exit code ${code}`));
  return {
    post: (message) => worker.postMessage(message),
    end: async () => {
      await worker.terminate();
    },
  };
}
