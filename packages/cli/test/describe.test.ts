import assert from "node:assert/strict";
import { test } from "node:test";
import type { Analysis } from "@osteon/client";
import { describeAnalysis } from "../src/describe.js";

/** A Persian file name: its joiner is part of how it is written. */
const joined = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0646\u0645.png";

test("a film's name is told as it is written, but for what would steer the terminal", () => {
  const analysis: Analysis = {
    ...{ id: "one", status: "queued", createdAt: "", timings: {}, links: { self: "", events: "" } },
    films: [{ index: 0, name: `${joined}\u001b\u202e`, contentType: "image/png", digest: "" }],
    disclaimer: "Research use only. Not a medical device.",
  };
  assert.equal(describeAnalysis(analysis), `one  queued  ${joined}\uFFFD\uFFFD`);
});
