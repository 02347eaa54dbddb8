import assert from "node:assert/strict";
import { test } from "node:test";
import { openapiDocument } from "../../src/openapi/document.js";

const choices = ["anyOf", "oneOf", "allOf"];
/** What a generator of clients makes a type of. */
const typing = ["$ref", "type", "enum", "const", "properties"];

interface Parameter {
  name: string;
  required?: boolean;
  schema: { default?: unknown };
}

test("each branch of a choice is of a type: of one that only asks for properties generated clients make a body of any", async () => {
  const untyped: string[] = [];
  let branches = 0;
  const walk = (part: unknown, place: string): void => {
    if (typeof part !== "object" || part === null) return;
    for (const [name, each] of Object.entries(part)) {
      if (choices.includes(name) && Array.isArray(each))
        for (const [at, branch] of (each as object[]).entries()) {
          branches += 1;
          if (!typing.some((key) => key in branch)) untyped.push(`${place}/${name}/${at}`);
        }
      walk(each, `${place}/${name}`);
    }
  };
  walk(await openapiDocument(), "");
  assert.ok(branches > 0);
  assert.deepEqual(untyped, []);
});

test("no parameter is required that has a default: generated clients would refuse a call without it", async () => {
  const { paths } = (await openapiDocument()) as {
    paths: Record<string, Record<string, { operationId: string; parameters?: Parameter[] }>>;
  };
  const usual = Object.values(paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ operationId, parameters = [] }) => parameters.map((each) => ({ operationId, ...each })))
    .filter(({ schema }) => schema.default !== undefined);
  assert.ok(usual.length > 0);
  assert.deepEqual(
    usual
      .filter(({ required }) => required === true)
      .map(({ operationId, name }) => `${operationId} ${name}`),
    [],
  );
});

test("no schema is a copy of a named one under another description: generated clients would have two types for it", async () => {
  const document = (await openapiDocument()) as { components: { schemas: Record<string, object> } };
  const undescribed = (schema: object) => JSON.stringify({ ...schema, description: undefined });
  const { schemas } = document.components;
  const named = new Map(Object.entries(schemas).map(([name, schema]) => [undescribed(schema), name]));
  const copies: string[] = [];
  const walk = (part: unknown, place: string): void => {
    if (typeof part !== "object" || part === null) return;
    const name = Array.isArray(part) ? undefined : named.get(undescribed(part));
    if (name !== undefined && part !== schemas[name]) copies.push(`${place}: ${name}`);
    for (const [key, each] of Object.entries(part)) walk(each, `${place}/${key}`);
  };
  walk(document, "");
  assert.deepEqual(copies, []);
});

test("both answers of a reload are of one type", async () => {
  const { paths } = (await openapiDocument()) as {
    paths: Record<string, { post?: { responses: Record<string, { content: object }> } }>;
  };
  const answers = paths["/v1/models/reload"]?.post?.responses;
  for (const status of ["200", "202"])
    assert.match(JSON.stringify(answers?.[status]?.content), /schemas\/WorkerReloads"/, status);
});
