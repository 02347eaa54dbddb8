import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

test("the reference pages are what the code says", async () => {
  const script = fileURLToPath(new URL("../../../scripts/reference.mjs", import.meta.url));
  await promisify(execFile)(process.execPath, [script, "--check"]);
});
