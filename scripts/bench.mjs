#!/usr/bin/env node
// `npm run bench`: sets up whatever is missing, then runs bench/main.ts in this process with the same arguments;
// `npm run bench:engines`: bench/engines.ts; `npm run bench:cost`: bench/film-cost.ts.
import "./lib/check-node.mjs";

const chosen = ["engines", "film-cost"].find((name) => name === process.argv[2]);
if (chosen !== undefined) process.argv.splice(2, 1);
const { setUp } = await import("./lib/set-up.mjs");
const whole = chosen === undefined && !process.argv.includes("--short");
const compared = whole && !process.argv.some((word) => /\bengines\b/.test(word));
// Where it cannot be had here, the report goes without it, and says so.
await setUp({ tfjsNode: chosen === "engines" || (compared && "if-possible") });
await import(`../bench/dist/${chosen ?? "main"}.js`);
