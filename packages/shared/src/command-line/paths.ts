import { resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Root of the repository: this file is `packages/shared/dist/src/command-line/paths.js` when it runs. */
export const repoRoot = resolve(fileURLToPath(new URL("../../../../../", import.meta.url)));

/** Whether a script of this repository's package.json is what runs. */
export function ranByNpm(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.npm_package_json === `${repoRoot}${sep}package.json`;
}

/** Folder of the person at the keyboard. npm moves to the repository first and leaves the old place in INIT_CWD. */
export function userCwd(env: NodeJS.ProcessEnv = process.env): string {
  return (ranByNpm(env) ? env.INIT_CWD : undefined) ?? process.cwd();
}

/** DATA_DIR of a command: relative to where the user is, by default `.osteon` in the repository. */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env): string {
  const given = env.DATA_DIR;
  return given === undefined || given === "" ? resolve(repoRoot, ".osteon") : resolve(userCwd(env), given);
}
