import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const shared = join(root, "packages", "shared");
const file = join(shared, "dist", "src", "typebox.js");

/**
 * Packs TypeBox into the one module through which the services have it, unless this version of it is packed already. A process
 * then starts with seven hundred modules less; where this was left out, everything works the same, only later. TypeScript
 * writes the module anew, unpacked, when its source changes.
 */
export async function packTypebox() {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/typebox/package.json"), "utf8"));
  const banner = `// Packed: TypeBox ${version}, see src/typebox.ts.`;
  if (!existsSync(file) || readFileSync(file, "utf8").startsWith(banner)) return;
  // Not there before the dependencies are.
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({ input: join(shared, "src", "typebox.ts"), platform: "node" });
  const { output } = await bundle.generate({ format: "esm", banner });
  await bundle.close();
  // Whole or not at all: who breaks this off must not leave half a module that looks packed.
  writeFileSync(`${file}.new`, output[0].code);
  renameSync(`${file}.new`, file);
}
