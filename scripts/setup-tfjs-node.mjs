#!/usr/bin/env node
// `npm run setup:tfjs-node`: sets up the engine that INFERENCE_ENGINE=tfjs-node names, with whatever else is missing.
import "./lib/check-node.mjs";

const { product, setUp } = await import("./lib/set-up.mjs");
await setUp({ projects: product, tfjsNode: true });
console.error("tfjs-node is set up: INFERENCE_ENGINE=tfjs-node npm start");
