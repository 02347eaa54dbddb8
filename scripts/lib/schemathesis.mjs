import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ensurePythonEnvironment } from "../../packages/inference/dist/src/import/python-environment.js";
import { root } from "./run.mjs";

const requirements = join(root, "test", "contract", "requirements.txt");

/**
 * Installs Schemathesis, its versions pinned, into the project's cache, once.
 *
 * @param {{ say: (line: string) => void }} options
 */
export async function ensureSchemathesis({ say }) {
  await ensurePythonEnvironment({
    folder: join(root, ".cache", "schemathesis"),
    install: ["-r", requirements],
    digest: readFileSync(requirements, "utf8"),
    onMissing: () => say("Fetching Schemathesis from PyPI (once, kept in .cache)"),
  });
}
