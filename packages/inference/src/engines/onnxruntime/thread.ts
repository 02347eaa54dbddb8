import { parentPort } from "node:worker_threads";
import { type LanePort, serve } from "../../pool/serve.js";
import { stepBack } from "../../pool/step-back.js";
import { onnxruntime } from "./runtime.js";

if (parentPort === null) throw new Error("This module runs in a worker thread.");
const port = parentPort;
const lanePort: LanePort = {
  post: (reply) => port.postMessage(reply),
  onMessage: (listener) => port.on("message", listener),
};
stepBack();
serve(onnxruntime, lanePort);
