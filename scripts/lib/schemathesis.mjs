import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";

const requirements = join(root, "test", "contract", "requirements.txt");
const home = join(root, ".cache", "schemathesis");
/** Written last, with what is installed: half an installation has none. */
const mark = join(home, "installed");

/** Path of the `schemathesis` command that `ensureSchemathesis` installs. */
export const schemathesis = join(home, "bin", "schemathesis");

/**
 * Installs Schemathesis, its versions pinned, into the project's cache, once.
 *
 * @param {{ say: (line: string) => void }} options
 */
export async function ensureSchemathesis({ say }) {
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
  say("Fetching Schemathesis from PyPI (once, kept in .cache)");
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(root, ".cache"), { recursive: true });
  const python = join(home, "bin", "python");
  const steps = [
    ["python3", ["-m", "venv", home]],
    [python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]],
  ];
  for (const [file, args] of steps) {
    if ((await run(file, args)) !== 0) throw new Error("Schemathesis could not be installed: see above.");
  }
  writeFileSync(`${mark}.new`, wanted);
  renameSync(`${mark}.new`, mark);
}
