#!/usr/bin/env node
// `npm run bench`: sets up whatever is missing, then runs bench/main.ts in this process with the same arguments.
import "./lib/check-node.mjs";

const { setUp } = await import("./lib/set-up.mjs");
await setUp();
await import("../bench/dist/main.js");
