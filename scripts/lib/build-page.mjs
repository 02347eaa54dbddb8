import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { root, run } from "./run.mjs";

const web = join(root, "web");
const stamp = join(root, ".cache", "page.sha256");
/** What the built page depends on, beside its own files. */
const around = [
  "node_modules/.package-lock.json",
  "package.json",
  "packages/imaging/src/sniff.ts",
  "scripts/lib/build-page.mjs",
];

/** Builds the page into `web/dist`, unless what is there was made of the very same files. */
export async function buildPage() {
  const wanted = digestOfSources();
  const have = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  if (have === wanted && existsSync(join(web, "dist", "index.html"))) return;
  rmSync(stamp, { force: true });
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  // A production build whatever runs it: tests set NODE_ENV to their own.
  const env = { ...process.env, NODE_ENV: "production" };
  const code = await run(process.execPath, [vite, "build", "web", "--logLevel", "warn"], root, env);
  if (code !== 0) throw new Error("The build of the page failed: see above.");
  compress(join(web, "dist", "assets"));
  mkdirSync(join(root, ".cache"), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Beside each text its gzip and Brotli forms, so that no request pays for them. */
function compress(folder) {
  for (const name of readdirSync(folder)) {
    if (!/\.(js|css|svg|json)$/.test(name)) continue;
    const bytes = readFileSync(join(folder, name));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes));
  }
}

function digestOfSources() {
  const hash = createHash("sha256");
  const own = [web, join(root, "packages", "client", "src")].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/[\\/](dist|compiled|node_modules|test)[\\/]/.test(path.slice(folder.length))),
  );
  for (const path of [...own.sort(), ...around.map((name) => join(root, name))]) {
    hash.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}
