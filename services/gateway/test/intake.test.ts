import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf, type Ledger, loadConfig, type ObjectBody } from "@osteon/shared";
import pLimit from "p-limit";
import { v7 as uuidv7 } from "uuid";
import { Intake } from "../src/uploads/intake.js";

const mebibyte = 1024 * 1024;

test("a large film that comes by an upload is hashed and staged in slices, as one that is sent", async () => {
  const bytes = Buffer.alloc(9 * mebibyte, "film");
  const staged: number[] = [];
  const ledger: Partial<Omit<Ledger, "uploads">> & { uploads: Partial<Ledger["uploads"]> } = {
    uploads: { size: async () => bytes.length, film: async () => bytes },
    stage: async (_ref, _film, body: ObjectBody) => {
      for await (const slice of body as AsyncIterable<Buffer>) staged.push(slice.length);
    },
  };
  const intake = new Intake({
    ledger: ledger as Ledger,
    config: loadConfig({}),
    tenant: "default",
    heavy: pLimit(1),
  });
  await intake.takeUpload(uuidv7());
  assert.deepEqual(
    staged,
    Array.from({ length: 9 }, () => mebibyte),
  );
  assert.equal(intake.films[0]?.digest, digestOf(bytes));
});
