import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";
import { root } from "./run.mjs";

/** What npm says that it installed: the lock file may be newer. */
const installed = join(root, "node_modules", ".package-lock.json");

/** Who names its libraries: each module of `src/libraries` is packed. */
const owners = ["packages/shared", "services/gateway"];

/**
 * Packs the libraries that services read at their start: the modules of `src/libraries`, each with all that it stands for, in the
 * place of what TypeScript made of it, unless they are packed already from the same installation. What two of them have in common
 * is a file of its own, so that its classes are the same ones. A process then starts with some thousand modules less; where this was left out,
 * everything works the same, only later. TypeScript writes a module anew, unpacked, when its source changes.
 */
export async function packLibraries() {
  const banner = `// Packed: see src/libraries; of the installation ${stampOf(installed, import.meta.filename)}.`;
  for (const owner of owners) {
    const to = join(root, owner, "dist/src/libraries");
    const names = readdirSync(join(root, owner, "src/libraries")).map((file) => parse(file).name);
    const files = names.map((name) => join(to, `${name}.js`));
    // What is not compiled is not run.
    if (!files.every((file) => existsSync(file))) continue;
    if (!files.every((file) => readFileSync(file, "utf8").startsWith(banner)))
      await pack(join(root, owner, "src/libraries"), names, to, banner);
  }
}

/** What the packed files depend on, beside the modules that TypeScript writes anew itself. */
function stampOf(...files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

async function pack(from, names, to, banner) {
  // Not there before the dependencies are.
  const { rolldown } = await import("rolldown");
  const input = Object.fromEntries(names.map((name) => [name, join(from, `${name}.ts`)]));
  // Bull Board would look for its page by `eval`, were it not told where that is.
  const bundle = await rolldown({ input, platform: "node", checks: { eval: false } });
  const { output } = await bundle.generate({
    format: "esm",
    chunkFileNames: "common-[name]-[hash].js",
    // Names stay, for stack traces: what is not read is comments and blanks.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  await bundle.close();
  const written = output.map(({ fileName }) => fileName);
  // The entries last, and each whole or not at all: who breaks this off must not leave half a module that looks packed.
  for (const { code, fileName } of output.toSorted((a, b) => Number(a.isEntry) - Number(b.isEntry))) {
    const whole = join(to, `${fileName}.${process.pid}`);
    writeFileSync(whole, `${banner}\n${code}`);
    renameSync(whole, join(to, fileName));
  }
  for (const file of readdirSync(to))
    if (/^common-.*\.js$/.test(file) && !written.includes(file)) rmSync(join(to, file));
}
