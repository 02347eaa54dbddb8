import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Analysis, Film } from "@osteon/shared";
import { check, type Leftovers, type Violation } from "./checker.js";
import { History } from "./history.js";

const right: Film = {
  index: 0,
  name: "a.png",
  contentType: "image/png",
  digest: "sha256:1",
  outcome: "analysed",
};
const expected = new Map([["a.png", right]]);
const whole = ["request.json", "result.json", "original-0", "image-0.png"].map(
  (name) => `analyses/t/f/${name}`,
);
const clean: Leftovers = { objects: whole, jobs: { "fracture:active": 0 }, strayKeys: [] };

function analysis(status: Analysis["status"], film: Partial<Film> = {}): Analysis {
  return {
    id: "one",
    status,
    createdAt: "",
    films: [{ ...right, ...film }],
    timings: {},
    links: { self: "", events: "" },
    disclaimer: "Research use only. Not a medical device.",
  };
}

/** A run in which everything went right, and what else happened in it. */
function runWith(more: (history: History) => void = () => undefined, ended = true): History {
  const history = new History();
  history.add({ type: "promised", attempt: 1, id: "one", films: ["a.png"], callback: true });
  history.add({ type: "observed", id: "one", gateway: 0, analysis: analysis("processing") });
  if (ended) {
    history.add({ type: "observed", id: "one", gateway: 0, analysis: analysis("completed") });
    history.add({ type: "written", key: "analyses/t/f/result.json" });
    history.add({ type: "delivered", id: "msg_1", analysis: analysis("completed"), answered: 204 });
  }
  more(history);
  return history;
}

const rules = (history: History, leftovers = clean) =>
  check(history, expected, leftovers).map(({ rule }: Violation) => rule);

describe("the checker", () => {
  test("finds nothing where all is right", () => {
    assert.deepEqual(rules(runWith()), []);
  });
  const cases: [string, Violation["rule"][], History, Leftovers?][] = [
    ["a promise without an end", ["lost", "undelivered"], runWith(undefined, false)],
    [
      "a promise that nobody knows any more",
      ["lost"],
      runWith((h) => h.add({ type: "missing", id: "one", gateway: 0, status: 404 })),
    ],
    [
      "another finding than without faults",
      ["wrong"],
      runWith((h) => {
        h.entries.splice(2);
        h.add({
          type: "observed",
          id: "one",
          gateway: 0,
          analysis: analysis("completed", { outcome: "not-identified" }),
        });
        h.add({
          type: "delivered",
          id: "msg_1",
          analysis: analysis("completed", { outcome: "not-identified" }),
          answered: 204,
        });
      }),
    ],
    [
      "a result that was written twice",
      ["doubled"],
      runWith((h) => h.add({ type: "written", key: "analyses/t/f/result.json" })),
    ],
    [
      "a submission that a repeat was promised as another",
      ["lost", "doubled"],
      runWith((h) => h.add({ type: "promised", attempt: 1, id: "two", films: ["a.png"], callback: false })),
    ],
    [
      "a state that went back",
      ["backwards"],
      runWith((h) => h.add({ type: "observed", id: "one", gateway: 1, analysis: analysis("processing") })),
    ],
    [
      "an end that changed",
      ["changed"],
      runWith((h) =>
        h.add({
          type: "observed",
          id: "one",
          gateway: 1,
          analysis: { ...analysis("completed"), completedAt: "later" },
        }),
      ),
    ],
    [
      "a second webhook id",
      ["webhook-ids"],
      runWith((h) =>
        h.add({ type: "delivered", id: "msg_2", analysis: analysis("completed"), answered: 204 }),
      ),
    ],
    [
      "a delivery of something else",
      ["webhook-content"],
      runWith((h) => h.add({ type: "delivered", id: "msg_1", analysis: analysis("failed"), answered: 204 })),
    ],
    ["a marker that stays", ["left-over"], runWith(), { ...clean, objects: [...whole, "pending/one"] }],
    ["a job that stays", ["left-over"], runWith(), { ...clean, jobs: { "fracture:active": 1 } }],
    ["a folder without its request", ["orphan"], runWith(), { ...clean, objects: whole.slice(1) }],
    ["a key without an end", ["stray-key"], runWith(), { ...clean, strayKeys: ["{osteon}:live:one"] }],
  ];
  for (const [what, found, history, leftovers] of cases)
    test(`finds ${what}`, () => assert.deepEqual(rules(history, leftovers), found));
});
