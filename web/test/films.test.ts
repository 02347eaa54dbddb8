import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Analysis } from "@osteon/client";
import { meanSaturation } from "../src/checks/colourfulness.js";
import {
  addExam,
  bindExam,
  exams,
  forgetAnalysis,
  later,
  noteAnalyses,
  removeExam,
} from "../src/state/exams.js";
import { stagesDone, stepOf } from "../src/state/steps.js";

test("saturation is none of greys and all of pure colours", () => {
  assert.equal(meanSaturation(Uint8ClampedArray.of(9, 9, 9, 255, 200, 200, 200, 255)), 0);
  assert.equal(meanSaturation(Uint8ClampedArray.of(255, 0, 0, 255)), 1);
  assert.equal(meanSaturation(new Uint8ClampedArray()), 0);
});

describe("the list", () => {
  const analysis = (id: string, status: Analysis["status"], known = 0): Analysis => ({
    id,
    status,
    createdAt: "2026-01-01T00:00:00.000Z",
    films: [
      {
        index: 0,
        contentType: "image/jpeg",
        digest: "",
        ...(known > 0 ? { bodyPart: { label: "hand", probability: 1, probabilities: {} } } : {}),
      },
    ],
    timings: {},
    links: { self: "", events: "" },
    disclaimer: "Research use only. Not a medical device.",
  });

  test("only goes forward, however answers overtake each other", () => {
    const done = analysis("a", "completed");
    const running = analysis("a", "processing", 1);
    assert.equal(later(done, running), done);
    assert.equal(later(running, done), done);
    assert.equal(later(running, analysis("a", "processing")), running);
    assert.equal(later(undefined, running), running);
  });

  test("goes back where its findings are withdrawn to be read again, and not to what was withdrawn", () => {
    const films = (...read: boolean[]) => ({
      films: read.map((each, index) => ({
        index,
        contentType: "image/jpeg",
        digest: "",
        ...(each ? { outcome: "analysed" as const } : {}),
      })),
    });
    const first = { ...analysis("a", "processing"), ...films(true, false) };
    const behind = { ...analysis("a", "processing"), ...films(false, true) };
    const both = { ...analysis("a", "processing"), ...films(true, true) };
    const withdrawn = { ...analysis("a", "processing"), ...films(false, false) };
    assert.equal(later(both, behind), both, "a film that lags is no withdrawal");
    assert.equal(later(first, withdrawn), withdrawn);
    assert.equal(later(withdrawn, first), withdrawn);
    assert.equal(later(withdrawn, { ...withdrawn }), withdrawn);
    const ended = { ...analysis("a", "completed"), ...films(true, true) };
    assert.equal(later(withdrawn, ended), ended);
    assert.equal(later(ended, withdrawn), ended);
    // One that shows nothing yet goes forward as ever.
    const early = { ...withdrawn };
    assert.equal(later(early, first), first);
  });

  test("shows an exam once, whether its answer or its event comes first", () => {
    for (const first of ["event", "answer"]) {
      const id = `one-${first}`;
      const sending = {
        films: [],
        previews: [],
        state: "sending" as const,
        share: 0,
        idempotencyKey: id,
      };
      addExam({ key: `key-${first}`, at: 0, sending });
      if (first === "event") noteAnalyses([analysis(id, "completed")]);
      bindExam(`key-${first}`, analysis(id, "queued"));
      if (first === "answer") noteAnalyses([analysis(id, "completed")]);
      const found = exams.get().filter((exam) => exam.analysis?.id === id);
      assert.deepEqual(
        found.map(({ key, analysis: now }) => [key, now?.status]),
        [[`key-${first}`, "completed"]],
      );
      forgetAnalysis(id);
      assert.equal(exams.get().length, 0);
    }
  });

  test("drops the oldest beyond a thousand, but none that was not sent yet", () => {
    const sending = { films: [], previews: [], state: "waiting" as const, share: 0, idempotencyKey: "" };
    addExam({ key: "unsent", at: 0, sending });
    addExam({ key: "old", at: 1, analysis: analysis("old", "completed") });
    for (let at = 2; at <= 1_000; at += 1)
      addExam({ key: `${at}`, at, analysis: analysis(`${at}`, "completed") });
    const keys = exams.get().map(({ key }) => key);
    assert.equal(keys.length, 1_000);
    assert.deepEqual([keys.at(-1), keys.at(-2), keys[0]], ["unsent", "2", "1000"]);
    for (const key of keys) removeExam(key);
  });

  test("tells where an exam stands", () => {
    const exam = (now: Analysis) => ({ key: "", at: 0, analysis: now });
    assert.equal(stepOf(exam(analysis("a", "queued"))), "queued");
    assert.equal(stepOf(exam(analysis("a", "processing"))), "classifying");
    assert.equal(stepOf(exam(analysis("a", "processing", 1))), "examining");
    assert.equal(stepOf(exam(analysis("a", "completed", 1))), "done");
    const running = analysis("a", "processing", 1);
    const [film] = running.films;
    assert.ok(film);
    assert.equal(stagesDone(film, running), 2);
  });
});
