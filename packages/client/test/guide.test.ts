import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ClientOptions } from "../src/index.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const guide = await readFile(join(root, "docs/guides/clients.md"), "utf8");

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

test("the guide names every option of the client", () => {
  for (const name of Object.keys(options)) assert.ok(guide.includes(`\`${name}\``), name);
});

/** As strict as what `tsc --init` writes. */
const compilerOptions = {
  target: "esnext",
  module: "nodenext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  noEmit: true,
};
/** What the guide's programs take from what is around them. */
const given = `
declare const rawBody: Uint8Array;
declare const request: import("node:http").IncomingMessage;
declare const newSecret: string;
declare const oldSecret: string;
`;

test("the TypeScript of the guide compiles in a strict project", async () => {
  const programs = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, program = ""]) => program);
  assert.ok(programs.length >= 2);
  const folder = await mkdtemp(join(tmpdir(), "osteon-guide-"));
  try {
    await symlink(join(root, "node_modules"), join(folder, "node_modules"), "dir");
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    await writeFile(join(folder, "given.d.ts"), given);
    for (const [at, program] of programs.entries()) await writeFile(join(folder, `${at}.mts`), program);
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
