import {
  Analysis,
  AnalysisError,
  BodyPart,
  BodyPartSummary,
  DeadLetter,
  DeliveryAttempt,
  Film,
  Fracture,
  FractureSummary,
  LoadedModel,
  ModelRef,
  ModelReload,
  Problem,
  Region,
  Thresholds,
  Timings,
  UploadAddress,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEvent,
  WebhookTestEvent,
  WorkerReload,
} from "@osteon/shared";

/** The contract's shapes by the names that the document, and what is generated from it, calls them. */
const named = {
  Analysis,
  AnalysisError,
  BodyPart,
  BodyPartSummary,
  DeadLetter,
  DeliveryAttempt,
  Film,
  Fracture,
  FractureSummary,
  LoadedModel,
  ModelRef,
  ModelReload,
  Problem,
  Region,
  Thresholds,
  Timings,
  UploadAddress,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEvent,
  WebhookTestEvent,
  WorkerReload,
};

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** The named schemas, each referring to the others. */
export function componentSchemas(): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(named).map(([name, schema]) => [name, referring(plain(schema), name)]),
  );
}

/** Of parts that were looked at: each is a part of others, which are asked for first. */
const texts = new WeakMap<object, string>();

const names = new Map(Object.entries(named).map(([name, schema]) => [textOf(plain(schema)), name]));

/** What the named ones are called by: nothing else need be compared. */
const keysOfNamed = new Set(Object.values(named).map((schema) => keysOf(plain(schema) as object)));

/** The value with each named schema in it, however deep, as a reference. `but`: the one that is not to refer to itself. */
export function referring(value: Json, but?: string): Json {
  if (Array.isArray(value)) return value.map((each) => referring(each));
  if (value === null || typeof value !== "object") return value;
  const name = keysOfNamed.has(keysOf(value)) ? names.get(textOf(value)) : undefined;
  if (name !== undefined && name !== but) return { $ref: `#/components/schemas/${name}` };
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, referring(each)]));
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
