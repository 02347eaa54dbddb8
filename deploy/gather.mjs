// Gathers what an image holds: the workspaces that it runs, with what was compiled of their sources, and node_modules without
// what only developers read or other platforms run. `node deploy/gather.mjs FOLDER WORKSPACE…`, after `npm ci --omit=dev`.
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { arch, platform } from "node:process";

const [out, ...chosen] = process.argv.slice(2);
const root = process.cwd();
const modules = join(root, "node_modules");

for (const folder of withDependencies(chosen)) {
  cpSync(join(root, folder, "package.json"), join(out, folder, "package.json"));
  cpSync(join(root, folder, "dist", "src"), join(out, folder, "dist", "src"), {
    recursive: true,
    filter: isRun,
  });
  // npm puts a dependency beside its user where another needs another version of it.
  const own = join(root, folder, "node_modules");
  if (existsSync(own)) copyModules(own, join(out, folder, "node_modules"));
}
copyModules(modules, join(out, "node_modules"));
cpSync(join(root, "package.json"), join(out, "package.json"));

/** Folders of the workspaces and of all that they depend on. npm links also what only their tests need. */
function withDependencies(folders) {
  const all = new Set(folders);
  for (const folder of all) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies))
      if (name.startsWith("@osteon/")) all.add(relative(root, realpathSync(join(modules, name))));
  }
  return all;
}

function copyModules(from, to) {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter: isRun });
  const links = join(to, "@osteon");
  for (const name of existsSync(links) ? readdirSync(links) : [])
    if (!existsSync(join(links, name))) rmSync(join(links, name));
}

function isRun(path) {
  if (lstatSync(path).isDirectory()) return !isForeign(path) && !isOfDevelopers(path);
  if (/\.(d\.[cm]?ts|map|ts|mts|cts|md|markdown|tsbuildinfo)$/i.test(path)) return isLicence(path);
  return true;
}

/** Licences stay, also where they are called `LICENSE.md`. */
function isLicence(path) {
  return /(licen[cs]e|notice|copying)[^/]*$/i.test(path);
}

/**
 * npm installs TypeScript as an optional peer of valibot, since the developers have it, and links programs that nobody calls; the
 * decoder of lossless JPEG brings its tests' films and a builder's binary along.
 */
function isOfDevelopers(path) {
  return /node_modules\/(typescript|@typescript|@rollup|\.bin|jpeg-lossless-decoder-js\/(tests|src))$/.test(
    path,
  );
}

/** onnxruntime-node carries the libraries of every platform, OpenTelemetry its code three times over. */
function isForeign(path) {
  if (/@opentelemetry\/[^/]+\/build\/(esm|esnext)$/.test(path)) return true;
  const [, tail] = path.split(`onnxruntime-node${sep}bin${sep}`);
  const [, system, processor] = tail?.split(sep) ?? [];
  return (system !== undefined && system !== platform) || (processor !== undefined && processor !== arch);
}
