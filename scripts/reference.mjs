// Writes the reference pages that are generated from code. `--check` only tells whether they are up to date.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ConfigSchema, catalogue } from "../packages/shared/dist/src/index.js";
import { openapiDocument } from "../services/gateway/dist/src/openapi/document.js";

const pages = {
  "docs/reference/problems.md": problemsPage(),
  "docs/reference/configuration.md": configurationPage(),
  "docs/reference/openapi.json": `${JSON.stringify(await openapiDocument(), null, 1)}\n`,
};

let stale = false;
for (const [name, text] of Object.entries(pages)) {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if (process.argv.includes("--check")) {
    const found = await readFile(file, "utf8").catch(() => "");
    if (found === text) continue;
    stale = true;
    console.error(`${name} is out of date: run npm run reference`);
  } else {
    await writeFile(file, text);
  }
}
process.exitCode = stale ? 1 : 0;

function problemsPage() {
  const rows = Object.entries(catalogue)
    .sort(([a, x], [b, y]) => x.status - y.status || (a < b ? -1 : 1))
    .map(([code, { status, title, rule }]) => `| \`${code}\` | ${status} | ${title} | ${rule} |`);
  return `# Problems

Generated from \`packages/shared/src/problems/catalogue.ts\`. Every refusal is \`application/problem+json\` (RFC 9457) with the
\`type\` \`/problems/<code>\`; a failed analysis carries the same code in its \`error\`. Codes are stable.

| code | status | title | rule |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

function configurationPage() {
  const rows = Object.entries(ConfigSchema.properties).map(([name, schema]) => {
    const value = "default" in schema && schema.default !== "" ? `\`${schema.default}\`` : "";
    const choices = "enum" in schema ? ` One of ${schema.enum.map((each) => `\`${each}\``).join(", ")}.` : "";
    return `| \`${name}\` | ${value} | ${boundsOf(schema)} | ${schema.description}${choices} |`;
  });
  return `# Configuration

Generated from \`packages/shared/src/config/schema.ts\`. Environment variables; an empty one counts as unset. A service with bad
configuration refuses to start and lists every fault at once.

| variable | default | bounds | what it sets |
| --- | --- | --- | --- |
${rows.join("\n")}

Services also obey the standard \`OTEL_*\` variables ([observability.md](../guides/observability.md#traces)). Clients have two of their own:
\`OSTEON_URL\` and \`OSTEON_KEY\` ([clients.md](../guides/clients.md#command-line)).
`;
}

function boundsOf({ minimum, maximum, minLength }) {
  if (minLength !== undefined) return `≥ ${minLength} characters`;
  if (maximum !== undefined) return `${minimum} to ${maximum}`;
  return minimum === undefined ? "" : `≥ ${minimum}`;
}
