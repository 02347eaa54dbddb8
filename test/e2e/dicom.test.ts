import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Analysis } from "@osteon/shared";
import { startTestSystem, type TestSystem } from "../support/system.js";

const samples = fileURLToPath(new URL("../../../../shared/data/dicom/", import.meta.url));

let system: TestSystem;
before(async () => {
  system = await startTestSystem({});
});
after(() => system?.stop());

async function submit(name: string): Promise<Analysis> {
  const { status, body } = await system.client.request<Analysis>("/v1/analyses", {
    method: "POST",
    body: readFileSync(`${samples}${name}`),
    headers: { "content-type": "application/dicom" },
  });
  assert.equal(status, 202, JSON.stringify(body));
  return system.client.ended(body.id);
}

test("a DICOM film of a leg goes the whole way; its original comes back as it was", async () => {
  for (const name of ["RG3_J2KR.dcm", "RG3_J2KI.dcm"]) {
    const { id, status, films } = await submit(name);
    const [film] = films;
    assert.deepEqual([status, film?.outcome, film?.bodyPart?.label], ["completed", "analysed", "leg"], name);
    assert.deepEqual([film?.contentType, film?.width, film?.height], ["application/dicom", 1760, 1760]);
    const original = await fetch(`${system.client.url}/v1/analyses/${id}/films/0/original`);
    assert.equal(original.headers.get("content-type"), "application/dicom");
    assert.match(original.headers.get("content-disposition") ?? "", /\.dcm"/);
    assert.deepEqual(Buffer.from(await original.arrayBuffer()), readFileSync(`${samples}${name}`));
  }
});

test("a DICOM chest film is of no region that is examined", async () => {
  const { status, films } = await submit("RG1_J2KI.dcm");
  assert.equal(status, "completed");
  assert.ok(["unsupported-region", "not-identified"].includes(films[0]?.outcome ?? ""), films[0]?.outcome);
});
