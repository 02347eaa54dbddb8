import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Analysis, Film, FractureSummary } from "@osteon/client";
import * as history from "../src/history/filters.js";
import { startMessages } from "../src/messages/catalogues.js";
import type { Exam } from "../src/state/exams.js";
import { examResult, toneOf } from "../src/words/results.js";
import * as worklist from "../src/worklist/filters.js";

before(() => startMessages(["en"], {}));

const error = { code: "film-damaged", title: "Damaged film", detail: "It cannot be decoded." };
const film = { index: 0, contentType: "image/jpeg", digest: "" };
const failed: Film = { ...film, error };

/** A failed exam: views that failed beside one with this answer, if any. */
function partly(views: number, answer: Pick<Analysis, "fracture" | "outcome"> = {}): Analysis {
  return {
    id: "a",
    status: "failed",
    createdAt: "2026-01-01T00:00:00.000Z",
    films: [film, ...Array.from({ length: views }, () => failed)],
    timings: {},
    links: { self: "", events: "" },
    disclaimer: "Research use only. Not a medical device.",
    error,
    ...answer,
  };
}
function found(label: FractureSummary["label"], certainty: FractureSummary["certainty"]) {
  return { outcome: "analysed" as const, fracture: { label, certainty, probability: 0.5 } };
}

const fractured = partly(1, found("fractured", "positive"));
const doubtful = partly(2, found("normal", "doubtful"));
const normal = partly(1, found("normal", "negative"));
const none = partly(1, { outcome: "not-identified" });
const all = partly(1);

test("an exam of which a view failed tells what the others showed, and is never all clear", () => {
  assert.deepEqual([fractured, doubtful, normal, none, all].map(examResult), [
    "Fractured · 1 view failed",
    "Normal, doubtful · 2 views failed",
    "Normal · 1 view failed",
    "Not identified · 1 view failed",
    "Failed",
  ]);
  assert.deepEqual([fractured, doubtful, normal, none, all].map(toneOf), [
    "fractured",
    "doubtful",
    "failed",
    "failed",
    "failed",
  ]);
});

test("filters find it by what was found, and as failed", () => {
  const exam = (analysis: Analysis): Exam => ({ key: "", at: 0, analysis });
  const ofDay = (analysis: Analysis) =>
    worklist.filters.filter((filter) => worklist.passes(exam(analysis), filter));
  assert.deepEqual(ofDay(fractured), ["all", "fractured", "failed"]);
  assert.deepEqual(ofDay(doubtful), ["all", "doubtful", "failed"]);
  assert.deepEqual(ofDay(normal), ["all", "failed"]);

  const inHistory = (analysis: Analysis) =>
    history.results.filter((result) => {
      const filters = { ...history.noFilters, result };
      const asked = history.statusOf(filters);
      // The gateway gives no others.
      return (asked === undefined || asked === analysis.status) && history.passes(analysis, filters);
    });
  assert.deepEqual([fractured, doubtful, normal, none, all].map(inHistory), [
    ["fractured", "failed"],
    ["doubtful", "normal", "failed"],
    ["normal", "failed"],
    ["none", "failed"],
    ["failed"],
  ]);
  const completed = ({ error: _, ...analysis }: Analysis): Analysis => ({ ...analysis, status: "completed" });
  assert.deepEqual([fractured, doubtful, none].map(completed).map(inHistory), [
    ["fractured"],
    ["doubtful", "normal"],
    ["none"],
  ]);
});
