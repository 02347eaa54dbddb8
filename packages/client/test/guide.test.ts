import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { ClientOptions } from "../src/index.js";

/** Every option: the compiler asks for those that are missing here. */
const options: Record<keyof ClientOptions, true> = {
  url: true,
  key: true,
  retries: true,
  longestRetryAfter: true,
  pauseMs: true,
  timeoutMs: true,
  fetch: true,
};

test("the guide names every option of the client", async () => {
  const guide = await readFile(new URL("../../../../docs/guides/clients.md", import.meta.url), "utf8");
  for (const name of Object.keys(options)) assert.ok(guide.includes(`\`${name}\``), name);
});
