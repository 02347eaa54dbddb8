#!/usr/bin/env node
// `npm start`: sets up whatever is missing, then runs the command line of packages/embedded in this process.
import "./lib/check-node.mjs";

const { product, setUp } = await import("./lib/set-up.mjs");
await setUp({ projects: product, tfjsNode: process.env.INFERENCE_ENGINE === "tfjs-node" });
const { main } = await import("../packages/embedded/dist/src/cli.js");
process.exitCode = await main(process.argv.slice(2));
