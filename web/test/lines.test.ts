import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, wrap } from "../src/report/lines.js";

/** Every letter is as wide as another. */
const widthOf = (text: string) => [...text].length;

test("a line that is too long is cut by whole characters", () => {
  assert.equal(cut("12345", 5, widthOf), "12345");
  assert.equal(cut("123456", 5, widthOf), "1234…");
  assert.equal(cut("🦴🦴🦴", 2, widthOf), "🦴…");
});

test("a text is broken between words, and within those that are longer than a line", () => {
  assert.deepEqual(wrap("", 5, widthOf), [""]);
  assert.deepEqual(wrap("a b c", 5, widthOf), ["a b c"]);
  assert.deepEqual(wrap("one two three", 7, widthOf), ["one two", "three"]);
  assert.deepEqual(wrap("no 1234567890 ab", 4, widthOf), ["no 1", "2345", "6789", "0 ab"]);
  assert.deepEqual(wrap("🦴🦴🦴", 2, widthOf), ["🦴🦴", "🦴"]);
});
