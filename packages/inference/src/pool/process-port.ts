import type { LaneMessage } from "./protocol.js";
import type { LanePort } from "./serve.js";

/**
 * The connection of a child process to its slot. The process ends when the connection does, so that none outlives a caller
 * that was killed; signals to the caller's group are the caller's to obey.
 */
export function processPort(): LanePort {
  if (process.send === undefined) throw new Error("This module runs in a child process.");
  process.on("disconnect", () => process.exit());
  process
    .on("SIGINT", () => {})
    .on("SIGTERM", () => {})
    .on("SIGHUP", () => {});
  return {
    post: (reply) => process.send?.(reply),
    onMessage: (listener) => {
      process.on("message", (message) => listener(message as LaneMessage));
    },
  };
}
