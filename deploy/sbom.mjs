// The packages of a service's image as a CycloneDX bill of materials. `node deploy/sbom.mjs SERVICE` prints one, and with `tfjs-node`
// what the images on TensorFlow add; `npm run sbom` writes all to .cache/sbom. What Debian's base adds,
// `docker run --entrypoint dpkg-query IMAGE -W` tells.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const engine = `${root}packages/inference/tfjs-node`;
/** The workspaces in each image. The page's libraries are in the gateway's, bundled. */
const workspaces = {
  gateway: ["services/gateway", "packages/cli", "web"],
  "bodypart-worker": ["services/bodypart-worker"],
  "fracture-worker": ["services/fracture-worker"],
  "webhook-worker": ["services/webhook-worker"],
};
const boms = {
  ...Object.fromEntries(Object.keys(workspaces).map((service) => [service, () => bomOf(service)])),
  "tfjs-node": bomOfEngine,
};
const [chosen] = process.argv.slice(2);

if (chosen !== undefined) {
  if (!Object.hasOwn(boms, chosen))
    throw new Error(`There is no image of "${chosen}": ${Object.keys(boms).join(", ")}`);
  process.stdout.write(boms[chosen]());
} else {
  mkdirSync(`${root}.cache/sbom`, { recursive: true });
  for (const [name, bom] of Object.entries(boms)) writeFileSync(`${root}.cache/sbom/${name}.cdx.json`, bom());
  console.error("Written to .cache/sbom");
}

function bomOf(service) {
  return npmSbom(
    root,
    workspaces[service].map((workspace) => `--workspace=${workspace}`),
  );
}

/** The engine has a lock file of its own; TensorFlow's library is out of PyPI's wheel, whose name is another on each processor. */
function bomOfEngine() {
  const bom = JSON.parse(npmSbom(engine, []));
  const pattern = process.arch === "x64" ? /^(tensorflow-cpu)==(\S+)/m : /^(tensorflow)==(\S+)/m;
  const [, name, version] = pattern.exec(readFileSync(`${engine}/requirements.txt`, "utf8"));
  const purl = `pkg:pypi/${name}@${version}`;
  const licenses = [{ license: { id: "Apache-2.0" } }];
  bom.components.push({ "bom-ref": purl, type: "library", name, version, scope: "required", purl, licenses });
  return `${JSON.stringify(bom, null, 2)}\n`;
}

function npmSbom(cwd, chosenWorkspaces) {
  const args = [
    "sbom",
    "--sbom-format=cyclonedx",
    "--sbom-type=application",
    "--package-lock-only",
    "--omit=dev",
  ];
  const options = { cwd, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
  return execFileSync("npm", [...args, ...chosenWorkspaces], options);
}
