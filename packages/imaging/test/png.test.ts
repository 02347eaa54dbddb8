import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { encodeWhiteAlpha } from "../src/png.js";

test("white with alpha reads back row by row, and the event loop goes on between the rows", async () => {
  let turns = 0;
  const seen: number[] = [];
  function count(): void {
    turns += 1;
    immediate = setImmediate(count);
  }
  let immediate = setImmediate(count);
  const png = await encodeWhiteAlpha(2, 200, (y, row) => {
    row[1] = y;
    row[3] = 7;
    seen.push(turns);
  });
  clearImmediate(immediate);
  assert.ok((seen.at(-1) ?? 0) >= 3, "200 rows are not one step");
  const white = await sharp(png).removeAlpha().raw().toBuffer();
  assert.ok(white.every((sample) => sample === 255));
  const alpha = await sharp(png).extractChannel("alpha").raw().toBuffer();
  assert.deepEqual([...alpha], Array.from({ length: 200 }, (_, y) => [y, 7]).flat());
});
