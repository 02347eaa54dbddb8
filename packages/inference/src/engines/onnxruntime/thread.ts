import { parentPort } from "node:worker_threads";
import type { LaneMessage } from "../../pool/protocol.js";
import { type LanePort, serve } from "../../pool/serve.js";
import { stepBack } from "../../pool/step-back.js";
import { endThread } from "../../pool/thread-lane.js";
import { onnxruntime } from "./runtime.js";

if (parentPort === null) throw new Error("This module runs in a worker thread.");
const port = parentPort;
const lanePort: LanePort = {
  post: (reply) => port.postMessage(reply),
  onMessage: (listener) =>
    port.on("message", (message: LaneMessage | typeof endThread) => {
      // Between two calls of the model: the thread alone ends.
      if (message === endThread) process.exit();
      listener(message);
    }),
};
stepBack();
serve(onnxruntime, lanePort);
