import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "@osteon/shared/libraries/typebox";
import { openapiDocument } from "../../src/openapi/document.js";
import { faultsOf } from "../../src/plugins/validation.js";

test("of a body of nothing but faults the first are told", () => {
  const schema = Type.Object({ events: Type.Array(Type.Integer()) });
  const errors = faultsOf(schema, { events: Array.from({ length: 10_000 }, () => "x") });
  assert.equal(errors.length, 20);
  assert.equal(errors[0]?.pointer, "/events/0");
});

test("whatever list must be of what is unique says of which type that is, so that it is not compared each with each", async () => {
  const document = await openapiDocument();
  const resolve = (schema: unknown): unknown => {
    const ref = Reflect.get(Object(schema), "$ref");
    if (typeof ref !== "string") return schema;
    const path = ref.slice(2).split("/");
    return path.reduce((found: unknown, name) => Reflect.get(Object(found), name), document);
  };
  let lists = 0;
  const walk = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    if (Reflect.get(part, "uniqueItems") === true) {
      lists += 1;
      const type = Reflect.get(Object(resolve(Reflect.get(part, "items"))), "type");
      assert.equal(typeof type, "string", JSON.stringify(part));
    }
    Object.values(part).forEach(walk);
  };
  walk(document);
  assert.ok(lists >= 3, `${lists} lists`);
});
