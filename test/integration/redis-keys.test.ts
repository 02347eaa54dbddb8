import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { root } from "../support/tools.js";

/** The beginnings of the keys and channels that the sources name. */
function namesInSources(): Set<string> {
  const folders = ["packages", "services"].flatMap((kind) =>
    readdirSync(path.join(root, kind)).map((name) => path.join(root, kind, name, "src")),
  );
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => path.join(folder, file)),
  );
  const named = /\$\{redisPrefix\}:([a-z-]+)/g;
  return new Set(
    files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(named)].map(([, name = ""]) => name)),
  );
}

test("docs/architecture.md names every key in Redis", () => {
  const text = readFileSync(path.join(root, "docs", "architecture.md"), "utf8");
  const [, section = ""] = /^## In Redis$(.*?)^## /ms.exec(text) ?? [];
  const names = [...namesInSources()];
  assert.ok(names.includes("live") && names.includes("sessions-of"), "they are found");
  assert.deepEqual(
    names.filter((name) => !new RegExp(`\`${name}[:\`]`).test(section)),
    [],
  );
});
