#!/usr/bin/env node
// `npm run faults -- --minutes 60 --seed N` runs the whole system under random faults and checks what it promised.
import "./lib/check-node.mjs";

const { setUp } = await import("./lib/set-up.mjs");
await setUp();
await import("../test/dist/faults/main.js");
