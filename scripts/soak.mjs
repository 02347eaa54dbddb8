#!/usr/bin/env node
// `npm run soak -- --jobs 100000` sends films through the real services and watches memory, keys, handles and lag.
import "./lib/check-node.mjs";

const { setUp } = await import("./lib/set-up.mjs");
await setUp();
await import("../test/dist/soak/main.js");
