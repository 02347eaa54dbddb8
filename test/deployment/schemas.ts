import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseAllDocuments } from "yaml";
import { goModule } from "../support/tools.js";

type Json = { [key: string]: unknown };

/** Modules whose source carries the schemas: Kubernetes's OpenAPI, and the definitions of KEDA and the Prometheus operator. */
const sources = {
  kubernetes: ["k8s.io/cli-runtime", "v0.37.0"],
  keda: ["github.com/kedacore/keda/v2", "v2.17.2"],
  prometheus: ["github.com/prometheus-operator/prometheus-operator", "v0.85.0"],
} as const;

/** Writes a JSON schema for each kind as kubeconform looks for it, `KIND-VERSION.json`; unknown fields are faults. */
export async function writeSchemas(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeKubernetes(folder);
  await writeCustom(folder, path.join(await goModule(...sources.keda), "config/crd/bases"));
  const operator = path.join(await goModule(...sources.prometheus), "example/prometheus-operator-crd");
  await writeCustom(folder, operator);
}

async function writeKubernetes(folder: string): Promise<void> {
  const file = path.join(await goModule(...sources.kubernetes), "artifacts/openapi/swagger.json");
  const { definitions } = JSON.parse(await readFile(file, "utf8")) as { definitions: Record<string, Json> };
  const strict = Object.fromEntries(Object.entries(definitions).map(([name, each]) => [name, closed(each)]));
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = (definition["x-kubernetes-group-version-kind"] ?? []) as {
      kind: string;
      version: string;
    }[];
    if (!("metadata" in ((definition.properties as Json | undefined) ?? {}))) continue;
    for (const { kind, version } of kinds) {
      const schema = { $ref: `#/definitions/${name}`, definitions: strict };
      await writeFile(path.join(folder, `${kind.toLowerCase()}-${version}.json`), JSON.stringify(schema));
    }
  }
}

async function writeCustom(folder: string, from: string): Promise<void> {
  for (const name of (await readdir(from)).filter((each) => each.endsWith(".yaml"))) {
    for (const document of parseAllDocuments(await readFile(path.join(from, name), "utf8"))) {
      const { kind, spec } = (document.toJS() ?? {}) as {
        kind?: string;
        spec?: { names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Json } }[] };
      };
      if (kind !== "CustomResourceDefinition" || spec === undefined) continue;
      for (const version of spec.versions) {
        const file = `${spec.names.kind.toLowerCase()}-${version.name}.json`;
        await writeFile(path.join(folder, file), JSON.stringify(closed(version.schema.openAPIV3Schema)));
      }
    }
  }
}

/** The schema with every object of named fields closed to others, and `x-kubernetes-int-or-string` as JSON schema says it. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const { ...copy } = schema as Json;
  if (copy["x-kubernetes-int-or-string"] === true || copy.format === "int-or-string") {
    return { anyOf: [{ type: "integer" }, { type: "string" }] };
  }
  const made = Object.fromEntries(
    Object.entries(copy)
      // Of Go's and OpenAPI's, not JSON schema's.
      .filter(([key]) => key !== "format" && key !== "default" && !key.startsWith("x-kubernetes-"))
      .map(([key, value]) => [key, key === "properties" ? closedEach(value as Json) : closed(value)]),
  );
  const open = copy["x-kubernetes-preserve-unknown-fields"] === true;
  if (copy.properties !== undefined && copy.additionalProperties === undefined && !open)
    return { ...made, additionalProperties: false };
  return made;
}

function closedEach(properties: Json): Json {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, closed(schema)]));
}
