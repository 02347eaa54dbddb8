import assert from "node:assert/strict";
import { test } from "node:test";
import { filmViews } from "../../src/analyses/film-views.js";
import { type AcceptedFilm, type AnalysisRequest, acceptedFilm } from "../../src/index.js";

const digest = `sha256:${"a".repeat(64)}`;
const old: AcceptedFilm = { index: 0, contentType: "image/png", digest, bytes: 3 };
const film: AcceptedFilm = { ...old, width: 2000, height: 1500 };
const bodyPart = { label: "hand", probability: 1, probabilities: { hand: 1 } };
const classified = { bodyPart, width: 1024, height: 768 };

const viewOf = (accepted: AcceptedFilm) => {
  const request: AnalysisRequest = {
    ...{ v: 1, id: "", tenant: "", createdAt: "2026-01-01T00:00:00Z" },
    films: [accepted],
  };
  const { films } = filmViews(request, [{ started: true, classified }]);
  return [films[0]?.width, films[0]?.height, films[0]?.bodyPart?.label];
};

test("a film's size is its own from its acceptance on, whatever its picture's is", () => {
  const { width, height } = acceptedFilm(film);
  assert.deepEqual([width, height], [2000, 1500]);
  assert.deepEqual(viewOf(film), [2000, 1500, "hand"]);
});

test("a film of before sizes were kept has its picture's, once there is one", () => {
  assert.equal("width" in acceptedFilm(old), false);
  assert.deepEqual(viewOf(old), [1024, 768, "hand"]);
});
