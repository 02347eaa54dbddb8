import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startTestSystem, type TestSystem } from "../support/system.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const command = path.join(root, ".cache/schemathesis/bin/schemathesis");
const contract = path.join(root, "test/contract");
const films = path.join(root, "models/fracture-hand/warmup.png");

interface Report {
  /** Outcomes by operation and phase; their exact shape is Schemathesis's. */
  [name: string]: unknown;
}

let system: TestSystem;
let folder: string;
let key: string;
before(async () => {
  assert.ok(existsSync(command), "npm test installs Schemathesis");
  folder = await mkdtemp(path.join(os.tmpdir(), "osteon-schemathesis-"));
  system = await startTestSystem({
    env: {
      AUTH: "keys",
      INFERENCE_THREADS: "1",
      RATE_LIMIT_SUBMISSIONS: "0",
      RATE_LIMIT_READS: "0",
      MAX_WEBHOOKS: "100000",
    },
  });
  key = await system.key("a", "submit", "urgent", "read", "webhooks", "admin");
});
after(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs Schemathesis with what the project's configuration says, and returns its exit code and what it printed. */
function schemathesis(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    command,
    [
      "--config-file",
      path.join(contract, "schemathesis.toml"),
      "run",
      `${system.client.url}/openapi.json`,
      ...args,
    ],
    {
      cwd: folder,
      env: {
        ...process.env,
        NO_COLOR: "1",
        SCHEMATHESIS_HOOKS: path.join(contract, "hooks.py"),
        SCHEMATHESIS_FILMS: films,
        OSTEON_KEY: key,
      },
    },
  );
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output: Buffer.concat(chunks).toString() }));
  });
}

test("Schemathesis finds no call that breaks the document, with all its checks", async (t) => {
  const report = path.join(folder, "report.json");
  const { code, output } = await schemathesis("--report", "json", "--report-json-path", report);
  assert.equal(code, 0, output.slice(-30_000));
  assert.ok(Object.keys(JSON.parse(await readFile(report, "utf8")) as Report).length > 0);
  t.diagnostic(
    output
      .split("\n")
      .filter((line) => /Operations:|passed|generated|Scenarios/.test(line))
      .map((line) => line.trim())
      .join("; "),
  );
});
