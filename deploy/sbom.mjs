// The packages of a service's image as a CycloneDX bill of materials. `node deploy/sbom.mjs SERVICE` prints one;
// `npm run sbom` writes all to .cache/sbom. What Debian's base adds, `docker run --entrypoint dpkg-query IMAGE -W` tells.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const services = ["gateway", "bodypart-worker", "fracture-worker", "webhook-worker"];
const [chosen] = process.argv.slice(2);

if (chosen !== undefined) process.stdout.write(sbom(chosen));
else {
  mkdirSync(`${root}.cache/sbom`, { recursive: true });
  for (const service of services) writeFileSync(`${root}.cache/sbom/${service}.cdx.json`, sbom(service));
  console.error("Written to .cache/sbom");
}

function sbom(service) {
  if (!services.includes(service))
    throw new Error(`There is no service "${service}": ${services.join(", ")}`);
  const workspaces = [`services/${service}`, ...(service === "gateway" ? ["packages/cli"] : [])];
  const args = [
    "sbom",
    "--sbom-format=cyclonedx",
    "--sbom-type=application",
    "--package-lock-only",
    "--omit=dev",
    ...workspaces.map((workspace) => `--workspace=${workspace}`),
  ];
  return execFileSync("npm", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}
