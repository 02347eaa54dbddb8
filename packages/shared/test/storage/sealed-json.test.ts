import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seal, unseal } from "../../src/storage/index.js";

const value = { id: "a", text: 'quotes " and } braces', films: [1, 2] };

describe("a sealed record", () => {
  test("reads as what was written", () => {
    assert.deepEqual(unseal(Buffer.from(seal(value))), value);
  });

  test("is damaged where any bit of it was turned, or any part of it is missing", () => {
    const text = Buffer.from(seal(value));
    for (let at = 0; at < text.length; at += 1) {
      const turned = Buffer.from(text);
      turned[at] = (turned[at] ?? 0) ^ 1;
      assert.throws(
        () => assert.notDeepEqual(unseal(turned), value),
        (error: Error & { code?: string }) => ["record-damaged", "record-too-new"].includes(error.code ?? ""),
        `bit 0 of byte ${at}`,
      );
      assert.throws(() => unseal(text.subarray(0, at)), { code: "record-damaged" }, `cut at ${at}`);
    }
  });

  test("of a later version is left to a service of that version", () => {
    const later = seal(value).replace('"v":2', '"v":3');
    assert.throws(() => unseal(Buffer.from(later)), { code: "record-too-new" });
  });

  test("from before there were seals is read as it is", () => {
    assert.deepEqual(unseal(Buffer.from(JSON.stringify(value))), value);
    assert.throws(() => unseal(Buffer.from(JSON.stringify(value).slice(0, -1))), { code: "record-damaged" });
    const withDigest = { digest: "sha256:00", bytes: 6 };
    assert.deepEqual(unseal(Buffer.from(JSON.stringify(withDigest))), withDigest);
  });
});
