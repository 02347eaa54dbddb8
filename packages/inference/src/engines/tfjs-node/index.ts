import { startProcessLane } from "../../pool/process-lane.js";
import type { LaneListener } from "../../pool/protocol.js";
import { tensorflowEnvironment } from "./library.js";

/** Starts a child process with TensorFlow in it. */
export function startTfjsNodeLane(listener: LaneListener) {
  return startProcessLane(new URL("./child.js", import.meta.url), tensorflowEnvironment, listener);
}
