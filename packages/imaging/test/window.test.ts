import assert from "node:assert/strict";
import { test } from "node:test";
import { window16 } from "../src/window.js";

test("the window runs over the levels in use, whatever their range", () => {
  for (const top of [255, 1023, 4095, 65_535]) {
    const data = window16(Uint16Array.from({ length: 10_000 }, (_, i) => Math.round((i * top) / 9999)));
    assert.deepEqual([data[0], data[9999]], [0, 255]);
    const middle = data[5000] ?? 0;
    assert.ok(Math.abs(middle - 128) <= 2, `${top}: ${middle}`);
  }
});

test("brighter stays brighter", () => {
  const data = window16(Uint16Array.from({ length: 2000 }, (_, i) => i * i * 0.016));
  assert.ok(data.every((level, i) => i === 0 || level >= (data[i - 1] ?? 0)));
});
