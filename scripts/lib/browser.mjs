import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/**
 * Path of the Chromium that the tests of the page run in: `CHROMIUM`, else one on the path, else Debian's, installed here
 * where we are root. Every browser test needs it, so its lack ends the run.
 *
 * @returns {Promise<string>}
 */
export async function ensureBrowser() {
  const given = findBrowser();
  if (given !== undefined) return given;
  if (canInstallBrowser()) {
    console.error("Installing Chromium for the tests of the page (apt-get): once, a minute or so");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    // Another apt may be at work.
    const wait = ["-o", "DPkg::Lock::Timeout=300", "-qq"];
    await run("apt-get", [...wait, "update"], undefined, env);
    await run("apt-get", [...wait, "install", "-y", "--no-install-recommends", "chromium"], undefined, env);
    const installed = onPath();
    if (installed !== undefined) return installed;
  }
  throw new Error(
    "The tests of the page need Chromium: install it (Debian: apt-get install chromium), or name it with CHROMIUM=/path.\n" +
      "Without it run the others: npm run test:unit, or npm test -- e2e.",
  );
}

/** The one that is here already, if any. */
export function findBrowser() {
  return process.env.CHROMIUM || onPath();
}

export function canInstallBrowser() {
  return process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/** The first of the names on the path that starts: some systems have a stand-in that only says what to install. */
function onPath() {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      if (existsSync(path) && starts(path)) return path;
    }
  }
  return undefined;
}

function starts(path) {
  try {
    execFileSync(path, ["--version", "--no-sandbox"], { stdio: "ignore", timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}
