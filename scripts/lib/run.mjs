import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Root of the repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Runs a command to its end, its output to standard error, so that standard output stays for the answer.
 * Resolves with the exit code; 1 where it was ended by a signal.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {string} [cwd] by default the root of the repository
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>}
 */
export function run(file, args, cwd = root, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", 2, 2] });
    const end = () => child.kill();
    process.once("exit", end);
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("exit", end);
      resolve(code ?? 1);
    });
  });
}

/**
 * Whether a command is there and ends well; nothing of it is shown.
 *
 * @param {string} file
 * @param {string[]} args
 */
export function works(file, args) {
  return spawnSync(file, args, { stdio: "ignore" }).status === 0;
}
