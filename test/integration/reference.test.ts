import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ConfigSchema } from "@osteon/shared";

const root = new URL("../../../", import.meta.url);

test("the reference pages are what the code says", async () => {
  const script = fileURLToPath(new URL("scripts/reference.mjs", root));
  await promisify(execFile)(process.execPath, [script, "--check"]);
});

test("the configuration page has the bounds of every variable that has any", async () => {
  const page = await readFile(new URL("docs/reference/configuration.md", root), "utf8");
  const bounds = ["minimum", "maximum", "minLength"];
  const bounded = Object.entries(ConfigSchema.properties).flatMap(([name, schema]) => {
    const own = Object.entries(schema).filter(([each]) => bounds.includes(each));
    return own.length === 0 ? [] : [{ name, values: own.map(([, value]) => String(value)) }];
  });
  assert.ok(bounded.length > 20);
  for (const { name, values } of bounded) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
    const cell = row?.split(" | ")[2]?.match(/\d+/g) ?? [];
    assert.deepEqual(cell.toSorted(), values.toSorted(), name);
  }
});
