import assert from "node:assert/strict";
import { test } from "node:test";
import type { Analysis } from "@osteon/shared";
import { accuracyOf } from "../../src/analyze/accuracy.js";
import type { Examination } from "../../src/analyze/examine.js";
import type { Truth } from "../../src/analyze/films.js";
import { accuracyTable } from "../../src/analyze/table.js";

function answer(part?: string, label?: "fractured" | "normal"): Examination {
  const analysis = {
    status: "completed",
    ...(part === undefined ? {} : { bodyPart: { label: part, probability: 1 } }),
    ...(label === undefined ? {} : { fracture: { label, probability: 0.5, certainty: "doubtful" } }),
  };
  return { analysis: analysis as Analysis };
}

const hand: Truth = { part: "hand", label: "fractured" };
const hip: Truth = { part: "hip", label: "normal" };
const refusal = { refusal: { code: "x", title: "X", detail: "x" } };

test("part and result are judged apart, overall and per part", () => {
  const accuracy = accuracyOf([
    { truth: hand, examination: answer("hand", "fractured") },
    { truth: hand, examination: answer("hand", "normal") },
    { truth: hand, examination: answer("hip", "fractured") },
    { truth: hip, examination: answer() },
    { truth: hip, examination: refusal },
    { examination: answer("hand", "normal") },
  ]);
  assert.deepEqual(accuracy, {
    part: { right: 2, total: 4, accuracy: 0.5 },
    result: { right: 2, total: 4, accuracy: 0.5 },
    parts: {
      hand: {
        part: { right: 2, total: 3, accuracy: 2 / 3 },
        result: { right: 2, total: 3, accuracy: 2 / 3 },
      },
      hip: { part: { right: 0, total: 1, accuracy: 0 }, result: { right: 0, total: 1, accuracy: 0 } },
    },
    unjudged: 1,
  });
  assert.ok(accuracy);
  assert.equal(
    accuracyTable(accuracy),
    [
      "Accuracy of  Part             Result",
      "-----------  ---------------  ---------------",
      "hand         66.7 % (2 of 3)  66.7 % (2 of 3)",
      "hip          0.0 % (0 of 1)   0.0 % (0 of 1)",
      "all          50.0 % (2 of 4)  50.0 % (2 of 4)",
      "Without an answer, and so not judged: 1",
    ].join("\n"),
  );
});

test("without any film that is known, nothing is judged", () => {
  assert.equal(accuracyOf([{ examination: answer("hand", "normal") }]), undefined);
  assert.equal(accuracyOf([{ truth: hand, examination: refusal }])?.part.accuracy, null);
});
