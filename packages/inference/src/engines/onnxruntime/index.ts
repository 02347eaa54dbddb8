import type { LaneListener } from "../../pool/protocol.js";
import { startThreadLane } from "../../pool/thread-lane.js";

/** Starts a worker thread with ONNX Runtime in it. The runtime is never loaded on the calling thread. */
export function startOnnxruntimeLane(listener: LaneListener) {
  return startThreadLane(new URL("./thread.js", import.meta.url), listener);
}
