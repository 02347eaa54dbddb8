import assert from "node:assert/strict";
import { test } from "node:test";
import { type AcceptedFilm, digestOf, Ledger, type ObjectStore } from "@osteon/shared";
import { turnsDuring } from "../support/turns.js";

const bytes = Buffer.alloc(4 * 1024 * 1024, "film");
const ref = { tenant: "default", id: "a" };
const film: AcceptedFilm = {
  index: 0,
  contentType: "image/tiff",
  digest: digestOf(bytes),
  bytes: bytes.length,
};
const ledger = new Ledger({ get: async () => bytes } as Partial<ObjectStore> as ObjectStore);

test("a large film is checked against its digest, and the event loop goes on meanwhile", async () => {
  assert.ok((await turnsDuring(() => ledger.writtenOriginal(ref, film))) >= 3);
  assert.ok((await turnsDuring(() => ledger.writtenImage(ref, 0, film.digest))) >= 3);
  await assert.rejects(ledger.writtenOriginal(ref, { ...film, digest: digestOf("another") }), {
    code: "film-altered",
  });
});
