import assert from "node:assert/strict";
import { test } from "node:test";
import { v7 as uuidv7 } from "uuid";
import { isUuidV7, timeOfId } from "../../src/ids.js";

test("an id tells its time", () => {
  assert.equal(timeOfId(uuidv7({ msecs: 1_700_000_000_123 })), 1_700_000_000_123);
});

test("only a UUIDv7 in lower case is an id", () => {
  assert.ok(isUuidV7(uuidv7()));
  for (const text of [
    "",
    "../etc",
    uuidv7().toUpperCase(),
    "6f9619ff-8b86-4011-b42d-00c04fc964ff",
    `${uuidv7()}x`,
  ]) {
    assert.ok(!isUuidV7(text), text);
  }
});
