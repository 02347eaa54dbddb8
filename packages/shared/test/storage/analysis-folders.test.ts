import assert from "node:assert/strict";
import { test } from "node:test";
import { v7 as uuidv7 } from "uuid";
import { analysisFolder, idOfFolder } from "../../src/storage/analysis-folders.js";

test("folders sort newest first and give their ids back", () => {
  const ids = Array.from({ length: 50 }, (_, at) => uuidv7({ msecs: 1_700_000_000_000 + at * 37 }));
  const folders = ids.map((id) => analysisFolder("default", id));
  assert.deepEqual([...folders].sort(), [...folders].reverse());
  assert.deepEqual(folders.map(idOfFolder), ids);
});
