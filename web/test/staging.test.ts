import "./support/fake-browser.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { exams, removeExam } from "../src/state/exams.js";
import { session } from "../src/state/session.js";
import { inExams, isFit, type StagedFilm, sendStaged, staged } from "../src/state/staging.js";

const film = (key: string, size: number, fault?: "damaged"): StagedFilm => ({
  key,
  file: new File(["x".repeat(size)], key),
  check: fault === undefined ? {} : { fault },
  group: "one",
});

test("what is shown as an exam is what is sent as one, whatever cannot be sent beside it", () => {
  // Nobody is signed in: what is sent waits.
  session.set({
    auth: "keys",
    signedIn: false,
    scopes: [],
    limits: { filmBytes: 9, filmPixels: 1, uploadBytes: 10, films: 3 },
  });
  const films = [
    film("bad", 9, "damaged"),
    ...["a", "b"].map((key) => film(key, 1)),
    film("worse", 9, "damaged"),
    ...["c", "d"].map((key) => film(key, 1)),
    film("large", 9),
    film("e", 2),
  ];
  staged.set(films);
  const names = (parts: readonly (readonly { name: string }[])[]) =>
    parts.map((part) => part.map(({ name }) => name).join(" "));
  const shown = inExams(films);
  assert.deepEqual(names(shown.map((part) => part.map(({ file }) => file))), [
    "bad a b worse c",
    "d large",
    "e",
  ]);
  assert.equal(sendStaged(), shown.length);
  const sent = exams.get().map(({ sending }) => sending?.films ?? []);
  assert.deepEqual(names(sent), names(shown.map((part) => part.filter(isFit).map(({ file }) => file))));
  for (const { key } of exams.get()) removeExam(key);
});
