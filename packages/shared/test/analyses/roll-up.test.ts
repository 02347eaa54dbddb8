import assert from "node:assert/strict";
import { test } from "node:test";
import { Value } from "typebox/value";
import {
  Analysis,
  type AnalysisRequest,
  endedAnalysis,
  type Film,
  type FilmResult,
} from "../../src/index.js";

const digest = `sha256:${"0".repeat(64)}`;
const request: AnalysisRequest = {
  v: 1,
  id: "01970000-0000-7000-8000-000000000000",
  tenant: "default",
  createdAt: "2026-01-01T00:00:00.000Z",
  films: [0, 1, 2].map((index) => ({ index, contentType: "image/png", digest, bytes: 1 })),
};
const endedAt = new Date("2026-01-01T00:00:01.500Z");

function film(index: number, more: Partial<Film>): FilmResult {
  return {
    film: { index, contentType: "image/png", digest, ...more },
    timings: { queuedMs: index, fractureMs: 10 - index },
  };
}

function part(label: string, probability: number): Partial<Film> {
  return { bodyPart: { label, probability, probabilities: { [label]: probability } } };
}

function finding(
  probability: number,
  label: "fractured" | "normal",
  certainty: "negative" | "doubtful" | "positive",
): Partial<Film> {
  return { outcome: "analysed", fracture: { label, probability, certainty, regions: [] } };
}

test("an exam is fractured where any view is, with the strongest view's probability and certainty", () => {
  const analysis = endedAnalysis(
    request,
    [
      film(2, { ...part("hand", 0.7), ...finding(0.1, "normal", "negative") }),
      film(0, { ...part("hand", 0.9), ...finding(0.8, "fractured", "positive") }),
      film(1, { ...part("elbow", 0.99), ...finding(0.3, "normal", "doubtful") }),
    ],
    endedAt,
  );
  assert.equal(analysis.status, "completed");
  assert.deepEqual(analysis.fracture, { label: "fractured", probability: 0.8, certainty: "positive" });
  assert.deepEqual(analysis.bodyPart, { label: "hand", probability: 0.9 });
  assert.equal(analysis.outcome, "analysed");
  assert.deepEqual(
    analysis.films.map((each) => each.index),
    [0, 1, 2],
  );
  assert.deepEqual(analysis.timings, { queuedMs: 2, fractureMs: 10, totalMs: 1500 });
  assert.ok(Value.Check(Analysis, analysis));
});

test("a view that is no film does not outvote one that was analysed", () => {
  const analysis = endedAnalysis(
    request,
    [
      film(0, { ...part("none", 0.99), outcome: "not-identified" }),
      film(1, { ...part("leg", 0.6), ...finding(0.2, "normal", "doubtful") }),
      film(2, { ...part("none", 0.99), outcome: "not-identified" }),
    ],
    endedAt,
  );
  assert.equal(analysis.outcome, "analysed");
  assert.equal(analysis.bodyPart?.label, "leg");
});

test("without an analysed view there is no fracture answer", () => {
  const analysis = endedAnalysis(
    request,
    [film(0, { ...part("other", 0.9), outcome: "unsupported-region" })],
    endedAt,
  );
  assert.equal(analysis.outcome, "unsupported-region");
  assert.equal(analysis.fracture, undefined);
});

test("an exam of a region that is not examined is told as such, though another of its films is none", () => {
  const analysis = endedAnalysis(
    request,
    [
      film(0, { ...part("none", 0.99), outcome: "not-identified" }),
      film(1, { ...part("other", 0.9), outcome: "unsupported-region" }),
    ],
    endedAt,
  );
  assert.equal(analysis.outcome, "unsupported-region");
});

test("one failed view fails the exam and leaves the others' findings", () => {
  const error = { code: "film-damaged", title: "Damaged film", detail: "cut off" };
  const analysis = endedAnalysis(
    request,
    [film(0, { error }), film(1, { ...part("leg", 0.9), ...finding(0.9, "fractured", "positive") })],
    endedAt,
  );
  assert.equal(analysis.status, "failed");
  assert.deepEqual(analysis.error, error);
  assert.equal(analysis.films[1]?.fracture?.label, "fractured");
});
