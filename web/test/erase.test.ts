import "./support/fake-browser.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@osteon/client";
import { eraseExam } from "../src/state/erase.js";
import { addExam, exams, removeExam } from "../src/state/exams.js";

test("an exam that was erased elsewhere is erased, and one that could not be stays", async (t) => {
  const analysis = {
    id: "a",
    status: "completed" as const,
    createdAt: "2026-01-01T00:00:00.000Z",
    films: [],
    timings: {},
    links: { self: "", events: "" },
    disclaimer: "Research use only. Not a medical device." as const,
  };
  let status = 403;
  t.mock.method(globalThis, "fetch", async () => Response.json({ code: "refused" }, { status }));
  addExam({ key: "a", at: 0, analysis });
  t.after(() => removeExam("a"));
  await assert.rejects(eraseExam("a"), ProblemError);
  assert.equal(exams.get().length, 1);
  status = 404;
  await eraseExam("a");
  assert.equal(exams.get().length, 0);
});
