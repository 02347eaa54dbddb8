import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf, digestOfFilm, inSlices } from "../../src/storage/index.js";
import { turnsDuring } from "../support/turns.js";

const mebibyte = 1024 * 1024;

test("a film's digest is that of its bytes, at every length about a slice's end", async () => {
  for (const length of [0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 2 * mebibyte, 2 * mebibyte + 7]) {
    const bytes = Buffer.alloc(length, `film of ${length}`);
    assert.equal(await digestOfFilm(bytes), digestOf(bytes), `${length}`);
  }
});

test("slices are the bytes, none of them copied", async () => {
  const bytes = Buffer.alloc(2 * mebibyte + 7, "film");
  const slices: Buffer[] = [];
  for await (const slice of inSlices(bytes)) slices.push(slice);
  assert.deepEqual(
    slices.map(({ length }) => length),
    [mebibyte, mebibyte, 7],
  );
  assert.ok(slices.every(({ buffer }) => buffer === bytes.buffer));
  assert.ok(Buffer.concat(slices).equals(bytes));
});

test("the event loop goes on while a large film is hashed, and a small one does not wait for it", async () => {
  assert.ok((await turnsDuring(() => digestOfFilm(Buffer.alloc(4 * mebibyte)))) >= 3);
  assert.equal(await turnsDuring(() => digestOfFilm(Buffer.alloc(mebibyte))), 0);
});
