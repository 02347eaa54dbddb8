import assert from "node:assert/strict";
import { startOnnxruntimeLane } from "../../src/engines/onnxruntime/index.js";
import type { Lane } from "../../src/pool/protocol.js";
import { PooledEngine } from "../../src/pooled-engine.js";
import { engineConformance } from "../engine-conformance.js";

const lanes: Lane[] = [];

engineConformance("onnxruntime", {
  make: (options) =>
    PooledEngine.start(
      "onnxruntime",
      (listener) => {
        const lane = startOnnxruntimeLane(listener);
        lanes.push(lane);
        return lane;
      },
      options,
    ),
  killLane: async () => {
    const lane = lanes.at(-1);
    assert.ok(lane);
    await lane.end();
  },
});
