import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const file = join(root, "packages", "shared", "dist", "src", "typebox.js");
const banner = "// Packed: see src/typebox.ts.";

/**
 * Packs TypeBox into the one module through which the services have it, unless it is packed already. A process then starts
 * with seven hundred modules less; where this was left out, everything works the same, only later. TypeScript writes the
 * module anew, unpacked, when its source changes.
 */
export async function packTypebox() {
  if (!existsSync(file) || readFileSync(file, "utf8").startsWith(banner)) return;
  // Not there before the dependencies are.
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({ input: file, platform: "node" });
  await bundle.write({ file, format: "esm", banner });
  await bundle.close();
}
