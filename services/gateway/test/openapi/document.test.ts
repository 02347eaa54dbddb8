import assert from "node:assert/strict";
import { test } from "node:test";
import { openapiDocument } from "../../src/openapi/document.js";

const choices = ["anyOf", "oneOf", "allOf"];
/** What a generator of clients makes a type of. */
const typing = ["$ref", "type", "enum", "const", "properties"];

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
