import * as shared from "@osteon/shared";

/** The contract's shapes by the names that the document, and what is generated from it, calls them. */
const names = [
  "Analysis",
  "AnalysisError",
  "BodyPart",
  "BodyPartSummary",
  "DeadLetter",
  "DeliveryAttempt",
  "Film",
  "Fracture",
  "FractureSummary",
  "LoadedModel",
  "ModelRef",
  "ModelReload",
  "Problem",
  "Region",
  "Thresholds",
  "Timings",
  "UploadAddress",
  "WebhookDelivery",
  "WebhookEndpoint",
  "WebhookEvent",
  "WebhookTestEvent",
  "WorkerReload",
  "WorkerReloads",
] as const satisfies readonly (keyof typeof shared)[];

// biome-ignore lint/performance/noDynamicNamespaceImportAccess: nothing is shaken off here, and so each name stands once.
const named = names.map((name) => [name, shared[name]] as const);

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** The named schemas, each referring to the others. */
export function componentSchemas(): Record<string, Json> {
  return Object.fromEntries(named.map(([name, schema]) => [name, referring(plain(schema), name)]));
}

/** Of parts that were looked at: each is a part of others, which are asked for first. */
const texts = new WeakMap<object, string>();

const compared = named.map(([name, schema]) => ({ name, ...split(plain(schema) as object) }));

const known = new Map(compared.map(({ schema, ...each }) => [textOf(schema), each]));

/** What the named ones are called by: nothing else need be compared. */
const keysOfNamed = new Set(compared.map(({ schema }) => keysOf(schema)));

/**
 * The value with each named schema in it, however deep, as a reference, beside which stands what its place alone says of it.
 * `but`: the one that is not to refer to itself.
 */
export function referring(value: Json, but?: string): Json {
  if (Array.isArray(value)) return value.map((each) => referring(each));
  if (value === null || typeof value !== "object") return value;
  const { description, schema } = split(value);
  const found = keysOfNamed.has(keysOf(schema)) ? known.get(textOf(schema)) : undefined;
  if (found !== undefined && found.name !== but) {
    const $ref = `#/components/schemas/${found.name}`;
    return description === undefined || description === found.description ? { $ref } : { $ref, description };
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, referring(each)]));
}

/** A schema, and what is said of it: one that is described otherwise is the same. */
function split(value: object): { description?: Json; schema: { [name: string]: Json } } {
  const { description, ...schema } = value as { [name: string]: Json };
  return description === undefined ? { schema } : { description, schema };
}

/** As JSON has it, in the words that the document has after Fastify's plugin: a constant as an enumeration of one. */
export function plain(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema), (_key, value: Json) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    const { const: only, patternProperties, ...rest } = value;
    if (typeof only === "string") return { ...rest, enum: [only] };
    const [every] = patternProperties === undefined ? [] : Object.values(patternProperties as object);
    return every === undefined ? value : { ...rest, additionalProperties: every as Json };
  }) as Json;
}

function keysOf(value: object): string {
  return Object.keys(value).sort().join();
}

/** Equal for equal schemas, in whatever order their properties stand. */
function textOf(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const text = texts.get(value) ?? textOfParts(value);
  texts.set(value, text);
  return text;
}

function textOfParts(value: Json[] | { [name: string]: Json }): string {
  if (Array.isArray(value)) return `[${value.map(textOf)}]`;
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${textOf(each)}`);
  return `{${entries.sort()}}`;
}
