import assert from "node:assert/strict";
import { test } from "node:test";
import { type Analysis, type AnalysisStatus, ProblemError } from "@osteon/shared";
import { predictionOf } from "../../src/routes/origin.js";

test("a film without an answer says whether one may still come", () => {
  const refusal = (status: AnalysisStatus, code?: string) => {
    try {
      return predictionOf({ status, ...(code && { error: { code, detail: "" } }) } as Analysis);
    } catch (error) {
      assert.ok(error instanceof ProblemError);
      return [error.status, error.code, error.retryAfter];
    }
  };
  assert.deepEqual(refusal("queued"), [503, "answer-not-ready", 1]);
  assert.deepEqual(refusal("processing"), [503, "answer-not-ready", 1]);
  assert.deepEqual(refusal("cancelled"), [409, "analysis-cancelled", undefined]);
  assert.deepEqual(refusal("failed"), [500, "processing-failed", undefined]);
  assert.deepEqual(refusal("failed", "film-damaged"), [422, "film-damaged", undefined]);
  assert.deepEqual(refusal("failed", "film-lost"), [500, "processing-failed", undefined]);
  assert.deepEqual(refusal("completed"), { bone_type: "Not identified", result: "Not identified" });
});
