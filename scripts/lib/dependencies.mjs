import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";

/** Installs what package-lock.json names, unless it is there already. */
export async function installDependencies() {
  if (areInstalled(root)) return;
  console.error("Installing dependencies (npm ci): once, a minute or so");
  await npm(["ci", "--include=dev"]);
}

/**
 * Runs an npm command that installs.
 *
 * @param {string[]} command
 * @param {string} [cwd] by default the root of the repository
 */
export async function npm(command, cwd) {
  // npm says where it is when it runs us; otherwise the one on the PATH.
  const path = process.env.npm_execpath;
  const args = [...command, "--no-audit", "--no-fund", "--loglevel=error"];
  const code = path?.endsWith(".js")
    ? await run(process.execPath, [path, ...args], cwd)
    : await run("npm", args, cwd);
  if (code !== 0) throw new Error(`npm ${command[0]} failed: see above.`);
}

/**
 * Whether node_modules holds what package-lock.json names. npm leaves a lock of its own in node_modules when it has
 * finished: the two are compared by content, since times say nothing after a checkout, and since an install by hand
 * is as good as ours.
 *
 * @param {string} folder of the package-lock.json
 */
export function areInstalled(folder) {
  const hidden = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const { packages: wanted } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  const { packages: present } = JSON.parse(readFileSync(hidden, "utf8"));
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/")) return true;
    const found = present[path];
    // Parts for other platforms are named in the lock and never installed.
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.link === entry.link && existsSync(join(folder, path));
  });
}
