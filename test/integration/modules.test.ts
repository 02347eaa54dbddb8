import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const hook = new URL("../support/note-modules.js", import.meta.url).href;
const registering = `data:text/javascript,import{register}from"node:module";register(${JSON.stringify(hook)})`;

/** What looks for files beside its own module, or is one small file. */
const unpacked =
  /node_modules\/(sharp|@img\/[^/]+|detect-libc|semver|@fastify\/swagger-ui|ipaddr\.js|onnxruntime-(node|common))\//;

/** The modules that a process loads for what it imports. */
async function modulesOf(specifier: string): Promise<string[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "osteon-modules-"));
  try {
    const list = path.join(folder, "list");
    await promisify(execFile)(
      process.execPath,
      ["--import", registering, "--input-type=module", "-e", `import ${JSON.stringify(specifier)};`],
      {
        cwd: new URL("../../../services/gateway/", import.meta.url),
        env: { ...process.env, OSTEON_MODULES: list },
      },
    );
    return (await readFile(list, "utf8")).trim().split("\n");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("what services import are our modules and packed libraries, and without a bucket not the SDK of S3", async () => {
  for (const specifier of ["@osteon/shared", "@osteon/inference", "./dist/src/app.js"]) {
    const modules = await modulesOf(specifier);
    assert.ok(modules.some((url) => url.endsWith("/packages/shared/dist/src/libraries/redis.js")));
    assert.deepEqual(
      modules.filter((url) => url.includes("/node_modules/") && !unpacked.test(url)),
      [],
      specifier,
    );
  }
});
