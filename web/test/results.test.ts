import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Analysis, Film } from "@osteon/client";
import { filtersOf, noFilters, passes, queryOf } from "../src/history/filters.js";
import { startMessages } from "../src/messages/catalogues.js";
import { examPart, examTitle, explanationOf, sizeOf } from "../src/words/results.js";

before(() => startMessages(["en"], {}));

test("only where there are regions is the reader sent to look at them", () => {
  const region = { x: 0, y: 0, width: 1, height: 1, score: 1 };
  const explained = (certainty: "doubtful" | "positive") =>
    [{ regions: [region] }, { regions: [] }, {}].map((found) => explanationOf({ certainty, ...found }));
  const [dotted, ...doubtful] = explained("doubtful");
  const [solid, ...positive] = explained("positive");
  assert.match(dotted ?? "", /^Between the thresholds.* Look at the dotted regions/);
  assert.match(solid ?? "", /^Above the upper threshold.* see the solid regions/);
  for (const [nowhere, withoutPlaces] of [doubtful, positive]) {
    assert.match(nowhere ?? "", /no region stands out/);
    assert.doesNotMatch(withoutPlaces ?? "region", /region/);
  }
  assert.match(doubtful.join(), /^Between the thresholds.*,Between the thresholds/);
  assert.match(positive.join(), /^Above the upper threshold.*,Above the upper threshold/);
  assert.match(explanationOf({ certainty: "negative", regions: [] }), /^Below the lower threshold/);
});

test("a film that is shown smaller than it is says so", () => {
  assert.equal(sizeOf({ width: 3600, height: 4000 }), "3600 × 4000 px, shown at 922 × 1024");
  assert.equal(sizeOf({ width: 100_000, height: 1 }), "100000 × 1 px, shown at 1024 × 1");
  assert.equal(sizeOf({ width: 1024, height: 300 }), "1024 × 300 px");
  assert.equal(sizeOf({}), undefined);
});

function ofParts(...labels: string[]): Analysis {
  const films = labels.map(
    (label, index): Film => ({
      index,
      name: `${label}.jpg`,
      contentType: "image/jpeg",
      digest: "",
      bodyPart: { label, probability: 0.9, probabilities: {} },
      outcome: label === "none" ? "not-identified" : "analysed",
    }),
  );
  return {
    id: "a",
    status: "completed",
    createdAt: "2026-01-01T00:00:00.000Z",
    films,
    bodyPart: { label: labels[0] ?? "", probability: 0.9 },
    timings: {},
    links: { self: "", events: "" },
    disclaimer: "Research use only. Not a medical device.",
  };
}

test("an exam of several parts names none beside a probability that may be another's, and is found by each", () => {
  const parts = [["elbow"], ["elbow", "elbow", "none"], ["elbow", "leg"], ["none"]];
  assert.deepEqual(
    parts.map((labels) => examPart(ofParts(...labels))),
    ["Elbow", "Elbow", "Several parts", ""],
  );
  const found = (part: string) => parts.map((labels) => passes(ofParts(...labels), { ...noFilters, part }));
  assert.deepEqual(found("leg"), [false, false, true, false]);
  assert.deepEqual(found("elbow"), [true, true, true, false]);
});

test("of exams of one reference the titles tell which is which", () => {
  assert.equal(examTitle({ ...ofParts("hand"), reference: "PAT-77" }), "PAT-77 · hand.jpg");
  assert.equal(examTitle({ ...ofParts("hand", "leg"), reference: "" }), "hand.jpg and 1 more");
});

test("a search stands in the address as it was", () => {
  const filters = { ...noFilters, text: "a&b =c", result: "doubtful", from: "2026-01-02" } as const;
  assert.deepEqual(filtersOf(`?${queryOf(filters)}`), filters);
  assert.deepEqual(filtersOf("result=another"), noFilters);
  assert.equal(queryOf(noFilters), "");
});
