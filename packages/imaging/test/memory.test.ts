// In a file of its own, and so in a process of its own: no other test lifts its peak of memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect, normalise } from "../src/index.js";
import { picture, withPacked } from "./support/pictures.js";

const steps = { inspect, normalise };

for (const [type, times] of [
  ["iCCP", 1],
  ["iTXt", 20],
  ["zTXt", 20],
] as const)
  test(`what ${type} chunks of a PNG unfold to takes no memory, and changes nothing`, async () => {
    const png = await picture().toColourspace("srgb").png().toBuffer();
    const packed = await withPacked(png, type, times);
    for (const [name, step] of Object.entries(steps)) {
      const plain: object = await step(png);
      const before = process.resourceUsage().maxRSS;
      const told = await step(packed);
      const megabytes = (process.resourceUsage().maxRSS - before) / 1024;
      assert.ok(megabytes < 50, `${name}: ${megabytes} MB`);
      assert.deepEqual(told, "bytes" in plain ? { ...plain, bytes: packed.length } : plain);
    }
  });
