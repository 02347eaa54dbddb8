import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@osteon/shared";
import { fingerprintOf, parseIdempotencyKey } from "../src/intake/idempotency.js";

test("a key is a structured-field string or bare text", () => {
  assert.equal(parseIdempotencyKey(['"8e03978e-40d5"']), "8e03978e-40d5");
  assert.equal(parseIdempotencyKey(["8e03978e-40d5"]), "8e03978e-40d5");
  assert.equal(parseIdempotencyKey(['"a\\"b\\\\c"']), 'a"b\\c');
  assert.equal(parseIdempotencyKey(['"a";v=1;b']), "a", "parameters are not the key's");
  assert.equal(parseIdempotencyKey(undefined), undefined);
  for (const bad of ["", '""', "ü", "x".repeat(256), "a\tb", '"a', '"a", "b"', '"a\\b"'])
    assert.throws(() => parseIdempotencyKey([bad]), ProblemError, bad);
  assert.throws(() => parseIdempotencyKey(["a", "a"]), ProblemError);
});

test("the fingerprint is of the content and its order", () => {
  const film = (digest: string, index: number) => ({ index, contentType: "image/png", digest, bytes: 1 });
  const one = fingerprintOf([film("a", 0), film("b", 1)], { reference: "x" });
  assert.equal(one, fingerprintOf([film("a", 0), film("b", 1)], { reference: "x" }));
  assert.notEqual(one, fingerprintOf([film("b", 0), film("a", 1)], { reference: "x" }));
  assert.notEqual(one, fingerprintOf([film("a", 0), film("b", 1)], { reference: "y" }));
  const named = { ...film("b", 1), name: "lateral.png" };
  assert.notEqual(one, fingerprintOf([film("a", 0), named], { reference: "x" }), "a film's name");
});

test("the fingerprint is of each field, by its name", () => {
  const of = (fields: Parameters<typeof fingerprintOf>[1]) => fingerprintOf([], fields);
  const fields = {
    reference: { reference: "hand" },
    callbackUrl: { callbackUrl: "hand" },
    regionHint: { regionHint: "hand" },
    priority: { priority: "urgent" },
  } as const;
  const prints = Object.values(fields).map(of);
  assert.equal(new Set([of({}), ...prints]).size, 5);
  assert.equal(of({}), of({ priority: "normal" }), "as where nothing is said");
});
